"""How the options of several verbs are read and explained; limits are checked where a request is made."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeVar

import click

from himmel.language.endpoint import Endpoint, endpoint_from
from himmel.pipeline.request import DRAFTS_USUAL, READER_USUAL, SOLVERS, STEPS_USUAL
from himmel.records import HimmelError

if TYPE_CHECKING:
    from himmel.safety.policy import Policy

F = TypeVar("F", bound=Callable[..., Any])
USUAL_SECONDS = "himmel.usual_seconds"
"""Where a context keeps how long clips of its model are."""
SAFETY = "HIMMEL_SAFETY"
"""Environment variable that switches the check off but for what is always refused; "on" if not said."""


class SizeType(click.ParamType):
    """WIDTHxHEIGHT in pixels."""

    name = "WxH"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        if isinstance(value, tuple):
            return value
        width, _, height = str(value).lower().replace("×", "x").partition("x")
        if not (width.isdecimal() and height.isdecimal() and len(width) + len(height) < 12):
            raise HimmelError(f"--size {value!r:.60}", "width and height in pixels", "for example --size 256x144")
        return int(width), int(height)


class RateType(click.ParamType):
    """Frames a second, whole or as a fraction."""

    name = "N"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Fraction:
        # Fraction itself would take minutes over "1e999999999".
        if isinstance(value, Fraction) or re.fullmatch(r"\d{1,6}(\.\d{1,6}|/0*[1-9]\d{0,5})?", str(value)):
            return Fraction(value)
        remedy = "for example --fps 16 or --fps 24000/1001"
        raise HimmelError(f"--fps {value!r:.60}", "frames a second, 1 to 60", remedy)


class PathType(click.ParamType):
    """A file name, kept as it is given; whether it will do is found out where it is used."""

    name = "FILE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        return os.fsdecode(value)


SIZE, RATE, PATH = SizeType(), RateType(), PathType()


def cache_option(function: F) -> F:
    """How much of a step may be taken from the step before."""
    return click.option(
        "--cache",
        type=float,
        default=0.0,
        show_default=True,
        metavar="C",
        help="For walks of many steps: where a step's beginning differs by less than this share from that of the last "
        "step that was computed whole, the rest is taken from it. 0 to 1; 0 computes everything. "
        "Example: --steps 32 --cache 0.1",
    )(function)


def drafts_option(function: F) -> F:
    """How often a beginning is made at most."""
    return click.option(
        "--drafts",
        type=int,
        default=DRAFTS_USUAL,
        show_default=True,
        metavar="N",
        help="How often the beginning of a shot is made at most, 1 to 64: a small network reads each draft, and the "
        "first that shows all that was asked is kept, or the best. 1 is fastest. Example: --drafts 8",
    )(function)


def reader_guidance_option(function: F) -> F:
    """How far the reader moves what is made."""
    return click.option(
        "--reader-guidance",
        type=float,
        default=READER_USUAL,
        show_default=True,
        metavar="R",
        help="How far what a small network reads in the making moves it towards what was asked, 0 to 1; 0 not at all, "
        "above 0.2 clips fall apart. Example: --reader-guidance 0.05",
    )(function)


def work_options(function: F) -> F:
    """The options that say how much work goes into a clip."""
    options = (
        click.option(
            "--steps",
            type=int,
            default=STEPS_USUAL,
            show_default=True,
            metavar="N",
            help="Steps from noise to clip, 1 to 200; more take longer. The shipped weights were taught 8, 4, 2 and 1 "
            "large steps, which cost half of any other number's. Example: --steps 4",
        ),
        click.option(
            "--guidance",
            type=float,
            default=3.0,
            show_default=True,
            metavar="G",
            help="How closely the words are followed, 0 to 20: 1 is the plain model at half the time, "
            "above 6 looks "
            "harsh. Example: --guidance 4",
        ),
        click.option(
            "--solver",
            default="auto",
            show_default=True,
            metavar="NAME",
            help=f"How a step is taken: {', '.join(SOLVERS)}. shortcut takes the few large steps that the weights "
            "were taught, with guidance folded in; auto is shortcut where steps and guidance allow it, else euler; "
            "heun does twice the work a step and needs fewer. Example: --solver heun --steps 10",
        ),
        cache_option,
        drafts_option,
        reader_guidance_option,
    )
    for option in reversed(options):
        function = option(function)
    return function


def output_option(function: F) -> F:
    """Where a clip goes."""
    return click.option(
        "-o",
        "--output",
        type=PATH,
        required=True,
        metavar="FILE",
        help="Where to put it; the ending says what it becomes: .mp4 (plays everywhere), .webm, .gif, .png "
        "(one frame). "
        "Its recipe is put beside it as FILE.json. Example: -o ball.mp4",
    )(function)


def resume_option(function: F) -> F:
    """Whether to go on from what a stopped run has left."""
    return click.option(
        "--resume",
        is_flag=True,
        help="Go on where a stopped run of the same command was; clips longer than two seconds keep what is finished "
        "until they are whole. Example: -o long.mp4 --seconds 60 --resume",
    )(function)


def seed_option(function: F) -> F:
    """Which clip of many."""
    return click.option(
        "--seed",
        type=int,
        default=0,
        show_default=True,
        metavar="N",
        help="Which of the many clips that fit the words: same seed, same clip. 0 to 2**63-1. Example: --seed 7",
    )(function)


def _by_whom(ctx: click.Context, param: click.Parameter, value: bool) -> bool | Endpoint:
    """The endpoint that is set, else the built-in grammar; where nothing is to be filled up, nothing is looked at."""
    return (endpoint_from() or True) if value and not ctx.resilient_parsing else value


def expand_option(function: F) -> F:
    """Whether a short prompt is filled up, and by whom."""
    return click.option(
        "--expand/--no-expand",
        default=True,
        show_default=True,
        callback=_by_whom,
        help="Whether a short prompt is filled up with plausible details before the model reads it; what it "
        "read is printed and stands in the recipe. By the built-in grammar, or by a server of yours that "
        "HIMMEL_EXPAND_URL and HIMMEL_EXPAND_MODEL name. Example: --no-expand",
    )(function)


def shape_options(function: F) -> F:
    """The options that say how large and how long a clip is, and how much work goes into it."""
    options = (
        click.option(
            "--seconds",
            type=float,
            default=None,
            metavar="S",
            help="How long, more than 0 and up to 600; 2 if not said, and one frame for .png. "
            "The shipped model was trained on about two seconds. Example: --seconds 4",
        ),
        click.option(
            "--size",
            type=SIZE,
            metavar="WxH",
            default="128x128",
            show_default=True,
            help="Width and height in pixels, each 16 to 1920; .mp4 needs even numbers. Steps of 16 waste "
            "nothing, "
            "others are padded and cropped. Example: --size 256x144",
        ),
        click.option(
            "--fps",
            type=RATE,
            default="16",
            show_default=True,
            help="Frames a second, 1 to 60. The model is told. Example: --fps 8",
        ),
        work_options,
    )
    for option in reversed(options):
        function = option(function)
    return function


def _usual_of(ctx: click.Context, param: click.Parameter, model: str) -> str:
    """Open weights are asked for what they were trained for, where nothing else is said: it is told before the other
    options are read.
    """
    from himmel.openweights import is_open, read_folder

    if not ctx.resilient_parsing and is_open(model):
        usual = read_folder(model).abilities.usual
        seconds = usual.frames / usual.rate
        told: dict[str, Any] = {"size": (usual.width, usual.height), "fps": Fraction(usual.rate)}
        told |= {"steps": usual.steps, "guidance": usual.guidance}
        ctx.default_map = {**told, "seconds": seconds} if ctx.command.name == "animate" else told
        ctx.meta[USUAL_SECONDS] = seconds
    return model


def model_option(function: F) -> F:
    """Which weights."""
    return click.option(
        "--model",
        default="shipped",
        show_default=True,
        metavar="NAME",
        is_eager=True,
        callback=_usual_of,
        help="Weights: shipped, the folder of an export of your own training, or one of open weights in the layout "
        "of diffusers, whose own size, rate, steps and guidance are then taken where you say none "
        "(docs/open-weights.md). Example: --model runs/mine/export",
    )(function)


def _policy(ctx: click.Context, param: click.Parameter, path: str | None) -> Policy | None:
    """The policy of a file, else what the environment says; read before anything is loaded."""
    if ctx.resilient_parsing:
        return None
    from himmel.safety.policy import DEFAULT, OFF, read_policy

    switch = os.environ.get(SAFETY, "on")
    if switch not in ("on", "off"):
        raise HimmelError(f"{SAFETY} {switch!r:.60}", "on or off", f"unset {SAFETY}")
    if path is not None and switch == "off":
        raise HimmelError(f"--policy with {SAFETY}=off", "one of the two", f"unset {SAFETY}")
    return OFF if switch == "off" else DEFAULT if path is None else read_policy(path)


def policy_option(function: F) -> F:
    """What is refused."""
    return click.option(
        "--policy",
        type=PATH,
        default=None,
        metavar="FILE",
        callback=_policy,
        help="A policy for lawful uses that the built-in one is too strict for, in YAML; docs/safety.md says what it "
        "may hold. It stands in the recipe. Example: --policy museum.yaml",
    )(function)


def attest_option(function: F) -> F:
    """That those agree who are shown in what is given."""
    return click.option(
        "--attest-likeness",
        is_flag=True,
        help="Say that all who can be recognised in the pictures and videos that you give agree to it; without it, "
        "media with faces are refused. It stands in the recipe. Example: --attest-likeness",
    )(function)


def seconds_for(path: str, seconds: float | None, rate: Fraction) -> float:
    """What was asked for, else one frame for a picture, and for a clip two seconds or what open weights are used to."""
    if seconds is not None:
        return seconds
    usual = click.get_current_context().meta.get(USUAL_SECONDS, 2.0)
    return float(1 / rate) if path.lower().endswith(".png") and rate > 0 else usual
