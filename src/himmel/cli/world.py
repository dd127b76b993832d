"""`himmel world render`: clips straight from the synthetic world, with everything that is true of them."""

from __future__ import annotations

import json
from dataclasses import asdict
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click

from himmel.cli.options import PATH, RATE, SIZE
from himmel.cli.terminal import say
from himmel.records import HimmelError

if TYPE_CHECKING:
    from himmel.records.clip import Clip


@click.group(short_help="The synthetic world that the model learns from.")
def world() -> None:
    """The synthetic world: physics, pictures, and facts that are known exactly."""


@world.command(short_help="Render clips with their facts and captions.")
@click.option(
    "-o",
    "--output",
    type=PATH,
    required=True,
    metavar="FOLDER",
    help="Where to put the clips, FAMILY-SEED-NUMBER.mp4, each with its facts and captions as .json "
    "beside it; made if it isn't there. Example: -o out/world",
)
@click.option(
    "--family",
    "families",
    multiple=True,
    metavar="NAME",
    help="What kind of scene (single, collision, camera, sea, landscape, hidden, weather, topple, road, drop, "
    "pendulum, styles, shots, creatures, traces); may be given several times, all if not said. "
    "Example: --family sea --family road",
)
@click.option("--count", type=int, default=1, show_default=True, metavar="N", help="Clips a family. Example: --count 4")
@click.option("--seed", type=int, default=0, show_default=True, metavar="N", help="Which clips. Example: --seed 7")
@click.option(
    "--size", type=SIZE, metavar="WxH", default="128x128", show_default=True, help="Pixels. Example: --size 256x144"
)
@click.option(
    "--seconds",
    type=float,
    default=2.0,
    show_default=True,
    metavar="S",
    help="How long. Example: --seconds 4",
)
@click.option("--fps", type=RATE, default="16", show_default=True, help="Frames a second. Example: --fps 24")
@click.option(
    "--samples",
    type=click.Choice(["1", "4"]),
    default="4",
    show_default=True,
    help="Rays a pixel: 1 is what training sees, 4 has smooth edges. Example: --samples 1",
)
@click.option(
    "--sheet/--no-sheet",
    default=True,
    show_default=True,
    help="Whether to write sheet.png: all clips in rows.",
)
@click.option("--force", is_flag=True, help="Replace files that exist already.")
def render(
    output: str,
    families: tuple[str, ...],
    count: int,
    seed: int,
    size: tuple[int, int],
    seconds: float,
    fps: Fraction,
    samples: str,
    sheet: bool,
    force: bool,
) -> None:
    """Render clips of the synthetic world, one kind of scene after the other.

    \b
    himmel world render -o out/world
    himmel world render -o out/sea --family sea --count 4 --size 256x144
    """
    from himmel.footage.atomic import check_writable
    from himmel.footage.target import check_target
    from himmel.grammar.vocabulary import FAMILIES
    from himmel.pipeline.request import check

    for family in families:
        if family not in FAMILIES:
            raise HimmelError(f"family {family!r:.60}", f"one of: {', '.join(FAMILIES)}", "for example --family sea")
    need_mujoco()
    # The world has the same limits of size, length, rate and seed as generating.
    asked = check("world", seconds=seconds, width=size[0], height=size[1], rate=fps, seed=seed)
    if not 1 <= count <= 1000:
        raise HimmelError(f"count {count}", "1 to 1000", "for example --count 4")
    folder, families = _folder(output), families or FAMILIES
    plan = [(family, i, folder / f"{family}-{seed}-{i}.mp4") for family in families for i in range(count)]
    for _, _, path in plan:
        check_target(path, *size, asked.frames, asked.rate, overwrite=force)
        check_writable(path.with_suffix(".json"), overwrite=force)
    if sheet:
        check_writable(folder / "sheet.png", overwrite=force)

    from himmel.footage.sheet import Row, write_sheet
    from himmel.world.picture.renderer import Renderer
    from himmel.world.source import WorldSource

    rows, renderer = [], Renderer()
    for family, i, path in plan:
        source = WorldSource(
            {family: 1.0},
            width=size[0],
            height=size[1],
            frames=asked.frames,
            rate=asked.rate,
            seed=seed,
            samples=int(samples),
            languages=("en", "sv", "zh"),
            renderer=renderer,
        )
        clip = source.clips([i])[0]
        rows.append(Row(clip.frames, f"{family} {seed}/{i}: {_caption(clip)}", clip.rate))
        _save(clip, path)
        say(family, f"{path}  {_caption(clip)}")
    if sheet:
        write_sheet(folder / "sheet.png", rows)
        say("sheet", str(folder / "sheet.png"))


def need_mujoco() -> None:
    """Raises HimmelError where the physics engine isn't installed."""
    if find_spec("mujoco") is None:
        remedy = "pip install -e '.[train]' in himmel's folder"
        raise HimmelError("the world needs mujoco, which isn't installed", "", remedy)


def _folder(output: str) -> Path:
    folder = Path(output)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise HimmelError(
            f"the folder {folder} cannot be made: {error.strerror}", "", "choose another with -o"
        ) from error
    return folder


def _caption(clip: Clip) -> str:
    return next((c.text for c in clip.captions if c.language == "en" and c.length == "full"), "")


def _save(clip: Clip, path: Path) -> None:
    from himmel.footage.atomic import whole_file
    from himmel.footage.write import write_video

    told = {
        "facts": asdict(clip.facts) if clip.facts else None,
        "captions": [asdict(caption) for caption in clip.captions],
        "rate": str(clip.rate),
        "frames": len(clip.frames),
    }
    with whole_file(path.with_suffix(".json")) as partial:
        partial.write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        write_video(path, clip.frames, clip.rate)
