"""Shots become pieces of footage, each with its scores and with what speaks against it."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from himmel.recipes.survey import Sample, Survey, within
from himmel.safety.policy import ALWAYS, DEFAULT, Policy

REASONS = {
    "short": "a shot shorter than --min-seconds",
    "flat": "nothing in the picture: black or one colour",
    "letterbox": "bars that would leave less than half of the picture",
    "blurred": "sharpness below --min-sharpness",
    "static": "motion below --min-motion",
    "text": "lines of text over more than --max-text of the picture",
    "faces": "faces, and nobody said that those shown agree (--attest-likeness)",
    "words": "words in the picture that the policy refuses",
    "nudity": "bared parts of bodies",
    "duplicate": "nearly the same as a clip before it",
}
"""Why a clip is dropped, in the order in which it is asked; `--keep` names those that are no reason."""


@dataclass(frozen=True)
class Settings:
    """What a clip must be. keep: reasons of `REASONS` that are none. policy: about faces, words and nudity in pictures.

    captions: who describes clips that have no caption: "" nobody, "own", or the address of a server.
    """

    min_seconds: float = 1.0
    max_seconds: float = 10.0
    min_sharpness: float = 0.0007
    min_motion: float = 0.01
    max_text: float = 0.10
    clips_a_shard: int = 100
    keep: tuple[str, ...] = ()
    attested: bool = False
    policy: Policy = field(default_factory=lambda: DEFAULT)
    captions: str = ""

    def told(self) -> dict[str, Any]:
        """As the manifest has it; the policy as its note."""
        said = {**asdict(self), "keep": sorted(self.keep), "policy": self.policy.note}
        return said if self.captions else {name: value for name, value in said.items() if name != "captions"}


@dataclass(frozen=True)
class Piece:
    """Frames [first, end) of a file. frames: which of them the clip shows, one for each tick of its rate; all in
    order unless the file's rate varied. crop: bars, of `scores.bars`. scores: by name. hashes: of its pictures.
    drop: reasons of `REASONS`, the first of them counts.
    """

    shot: int
    first: int
    end: int
    start: float
    frames: tuple[int, ...]
    variable: bool
    crop: tuple[float, float]
    scores: dict[str, float | None]
    hashes: tuple[int, ...]
    words: tuple[str, ...]
    drop: tuple[str, ...]


def pieces(survey: Survey, settings: Settings) -> list[Piece]:
    """All pieces of a file in order: its shots, evenly cut where they are longer than `max_seconds`."""
    edges, out = [0, *survey.cuts, len(survey.times)], []
    for shot, (first, end) in enumerate(itertools.pairwise(edges)):
        count = max(1, int(np.ceil(_seconds(survey, first, end) / settings.max_seconds - 1e-9)))
        places = [first + round(i * (end - first) / count) for i in range(count + 1)]
        for a, b in itertools.pairwise(places):
            if b > a:
                out.append(_piece(survey, settings, shot, a, b))
    return out


def _seconds(survey: Survey, first: int, end: int) -> float:
    """From the first frame to where the next one after the last would stand."""
    last = survey.times[end - 1] + float(1 / survey.rate)
    after = survey.times[end] if end < len(survey.times) else last
    return float(min(after, last) - survey.times[first])


def _piece(survey: Survey, settings: Settings, shot: int, first: int, end: int) -> Piece:
    seconds, samples = _seconds(survey, first, end), tuple(within(survey.samples, first, end))
    shown = _shown(survey.times[first:end], survey.rate, seconds)
    crop = _crop(samples)
    scores = _scores(samples, first) | {"seconds": round(seconds, 3)}
    words = tuple(sorted({word for sample in samples for word in sample.words}))
    return Piece(
        shot,
        first,
        end,
        round(float(survey.times[first]), 3),
        tuple(first + i for i in shown),
        shown != tuple(range(end - first)),
        crop,
        scores,
        tuple(sample.hash for sample in samples if sample.hash is not None),
        words,
        _reasons(scores, samples, crop, words, settings),
    )


def _shown(times: NDArray[np.float64], rate: Fraction, seconds: float) -> tuple[int, ...]:
    """Which frame stands at each tick of a steady rate: all in order if their own times are never half a tick off."""
    ticks = np.arange(len(times)) / float(rate)
    if np.abs(times - times[0] - ticks).max() < 0.5 / float(rate):
        return tuple(range(len(times)))
    count = max(1, round(seconds * float(rate)))
    wanted = times[0] + np.arange(count) / float(rate)
    after = np.clip(np.searchsorted(times, wanted), 1, len(times) - 1) if len(times) > 1 else np.zeros(count, int)
    before = np.maximum(after - 1, 0)
    nearer = np.where(wanted - times[before] <= times[after] - wanted, before, after)
    return tuple(nearer.tolist())


def _crop(samples: Sequence[Sample]) -> tuple[float, float]:
    """Bars that are there in every picture in which there is something."""
    found = [sample.bars for sample in samples if not sample.flat]
    return (min(b[0] for b in found), min(b[1] for b in found)) if found else (0.0, 0.0)


def _scores(samples: Sequence[Sample], first: int) -> dict[str, float | None]:
    """Medians over a piece; text, faces and nudity: the most that was seen. None where nothing was looked at."""
    flows = [s.motion for s in samples if s.motion is not None and s.number > first]
    text = [s.text for s in samples if s.text is not None]
    faces = [s.faces for s in samples if s.faces is not None]
    bare = [s.bare for s in samples if s.bare is not None]
    return {
        "sharpness": _rounded([s.sharpness for s in samples if not s.flat]),
        "motion": _rounded([mean for mean, _ in flows]),
        "fastest": _rounded([most for _, most in flows]),
        "text": round(float(np.median(text)), 4) if text else None,
        "faces": float(max(faces)) if faces else None,
        "nudity": float(max(bare)) if bare else None,
    }


def _rounded(values: Sequence[float]) -> float | None:
    return round(float(np.median(values)), 5) if values else None


def _reasons(
    scores: dict[str, float | None],
    samples: Sequence[Sample],
    crop: tuple[float, float],
    words: Sequence[str],
    settings: Settings,
) -> tuple[str, ...]:
    policy = settings.policy
    guarded = policy.frames.faces == "refuse" and policy.refuses("likeness") and not settings.attested

    def below(name: str, least: float) -> bool:
        value = scores[name]
        return value is not None and value < least

    left = (1 - 2 * crop[0]) * (1 - 2 * crop[1])
    speaks = {
        "short": below("seconds", settings.min_seconds - 1e-6),
        "flat": sum(sample.flat for sample in samples) * 2 > len(samples),
        "letterbox": left < 0.5,
        "blurred": below("sharpness", settings.min_sharpness),
        "static": below("fastest", settings.min_motion),
        "text": (scores["text"] or 0) > settings.max_text,
        "faces": guarded and bool(scores["faces"]),
        "words": bool(words) and (policy.frames.text == "refuse" or ALWAYS in words),
        "nudity": policy.frames.nudity == "refuse" and policy.refuses("sexual") and bool(scores["nudity"]),
    }
    kept = set(settings.keep) - ({"words"} if ALWAYS in words else set())
    return tuple(name for name, holds in speaks.items() if holds and name not in kept)
