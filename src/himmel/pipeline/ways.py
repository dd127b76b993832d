"""Each way of prompting with media as a call: files and times in, a clip out.

All are a plan of `himmel.prompting` and `Pipeline.make`; there is no other path. In each the prompt may be empty.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from himmel import prompting
from himmel.autoencoder.config import PIXELS_A_TOKEN
from himmel.footage.fit import CROP, DOUBLE, RATE, Medium, read_media
from himmel.footage.masks import read_mask, region_of
from himmel.language.endpoint import Endpoint
from himmel.pipeline.request import (
    AUTO,
    DRAFTS_USUAL,
    READER_USUAL,
    SEEDS,
    SIDE,
    STEPS_USUAL,
    Request,
    check,
    check_prompt,
)
from himmel.records import HimmelError
from himmel.records.plan import Given, Plan, Region
from himmel.records.recipe import Recipe

if TYPE_CHECKING:
    from himmel.prompting.storyboard import Storyboard

Path = str | os.PathLike[str]
DEFAULT_SIDE = 128
MOST_VARIED = 100


@dataclass(frozen=True)
class Settings:
    """What all ways have in common, as in `Pipeline.generate`. size: (width, height), None: from the first medium.

    rate: frames a second, None: 16. fit: "crop" or "pad", how a medium of another shape is brought to the size.
    """

    size: tuple[int, int] | None = None
    rate: Fraction | None = None
    fit: str = CROP
    seed: int = 0
    steps: int = STEPS_USUAL
    guidance: float = 3.0
    solver: str = AUTO
    expand: bool | Endpoint = True
    cache: float = 0.0
    drafts: int = DRAFTS_USUAL
    reader_guidance: float = READER_USUAL


@dataclass(frozen=True)
class Task:
    """A request with its media: what `Pipeline.make` takes."""

    request: Request
    media: list[Medium]


def animate(
    image: Path, prompt: str = "", *, seconds: float = 2.0, at: float = 0.0, settings: Settings | None = None
) -> Task:
    """A still comes to life: it is the frame at `at` seconds of a clip of `seconds`. Of a video, the first frame."""
    media = _read([image], settings)
    still = [Medium(m.frames[:1], m.rate, m.path, m.sha256, m.how, m.changes) for m in media]
    rate = media[0].rate
    return _task(prompting.animate(_frames(seconds, rate), round(at * rate)), still, prompt, settings)


def extend(
    video: Path, prompt: str = "", *, seconds: float = 2.0, backward: bool = False, settings: Settings | None = None
) -> Task:
    """A video goes on for `seconds`, forward or backward in time."""
    media = _read([video], settings)
    plan = prompting.extend(len(media[0].frames), _frames(seconds, media[0].rate), backward)
    return _task(plan, media, prompt, settings)


def loop(video: Path, prompt: str = "", *, seconds: float = 1.0, settings: Settings | None = None) -> Task:
    """A video is led back to its beginning in about `seconds`, so that it can be shown again and again."""
    media = _read([video], settings)
    return _task(prompting.loop(len(media[0].frames), _frames(seconds, media[0].rate)), media, prompt, settings)


def fill(
    video: Path, gaps: Sequence[tuple[float, float]], prompt: str = "", *, settings: Settings | None = None
) -> Task:
    """The frames of each gap (from, to) in seconds are made anew."""
    media = _read([video], settings)
    rate = media[0].rate
    frames = [(round(start * rate), round(stop * rate)) for start, stop in gaps]
    return _task(prompting.fill(len(media[0].frames), frames), media, prompt, settings)


def edit(
    video: Path,
    prompt: str = "",
    *,
    strength: float | None = None,
    box: tuple[int, int, int, int] | None = None,
    mask: Path | None = None,
    times: tuple[float, float] | None = None,
    settings: Settings | None = None,
) -> Task:
    """A video is made anew from what it is, as the prompt says.

    strength: above 0 and up to 1, how much is changed; None: 0.6, or 1 where a part is replaced. box: (left, top,
    width, height) in pixels of the clip, the only part that changes; or mask: a picture of the video's size or the
    clip's that is white there. times: (from, to) in seconds, when; None: all the time.
    """
    media = _read([video], settings)
    length, rate = len(media[0].frames), media[0].rate
    start, stop = (0, length) if times is None else (round(t * rate) for t in times)
    region = None
    if mask is not None and box is not None:
        raise HimmelError("a box and a mask", "one of them", "leave one away")
    if mask is not None:
        region = region_of(read_mask(mask, media[0]), start, stop)
    elif box is not None:
        region = Region(*box, start, stop)
    elif times is not None:
        raise HimmelError("times without a region", "times of a box or a mask", "name the part with --region too")
    default = 0.6 if region is None else 1.0
    plan = prompting.edit(length, default if strength is None else strength, region)
    return _task(plan, media, prompt, settings)


def double(video: Path, prompt: str = "", *, settings: Settings | None = None) -> Task:
    """A video at the size of `settings`, twice its own: its latents are brought to twice the size and drawn anew.

    Raises HimmelError for a size that is no multiple of 32.
    """
    settings = settings or Settings()
    width, height = settings.size or (2 * DEFAULT_SIDE, 2 * DEFAULT_SIDE)
    if width % (2 * PIXELS_A_TOKEN) or height % (2 * PIXELS_A_TOKEN):
        given = f"latents doubled to {width}x{height}"
        raise HimmelError(given, f"multiples of {2 * PIXELS_A_TOKEN}", "for example --size 256x256")
    settings = replace(settings, size=(width, height), fit=DOUBLE)
    media = _read([video], settings)
    plan = Plan("enlarge", len(media[0].frames), (Given(0, 0, len(media[0].frames), 0),))
    return _task(plan, media, prompt, settings)


def connect(
    first: Path, second: Path, prompt: str = "", *, seconds: float = 1.0, settings: Settings | None = None
) -> Task:
    """One video flows into another within `seconds`."""
    media = _read([first, second], settings)
    before, after = (len(medium.frames) for medium in media)
    return _task(prompting.connect(before, after, _frames(seconds, media[0].rate)), media, prompt, settings)


def storyboard(board: Storyboard, *, folder: Path = "", settings: Settings | None = None) -> Task:
    """The film of a storyboard. folder: that its cards' files lie in, where their names do not say it.

    Size, rate and seed of `settings` go before the storyboard's own where they are not the usual ones.
    """
    from himmel.prompting import storyboard as boards

    settings = settings or Settings()
    own_size = tuple(map(int, board.size.split("x"))) if board.size else (DEFAULT_SIDE, DEFAULT_SIDE)
    settings = replace(
        settings,
        size=settings.size or own_size,
        rate=settings.rate or (RATE if board.rate is None else Fraction(board.rate).limit_denominator(1001)),
        seed=settings.seed or board.seed or 0,
    )
    assert settings.rate is not None
    for text in boards.prompts(board):
        if text or not board.cards:
            check_prompt(text)
    paths: list[Path] = [os.path.join(folder, card.path) for card in board.cards]
    media = _read(paths, settings)
    plan = boards.plan(board, settings.rate, [len(medium.frames) for medium in media])
    return _task(plan, media, "", settings)


def image(prompt: str, *, settings: Settings | None = None) -> Task:
    """A picture: a clip of one frame. Its media are none, so a prompt is needed."""
    return _task(Plan("generate", 1), [], check_prompt(prompt), settings)


def vary(recipe: Recipe, count: int = 3) -> list[Recipe]:
    """Recipes for `Pipeline.replay`: the same words and media, with the `count` seeds that follow the recipe's own."""
    check_count(count)
    return [replace(recipe, seed=(recipe.seed + 1 + i) % SEEDS) for i in range(count)]


def check_count(count: int) -> None:
    """Raises HimmelError for a number of variations out of limits."""
    if not 1 <= count <= MOST_VARIED:
        raise HimmelError(f"count {count}", f"1 to {MOST_VARIED}", "for example --count 4")


def enlarge(
    clip: Path,
    recipe: Recipe,
    *,
    size: tuple[int, int] | None = None,
    strength: float | None = None,
    doubling: bool = False,
    settings: Settings | None = None,
) -> Task:
    """A clip that himmel made, again at a larger size: its latents doubled, or scaled up, noised to `strength` and made
    anew from there.

    recipe: the clip's own, which words and seed come from. size: (width, height), None: twice the clip's, as far as a
    side may be. strength: None: doubled to twice its size where that can be, else 0.15. doubling: whether the model has
    an upsampler (`folder.has_upsampler`). Of `settings`, what says how steps are taken counts.
    """
    size = size or (min(SIDE[1], 2 * recipe.width), min(SIDE[1], 2 * recipe.height))
    if size[0] < recipe.width or size[1] < recipe.height:
        given, own = f"size {size[0]}x{size[1]}", f"{recipe.width}x{recipe.height}"
        raise HimmelError(f"{given} for a clip of {own}", "at least its own", "for example twice its size")
    own = replace(settings or Settings(), size=size, rate=Fraction(recipe.rate), seed=recipe.seed, expand=False)
    whole = not (recipe.width % PIXELS_A_TOKEN or recipe.height % PIXELS_A_TOKEN)
    if doubling and strength is None and whole and size == (2 * recipe.width, 2 * recipe.height):
        task = double(clip, recipe.expanded, settings=own)
    else:
        task = edit(clip, recipe.expanded, strength=0.15 if strength is None else strength, settings=own)
    plan = replace(task.request.plan, segments=recipe.plan.segments)
    return replace(task, request=task.request.with_plan(plan))


def _read(paths: list[Path], settings: Settings | None) -> list[Medium]:
    settings = settings or Settings()
    width, height = settings.size or (DEFAULT_SIDE, DEFAULT_SIDE)
    check("a ball", width=width, height=height, rate=RATE if settings.rate is None else settings.rate)
    return read_media(paths, settings.size, settings.rate, settings.fit) if paths else []


def _frames(seconds: float, rate: Fraction) -> int:
    """How many frames a duration has. Raises HimmelError for one out of limits."""
    return check("a ball", seconds=seconds, rate=rate).frames


def _task(plan: Plan, media: list[Medium], prompt: str, settings: Settings | None) -> Task:
    settings = settings or Settings()
    if media and settings.fit == DOUBLE and settings.size:
        (width, height), rate = settings.size, media[0].rate
    elif media:
        (height, width), rate = media[0].frames.shape[1:3], media[0].rate
    else:
        (width, height), rate = settings.size or (DEFAULT_SIDE, DEFAULT_SIDE), settings.rate or RATE
    if plan.frames > 600 * rate:
        raise HimmelError(f"{plan.frames / rate:g} seconds in all", "up to 600", "make it shorter")
    request = check(
        prompt,
        width=width,
        height=height,
        rate=rate,
        seed=settings.seed,
        steps=settings.steps,
        guidance=settings.guidance,
        solver=settings.solver,
        cache=settings.cache,
        drafts=settings.drafts,
        reader_guidance=settings.reader_guidance,
        expand=settings.expand,
        plan=plan,
    )
    return Task(request, media)
