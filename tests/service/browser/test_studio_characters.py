"""Characters in the studio: made from a file and from a clip of the gallery, written, read by the model, deleted."""

from __future__ import annotations

import re

from live_service import Live, disc
from playwright.sync_api import Page, expect
from studio_page import Open, Studio
from test_studio import serious, tab_to

from himmel.grammar import read


def test_a_character_is_made_named_in_words_and_deleted(studio: Studio, page: Page, live: Live) -> None:
    page.locator(".cast > summary").click()
    make = page.get_by_role("button", name="Make the character")
    expect(make).to_be_disabled()
    part = page.locator(".cast")
    part.locator("input[type=file]").set_input_files({"name": "it.png", "mimeType": "image/png", "buffer": disc()})
    expect(part).to_contain_text("it.png")
    name = page.get_by_label("Name", exact=True)
    expect(name).to_be_focused()
    name.fill("ball")
    make.click()
    expect(part.get_by_role("alert")).to_contain_text("the name 'ball'")
    name.fill("Pelle")
    name.press("Enter")
    one = part.locator(".cast-one", has_text="Pelle")
    expect(one).to_contain_text(re.compile(r"red \w+.*\d+ % sure", re.DOTALL))
    expect(page.locator("[aria-live]").last).to_contain_text("Pelle can be named now")
    expect(part).not_to_contain_text("it.png")
    assert [told["name"] for told in live.told("GET", "/v1/videos/characters")["data"]].count("Pelle") == 1

    studio.write("then  bounces on sand")
    page.get_by_label("What do you want to see?").evaluate("field => field.setSelectionRange(5, 5)")
    page.get_by_role("button", name="Write Pelle").click()
    assert page.get_by_label("What do you want to see?").input_value() == "then Pelle bounces on sand"
    reading = page.locator(".reading")
    expect(reading.locator(".read")).to_contain_text("sand")
    expect(reading.locator(".read")).not_to_contain_text("Pelle")
    shown = read(reading.locator(".read").inner_text()).objects  # red or scarlet, as the seed has it
    assert [thing.colour for thing in shown] == ["red"]
    expect(reading.locator("mark", has_text="Pelle")).to_have_count(0)
    studio.small()
    studio.make()
    assert studio.done()["himmel"]["settings"]["characters"]["Pelle"]["colour"] == "red"

    one.get_by_role("button", name="Delete (Pelle)").click()
    one.get_by_role("button", name="Really delete? (Pelle)").click()
    expect(one).to_have_count(0)
    expect(page.get_by_role("button", name="Write Pelle")).to_have_count(0)
    expect(reading.locator("mark", has_text="Pelle")).to_be_visible()  # now it is a word that nobody knows


def test_a_clip_of_the_gallery_is_looked_at_by_keyboard_alone(studio: Studio, page: Page, finished: object) -> None:
    page.locator(".tile.completed .tile-button").first.focus()
    page.keyboard.press("Enter")
    tab_to(studio, "Make a character")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Name", exact=True)).to_be_focused()
    page.keyboard.type("Nobody")
    with page.expect_response("**/v1/videos/characters") as asked:
        page.keyboard.press("Enter")
    # The tiny model makes noise, so both answers are right: something was seen in it, or nothing.
    if asked.value.ok:
        studio.service.ask("DELETE", f"/v1/videos/characters/{asked.value.json()['id']}")
    else:
        assert asked.value.status == 400
        expect(page.locator(".cast").get_by_role("alert")).to_contain_text("nothing is seen in the clip")


def test_what_is_dropped_on_the_characters_is_no_part_of_the_clip(studio: Studio, page: Page) -> None:
    page.locator(".cast > summary").click()
    studio.drop(disc("blue"), "thing.png", "image/png", on=".cast")
    expect(page.locator(".cast")).to_contain_text("thing.png")
    expect(page.locator(".pill")).to_have_count(0)
    page.get_by_role("button", name="Do not use thing.png").click()
    expect(page.locator(".cast")).not_to_contain_text("thing.png")


def test_characters_are_for_everybody(visit: Open, live: Live) -> None:
    made = live.client().videos.create_character(name="Kaj", video=("k.png", disc("red")))
    try:
        for colours in ("light", "dark"):
            page = visit(color_scheme=colours, viewport={"width": 360, "height": 740}, has_touch=True).page
            for language in ("en", "sv", "zh"):
                page.locator("header select").nth(1).select_option(language)
                expect(page.locator("html")).to_have_attribute("lang", language)
                if page.locator(".cast").get_attribute("open") is None:
                    page.locator(".cast > summary").click()
                expect(page.locator(".cast-one", has_text="Kaj")).to_be_visible()
                assert page.evaluate("document.documentElement.scrollWidth") <= 360
            serious(page)
    finally:
        live.ask("DELETE", f"/v1/videos/characters/{made.id}")
