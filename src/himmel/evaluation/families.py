"""How much of what was asked is shown, by kind of scene: every stated fact of every clip, added up by family."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from himmel.evaluation.metrics import wilson
from himmel.evaluation.report import markdown_table, percent
from himmel.evaluation.scoring import Score, Trial, shifts, trials
from himmel.records import SceneFacts
from himmel.sight.reading import Reading


@dataclass(frozen=True)
class FamilyScore:
    """Of one family. made: all facts of its clips. whole: clips that show every one of them. chance: the same clips
    against other prompts of any family; within: against others of their own. real: the renders, None without any.
    """

    made: Score
    whole: Score
    chance: Score
    within: Score
    real: Score | None


def counted(facts: SceneFacts, reading: Reading) -> list[Trial]:
    """Each stated fact once, and not that nothing else is there, which nobody states."""
    return [t for t in trials(facts, reading) if t.row != "nothing else" and not t.row.endswith("(moving)")]


def _added(found: Sequence[Trial]) -> Score:
    return Score(sum(trial.right for trial in found), len(found))


def _against(
    mine: Sequence[int], facts: Sequence[SceneFacts], readings: Sequence[Reading], others: Sequence[int]
) -> Iterator[Trial]:
    """The facts of `mine` met by clips of `others`, never by their own."""
    for place, i in enumerate(mine):
        for shift in shifts(len(others)):
            j = others[(place + shift) % len(others)]
            if j != i:
                yield from counted(facts[i], readings[j])


def by_family(
    families: Sequence[str],
    facts: Sequence[SceneFacts],
    readings: Sequence[Reading],
    real: Sequence[Reading | None],
) -> dict[str, FamilyScore]:
    """families[i], readings[i] and real[i] are of the clip made for facts[i], and of its render; in order of first
    appearance.
    """
    out = {}
    everything = range(len(facts))
    for family in dict.fromkeys(families):
        mine = [i for i, name in enumerate(families) if name == family]
        each = [counted(facts[i], readings[i]) for i in mine]
        renders = [trial for i in mine if (seen := real[i]) is not None for trial in counted(facts[i], seen)]
        out[family] = FamilyScore(
            _added([trial for one in each for trial in one]),
            Score(sum(all(trial.right for trial in one) for one in each), len(each)),
            _added(list(_against(mine, facts, readings, everything))),
            _added(list(_against(mine, facts, readings, mine))),
            _added(renders) if renders else None,
        )
    return out


def family_markdown(scores: dict[str, FamilyScore]) -> str:
    """A row a family."""
    head = ["family", "facts right %", "95 % interval", "facts", "clips all right %", "clips"]
    head += ["chance %", "chance in the family %", "real renders %"]
    rows = []
    for family, one in scores.items():
        low, high = wilson(one.made.right, one.made.trials)
        cells = [family, percent(one.made.share), f"{percent(low)} to {percent(high)}", str(one.made.trials)]
        cells += [percent(one.whole.share), str(one.whole.trials), percent(one.chance.share)]
        cells += [percent(one.within.share), percent(one.real.share if one.real else None)]
        rows.append(cells)
    return markdown_table(head, rows)


def family_json(scores: dict[str, FamilyScore]) -> dict[str, dict[str, float | int | None]]:
    """Plain data of the same."""
    return {
        family: {
            "right": one.made.right,
            "facts": one.made.trials,
            "whole": one.whole.right,
            "clips": one.whole.trials,
            "chance": one.chance.share if one.chance.trials else None,
            "within": one.within.share if one.within.trials else None,
            "real": one.real.share if one.real else None,
        }
        for family, one in scores.items()
    }
