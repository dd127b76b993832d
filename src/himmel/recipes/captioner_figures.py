"""How good the captioner is: against exact facts on held-out renders, and what it says of real footage.

Command: ``himmel evaluate captioner --count 200`` (one core: about half a second a clip).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from himmel.captioning.captioner import Captioner, Told
from himmel.evaluation.captions import Captions, by_chance, captions_markdown, compare
from himmel.evaluation.report import markdown_table, percent
from himmel.recipes.judge import recompressed
from himmel.recipes.pool import ALL_FAMILY_WEIGHTS
from himmel.records import SceneFacts
from himmel.records.clip import Clip
from himmel.world.source import WorldSource

Frames = NDArray[np.uint8]
View = Callable[[Frames], Frames]
SEED = 7


def held_out(count: int, families: Sequence[str], side: int = 64) -> list[Clip]:
    """Clips of two seconds of these families that no training saw, as often as in a pool of all families."""
    weights = {name: weight for name, weight in ALL_FAMILY_WEIGHTS.items() if name in families}
    source = WorldSource(weights, width=side, height=side, frames=32, rate=Fraction(16), seed=SEED, split="test")
    return [source.clips([i])[0] for i in range(count)]


@dataclass(frozen=True)
class Trial:
    """Captions by view, and those of real footage. footage: (which clip, what was said of it)."""

    figures: Mapping[str, Captions]
    chance: Captions
    told: Mapping[str, Sequence[Told]]
    footage: Sequence[tuple[str, Told]]

    def markdown(self) -> str:
        """All tables: by fact, how sure it was where, examples, and every caption of real footage."""
        parts = [captions_markdown(self.figures, self.chance), _sureness(self)]
        rows = [[name, percent(told.sure), told.text] for name, told in self.footage]
        parts.append("What it says of real footage, where it fails: it was taught nothing but the world.\n\n")
        parts.append(markdown_table(["clip", "sure %", "caption"], rows) if rows else "No real footage is installed.\n")
        return "\n".join(parts)


def _sureness(trial: Trial) -> str:
    """How sure it was, by what it looked at; and how often what it was surest of was real footage."""
    groups = {**trial.told, "real footage": [told for _, told in trial.footage]}
    rows = []
    for name, told in groups.items():
        if told:
            quarters = np.percentile([one.sure for one in told], [25, 50, 75])
            rows.append([name, *(percent(float(share)) for share in quarters), str(len(told))])
    return markdown_table(["sure of", "lower quarter %", "median %", "upper quarter %", "clips"], rows)


def try_out(
    captioner: Captioner,
    clips: Sequence[Clip],
    views: Mapping[str, View],
    footage: Sequence[tuple[str, Clip]],
    report: Callable[[int], None] = lambda done: None,
) -> Trial:
    """Captions of all clips through every view, against their facts; and of real footage, of which nobody knows any."""
    truths, told = [unsaid(clip.facts) for clip in clips if clip.facts is not None], dict[str, list[Told]]()
    for name, view in views.items():
        told[name] = []
        for clip in clips:
            told[name].append(captioner.tell(view(clip.frames)))
            report(sum(map(len, told.values())))
    figures = {name: compare([one.text for one in found], truths) for name, found in told.items()}
    chance = by_chance([one.text for one in next(iter(told.values()))], truths)
    return Trial(figures, chance, told, [(name, captioner.tell(clip.frames)) for name, clip in footage])


def unsaid(facts: SceneFacts) -> SceneFacts:
    """The facts that a paragraph states: a natural style goes without saying."""
    return replace(facts, style=None) if facts.style == "natural" else facts


def views_of(reconstruct: View) -> dict[str, View]:
    """What clips are looked at through. reconstruct: an autoencoder, there and back."""
    return {"renders": lambda frames: frames, "reconstructed": reconstruct, "recompressed": recompressed}
