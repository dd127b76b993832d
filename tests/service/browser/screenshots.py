"""The pictures of docs/studio.md: python tests/service/browser/screenshots.py docs/studio [--all] [--url URL]

Without an address it starts a `himmel serve` with the shipped weights and an empty folder, and makes what it shows.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

PATIENCE = 600_000.0  # milliseconds
WORDS = "a red ball rolls to the left across the grass at sunset"
OTHERS = (
    "a rough sea at night",
    "a blue cube slides to the right over the sand in fog",
    "a green ball bounces on marble",
)
SCENES = ("a red ball rolls to the left on grass", "the red ball comes to rest", "a rough sea at night")
DOCUMENTED = {
    "desktop.png": "the studio with a finished clip, light",
    "storyboard.png": "a storyboard, the part where it is composed",
    "characters.png": "a character and the words that name it",
    "phone.png": "a phone, dark",
}
MORE = {
    "dark.png": "the studio with a finished clip, dark",
    "first-visit.png": "the first visit, before anything was made",
    "making.png": "a clip while it is made, with what it looks like so far",
    "compare.png": "two clips side by side",
    "proof.png": "where a file comes from",
    "phone-storyboard.png": "a storyboard on a phone, light",
    "swedish.png": "the page in Swedish",
}


def main(folder: Path, everything: bool, url: str) -> None:
    """Makes the pictures and says which file is which. url: of a service that runs."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = DOCUMENTED | (MORE if everything else {})
    with served(url) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        try:
            studio = Camera(browser, address, folder, wanted)
            for show in (first_visit, making, desktop, storyboard, compare, proof, characters, dark, phone, swedish):
                show(studio)
        finally:
            browser.close()


@contextmanager
def served(url: str) -> Iterator[str]:
    """The address of the studio: the one that is given, or of a service of our own."""
    if url:
        yield url
        return
    with tempfile.TemporaryDirectory() as data:
        words = [sys.executable, "-u", "-m", "himmel", "serve", "--port", "0", "--data", data]
        with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as service:
            assert service.stdout is not None
            try:
                yield service.stdout.readline().split()[1].removesuffix("v1")
            finally:
                service.terminate()


class Camera:
    """Opens pages of the studio and keeps pictures of them."""

    def __init__(self, browser: Browser, address: str, folder: Path, wanted: dict[str, str]) -> None:
        self.browser, self.address, self.folder, self.wanted = browser, address, folder, wanted

    def page(self, width: int = 1280, height: int = 1090, *, dark: bool = False) -> Page:
        """The studio as a new visitor sees it."""
        page = self.browser.new_page(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
            locale="en-GB",
        )
        page.set_default_timeout(PATIENCE)
        page.goto(self.address)
        page.get_by_text("Ready", exact=True).wait_for(state="attached")
        page.locator(".gallery h2").wait_for()
        return page

    def keep(self, page: Page, name: str, part: str | None = None) -> None:
        """A picture of the window, or of a part of the page, in 256 colours."""
        if name not in self.wanted:
            return
        shot = page.locator(part).screenshot() if part else page.screenshot()
        full = Image.open(BytesIO(shot)).convert("RGB")
        picture = full.quantize(palette=full.quantize(256), dither=Image.Dither.FLOYDSTEINBERG)
        file = self.folder / name
        picture.save(file, optimize=True)
        print(f"{file}: {self.wanted[name]} ({file.stat().st_size} bytes)", flush=True)


def first_visit(studio: Camera) -> None:
    page = studio.page()
    page.get_by_label("What do you want to see?").fill(WORDS)
    page.locator(".reading .read").wait_for()
    studio.keep(page, "first-visit.png")
    page.close()


def making(studio: Camera) -> None:
    """Orders the clips that the others show."""
    page = studio.page()
    for words in (*OTHERS, WORDS):
        page.get_by_label("What do you want to see?").fill(words)
        page.locator("form.composer button[type=submit]").click()
        page.locator(".title-row h2", has_text=words).wait_for()
    if "making.png" in studio.wanted:
        page.get_by_label("What do you want to see?").fill(f"{WORDS}, seen for long")
        page.get_by_label("Length to make").fill("10")
        page.locator("form.composer button[type=submit]").click()
        page.locator("img.blank").wait_for()
        studio.keep(page, "making.png")
        page.get_by_role("button", name="Delete").click()
        page.get_by_role("button", name="Really delete?").click()
    page.locator(".tile .bar").first.wait_for(state="detached")
    page.close()


def finished(page: Page) -> None:
    """Shows the clip of WORDS: a frame from its middle, without the controls of a player that is pointed at."""
    page.locator(".tile.completed .tile-button", has_text=WORDS).first.click()
    page.locator(".screen video").wait_for()
    still(page)


def still(page: Page) -> None:
    page.evaluate(
        """async () => {
            for (const video of document.querySelectorAll(".screen video")) {
                video.pause();
                const there = new Promise((done) => { video.onseeked = done; });
                video.currentTime = video.duration / 2;
                await there;
                video.controls = false;
            }
        }"""
    )
    page.mouse.move(1, 1)
    page.evaluate("scrollTo(0, 0)")
    page.wait_for_timeout(500)


def desktop(studio: Camera) -> None:
    page = studio.page()
    page.get_by_label("What do you want to see?").fill(WORDS)
    page.locator(".reading .read").wait_for()
    finished(page)
    studio.keep(page, "desktop.png")
    page.close()


def dark(studio: Camera) -> None:
    page = studio.page(dark=True)
    page.get_by_label("What do you want to see?").fill(WORDS)
    page.locator(".reading .read").wait_for()
    finished(page)
    studio.keep(page, "dark.png")
    page.close()


def board(page: Page) -> None:
    page.get_by_role("radio", name="Storyboard").check()
    page.get_by_role("button", name="Add a scene").click()
    for number, words in enumerate(SCENES, 1):
        page.get_by_label(f"What happens in scene {number}").fill(words)
    page.get_by_label("Cut: a new shot").nth(1).check()
    page.locator(".reading .read").nth(2).wait_for()


def storyboard(studio: Camera) -> None:
    page = studio.page()
    board(page)
    studio.keep(page, "storyboard.png", ".composer")
    page.close()


def compare(studio: Camera) -> None:
    page = studio.page()
    for box in page.locator(".tile input[type=checkbox]").all()[:2]:
        box.check()
    page.locator(".pair-view video").nth(1).wait_for()
    while not page.evaluate("[...document.querySelectorAll('.pair-view video')].every((one) => one.readyState > 0)"):
        page.wait_for_timeout(100)
    still(page)
    studio.keep(page, "compare.png")
    page.close()


def proof(studio: Camera) -> None:
    page = studio.page()
    finished(page)
    page.get_by_role("button", name="Signed").click()
    page.locator(".verdict").wait_for()
    studio.keep(page, "proof.png")
    page.close()


def characters(studio: Camera) -> None:
    """Of the clip of WORDS; where nothing is seen in it, the page says so in the picture."""
    if "characters.png" not in studio.wanted:
        return
    page = studio.page()
    finished(page)
    page.get_by_role("button", name="Make a character").click()
    page.get_by_label("Name", exact=True).fill("Rolly")
    page.get_by_role("button", name="Make the character").click()
    page.locator(".cast-one, .cast .sorry").first.wait_for()
    page.get_by_label("What do you want to see?").fill("Rolly bounces on marble")
    page.locator(".reading .read").wait_for()
    page.wait_for_timeout(1500)  # the preview of the name follows that of the words
    studio.keep(page, "characters.png", ".side")
    page.close()


def phone(studio: Camera) -> None:
    page = studio.page(390, 844, dark=True)
    finished(page)
    studio.keep(page, "phone.png")
    page.close()
    page = studio.page(390, 844)
    board(page)
    page.locator(".composer").scroll_into_view_if_needed()
    studio.keep(page, "phone-storyboard.png", ".composer")
    page.close()


def swedish(studio: Camera) -> None:
    page = studio.page()
    finished(page)
    page.locator("header select").nth(1).select_option("sv")
    page.locator("html[lang=sv]").wait_for()
    page.wait_for_timeout(300)
    studio.keep(page, "swedish.png")
    page.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--all", action="store_true", help="also those that no document shows")
    parser.add_argument("--url", default="", help="of a service that runs")
    told = parser.parse_args()
    main(told.folder, told.all, told.url)
