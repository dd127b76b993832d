"""What the verbs that take pictures and videos have in common: their options, and making the clip of a task."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from himmel.cli.generate import check_resume, make_file, report_clip, report_request, write_rows
from himmel.cli.opening import open_pipeline
from himmel.cli.options import (
    PATH,
    RATE,
    SIZE,
    attest_option,
    expand_option,
    model_option,
    output_option,
    policy_option,
    resume_option,
    seed_option,
    work_options,
)
from himmel.cli.terminal import say

if TYPE_CHECKING:
    from himmel.pipeline.ways import Settings, Task

F = TypeVar("F", bound=Callable[..., Any])


def media_options(function: F) -> F:
    """Output, size, rate, fit, and everything that `generate` has too."""
    options = (
        output_option,
        click.option(
            "--size",
            type=SIZE,
            metavar="WxH",
            default=None,
            help="Width and height in pixels; the first medium's own if not said, made smaller if it is large. "
            "Example: --size 128x128",
        ),
        click.option(
            "--fps",
            type=RATE,
            default=None,
            help="Frames a second; 16, which the model knows, if not said. Example: --fps 24",
        ),
        click.option(
            "--fit",
            type=click.Choice(["crop", "pad"]),
            default="crop",
            show_default=True,
            help="How a medium of another shape is brought to the size: crop cuts its edges, pad adds black bars. "
            "Example: --fit pad",
        ),
        work_options,
        seed_option,
        expand_option,
        click.option(
            "--sheet/--no-sheet",
            default=False,
            show_default=True,
            help="Whether to write a contact sheet too, as FILE with the ending .png. Example: -o ball.mp4 --sheet",
        ),
        resume_option,
        click.option("--force", is_flag=True, help="Replace files that exist already. Example: -o ball.mp4 --force"),
        policy_option,
        attest_option,
        model_option,
    )
    for option in reversed(options):
        function = option(function)
    return function


def settings_of(options: dict[str, Any]) -> Settings:
    """The part of the options that all ways of prompting have in common."""
    from himmel.pipeline.ways import Settings

    names = ("size", "fit", "seed", "steps", "guidance", "solver", "expand", "cache", "drafts", "reader_guidance")
    return Settings(rate=options["fps"], **{name: options[name] for name in names})


def make_clip(task: Task, options: dict[str, Any]) -> None:
    """Makes the clip of a task and writes it, its recipe and perhaps its sheet, saying what was done to the media."""
    from himmel.footage.atomic import check_writable
    from himmel.pipeline.targets import check_output

    output, force, request = Path(options["output"]), options["force"], task.request
    check_resume(options["resume"], 1, options["sheet"])
    check_output(output, request.width, request.height, request.frames, request.rate, overwrite=force)
    sheet = output.with_suffix(".png") if options["sheet"] else None
    if sheet is not None:
        check_writable(sheet, overwrite=force)
    for medium in task.media:
        length = f"{len(medium.frames)} frames" if len(medium.frames) > 1 else "1 picture"
        say("given", f"{medium.path}  ({', '.join((length, *medium.changes)) or 'as it is'})")

    pipeline = open_pipeline(options["model"], options["policy"], options["attest_likeness"])
    report_request(pipeline, request, task.media)
    clip, rows = make_file(
        pipeline, request, task.media, output, force=force, resume=options["resume"], sheet=sheet is not None
    )
    report_clip(clip, output)
    if sheet is not None:
        write_rows(sheet, rows)


def media_argument(name: str) -> Callable[[F], F]:
    """A file that goes into the clip."""
    return click.argument(name, type=PATH)


def prompt_argument(function: F) -> F:
    """Words, which may be left away."""
    return click.argument("prompt", default="")(function)


def seconds_option(default: float, what: str) -> Callable[[F], F]:
    """How long."""
    return click.option(
        "--seconds",
        type=float,
        default=default,
        show_default=True,
        metavar="S",
        help=f"{what}, more than 0 and up to 600. Example: --seconds {default:g}",
    )
