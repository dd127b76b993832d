"""`himmel evaluate physics`: the PhyWorld setting rebuilt, with its floors and oracles."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from himmel.cli.evaluate import count_option, folder_for, folder_option
from himmel.cli.options import model_option
from himmel.cli.terminal import countdown, say
from himmel.pipeline.request import STEPS_USUAL

if TYPE_CHECKING:
    from himmel.evaluation.velocity import Rows

CHOICES = click.Choice(["uniform", "parabola", "collision"])


@click.command(short_help="Whether balls go on as they began: PhyWorld's setting, rebuilt.")
@count_option(100, "Clips of each scenario, inside and three kinds of outside.")
@click.option(
    "--scenario",
    "scenarios",
    type=CHOICES,
    multiple=True,
    default=("uniform", "parabola", "collision"),
    show_default=True,
    help="What the balls do; may be repeated. Example: --scenario uniform",
)
@click.option(
    "--floors",
    is_flag=True,
    help="Only renders, autoencoder and oracles; nothing is generated. Example: --floors",
)
@click.option(
    "--steps", type=int, default=STEPS_USUAL, show_default=True, metavar="N", help="As in generate. Example: --steps 9"
)
@folder_option
@model_option
def physics(count: int, scenarios: tuple[str, ...], floors: bool, steps: int, folder: str, model: str) -> None:
    """Give three frames of balls that move by a known law and measure the velocity of what is made: of speeds and radii
    that were trained on, and of others; beside the same measure of the renders themselves, of the renders through the
    autoencoder, and of balls that go on at the velocity of the three frames.

    \b
    himmel evaluate physics --model runs/physics/export --scenario uniform
    himmel evaluate physics --floors --count 20
    """
    from himmel.pipeline.request import check

    place = folder_for(folder, count)
    check("a ball", steps=steps)
    from himmel.pipeline import Pipeline
    from himmel.pipeline.engine import own_parts
    from himmel.pipeline.parts import best_dtype, load_autoencoder
    from himmel.recipes.physics_figures import maker, measure
    from himmel.recipes.validation import through
    from himmel.safety.policy import OFF
    from himmel.world.balls import SPLITS

    network, sha256 = load_autoencoder(model)
    there_and_back = through(network.to(best_dtype()))
    makers: dict[str, Any] = {"whole autoencoder": lambda frames, seed: there_and_back(frames)}
    about: dict[str, Any] = {"autoencoder": sha256, "steps": steps, "count": count}
    if not floors:
        pipeline = Pipeline.from_pretrained(model, policy=OFF)
        makers["model"] = maker(pipeline, steps)
        about["model"] = pipeline.parts.fingerprint
        about["trained"] = own_parts(pipeline.parts).made.get("physics", "not on balls")
    splits = SPLITS[1:]
    rows = measure(scenarios, splits, count, makers, countdown(count * len(scenarios) * len(splits)))
    click.echo(_write(rows, about, place))
    say("folder", str(place))


def _write(rows: Rows, about: dict[str, Any], place: Path) -> str:
    """physics.md and physics.json; returns the text."""
    from himmel.evaluation.report import write_json, write_text
    from himmel.evaluation.velocity import mean, velocity_markdown
    from himmel.recipes.physics_figures import PUBLISHED

    text = (
        velocity_markdown(rows) + "\nMean error of velocity, world units a second, with its 95 % interval. Published, "
    )
    text += f"uniform motion: inside {PUBLISHED['inside']}; outside {PUBLISHED['outside']}.\n"
    figures = [
        {
            "scenario": scenario,
            "balls": split,
            "who": who,
            "clips": len(errors),
            "error": mean(errors)[0],
            "half_interval": mean(errors)[1],
            "lost": sum(one.lost for one in errors),
            "of": sum(one.of for one in errors),
        }
        for (scenario, split, who), errors in rows.items()
    ]
    write_text(place / "physics.md", text)
    write_json(place / "physics.json", {"about": about, "published": dict(PUBLISHED), "figures": figures})
    return text
