"""The table of physical laws: how often clips of each kind keep them, beside the same scenes as renders.

Kinds: generated clips; renders of the same scenes; those renders through the autoencoder, which is the most that a
perfect transformer could score; and the renders played backward, to show that each law can be broken.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from himmel.evaluation.laws import (
    LAWS,
    followed,
    judge_collision,
    judge_hidden,
    judge_single,
    judge_topple,
    others_appear,
)
from himmel.evaluation.report import markdown_table, number, percent, plot_shares, write_json, write_text
from himmel.evaluation.scoring import Score
from himmel.evaluation.timing import judge_events
from himmel.evaluation.tracker import TOLD, ColourTable, Track, TrackError, follow, track_error
from himmel.records import SceneFacts
from himmel.records.clip import Clip

Frames = NDArray[np.uint8]

GENERATED, RENDERS, RECONSTRUCTED, BACKWARD = "generated", "renders", "reconstructed", "renders backward"
ERROR_ROWS = ("centre, half of the frames within", "centre, nine in ten within")


@dataclass
class Kind:
    """What clips of one kind showed. verdicts: (family, law) -> right and wrong, as booleans. unseen: clips not judged,
    since the tracker lost the thing in half of the frames; error: against the simulator, where it is known.
    """

    clips: int = 0
    unseen: int = 0
    verdicts: dict[tuple[str, str], list[bool]] = field(default_factory=dict)
    error: TrackError = field(default_factory=TrackError)

    def score(self, law: str, family: str | None = None) -> Score:
        """Over all families, or one."""
        flags = [
            flag for (of, name), some in self.verdicts.items() if name == law and family in (None, of) for flag in some
        ]
        return Score(sum(flags), len(flags))


def judge(table: ColourTable, frames: Frames, facts: SceneFacts, rate: float) -> dict[str, bool] | None:
    """A verdict for each law that the clip gives an occasion for; None where the tracker can't follow its things.

    frames: [T, H, W, 3], of which nothing else is known but what was asked for: facts.
    """
    tracks = _tracks(table, frames, facts)
    asked = [track.colour for track in tracks]
    if not all(followed(track) or (facts.family == "hidden" and track.seen.mean() > 0.2) for track in tracks):
        return None
    if facts.family == "collision" and len(tracks) == 2:
        found = judge_collision(tracks[0], tracks[1], rate)
    elif facts.family == "topple" and len(tracks) == 2:
        found = judge_topple(tracks[0], tracks[1])
    elif facts.family == "hidden":
        found = judge_hidden(tracks[0])
    else:
        found = judge_single(tracks[0], rate, facts.objects[0].motion)
    found |= judge_events(facts, tracks, rate)
    others = [track for track in follow(table, frames, TOLD) if track.colour not in asked]
    found["nothing comes from nowhere"] = found["nothing comes from nowhere"] and not others_appear(tracks, others)
    return found


def error_of(table: ColourTable, clip: Clip, frames: Frames) -> TrackError:
    """The tracker's own error on a rendered clip, or on what became of its frames, against the clip's masks."""
    assert clip.facts is not None
    assert clip.masks is not None
    tracks = _tracks(table, frames, clip.facts)
    errors = (track_error(track, clip.masks == i + 1) for i, track in enumerate(tracks))
    return sum(errors, TrackError())


def _tracks(table: ColourTable, frames: Frames, facts: SceneFacts) -> list[Track]:
    """A track for each object that was asked for; a row, a tower or a block in pieces is one."""
    asked = [thing.colour for thing in facts.objects]
    return follow(table, frames, asked, groups=asked[1:] if facts.family == "topple" else ())


def take(kind: Kind, family: str, verdicts: Mapping[str, bool] | None) -> None:
    """Adds one clip's verdicts to its kind."""
    kind.clips += 1
    if verdicts is None:
        kind.unseen += 1
        return
    for law, right in verdicts.items():
        kind.verdicts.setdefault((family, law), []).append(right)


def markdown(kinds: Mapping[str, Kind]) -> str:
    """A row for each law, a column for each kind of clips with interval and number; then the tracker's own error."""
    head = ["law", *(f"{name} %" for name in kinds)]
    rows = [[law, *(_cell(kind.score(law)) for kind in kinds.values())] for law in LAWS]
    rows.append(["clips that could not be followed", *(_share(kind.unseen, kind.clips) for kind in kinds.values())])
    text = markdown_table(head, rows) + "\nEach cell: share (95 % interval) of occasions.\n\n"
    measured = {name: kind.error for name, kind in kinds.items() if kind.error.visible}
    return text + error_markdown(measured) if measured else text


def error_markdown(errors: Mapping[str, TrackError], width: int = 128) -> str:
    """The tracker's error by kind of clips, places in pixels of a picture `width` wide."""
    rows = []
    for name, share in zip(ERROR_ROWS, (0.5, 0.9), strict=True):
        rows.append([name, *(number(width * _quantile(error.errors, share)) for error in errors.values())])
    rows.append(["area, of the true one", *(number(_quantile(error.areas, 0.5)) for error in errors.values())])
    rows.append(["missed", *(_share(error.missed, error.visible) for error in errors.values())])
    rows.append(["seen where there is none", *(_share(error.imagined, error.hidden) for error in errors.values())])
    return f"The tracker's own error, pixels of {width} and % of frames:\n\n" + markdown_table(
        ["tracker", *errors], rows
    )


def to_json(kinds: Mapping[str, Kind], about: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that the markdown shows, by family too."""
    families = sorted({family for kind in kinds.values() for family, _ in kind.verdicts})
    laws = {
        law: {name: _plain(kind.score(law)) for name, kind in kinds.items()}
        | {family: {name: _plain(kind.score(law, family)) for name, kind in kinds.items()} for family in families}
        for law in LAWS
    }
    errors = {
        name: {
            "median": _quantile(kind.error.errors, 0.5),
            "p90": _quantile(kind.error.errors, 0.9),
            "missed": kind.error.missed,
            "visible": kind.error.visible,
            "imagined": kind.error.imagined,
            "hidden": kind.error.hidden,
        }
        for name, kind in kinds.items()
        if kind.error.visible
    }
    clips = {name: {"clips": kind.clips, "unseen": kind.unseen} for name, kind in kinds.items()}
    return {"about": dict(about), "clips": clips, "laws": laws, "tracker": errors}


def write(kinds: Mapping[str, Kind], about: Mapping[str, Any], folder: Path) -> str:
    """world-physics.md, .json and .png; returns the markdown."""
    text = markdown(kinds)
    write_text(folder / "world-physics.md", text)
    write_json(folder / "world-physics.json", to_json(kinds, about))
    bars = {
        law: {name: (score.share, *score.interval) for name, kind in kinds.items() if (score := kind.score(law)).trials}
        for law in LAWS
    }
    plot_shares(folder / "world-physics.png", bars, "Laws that are kept")
    return text


def _plain(score: Score) -> dict[str, Any]:
    share = score.share if score.trials else None
    return {"right": score.right, "trials": score.trials, "share": share, "interval": list(score.interval)}


def _cell(score: Score) -> str:
    if not score.trials:
        return "–"
    low, high = score.interval
    return f"{percent(score.share)} ({percent(low)} to {percent(high)}) of {score.trials}"


def _share(part: int, whole: int) -> str:
    return f"{percent(part / whole)} of {whole}" if whole else "–"


def _quantile(values: Sequence[float], share: float) -> float:
    return float(np.quantile(values, share)) if values else float("nan")
