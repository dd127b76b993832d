"""What a reader sees in the making moves it towards what was asked, and nothing else."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from tiny_model import AUTOENCODER, shaken

from himmel.cli import himmel
from himmel.flow import Canvas
from himmel.flow.canvas import blank
from himmel.flow.canvas import given as given_canvas
from himmel.grammar import read
from himmel.pipeline import Pipeline, parts, ways
from himmel.pipeline.drafts import begins
from himmel.pipeline.folder import READER, copy_part
from himmel.pipeline.grid import Grid
from himmel.pipeline.heed import ASCENTS, SURE, heeding
from himmel.pipeline.parts import Reading
from himmel.pipeline.request import Request, check
from himmel.records import HimmelError
from himmel.records.plan import Plan, Segment
from himmel.records.recipe import Recipe
from himmel.sight.asked import Asked, asked, log_likelihood
from himmel.sight.latents import Reader
from himmel.sight.network import JudgeConfig
from himmel.weights import save

PROMPT = "a red cube rests on grass to the left of a blue ball at night"
SIZES = JudgeConfig(width=16, blocks=1, hidden=8, memory="recurrent", further=True)
CHANNELS, GROUPS = 6, 4
FACTS = asked(read(PROMPT), further=True)


def a_reader(channels: int = CHANNELS, spread: float = 1.0) -> Reader:
    torch.manual_seed(6)
    reader = Reader(SIZES, channels)
    shaken(reader, 0.3)
    reader.spread.copy_(spread * torch.linspace(0.5, 2, channels))
    return reader.eval().requires_grad_(False)


def missing(reader: Reader, latents: torch.Tensor, facts: list[Asked] = FACTS) -> float:
    answers = reader.read(latents[None])
    return sum(max(0.0, math.log(SURE) - float(log_likelihood(fact, answers))) for fact in facts)


def drawn(seed: int, reader: Reader) -> torch.Tensor:
    noise = torch.randn(CHANNELS, GROUPS, 3, 3, generator=torch.Generator().manual_seed(seed))
    return noise * reader.spread[:, None, None, None]


def asked_once(
    reader: Reader, clean: torch.Tensor, canvas: Canvas, strength: float, to: float = 0.5, at: float = 0.8
) -> torch.Tensor:
    heeds = heeding(lambda x, level, there: clean, reader, FACTS, canvas, strength)
    return heeds(torch.zeros_like(clean), canvas.level(torch.tensor(at)), canvas.level(torch.tensor(to)))


@given(st.integers(0, 10**6), st.floats(0.001, 0.1), st.floats(0.1, 10))
def test_more_of_what_was_asked_is_read_and_nothing_moves_far(seed: int, strength: float, spread: float) -> None:
    reader = a_reader(spread=spread)
    clean, canvas = drawn(seed, reader), blank(CHANNELS, GROUPS, 3, 3, 16.0)
    moved = asked_once(reader, clean, canvas, strength)
    far = ((moved - clean) / reader.spread[:, None, None, None]).square().mean().sqrt()
    assert 0 < float(far) <= ASCENTS * strength * 1.001
    if strength < 0.01:
        assert missing(reader, moved) < missing(reader, clean)


def test_the_last_step_is_the_transformers_own() -> None:
    reader = a_reader()
    clean, canvas = drawn(1, reader), blank(CHANNELS, GROUPS, 3, 3, 16.0)
    assert torch.equal(asked_once(reader, clean, canvas, 0.1, to=0.0), clean)
    assert not torch.equal(asked_once(reader, clean, canvas, 0.1, to=0.1), clean)


def test_what_is_given_and_what_stands_beside_never_move() -> None:
    reader = a_reader()
    clean = drawn(2, reader)
    canvas = given_canvas(clean, torch.tensor([True, False, False, False]), 16.0)
    moved = asked_once(reader, clean, canvas, 0.1)
    assert torch.equal(moved[:, 0], clean[:, 0])
    assert not torch.equal(moved[:, 1:], clean[:, 1:])
    beside = replace(
        canvas, reference=torch.tensor([False, False, False, True]), ceiling=torch.ones_like(canvas.ceiling)
    )
    moved = asked_once(reader, clean, beside, 0.1)
    assert torch.equal(moved[:, 3], clean[:, 3])
    assert not torch.equal(moved[:, :3], clean[:, :3])


def test_who_sees_everything_moves_nothing() -> None:
    reader = a_reader()
    clean, canvas = drawn(3, reader), blank(CHANNELS, GROUPS, 3, 3, 16.0)
    with torch.no_grad():
        reader.present.weight.zero_()
        reader.present.bias.fill_(9.0)
    there = [fact for fact in FACTS if fact.question == "present"]
    heeds = heeding(lambda x, level, to: clean, reader, there, canvas, 0.1)
    assert torch.equal(heeds(clean, canvas.level(torch.tensor(0.8)), canvas.level(torch.tensor(0.5))), clean)


def test_it_works_where_gradients_are_off() -> None:
    reader = a_reader()
    clean, canvas = drawn(4, reader), blank(CHANNELS, GROUPS, 3, 3, 16.0)
    plain = asked_once(reader, clean, canvas, 0.1)
    with torch.inference_mode():
        inside = asked_once(reader, drawn(4, reader), blank(CHANNELS, GROUPS, 3, 3, 16.0), 0.1)
    assert torch.equal(plain, inside)


@pytest.fixture(scope="module")
def reading(model: Path, words: Reading, tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    place = tmp_path_factory.mktemp("heeding")
    for part in ("autoencoder", "transformer"):
        copy_part(part, model, place)
    reader, (_, latents) = a_reader(AUTOENCODER.channels), parts.load_autoencoder(model)
    save(place / READER, reader.state_dict(), reader.to_config(), bound={"autoencoder": latents})
    return Pipeline(parts.load(place, words), threads=1)


def asking(strength: float, prompt: str = PROMPT, drafts: int = 1) -> Request:
    told = check(prompt, seconds=1.0, width=32, height=32, seed=3, steps=3, guidance=1.0, expand=False)
    return replace(told, drafts=drafts, reader_guidance=strength)


def test_a_clip_is_made_again_from_its_recipe(reading: Pipeline) -> None:
    plain, moved = reading.make(asking(0)), reading.make(asking(0.1))
    assert not np.array_equal(plain.frames, moved.frames)
    assert moved.recipe.reader_guidance == 0.1
    assert np.array_equal(reading.make(asking(0.1)).frames, moved.frames)
    assert np.array_equal(reading.replay(Recipe.from_json(moved.recipe.to_json())).frames, moved.frames)
    assert not np.array_equal(reading.make(asking(0.1, drafts=3)).frames, reading.make(asking(0, drafts=3)).frames)
    other = replace(moved.recipe, versions={**moved.recipe.versions, "reader": "0" * 12})
    with pytest.raises(HimmelError, match="recipe for the reader"):
        reading.replay(other)


def test_recipes_of_before_and_models_that_read_nothing_are_not_moved(
    reading: Pipeline, model: Path, words: Reading
) -> None:
    plain = json.loads(reading.recipe(asking(0.1)).to_json())
    del plain["reader_guidance"]
    assert Recipe.from_dict(plain).reader_guidance == 0
    blind = Pipeline(parts.load(model, words), threads=1)
    assert blind.recipe(asking(0.1)).reader_guidance == 0
    assert np.array_equal(blind.make(asking(0.1)).frames, reading.make(asking(0)).frames)
    said = "hello there"
    assert np.array_equal(reading.make(asking(0.1, said)).frames, reading.make(asking(0, said)).frames)


def test_what_goes_on_from_given_frames_is_left_alone_and_edits_are_moved(reading: Pipeline, tmp_path: Path) -> None:
    reading.write(asking(0), tmp_path / "clip.mp4")

    def made(way: Callable[..., ways.Task], moved: float, **how: float) -> np.ndarray:
        settings = ways.Settings(steps=2, guidance=1, expand=False, drafts=1, reader_guidance=moved)
        task = way(tmp_path / "clip.mp4", PROMPT, settings=settings, **how)
        return reading.make(task.request, task.media).frames

    assert np.array_equal(made(ways.extend, 0, seconds=2.0), made(ways.extend, 0.1, seconds=2.0))
    assert not np.array_equal(made(ways.edit, 0, strength=0.7), made(ways.edit, 0.1, strength=0.7))


def test_only_the_first_window_of_a_segment_begins() -> None:
    for grid in (Grid(Plan("generate", 96)), Grid(Plan("storyboard", 96, segments=scenes(cut=True)))):
        known, begun = list(grid.known), []
        for number, window in grid.walk(grid.known):
            if begins(grid, known, number, window):
                begun.append((number, window[-1]))
            for group in window:
                known[group] = True
        assert [number for number, _ in begun] == list(range(len(grid.segments)))
    assert not begins(Grid(Plan("image", 1)), [False], 0, [0])


def scenes(cut: bool) -> tuple[Segment, ...]:
    return Segment(0, PROMPT), Segment(64, PROMPT, cut=cut)


@pytest.mark.parametrize("strength", ["-0.1", "1.5", "nan"])
def test_numbers_out_of_limits_are_refused(strength: str, tmp_path: Path) -> None:
    told = ["generate", PROMPT, "-o", str(tmp_path / "a.mp4"), "--reader-guidance", strength]
    out = CliRunner().invoke(himmel, told)
    assert out.exit_code == 2
    assert "0 to 1" in out.output
    assert not list(tmp_path.iterdir())
