"""`himmel evaluate digits`: Moving MNIST, ten frames given and ten made, beside simple answers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from himmel.cli.evaluate import count_option, folder_for, folder_option
from himmel.cli.options import PATH
from himmel.cli.terminal import countdown, say
from himmel.records import HimmelError

if TYPE_CHECKING:
    from himmel.recipes.digits_figures import Measured


@click.command(short_help="Whether drifting digits go on as they would: Moving MNIST.")
@count_option(100, "Test clips; the published set has 10000.")
@click.option(
    "--samples",
    type=int,
    default=8,
    show_default=True,
    metavar="N",
    help="Of each clip, whose mean is measured too. Example: --samples 4",
)
@click.option(
    "--steps", type=int, default=8, show_default=True, metavar="N", help="Of a walk from noise. Example: --steps 20"
)
@click.option(
    "--floors", is_flag=True, help="Only simple answers and the oracle; nothing is generated. Example: --floors"
)
@folder_option
@click.option(
    "--model",
    type=PATH,
    default="runs/digits/export",
    show_default=True,
    metavar="FOLDER",
    help="The export of himmel train digits; no such weights are shipped. Example: --model runs/digits/export",
)
def digits(count: int, samples: int, steps: int, floors: bool, folder: str, model: str) -> None:
    """Give ten frames of two handwritten digits that drift and turn at walls, and measure the ten that are made: of one
    sample, of the mean of several, and of simple answers. The test clips show digits that were never trained on; they
    are not the published ones.

    \b
    himmel evaluate digits --count 100 --samples 8
    himmel evaluate digits --floors --count 1000
    """
    place = folder_for(folder, count)
    _check(samples, steps)
    from himmel.pipeline.folder import PARTS
    from himmel.recipes.digits import read
    from himmel.recipes.digits_figures import SEED, maker, measure
    from himmel.transformer import count_parameters
    from himmel.world.digits import PACKAGE, DigitSource

    source = DigitSource("test", seed=SEED)
    about: dict[str, Any] = {"digits": PACKAGE, "test digits": len(source.mine), "clips": count}
    make = None
    if not floors:
        network, recipe, made = read(Path(model) / PARTS["transformer"])
        make = maker(network, recipe)
        about |= {"parameters": count_parameters(recipe.config), "samples": samples, "steps": steps}
        clips = made["steps"] * made["digits"]["clips"]
        about |= {"training steps": made["steps"], "training clips": clips, "training hours": made["hours"]}
    found = measure(source, count, samples, steps, make, countdown(count))
    click.echo(_write(found, about, place))
    say("folder", str(place))


def _check(samples: int, steps: int) -> None:
    """Raises HimmelError for numbers that can't be."""
    for name, value, most in (("samples", samples, 100), ("steps", steps, 200)):
        if not 1 <= value <= most:
            raise HimmelError(f"{name} {value}", f"1 to {most}", f"for example --{name} 8")


def _write(found: Measured, about: dict[str, Any], place: Path) -> str:
    """digits.md, digits.json and digits.png; returns the text."""
    from himmel.evaluation.frame_error import frame_error_markdown, mean
    from himmel.evaluation.report import contact_sheet, write_json, write_text
    from himmel.recipes.digits_figures import PUBLISHED, strips

    text = frame_error_markdown(found.rows)
    text += "\nSquared errors of pixels in 0..1, summed over a frame, with the 95 % interval over clips.\n"
    text += (
        "Published, on other digits and 10,000 clips: " + "; ".join(f"{k} {v}" for k, v in PUBLISHED.items()) + ".\n"
    )
    text += "; ".join(f"{name} {value}" for name, value in about.items()) + ".\n"
    figures = [
        {"who": who, "clips": len(errors), "mse": mean(errors)[0], "half_interval": mean(errors)[1]}
        for who, errors in found.rows.items()
    ]
    write_text(place / "digits.md", text)
    write_json(place / "digits.json", {"about": about, "published": dict(PUBLISHED), "figures": figures})
    contact_sheet(place / "digits.png", strips(found.shown), columns=1)
    return text
