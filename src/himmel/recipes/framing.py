"""Native shapes against square crops: what clips of 16:9 and 9:16 teach, and what their square middles teach.

Command: ``himmel train study framing --folder runs/shapes``. Renders clips of one thing that moves, in both shapes;
trains the same small transformer twice with the same budget of tokens: on the clips, and on their square middles, cut
before they are encoded, under the same captions. Steps draw the same clips in the same order; more crops than whole
clips fit a step, so each of the second training holds those of the first and more. Then both make clips of both shapes
for held-out scenes, and it is measured how their subject is framed, beside true renders of those scenes. What stops
goes on where it was. Expected figures: docs/training.md.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from himmel.autoencoder import Autoencoder
from himmel.autoencoder.config import FRAMES_A_GROUP, PIXELS_A_TOKEN
from himmel.evaluation.framing import Framing, framing_of, middle, true_framing
from himmel.evaluation.report import film_strip, write_json
from himmel.evaluation.tracker import TOLD, ColourTable, Frames, follow
from himmel.flow.patterns import Mixture
from himmel.language import Refiner, WordEncoder
from himmel.pipeline.parts import best_dtype, load_autoencoder
from himmel.pipeline.reading import load_words
from himmel.recipes.latents import Style, encode_shard_latents, encode_shard_words, encode_words, read_shards
from himmel.recipes.pool import Bucket, PoolRecipe, render_shard
from himmel.recipes.study import StudyRecipe, losses, taught
from himmel.recipes.study_clips import Told, Walk, decoder, make
from himmel.recipes.transformer import Batch, Pool, Share, TransformerRecipe
from himmel.recipes.validation import through
from himmel.recipes.world_scenes import MOST_LOOKED_AT, colours, traceable
from himmel.records import HimmelError
from himmel.transformer import Transformer
from himmel.world.picture.renderer import Renderer
from himmel.world.scenario import Scenario
from himmel.world.scene import Scene
from himmel.world.source import WorldSource

SHAPES: Mapping[str, Bucket] = {"16:9": Bucket(112, 64, 16, 8, 1), "9:16": Bucket(64, 112, 16, 8, 1)}
SQUARE = "1:1"
NATIVE, CROPPED = "native shapes", "square crops"
RENDERS, RECONSTRUCTED, CROPS = "true renders", "true renders, reconstructed", "square middles of true renders"
TRUTH, CROPS_TRUTH, OWN = "truth", "square middles, truth", "square crops, at its own shape"
ANOTHER = ", another colour looked for"
"""After the name of what a side makes: the same clips, a colour that nobody asked for. What is followed then is no
subject, so it says how much of the rest may be none.
"""
STYLE = Style({"full": 1.0}, {"en": 1.0})
"""Of captions: as scenes are asked for."""
POOL, SCENES = 31, 33
"""Seeds of the clips that are trained on, and of the scenes whose framing is measured."""
BEYOND = 16
"""Pixels that renders reach beyond the picture on every side, so that what an edge cuts off is known."""
PICTURES = 6


@dataclass(frozen=True)
class FramingRecipe:
    """shards: of fifty clips of each shape, each twice, to train on; held_out: further ones, by `judged` of whose clips
    of each shape the flow's loss is taken. count: scenes of each shape whose framing is measured. walk: how clips of
    them are made. base: what both sides are.
    """

    shards: int = 6
    held_out: int = 1
    judged: int = 48
    count: int = 24
    walk: Walk = field(default_factory=Walk)
    base: TransformerRecipe = field(
        default_factory=lambda: replace(
            StudyRecipe().base,
            scene=0.5,
            mixture=Mixture(whole=1.0, given=0.0, independent=0.0),
            shares=tuple(Share(bucket.name, "clips", 1.0, 1.0) for bucket in SHAPES.values()),
        )
    )


@dataclass(frozen=True)
class Parts:
    """What both sides share. read: of a text, its word states and their number."""

    autoencoder: Autoencoder
    latents: str
    words: tuple[WordEncoder, Refiner, str]

    def read(self, text: str) -> Told:
        states, counts = encode_words([text], *self.words[:2])
        return states[0], int(counts[0])


@dataclass(frozen=True)
class Learned:
    """One side. losses: by shape of held-out clips, the flow's loss of each."""

    losses: Mapping[str, tuple[float, ...]]
    seconds: float


@dataclass(frozen=True)
class Study:
    """All that came out. framed: by shape, then kind of clips, of each scene; None where the subject was lost."""

    recipe: FramingRecipe
    sides: Mapping[str, Learned]
    framed: Mapping[str, Mapping[str, Sequence[Framing | None]]]


def run_framing(
    recipe: FramingRecipe, folder: Path, run: Path, model: str, report: Callable[[str], None] = print
) -> Study:
    """Renders and encodes what `folder` does not hold, trains both sides in `run`, and measures what they make."""
    network, sha256 = load_autoencoder(model)
    parts = Parts(network.to(best_dtype()), sha256, load_words())
    slots = parts.words[1].slots.shape[-2]
    config = replace(recipe.base.config, channels=network.config.channels, word_slots=slots)
    recipe = replace(recipe, base=replace(recipe.base, config=config))
    prepare(folder, recipe, parts, report)
    native, crops = (read_pools(place, recipe, parts) for place in (folder, folder / "square"))
    held_out = {shape: batch for shape, (_, batch) in native.items()}
    held_out[SQUARE] = _joined([batch for _, batch in crops.values()])
    sides, networks = {}, {}
    for name, data in ((NATIVE, native), (CROPPED, crops)):
        place, pools = run / name.replace(" ", "-"), {(SHAPES[s].name, "clips"): pool for s, (pool, _) in data.items()}
        told = lambda progress, name=name: report(f"{name}  {progress}")  # noqa: E731
        network, sides[name] = _learn(recipe, pools, held_out, parts.read(""), place, told)
        networks[name] = network.to(best_dtype())
        report(f"{name}  loss " + ", ".join(f"{s} {np.mean(v):.4f}" for s, v in sides[name].losses.items()))
    framed = {}
    for shape in SHAPES if recipe.count else ():
        found = true_scenes(shape, recipe, parts, run, report)
        framed[shape] = found | made_scenes(shape, recipe, parts, networks, run, report)
    return Study(recipe, sides, framed)


def prepare(folder: Path, recipe: FramingRecipe, parts: Parts, report: Callable[[str], None] = print) -> None:
    """Shards of both shapes with latents and words, and folder/square with latents of their middles and those words."""
    pool, square = PoolRecipe(families={"single": 1.0}, seed=POOL), folder / "square"
    square.mkdir(parents=True, exist_ok=True)
    for bucket in SHAPES.values():
        for index in range(recipe.shards + recipe.held_out):
            pictures = folder / f"{bucket.name}-{index:05d}.npz"
            latents, words = (pictures.with_suffix(f".{what}.safetensors") for what in ("latents", "words"))
            if not pictures.exists():
                render_shard(pool, bucket, index, pictures)
                report(f"{pictures.stem}: rendered")
            if not latents.exists():
                encode_shard_latents(pictures, parts.autoencoder, parts.latents)
            if not words.exists():
                encode_shard_words(pictures, *parts.words, STYLE)
            if not (square / latents.name).exists():
                _encode_middles(pictures, square, parts)
                report(f"{pictures.stem}: encoded")
            if not (square / words.name).exists():
                os.symlink(words.resolve(), square / words.name)


def _encode_middles(pictures: Path, square: Path, parts: Parts) -> None:
    """Latents of the square middles of a shard's clips, as if they had been rendered so."""
    with np.load(pictures) as shard:
        frames, masks, facts = shard["frames"], shard["masks"], shard["facts"]
    cut = crop_of(frames.shape[2], frames.shape[3])
    middles = square / pictures.name
    with middles.open("wb") as file:
        np.savez(file, frames=frames[:, :, *cut], masks=masks[:, :, *cut], facts=facts)
    encode_shard_latents(middles, parts.autoencoder, parts.latents)
    middles.unlink()


def crop_of(height: int, width: int) -> tuple[slice, slice]:
    """The square in the middle of a picture."""
    side = min(height, width)
    return middle(height, width, (side, side))


def read_pools(folder: Path, recipe: FramingRecipe, parts: Parts) -> dict[str, tuple[Pool, Batch]]:
    """By shape: what is trained on, and the batch that losses are taken of."""
    found = {}
    for shape, bucket in SHAPES.items():
        needed = recipe.shards + recipe.held_out
        shards = read_shards(folder, "clips", parts.latents, parts.words[2], bucket.name, needed)
        apart = Pool(shards[recipe.shards :])
        tokens = apart.tokens * min(recipe.judged, len(apart.latents))
        found[shape] = Pool(shards[: recipe.shards]), apart.draw(tokens, torch.Generator().manual_seed(3))
    return found


def _joined(batches: Sequence[Batch]) -> Batch:
    """Batches of one shape as one."""
    names = [name for name, value in vars(batches[0]).items() if isinstance(value, Tensor)]
    return replace(batches[0], **{name: torch.cat([getattr(batch, name) for batch in batches]) for name in names})


def _learn(
    recipe: FramingRecipe,
    pools: dict[tuple[str, str], Pool],
    held_out: Mapping[str, Batch],
    no_words: Told,
    place: Path,
    report: Callable[[Any], None],
) -> tuple[Transformer, Learned]:
    """Trains a side, or goes on. HimmelError where `place` holds one of other settings."""
    settings = {"recipe": asdict(recipe.base), "shards": recipe.shards, "held_out": recipe.held_out}
    note = place / "side.json"
    _same(note, settings)
    network, seconds = taught(recipe.base, pools, no_words, place, report)
    found = _kept(
        place / "losses.json",
        {"judged": recipe.judged},
        lambda: {"losses": {shape: losses(network, batch, 0) for shape, batch in held_out.items()}, "seconds": seconds},
    )
    return network, Learned({shape: tuple(v) for shape, v in found["losses"].items()}, found["seconds"])


def _same(note: Path, settings: Mapping[str, Any]) -> None:
    """Notes what a folder is for; HimmelError where it is for something else."""
    plain = json.loads(json.dumps(settings))
    if note.exists() and json.loads(note.read_text()) != plain:
        raise HimmelError(f"{note.parent} holds a side with other settings", "the same ones", "choose another --run")
    write_json(note, plain)


def _kept(path: Path, about: Mapping[str, Any], make_it: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What was found before, where it was about the same, or what is found now."""
    plain = json.loads(json.dumps(about))
    if path.exists() and (kept := json.loads(path.read_text()))["about"] == plain:
        return kept
    write_json(path, {"about": plain, **make_it()})
    return json.loads(path.read_text())


def scenarios(shape: str, count: int) -> Iterator[tuple[WorldSource, int]]:
    """The first scenes of the test split, of one thing whose colour can be followed, in order and not picked."""
    bucket, taken = SHAPES[shape], 0
    source = WorldSource(
        {"single": 1.0},
        width=bucket.width,
        height=bucket.height,
        frames=bucket.frames,
        rate=Fraction(bucket.rate),
        seed=SCENES,
        split="test",
    )
    for index in range(MOST_LOOKED_AT * count):
        if taken == count:
            return
        if traceable(source.scenario(index).facts):
            taken += 1
            yield source, index


def wider(scene: Scene, width: int, height: int) -> Scene:
    """The same scene in a picture that reaches BEYOND further: its middle of width x height is the picture itself."""
    short = min(width, height)
    half = np.tan(np.radians(scene.field_of_view) / 2) * (short + 2 * BEYOND) / short
    return replace(scene, field_of_view=np.degrees(2 * np.arctan(half)).astype(np.float32))


def beyond(scenario: Scenario, bucket: Bucket, renderer: Renderer) -> tuple[Frames, Frames]:
    """Frames [T, H, W, 3] and masks [T, H, W] of a scene, with BEYOND pixels around the picture."""
    wide = wider(scenario.scene, bucket.width, bucket.height)
    drawn = renderer.render([wide], bucket.width + 2 * BEYOND, bucket.height + 2 * BEYOND)[0]
    return drawn.frames, drawn.masks


def true_scenes(
    shape: str, recipe: FramingRecipe, parts: Parts, run: Path, report: Callable[[str], None]
) -> dict[str, list[Framing | None]]:
    """How true renders frame their subjects: the truth, and what the measure says, of whole pictures and middles."""
    bucket, name = SHAPES[shape], shape.replace(":", "x")

    def measured() -> dict[str, Any]:
        table, renderer, back = colours(run), Renderer(), through(parts.autoencoder)
        found: dict[str, list[Framing | None]] = {}
        for number, (source, index) in enumerate(scenarios(shape, recipe.count)):
            scenario = source.scenario(index)
            frames, masks = beyond(scenario, bucket, renderer)
            height, width, side = frames.shape[1], frames.shape[2], min(bucket.height, bucket.width)
            box = middle(height, width, (bucket.height, bucket.width))
            square = middle(height, width, (side, side))
            colour, own = scenario.facts.objects[0].colour, np.ascontiguousarray(frames[:, *box])
            views = {RENDERS: own, RECONSTRUCTED: back(own), CROPS: np.ascontiguousarray(frames[:, *square])}
            for kind, shown in ((TRUTH, box), (CROPS_TRUTH, square)):
                found.setdefault(kind, []).append(true_framing(masks == 1, shown))
            for kind, view in views.items():
                found.setdefault(kind, []).append(_seen(table, view, colour))
            _strip(run, name, number, RENDERS, own)
            report(f"{shape}: {number + 1}/{recipe.count} scenes rendered")
        return {"framed": _plain(found)}

    about = {"count": recipe.count, "latents": parts.latents}
    return _framed(_kept(run / f"renders-{name}.json", about, measured))


def made_scenes(
    shape: str,
    recipe: FramingRecipe,
    parts: Parts,
    networks: Mapping[str, Transformer],
    run: Path,
    report: Callable[[str], None],
) -> dict[str, list[Framing | None]]:
    """How both sides frame the subjects of the same scenes, from their full captions; and the side of crops also in
    the shape that it was taught. The seed of each is its place in the list.
    """
    bucket, name = SHAPES[shape], shape.replace(":", "x")
    rows, columns = bucket.height // PIXELS_A_TOKEN, bucket.width // PIXELS_A_TOKEN
    square = min(rows, columns), min(rows, columns)
    decode, untold = decoder(parts.autoencoder), parts.read("")
    about = {"count": recipe.count, "walk": asdict(recipe.walk), "latents": parts.latents}
    ways = ((NATIVE, NATIVE, (rows, columns)), (CROPPED, CROPPED, (rows, columns)), (OWN, CROPPED, square))
    found: dict[str, list[Framing | None]] = {}
    for kind, side, grid in ways:

        def measured(kind: str = kind, side: str = side, grid: tuple[int, int] = grid) -> dict[str, Any]:
            table, seen, other = colours(run), [], []
            for number, (source, index) in enumerate(scenarios(shape, recipe.count)):
                colour = source.scenario(index).facts.objects[0].colour
                told = parts.read(_caption(source, index))
                size = (bucket.frames // FRAMES_A_GROUP, *grid)
                frames = make(networks[side], decode, told, untold, size, float(bucket.rate), number, recipe.walk)
                seen.append(_seen(table, frames, colour))
                other.append(_seen(table, frames, TOLD[(TOLD.index(colour) + len(TOLD) // 2) % len(TOLD)]))
                _strip(run, name, number, kind, frames)
            report(f"{shape}: {recipe.count} clips made by {kind}")
            return {"framed": _plain({kind: seen, kind + ANOTHER: other})}

        place = run / f"{kind.replace(' ', '-').replace(',', '')}-{name}.json"
        found |= _framed(_kept(place, about, measured))
    return found


def _caption(source: WorldSource, index: int) -> str:
    """The full English caption of a scene, which needs no pictures."""
    return next(c.text for c in source.captions(source.scenario(index).facts, index) if c.length == "full")


def _seen(table: ColourTable, frames: Frames, colour: str) -> Framing | None:
    return framing_of(follow(table, frames, [colour])[0], frames.shape[2], frames.shape[1])


def _strip(run: Path, shape: str, number: int, kind: str, frames: Frames) -> None:
    """Frames side by side of the first scenes, for the sheet."""
    if number < PICTURES:
        path = strip_path(run, shape, number, kind)
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(film_strip(frames)).save(path)


def strip_path(run: Path, shape: str, number: int, kind: str) -> Path:
    """Where the strip of a scene is."""
    return run / "strips" / f"{shape.replace(':', 'x')}-{number:02d}-{kind.replace(' ', '-').replace(',', '')}.png"


def _plain(found: Mapping[str, Sequence[Framing | None]]) -> dict[str, Any]:
    return {kind: [one and asdict(one) for one in some] for kind, some in found.items()}


def _framed(kept: Mapping[str, Any]) -> dict[str, list[Framing | None]]:
    return {kind: [Framing(**one) if one else None for one in some] for kind, some in kept["framed"].items()}
