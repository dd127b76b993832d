"""What captions are worth: the same small transformer taught on short tags and on descriptive captions.

Command: ``python -m himmel.recipes.caption_ablation pool=runs/pool run=runs/ablation steps=800 shards=40 count=100``,
after ``himmel train pool``. One core, 800 steps a side, of a pool with latents: 22 minutes of processor
time (0.65 s a step, 2.5 s for the words of a shard and side). Expected:
docs/captions.md; no difference in sentences. Clips, seeds, steps and tokens are the same for both sides; their words
alone differ. Both are asked with the same facts twice, as sentences and as tags, so that neither is asked only in words
that it was not taught. Writes RUN/ablation.md.
"""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from himmel.evaluation.flow import LEVELS
from himmel.evaluation.judge import Judge
from himmel.evaluation.prompts import Prompt, PromptTable, evaluate_prompts, outcomes_in
from himmel.evaluation.report import markdown_table, number, percent, write_text
from himmel.evaluation.scoring import Score, trials
from himmel.grammar import evaluation_prompts
from himmel.grammar.describe import describe_with_facts
from himmel.pipeline import Pipeline
from himmel.pipeline.folder import PARTS, copy_part, folder_of
from himmel.pipeline.parts import best_dtype, load, load_autoencoder, load_words
from himmel.pipeline.request import check
from himmel.recipes.latents import Style, encode_shard_latents, encode_shard_words, encode_words
from himmel.recipes.pool import ALL_FAMILY_WEIGHTS
from himmel.recipes.transformer import Share, TransformerRecipe, export, read_pools, train
from himmel.recipes.validation import losses
from himmel.records import HimmelError, SceneFacts
from himmel.safety.policy import OFF
from himmel.sight.reading import Reading
from himmel.training import Schedule
from himmel.transformer import TransformerConfig
from himmel.world.source import WorldSource

BUCKET = "64x64x32@16"
STYLES: Mapping[str, Style] = {
    "tags": Style({"tags": 1.0}, {"en": 1.0}),
    "descriptive": Style({"full": 0.5, "paragraph": 0.5}, {"en": 1.0}),
}
"""What each side is told. Tags leave out each fact one time in five, as people do; descriptions state all."""
PROMPTS, CLIPS = 12, 7
"""Seeds of the test prompts and of the held-out clips, those of `himmel evaluate`."""


@dataclass(frozen=True)
class AblationRecipe:
    """shards: of fifty clips that are taken from the pool. count: prompts. walk: steps of the solver, and guidance."""

    transformer: TransformerRecipe = field(
        default_factory=lambda: TransformerRecipe(
            config=TransformerConfig(width=192, depth=4, heads=3),
            schedule=Schedule(steps=1500, warmup=40, decay=0.4, seed=5, checkpoint_seconds=60),
            tokens=4096,
            compile=False,
            shares=(Share(BUCKET, "clips", 1.0, 1.0),),
        )
    )
    shards: int = 20
    count: int = 100
    held_out: int = 24
    walk: tuple[int, float] = (8, 3.0)


@dataclass(frozen=True)
class Followed:
    """What clips show of what was asked. facts: [prompts, 2], of each prompt those shown and stated, each once."""

    table: PromptTable
    facts: NDArray[np.int64]

    @property
    def total(self) -> Score:
        """All stated facts together."""
        right, stated = self.facts.sum(0)
        return Score(int(right), int(stated))


@dataclass(frozen=True)
class Side:
    """What became of one style. flow: of each held-out clip the mean loss over noise levels, with its full description.
    followed: by how it is asked.
    """

    flow: NDArray[np.float64]
    followed: Mapping[str, Followed]


def prepare(pool: Path, run: Path, recipe: AblationRecipe, report: Callable[[str], None] = print) -> None:
    """Latents of the first shards beside the pool, and a folder for each style with links to them and its words."""
    shards = sorted(pool.glob(f"{BUCKET}-*.npz"))[: recipe.shards]
    if not shards:
        raise HimmelError(f"no clips {BUCKET} in {pool}", "a pool", "himmel train pool --minutes 20 --families all")
    autoencoder, sha256 = load_autoencoder()
    autoencoder, words = autoencoder.to(best_dtype()), load_words()
    for pictures in shards:
        latents = pictures.with_suffix(".latents.safetensors")
        if not latents.exists():
            encode_shard_latents(pictures, autoencoder, sha256)
            report(f"{pictures.stem}: latents")
        for name, style in STYLES.items():
            folder = run / name
            folder.mkdir(parents=True, exist_ok=True)
            link = folder / latents.name
            if not link.exists():
                os.symlink(latents.resolve(), link)
            if not (folder / f"{pictures.stem}.words.safetensors").exists():
                encode_shard_words(pictures, *words, style, folder)


def teach(run: Path, name: str, recipe: AblationRecipe, report: Callable[[Any], None] = print) -> Path:
    """Trains one side, resuming, and exports it; returns the folder of its model."""
    folder, words = run / name, load_words()
    _, sha256 = load_autoencoder()
    states, counts = encode_words([""], *words[:2])
    pools = read_pools(recipe.transformer, folder, sha256, words[2])
    no_words = states[0], int(counts[0])
    checkpoint = train(recipe.transformer, pools, no_words, folder, report)
    model, bound = folder / "export", {"autoencoder": sha256, "words": words[2]}
    pool = next(iter(pools.values()))
    export(
        checkpoint, recipe.transformer, model / PARTS["transformer"], bound, len(pool.latents), families=pool.families
    )
    copy_part("autoencoder", folder_of("shipped"), model)
    return model


def asked(count: int) -> dict[str, list[Prompt]]:
    """The test prompts, and the same facts as tags, with those that each text states."""
    prompts = evaluation_prompts(count, PROMPTS)
    tags = [describe_with_facts(facts, random.Random(i), "en", "tags") for i, (_, facts) in enumerate(prompts)]
    return {"sentences": prompts, "tags": tags}


def measure(model: Path, run: Path, name: str, recipe: AblationRecipe, report: Callable[[str], None] = print) -> Side:
    """The flow's loss on held-out clips and what a judge reads of clips made for prompts; goes on where it was."""
    parts = load(str(model))
    source = WorldSource(
        ALL_FAMILY_WEIGHTS, width=64, height=64, frames=32, rate=Fraction(16), seed=CLIPS, split="validation"
    )
    clips = [source.clips([i])[0] for i in range(recipe.held_out)]
    loss = losses(parts, clips)
    flow = np.mean([loss(level) for level in LEVELS], 0)
    pipeline, judge = Pipeline.from_pretrained(str(model), policy=OFF), Judge.load("report")
    steps, guidance = recipe.walk

    def generate(prompt: str, seed: int) -> NDArray[np.uint8]:
        walk = {"steps": steps, "guidance": guidance}
        return pipeline.make(check(prompt, width=64, height=64, seed=seed, expand=False, **walk)).frames

    followed = {}
    for way, prompts in asked(recipe.count).items():
        place = run / name / f"asked in {way}"
        about = {"model": parts.fingerprint, "steps": steps, "guidance": guidance}
        table = evaluate_prompts(generate, prompts, judge, place, about=about, pictures=8)
        readings = [outcome.reading for outcome in outcomes_in(place)]
        followed[way] = Followed(table, np.array(list(map(shown, [facts for _, facts in prompts], readings))))
        report(f"{name} asked in {way}: {percent(followed[way].total.share)} % of stated facts shown")
    return Side(flow, followed)


def shown(facts: SceneFacts, reading: Reading) -> tuple[int, int]:
    """(shown, stated) of the facts of one prompt. That nothing else is there is not stated, and an empty scene would
    have it right; what the judge's table has twice, once for what moves, is one fact.
    """
    found = trials(facts, reading)
    rights = [t.right for t in found if t.row != "nothing else" and not t.row.endswith("(moving)")]
    return sum(rights), len(rights)


ROWS = ("colour", "nothing else", "shape", "motion", "direction left/right", "ground", "light", "scenery", "camera")
"""What the table shows; "all facts" is over every row of the judge's, as `shown` counts."""
DRAWS = 4000


def between(
    first: NDArray[Any], second: NDArray[Any], measure: Callable[[NDArray[Any]], NDArray[np.float64]]
) -> tuple[float, float, float]:
    """`measure` of the second less that of the first, with its 95 % interval: the same rows are drawn of both (paired
    bootstrap, Efron 1979), since both sides were asked the same. measure: of [..., rows] or [..., rows, 2].
    """
    drawn = np.random.default_rng(0).integers(0, len(first), (DRAWS, len(first)))
    low, high = np.quantile(measure(second[drawn]) - measure(first[drawn]), [0.025, 0.975])
    return float(measure(second) - measure(first)), float(low), float(high)


def share(facts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Of all stated facts, those shown; facts: [..., prompts, 2]."""
    right, stated = np.moveaxis(facts.sum(-2), -1, 0)
    return right / np.maximum(1, stated)


def mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Over clips, [..., clips]."""
    return np.mean(values, -1)


def markdown(sides: Mapping[str, Side], recipe: AblationRecipe) -> str:
    """Both sides beside each other, each asked both ways, with 95 % intervals; then their differences."""
    ways = list(next(iter(sides.values())).followed)
    columns = [(name, way) for way in ways for name in sides]
    head = ["fact", *(f"taught on {name}, asked in {way} %" for name, way in columns), "chance %"]
    rows = []
    for row in ROWS:
        scores = [sides[name].followed[way].table.scores.get(row) for name, way in columns]
        guess = sides[columns[0][0]].followed[columns[0][1]].table.chance.get(row)
        if any(scores):
            rows.append([row, *(_cell(s) if s else "–" for s in scores), percent(guess)])
    rows.append(["all facts", *(_cell(sides[name].followed[way].total) for name, way in columns), "–"])
    steps, tokens = recipe.transformer.schedule.steps, recipe.transformer.tokens
    text = f"Two transformers of {steps} steps of {tokens} tokens each, on the same clips; {recipe.count} prompts.\n\n"
    return text + markdown_table(head, rows) + "\n" + _differences(sides, recipe)


def _cell(score: Score) -> str:
    low, high = score.interval
    return f"{percent(score.share)} ({percent(low)} to {percent(high)})"


def _differences(sides: Mapping[str, Side], recipe: AblationRecipe) -> str:
    """Sentences of how the second side differs from the first."""
    (first, a), (second, b) = sides.items()
    lines = []
    for way in a.followed:
        points = [100 * v for v in between(a.followed[way].facts, b.followed[way].facts, share)]
        lines.append(f"Asked in {way}, all facts: {second} less {first} {signed(points)} points.")
    loss = between(a.flow, b.flow, mean)
    flows = ", ".join(f"taught on {name} {number(float(side.flow.mean()), 4)}" for name, side in sides.items())
    lines.append(f"Flow loss on {recipe.held_out} held-out clips, described in full: {flows}; {signed(loss, 4)}.")
    return "".join(f"- {line}\n" for line in lines)


def signed(found: Sequence[float], digits: int = 1) -> str:
    """A difference with its interval."""
    value, low, high = (f"{v:+.{digits}f}" for v in found)
    return f"{value} ({low} to {high})"


def compare(pool: Path, run: Path, recipe: AblationRecipe, report: Callable[[str], None] = print) -> str:
    """Everything from a pool to the table, which is written as RUN/ablation.md and returned. Goes on where it was."""
    prepare(pool, run, recipe, report)
    sides = {}
    for name in STYLES:
        model = teach(run, name, recipe, lambda progress, name=name: report(f"{name}: {progress}"))
        sides[name] = measure(model, run, name, recipe, report)
    text = markdown(sides, recipe)
    write_text(run / "ablation.md", text)
    return text


def chosen(options: Mapping[str, str]) -> AblationRecipe:
    """The recipe with ``steps=``, ``shards=``, ``count=``, ``tokens=`` and ``held_out=`` as they were typed.

    Raises HimmelError for another name and a value that is no whole number over 0.
    """
    recipe, allowed = AblationRecipe(), ("steps", "tokens", "shards", "count", "held_out")
    for name, value in options.items():
        if name not in allowed or not value.isdecimal() or int(value) < 1:
            raise HimmelError(f"{name}={value}", f"{', '.join(allowed)}, a whole number each", "for example steps=1500")
        if name == "steps":
            schedule = replace(recipe.transformer.schedule, steps=int(value))
            recipe = replace(recipe, transformer=replace(recipe.transformer, schedule=schedule))
        elif name == "tokens":
            recipe = replace(recipe, transformer=replace(recipe.transformer, tokens=int(value)))
        else:
            recipe = replace(recipe, **{name: int(value)})
    return recipe


def main(arguments: Sequence[str]) -> None:
    """Options as ``pool=runs/pool run=runs/ablation steps=1500 count=100 threads=1``."""
    options = {name: value for name, _, value in (argument.partition("=") for argument in arguments)}
    pool, run = Path(options.pop("pool", "runs/pool")), Path(options.pop("run", "runs/ablation"))
    torch.set_num_threads(int(options.pop("threads", "1")))
    print(compare(pool, run, chosen(options), lambda text: print(text, flush=True)))


if __name__ == "__main__":
    main(sys.argv[1:])
