"""`himmel evaluate world-physics|permanence|events`: laws of motion, what comes back, what happens when, by pixels."""

from __future__ import annotations

import click

from himmel.cli.evaluate import (
    count_option,
    folder_for,
    folder_option,
    judge_option,
    made_with,
    publish,
    walk_options,
)
from himmel.cli.options import drafts_option, model_option
from himmel.cli.terminal import countdown, say
from himmel.records import HimmelError


@click.command("world-physics", short_help="Whether things in clips obey the laws of motion.")
@count_option(40, "Scenes of each family.")
@click.option(
    "--family",
    "families",
    multiple=True,
    metavar="NAME",
    help="Families of scenes (single, collision, hidden, topple); may be repeated; all that there are if not said. "
    "Example: --family collision",
)
@click.option("--side", type=int, default=128, show_default=True, metavar="N", help="Pixels. Example: --side 64")
@walk_options
@folder_option
@model_option
def world_physics(
    count: int, families: tuple[str, ...], side: int, steps: int, guidance: float, folder: str, model: str
) -> None:
    """Make clips of scenes whose renders are known, follow their things by colour and motion, and count how often
    energy grows by itself, bounces rise, momentum is lost, things pass through each other, come from nowhere, vanish,
    or move before they are touched; beside renders of the same scenes, the same reconstructed, and played backward.

    \b
    himmel evaluate world-physics --count 40
    himmel evaluate world-physics --count 2 --steps 4 --family collision
    """
    from himmel.pipeline.request import check

    place = folder_for(folder, count)
    check("a ball", steps=steps, guidance=guidance, width=side, height=side)
    from himmel.cli.world import need_mujoco

    need_mujoco()
    from himmel.evaluation.world_physics import write
    from himmel.pipeline import Pipeline
    from himmel.recipes.world_physics import FAMILIES, run
    from himmel.recipes.world_scenes import colours
    from himmel.safety.policy import OFF

    if unknown := [family for family in families if family not in FAMILIES]:
        raise HimmelError(f"family {unknown[0]!r:.60}", f"one of: {', '.join(FAMILIES)}", "for example --family single")
    families = families or FAMILIES
    table = colours(place, lambda line: click.echo(line, err=True))
    pipeline = Pipeline.from_pretrained(model, policy=OFF)
    about = {**made_with(pipeline, steps, guidance), "side": side, "count": count}
    kinds = run(
        pipeline,
        table,
        families,
        count,
        side=side,
        steps=steps,
        guidance=guidance,
        folder=place,
        report=countdown(count * len(families)),
    )
    click.echo(write(kinds, about, place))
    say("folder", str(place))


@click.command(short_help="Whether things out of sight come back as they were.")
@count_option(40, "Scenes of each occasion.")
@click.option(
    "--occasion",
    "names",
    type=click.Choice(["behind a wall", "out of the frame", "camera away and back"]),
    multiple=True,
    default=("behind a wall", "out of the frame", "camera away and back"),
    show_default=True,
    help='Why a thing is out of sight; may be repeated. Example: --occasion "behind a wall"',
)
@click.option("--side", type=int, default=128, show_default=True, metavar="N", help="Pixels. Example: --side 64")
@judge_option
@walk_options
@folder_option
@model_option
def permanence(
    count: int, names: tuple[str, ...], side: int, judge: str, steps: int, guidance: float, folder: str, model: str
) -> None:
    """Make clips of four seconds in which something is out of sight for half a second to two, and compare it before and
    after: colour and size by a tracker, shape by a judge. Only clips in which it truly left are scored; beside them
    stand renders of the same scenes, which are the most that this measure can give.

    \b
    himmel evaluate permanence --count 40
    """
    from himmel.pipeline.request import check

    place = folder_for(folder, count)
    check("a ball", steps=steps, guidance=guidance, width=side, height=side)
    from himmel.cli.world import need_mujoco

    need_mujoco()
    from himmel.evaluation.judge import Judge
    from himmel.evaluation.permanence import permanence_json, permanence_markdown
    from himmel.evaluation.report import write_json
    from himmel.pipeline import Pipeline
    from himmel.recipes.permanence import run
    from himmel.recipes.world_scenes import colours
    from himmel.safety.policy import OFF

    reader, table = Judge.load(judge), colours(place, lambda line: click.echo(line, err=True))
    pipeline = Pipeline.from_pretrained(model, policy=OFF)
    found = run(
        pipeline,
        table,
        reader,
        names,
        count,
        side=side,
        steps=steps,
        guidance=guidance,
        folder=place,
        report=countdown(count * len(names)),
    )
    about = {**made_with(pipeline, steps, guidance), "side": side, "judge": reader.fingerprint}
    publish(permanence_markdown(found), place, "permanence.md")
    write_json(place / "permanence.json", {"about": about, "occasions": permanence_json(found)})


@click.command(short_help="Whether events come in their order and at their time.")
@count_option(100, "Scenes of each family.")
@click.option(
    "--family",
    "families",
    type=click.Choice(["collision", "hidden", "weather"]),
    multiple=True,
    default=("collision", "hidden", "weather"),
    show_default=True,
    help="Families of scenes; may be repeated. Example: --family hidden",
)
@click.option("--side", type=int, default=128, show_default=True, metavar="N", help="Pixels. Example: --side 64")
@walk_options
@drafts_option
@folder_option
@model_option
def events(
    count: int, families: tuple[str, ...], side: int, steps: int, guidance: float, drafts: int, folder: str, model: str
) -> None:
    """Make clips of scenes in which something happens (one thing strikes another, goes behind a wall and comes out,
    leaves and comes back; night falls, fog draws in), and measure when: how many show all of it, on the side, in the
    order and within 0.25 s of the time that it has in the world, beside renders of the same scenes and by chance.

    \b
    himmel evaluate events --count 100
    himmel evaluate events --count 4 --steps 4 --family collision
    """
    from himmel.pipeline.request import check

    place = folder_for(folder, count)
    check("a ball", steps=steps, guidance=guidance, width=side, height=side, drafts=drafts)
    from himmel.cli.world import need_mujoco

    need_mujoco()
    from himmel.evaluation.event_table import markdown, to_json
    from himmel.evaluation.report import write_json
    from himmel.pipeline import Pipeline
    from himmel.recipes.events import RATE, changes, run, sheet
    from himmel.recipes.world_scenes import colours
    from himmel.safety.policy import OFF

    def note(line: str) -> None:
        click.echo(line, err=True)

    tables = colours(place, note), changes(place, note)
    pipeline = Pipeline.from_pretrained(model, policy=OFF)
    about = {**made_with(pipeline, steps, guidance, drafts), "side": side}
    found = run(
        pipeline,
        tables,
        families,
        count,
        side=side,
        steps=steps,
        guidance=guidance,
        drafts=drafts,
        folder=place / "events",
        about=about,
        report=countdown(count * len(families)),
    )
    sheet(place / "events", found, place / "events-clips.png")
    publish(markdown(found, float(RATE)), place, "events.md")
    write_json(place / "events.json", {"about": {**about, "count": count}, **to_json(found, float(RATE))})
