"""`himmel evaluate 3d`: cameras that go round still scenes, against true geometry."""

from __future__ import annotations

import click

from himmel.cli.evaluate import count_option, folder_for, folder_option, made_with, publish, walk_options
from himmel.cli.options import model_option
from himmel.cli.terminal import countdown
from himmel.records import HimmelError

PATHS = ("orbits", "pans", "tilts", "moves in and out", "rises and sinks", "zooms")


@click.command("3d", short_help="Whether a moving camera shows a still scene as it is.")
@count_option(20, "Scenes of each kind of path.")
@click.option(
    "--path",
    "kinds",
    type=click.Choice(PATHS),
    multiple=True,
    default=PATHS,
    show_default=True,
    help="How the camera moves; may be repeated. Example: --path orbits",
)
@click.option(
    "--side", type=int, default=128, show_default=True, metavar="N", help="Pixels, 64 or 128. Example: --side 64"
)
@walk_options
@folder_option
@model_option
def scene_3d(
    count: int, kinds: tuple[str, ...], side: int, steps: int, guidance: float, folder: str, model: str
) -> None:
    """Give the rendered first frame of a still scene and the words with the camera's path, and hold the rest that is
    made against the truth: the given frame, reprojected by the true depth into every later camera, where it shows what
    is there; and the place along the true path that each frame fits best, so how much of the path the camera went.
    Beside it stand the truth, the truth through the autoencoder, the frame standing still, and the path the other way.

    \b
    himmel evaluate 3d --count 20
    himmel evaluate 3d --count 4 --steps 4 --side 64 --path orbits
    """
    from himmel.pipeline.request import check

    place = folder_for(folder, count)
    check("a ball", steps=steps, guidance=guidance, width=side, height=side)
    from himmel.cli.world import need_mujoco

    need_mujoco()
    from himmel.evaluation.report import write_json
    from himmel.evaluation.scene_3d import scene_3d_json, scene_3d_markdown
    from himmel.pipeline import Pipeline
    from himmel.recipes.scene_3d import MATCHED, run
    from himmel.safety.policy import OFF

    if side % MATCHED:
        raise HimmelError(f"side {side}", f"multiples of {MATCHED}", "for example --side 128")
    pipeline = Pipeline.from_pretrained(model, policy=OFF)
    found = run(
        pipeline,
        kinds,
        count,
        side=side,
        steps=steps,
        guidance=guidance,
        folder=place,
        report=countdown(count * len(kinds)),
    )
    about = {**made_with(pipeline, steps, guidance, drafts=1), "side": side, "count": count}  # a frame is given
    publish(scene_3d_markdown(found), place, "3d.md")
    write_json(place / "3d.json", {"about": about, **scene_3d_json(found)})
