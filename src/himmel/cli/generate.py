"""`himmel generate`: words become clips."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from himmel.cli.opening import open_pipeline
from himmel.cli.options import (
    expand_option,
    model_option,
    output_option,
    policy_option,
    resume_option,
    seconds_for,
    seed_option,
    shape_options,
)
from himmel.cli.terminal import progress_bar, say, size_of, spoken
from himmel.language.endpoint import Endpoint

if TYPE_CHECKING:
    from himmel.footage.fit import Medium
    from himmel.footage.sheet import Row
    from himmel.pipeline import Generated, Pipeline
    from himmel.pipeline.generate import Written
    from himmel.pipeline.request import Request
    from himmel.records.recipe import Recipe


@click.command(short_help="Make a clip from words.")
@click.argument("prompt")
@output_option
@shape_options
@seed_option
@click.option(
    "--count",
    type=int,
    default=1,
    show_default=True,
    metavar="N",
    help="How many clips, 1 to 100, with seeds that follow each other; they are named FILE-1, FILE-2. "
    "Example: --count 4",
)
@expand_option
@click.option(
    "--loop",
    is_flag=True,
    help="Let the end flow into the beginning; the length is rounded up to groups of four frames. Example: --loop",
)
@click.option(
    "--sheet/--no-sheet",
    default=False,
    show_default=True,
    help="Whether to write a contact sheet too: the frames of all clips in rows, as FILE with the ending "
    ".png. "
    "Example: -o ball.mp4 --sheet writes ball.png",
)
@resume_option
@click.option("--force", is_flag=True, help="Replace files that exist already. Example: -o ball.mp4 --force")
@policy_option
@model_option
def generate(
    prompt: str, output: str, seconds: float | None, size: tuple[int, int], fps: Fraction, **rest: Any
) -> None:
    """Make a clip that shows PROMPT.

    \b
    himmel generate "a red ball rolls to the left on grass" -o ball.mp4
    himmel generate "ett stormigt hav i solnedgången" -o hav.webm --size 256x144 --seconds 4
    himmel generate "a blue cube falls in the snow" -o cube.gif --count 4 --sheet
    himmel generate "snowy mountains in fog" -o mountains.png

    Before it starts it says which phrases the model knows and which it doesn't; what it doesn't know won't be
    seen.
    """
    from himmel.pipeline.request import check

    count, force = rest["count"], rest["force"]
    length = seconds_for(output, seconds, fps)
    names = ("steps", "guidance", "solver", "expand", "cache", "drafts", "reader_guidance")
    settings = {name: rest[name] for name in names}
    request = check(prompt, seconds=length, width=size[0], height=size[1], rate=fps, seed=rest["seed"], **settings)
    if rest["loop"]:
        from himmel.prompting import looped

        request = request.with_plan(looped(request.frames))
    outputs, sheet = _targets(output, count, rest["sheet"])
    check_resume(rest["resume"], count, rest["sheet"])
    _check_targets(outputs, sheet, size, request.frames, fps, force)

    pipeline = open_pipeline(rest["model"], rest["policy"])
    report_request(pipeline, request)
    made: list[Path] = []
    rows: list[Row] = []
    try:
        for i, target in enumerate(outputs):
            seeded = request.with_seed(request.seed + i)
            clip, row = make_file(
                pipeline, seeded, (), target, force=force, resume=rest["resume"], sheet=sheet is not None
            )
            made.append(target)
            report_clip(clip, target)
            rows += row
        if sheet is not None:
            write_rows(sheet, rows)
    except KeyboardInterrupt as error:
        kept = ", ".join(str(path) for path in made)
        raise click.Abort(f"cancelled; kept what was finished: {kept}" if made else str(error)) from error
    report_next(made[0], request.seed + count, size)


def make_file(
    pipeline: Pipeline,
    request: Request,
    media: Sequence[Medium],
    path: Path,
    *,
    force: bool,
    resume: bool = False,
    sheet: bool = False,
) -> tuple[Generated | Written, list[Row]]:
    """Makes a clip into a file with its recipe beside it, and its row of a sheet where one is wanted.

    Without a sheet the frames are written while they are made, never are in memory together, and a long clip that is
    stopped can be resumed.
    """
    with progress_bar(path.name) as show:
        if not sheet:
            try:
                return pipeline.write(request, path, media, overwrite=force, resume=resume, on_progress=show), []
            except KeyboardInterrupt as error:
                raise _stopped(path) from error
        clip = pipeline.make(request, media, on_progress=show)
    clip.save(path, overwrite=force)
    return clip, [row_of(clip)]


def check_resume(resume: bool, count: int, sheet: bool) -> None:
    """Raises HimmelError where --resume stands beside what it does not go with."""
    from himmel.records import HimmelError

    if resume and (count > 1 or sheet):
        other = f"--count {count}" if count > 1 else "--sheet"
        raise HimmelError(f"--resume with {other}", "one clip without a sheet", f"leave {other} away")


def _stopped(path: Path) -> KeyboardInterrupt:
    """What is said of a clip that was stopped on the way."""
    from himmel.pipeline.journal import journal_of, kept_windows

    if not (kept := kept_windows(path)):
        shutil.rmtree(journal_of(path), ignore_errors=True)
        return KeyboardInterrupt()
    return KeyboardInterrupt(f"cancelled; {kept} finished windows are kept: the same command with --resume goes on")


def _targets(output: str, count: int, sheet: bool) -> tuple[list[Path], Path | None]:
    """The clips' names, and the sheet's."""
    from himmel.records import HimmelError

    if not 1 <= count <= 100:
        raise HimmelError(f"count {count}", "1 to 100", "for example --count 4")
    path = Path(output)
    if sheet and path.suffix.lower() == ".png":
        raise HimmelError("a contact sheet of a .png", "a clip: .mp4, .webm or .gif", "leave --sheet away")
    outputs = [path] if count == 1 else [path.with_stem(f"{path.stem}-{i + 1}") for i in range(count)]
    return outputs, path.with_suffix(".png") if sheet else None


def _check_targets(
    outputs: list[Path], sheet: Path | None, size: tuple[int, int], frames: int, rate: Fraction, force: bool
) -> None:
    """Refuses now what could not be written later."""
    from himmel.footage.atomic import check_writable
    from himmel.pipeline.targets import check_output

    for path in outputs:
        check_output(path, *size, frames, rate, overwrite=force)
    if sheet is not None:
        check_writable(sheet, overwrite=force)


def row_of(clip: Generated) -> Row:
    """A clip as a row of a contact sheet."""
    from himmel.footage.sheet import Row

    return Row(clip.frames, f"{clip.recipe.prompt}  (seed {clip.recipe.seed})", clip.recipe.rate)


def write_rows(path: Path, rows: list[Row]) -> None:
    """Writes a contact sheet and says where it is."""
    from himmel.pipeline.output import save_sheet

    save_sheet(path, rows)
    say("sheet", str(path))


def report_request(pipeline: Pipeline, request: Request, media: Sequence[Medium] = ()) -> None:
    """What there is to say before a clip is made: of its words, of who fills them up, of its shape."""
    told = bool(request.prompt or request.plan.segments)
    if told and isinstance(request.expand, Endpoint):
        say("asking", f"{request.expand.model} at {request.expand.url} to fill up the prompt")
    recipe = pipeline.recipe(request, media)
    report_scenes(recipe)
    if told:
        report_words(recipe, pipeline)
    if notice := pipeline.expansion(request).notice:
        say("note", notice)
    report_shape(recipe, pipeline)


def report_scenes(recipe: Recipe) -> None:
    """The scenes of a storyboard with their times, as they will be made."""
    segments = recipe.plan.segments
    ends = [segment.start for segment in segments[1:]] + [recipe.frames]
    for segment, end in zip(segments, ends if segments else [], strict=True):
        span = f"{float(segment.start / recipe.rate):g}-{float(end / recipe.rate):g} s"
        say("scene", f"{span}{', after a cut' if segment.cut else ''}: {segment.prompt}")


def report_words(recipe: Recipe, pipeline: Pipeline) -> None:
    """Which phrases are known, which are not, what the model will read, and what is too long to be read."""
    if recipe.known:
        say("knows", " · ".join(recipe.known))
    if recipe.unknown:
        say("unknown", " · ".join(recipe.unknown))
        say("", "the model has never seen these: they won't be shown. What it knows: himmel models --words")
    from himmel.pipeline.expansion import given_words, shown_words

    for given, shown in zip(given_words(recipe.prompt, recipe.plan), shown_words(recipe), strict=True):
        if shown != given:
            say("read as", shown)
        if unread := pipeline.parts.unread(shown):
            say("not read", f"{unread}  (the prompt is too long for the model: shorten it)")


def report_shape(recipe: Recipe, pipeline: Pipeline) -> None:
    """Says at what size a clip is made, and where that and its rate are outside of the model's training."""
    from himmel.autoencoder.config import PIXELS_A_TOKEN
    from himmel.pipeline.cost import made_grid

    shapes = pipeline.parts.shapes
    if not shapes:
        return
    size = recipe.width, recipe.height
    if recipe.doublings:
        _, rows, columns = made_grid(recipe)
        size = columns * PIXELS_A_TOKEN, rows * PIXELS_A_TOKEN
        say("size", f"made at {size[0]}x{size[1]}, its latents doubled")
    areas = [width * height for width, height, _, _ in shapes]
    rates = {rate for _, _, _, rate in shapes}
    trained = " and ".join(dict.fromkeys(f"{width}x{height}" for width, height, _, _ in shapes))
    if not 0.5 * min(areas) <= size[0] * size[1] <= 2 * max(areas):
        say("note", f"the model was trained at {trained}: at {size[0]}x{size[1]} expect less")
    if recipe.frames > 1 and not min(rates) / 1.5 <= recipe.rate <= max(rates) * 1.5:
        spoken_rates = " and ".join(map(str, sorted(rates)))
        say("note", f"the model was trained at {spoken_rates} frames a second: at {float(recipe.rate):g} expect less")


def report_clip(clip: Generated | Written, path: Path) -> None:
    """Where the clip and its recipe are, and what they are."""
    recipe = clip.recipe
    length = f"{recipe.frames} frames, {float(recipe.frames / recipe.rate):.2f} s" if recipe.frames > 1 else "1 frame"
    facts = f"{length}, {recipe.width}x{recipe.height}, seed {recipe.seed}, {size_of(path.stat().st_size)}"
    say("clip", f"{path}  ({facts}; made in {spoken(clip.seconds_taken)})")
    say("recipe", f"{path}.json")
    report_marks(recipe, path)
    if (drift := getattr(clip, "drift", None)) is not None:
        say("drift", f"{drift}  (the last two seconds beside the first)")


def report_marks(recipe: Recipe, path: Path) -> None:
    """Whether the clip is signed, and where its manifest is if not in it."""
    from himmel.provenance.kinds import sidecar_of
    from himmel.records.recipe import MANIFEST

    if MANIFEST not in recipe.marks:
        say("unsigned", "the clip has no manifest, as HIMMEL_UNSIGNED asks; its watermark names no key")
    elif (sidecar := sidecar_of(path)) is not None:
        say("signed", f"in {sidecar}, since {path.suffix} cannot carry a manifest")
    else:
        say("signed", f"what it says of itself: himmel verify {path}")


def report_next(path: Path, seed: int, size: tuple[int, int]) -> None:
    """What to try now."""
    say("try next", f"another clip of the same words: --seed {seed}; four at once: --count 4 --sheet")
    if size[0] * size[1] <= 128 * 128:
        say("", "change one word and keep the seed; or a wider picture: --size 256x144")
    say("", f"the same clip again: himmel replay {path}.json -o again{path.suffix}")
