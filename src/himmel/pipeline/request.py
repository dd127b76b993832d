"""What somebody asks for, checked: every limit of himmel stands here. Imports no torch."""

from __future__ import annotations

import math
import unicodedata
from dataclasses import dataclass, replace
from fractions import Fraction

from himmel.language.endpoint import Endpoint
from himmel.records import HimmelError
from himmel.records.plan import Plan, Region

PROMPT_LENGTH = 2000  # characters
SECONDS = 600
SIDE = (16, 1920)  # pixels
RATE = (1, 60)  # frames a second
STEPS = (1, 200)
STEPS_USUAL = 4
"""Where nothing is said. Half as many steps as the shipped weights were taught at most, for twice as many drafts."""
GUIDANCE = (0, 20)
CACHE = (0, 1)
DRAFTS = (1, 64)
DRAFTS_USUAL = 4
READER = (0, 1)
READER_USUAL = 0.1
"""As found on validation prompts; three times as much and things fall apart (decision 0048)."""
SEEDS = 2**63
AUTO, SHORTCUT = "auto", "shortcut"
SOLVERS = (AUTO, SHORTCUT, "euler", "heun")
EXAMPLE = '"a red ball rolls to the left on grass"'
# These turn the direction of writing, so that a prompt could be shown otherwise than it is read.
TURNING = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@dataclass(frozen=True)
class Request:
    """One clip that can be made. Construct it by `check`.

    prompt: spaces tidied. width, height: pixels. frames: how many. rate: frames a second. expand: whether a
    short prompt is filled up with plausible details; an Endpoint: by that one. cache: how much may change from step to
    step for the inner blocks to be left out; 0: they never are. drafts: how many times a beginning is made at most.
    reader_guidance: how far what the reader sees moves what is made (`himmel.pipeline.heed`); 0: not at all.
    """

    prompt: str
    width: int
    height: int
    frames: int
    rate: Fraction
    seed: int
    steps: int
    guidance: float
    solver: str
    expand: bool | Endpoint
    plan: Plan
    cache: float = 0.0
    drafts: int = DRAFTS_USUAL
    reader_guidance: float = READER_USUAL

    @property
    def seconds(self) -> float:
        return float(self.frames / self.rate)

    def with_seed(self, seed: int) -> Request:
        """The same request with another seed; past the largest it goes on from 0."""
        return replace(self, seed=seed % SEEDS)

    def with_plan(self, plan: Plan) -> Request:
        """The same request for another plan, whose length it takes."""
        return replace(self, plan=plan, frames=plan.frames)


def check(
    prompt: str,
    *,
    seconds: float = 2.0,
    width: int = 128,
    height: int = 128,
    rate: Fraction | int | float = 16,
    seed: int = 0,
    steps: int = STEPS_USUAL,
    guidance: float = 3.0,
    solver: str = AUTO,
    expand: bool | Endpoint = True,
    plan: Plan | None = None,
    cache: float = 0.0,
    drafts: int = DRAFTS_USUAL,
    reader_guidance: float = READER_USUAL,
) -> Request:
    """The request, if it is within the limits: the nearest whole number of frames, at least one.

    plan: what is given; None: nothing, the prompt alone. Where it gives anything or has prompts, `prompt` may be empty.

    Raises HimmelError that names the first thing out of its limits, what is allowed, and what to write.
    """
    seconds = _number("seconds", seconds, 0, SECONDS, "--seconds 2", above=True)
    _number("fps", rate, *RATE, "--fps 16")
    exact = Fraction(rate).limit_denominator(1001)
    for name, side in (("width", width), ("height", height)):
        _whole(name, side, *SIDE, "--size 128x128")
    plan = plan or Plan("generate", max(1, round(Fraction(seconds) * exact)))
    if plan.region is not None:
        _check_region(plan.region, width, height)
    return Request(
        prompt=check_prompt(prompt) if prompt or not (plan.given or plan.segments) else "",
        width=width,
        height=height,
        frames=plan.frames,
        rate=exact,
        seed=_whole("seed", seed, 0, SEEDS - 1, "--seed 1"),
        steps=_whole("steps", steps, *STEPS, f"--steps {STEPS_USUAL}"),
        guidance=_number("guidance", guidance, *GUIDANCE, "--guidance 3"),
        solver=_one_of("solver", solver, SOLVERS),
        expand=expand if isinstance(expand, Endpoint) else bool(expand),
        plan=plan,
        cache=_number("cache", cache, *CACHE, "--cache 0.1"),
        drafts=_whole("drafts", drafts, *DRAFTS, f"--drafts {DRAFTS_USUAL}"),
        reader_guidance=_number("reader_guidance", reader_guidance, *READER, f"--reader-guidance {READER_USUAL}"),
    )


def _check_region(region: Region, width: int, height: int) -> None:
    right, below = region.left + region.width, region.top + region.height
    if not (0 <= region.left < right <= width and 0 <= region.top < below <= height):
        given = f"a region of {region.width}x{region.height} at {region.left},{region.top}"
        raise HimmelError(given, f"inside the {width}x{height} pixels of the clip", "for example --region 0,0,64,64")
    from himmel.footage.masks import pixels  # loads numpy, which --help does without

    pixels(region)


def check_prompt(prompt: str) -> str:
    """The prompt with single spaces. Raises HimmelError for an empty, too long or unprintable one."""
    if not isinstance(prompt, str):
        raise HimmelError(f"a prompt of type {type(prompt).__name__}", "text", f"for example {EXAMPLE}")
    if len(prompt) > PROMPT_LENGTH:
        raise HimmelError(f"a prompt of {len(prompt)} characters", f"1 to {PROMPT_LENGTH} characters", "shorten it")
    tidy = " ".join(prompt.split())
    if not tidy:
        raise HimmelError("an empty prompt", f"1 to {PROMPT_LENGTH} characters", f"for example {EXAMPLE}")
    for character in tidy:
        if unicodedata.category(character) in ("Cc", "Cs") or character in TURNING:
            code = f"U+{ord(character):04X}"
            raise HimmelError(f"a prompt with the control character {code}", "printable text", "remove it")
    return tidy


def _number(
    name: str, value: Fraction | float, least: float, most: float, remedy: str, *, above: bool = False
) -> float:
    allowed = f"{'more than ' if above else ''}{least} to {most}"
    if isinstance(value, bool) or not isinstance(value, Fraction | int | float):
        raise HimmelError(f"{name} {value!r:.60}", allowed, f"for example {remedy}")
    # A NaN is within no limits.
    if not (least <= value <= most) or (above and value <= least) or not math.isfinite(value):
        given = f"{float(value):g}" if abs(value) < 1e300 else "too large a number"
        raise HimmelError(f"{name} {given}", allowed, f"for example {remedy}")
    return float(value)


def _whole(name: str, value: int, least: int, most: int, remedy: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise HimmelError(f"{name} {value!r:.60}", f"a whole number, {least} to {most}", f"for example {remedy}")
    return value


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise HimmelError(
            f"{name} {value!r:.60}", f"one of: {', '.join(allowed)}", f"for example --{name} {allowed[0]}"
        )
    return value
