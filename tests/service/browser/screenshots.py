"""The pictures of docs/studio.md, of a service that runs: python tests/service/browser/screenshots.py URL FOLDER"""

from __future__ import annotations

import shutil
import sys
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

PATIENCE = 300_000.0  # milliseconds
WORDS = "a red ball rolls to the left across the grass at sunset"
SCENES = ("a red ball rolls to the left on grass", "the red ball comes to rest", "a rough sea at night")


def main(url: str, folder: Path) -> None:
    """Three pictures, of the newest clip that is there, or of one that is made for them."""
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        desktop = browser.new_page(viewport={"width": 1280, "height": 1090}, reduced_motion="reduce", locale="en-GB")
        desktop.set_default_timeout(PATIENCE)
        desktop.goto(url)
        desktop.get_by_label("What do you want to see?").fill(WORDS)
        desktop.locator(".reading .read").wait_for()
        done = desktop.locator(".tile.completed .tile-button")
        if done.count():
            done.first.click()
        else:
            desktop.locator("form.composer button[type=submit]").click()
        desktop.locator(".screen video").wait_for()
        show(desktop)
        keep(desktop, folder / "desktop.png")
        desktop.get_by_role("radio", name="Storyboard").check()
        desktop.get_by_role("button", name="Add a scene").click()
        for number, words in enumerate(SCENES, 1):
            desktop.get_by_label(f"What happens in scene {number}").fill(words)
        desktop.get_by_label("Cut: a new shot").nth(1).check()
        desktop.locator(".reading .read").nth(2).wait_for()
        keep(desktop, folder / "storyboard.png", ".composer")
        phone = browser.new_page(
            viewport={"width": 390, "height": 844}, color_scheme="dark", reduced_motion="reduce", locale="en-GB"
        )
        phone.set_default_timeout(PATIENCE)
        phone.goto(url)
        phone.locator(".tile.completed .tile-button").first.click()
        phone.locator(".screen video").wait_for()
        show(phone)
        keep(phone, folder / "phone.png")
        browser.close()


def show(page: Page) -> None:
    """A frame from the middle, without the controls of a player that is pointed at."""
    page.evaluate(
        """async () => {
            const video = document.querySelector(".screen video");
            video.pause();
            video.currentTime = video.duration / 2;
            await new Promise((done) => { video.onseeked = done; });
            video.controls = false;
        }"""
    )
    page.mouse.move(1, 1)
    page.evaluate("scrollTo(0, 0)")
    page.wait_for_timeout(500)


def keep(page: Page, file: Path, part: str | None = None) -> None:
    """A picture of the window, or of a part of the page, in 256 colours."""
    shot = page.locator(part).screenshot() if part else page.screenshot()
    full = Image.open(BytesIO(shot)).convert("RGB")
    picture = full.quantize(palette=full.quantize(256), dither=Image.Dither.FLOYDSTEINBERG)
    picture.save(file, optimize=True)
    print(f"{file}: {file.stat().st_size} bytes")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
