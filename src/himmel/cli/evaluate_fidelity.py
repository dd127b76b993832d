"""`himmel evaluate fidelity|announcement`: how made clips look as a crowd, and what becomes of five known prompts."""

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
from himmel.cli.options import SIZE, model_option
from himmel.cli.terminal import countdown, say
from himmel.records import HimmelError


@click.command(short_help="How near made clips are to renders, as a crowd.")
@count_option(100, "Held-out clips in each crowd.")
@click.option("--side", type=int, default=128, show_default=True, metavar="N", help="Pixels. Example: --side 64")
@judge_option
@walk_options
@folder_option
@model_option
def fidelity(count: int, side: int, judge: str, steps: int, guidance: float, folder: str, model: str) -> None:
    """Fréchet distances between held-out renders and clips made from captions, by features of a judge and by fixed
    frequencies of pictures and clips; beside them as many other renders, which is the floor, reconstructed renders, and
    clips that stand still.

    \b
    himmel evaluate fidelity --count 100
    """
    from himmel.pipeline.request import check

    place = folder_for(folder, count)
    if count < 2:
        raise HimmelError(f"count {count}", "2 or more, to have a spread", "for example --count 100")
    check("a ball", steps=steps, guidance=guidance, width=side, height=side)
    from himmel.cli.world import need_mujoco

    need_mujoco()
    from himmel.evaluation.fidelity import fidelity_json, fidelity_markdown
    from himmel.evaluation.judge import Judge
    from himmel.evaluation.report import write_json
    from himmel.pipeline import Pipeline
    from himmel.recipes.fidelity import crowds
    from himmel.safety.policy import OFF

    reader, pipeline = Judge.load(judge), Pipeline.from_pretrained(model, policy=OFF)
    found = crowds(pipeline, reader, count, side=side, steps=steps, guidance=guidance, report=countdown(count))
    about = {**made_with(pipeline, steps, guidance), "side": side, "judge": reader.fingerprint}
    publish(fidelity_markdown(*found), place, "fidelity.md")
    write_json(place / "fidelity.json", {"about": about, **fidelity_json(*found)})


@click.command(short_help="Five prompts of the announcement of 2024, never picked.")
@walk_options
@click.option("--size", type=SIZE, default=(256, 144), help="Width and height in pixels. Example: --size 128x128")
@click.option(
    "--takes",
    type=int,
    default=20,
    show_default=True,
    metavar="N",
    help="Clips of the first prompt, of which a judge says how many of the facts that the model was taught they show; "
    "0 for none. Example: --takes 50",
)
@folder_option
@model_option
def announcement(steps: int, guidance: float, size: tuple[int, int], takes: int, folder: str, model: str) -> None:
    """Make the five prompts with the seeds 0 to 4, and say which of their words the model knows; and how many of the
    first prompt's facts, as far as the model was taught them, more clips of it show.

    \b
    himmel evaluate announcement
    """
    from himmel.pipeline.request import check

    place = folder_for(folder, 1)
    check("a ball", steps=steps, guidance=guidance, width=size[0], height=size[1])
    if not 0 <= takes <= 1000:
        raise HimmelError(f"takes {takes}", "0 to 1000", "for example --takes 20")
    from himmel.evaluation.judge import Judge
    from himmel.evaluation.report import contact_sheet, film_strip, markdown_table, percent, write_json, write_text
    from himmel.evaluation.scoring import Score
    from himmel.pipeline import Pipeline
    from himmel.recipes.announcement import PROMPTS, answers, learnable
    from himmel.safety.policy import OFF

    pipeline = Pipeline.from_pretrained(model, policy=OFF)
    found = answers(pipeline, steps, guidance, *size, countdown(len(PROMPTS)))
    contact_sheet(place / "announcement.png", [(one.prompt, film_strip(one.frames)) for one in found], columns=1)
    rows = [
        [one.prompt, str(one.seed), ", ".join(one.known) or "–", ", ".join(one.unknown) or "–", one.unread or "–"]
        for one in found
    ]
    text = markdown_table(["prompt", "seed", "known", "not known", "too long to be read"], rows)
    plain = [{name: value for name, value in vars(one).items() if name != "frames"} for one in found]
    about = {**made_with(pipeline, steps, guidance), "size": list(size)}
    added: dict[str, object] = {}
    told = learnable(pipeline, Judge.load("report"), takes, steps, guidance, *size, countdown(max(1, takes)))
    if told:
        whole = Score(sum(one.right for one in told.values()), sum(one.trials for one in told.values()))
        shares = [[row, percent(one.share), str(one.trials)] for row, one in told.items()]
        shares.append(["all facts", percent(whole.share), str(whole.trials)])
        added["learnable"] = {"right": whole.right, "trials": whole.trials, "interval": list(whole.interval)}
        text += "\nOf what the model was taught of the first prompt:\n\n"
        text += markdown_table(["fact", "right %", "trials"], shares)
    write_text(place / "announcement.md", text)
    write_json(place / "announcement.json", {"about": about, "prompts": plain, **added})
    click.echo(text)
    say("folder", str(place))
