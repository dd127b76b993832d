"""A file of footage is looked at once, small: where its shots are, how good its pictures, what can be seen in them.

What is written down of it is a few numbers for every quarter of a second, so that the length of a file costs little.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from himmel.footage.neighbours import perceptual_hash
from himmel.footage.read import ReadLimits, Wanted, open_video
from himmel.footage.scores import bars, grey, is_flat, motion, sharpness, within_bars
from himmel.footage.shots import Shots
from himmel.records import HimmelError
from himmel.safety.faces import Faces
from himmel.safety.frames import missing, text_verdicts
from himmel.safety.frames import wanted as wanted_looks
from himmel.safety.nudity import Nudity
from himmel.safety.policy import Policy
from himmel.safety.writing import MOST, Box, Writing

SIDE = 640
"""Pixels of the longer side at which files are looked at."""
SAMPLES_A_SECOND = 4
"""Sharpness, motion, bars; hashes and faces half as often, text a quarter as often."""
LONGEST_GAP = 1.0
"""Seconds between two frames from which on they belong to two shots."""
LIMITS = ReadLimits(
    file_bytes=256 << 30, frames=1_000_000, decoded_bytes=1 << 50, memory_bytes=4 << 30, seconds=8 * 3600
)
"""What a file of footage may cost; its frames are never in memory together."""
FILM = Wanted(square=True, progressive=True)
HDR = {16: "PQ", 18: "HLG"}
"""Transfer functions of ITU-T H.273 that sRGB is no simple reading of."""

Frame = NDArray[np.uint8]


@dataclass(frozen=True)
class Sample:
    """What is seen in one frame. number: of the frame. motion: of `scores.motion`, None if no frame is before it.
    bars: of `scores.bars`. hash: None where it was not taken or the frame is flat. flat: whether nothing is in it.
    faces, text, words: how many, share of the picture, categories refused; bare: how many bared parts. None where
    it was not looked for here.
    """

    number: int
    sharpness: float
    motion: tuple[float, float] | None
    bars: tuple[float, float]
    flat: bool
    hash: int | None
    faces: int | None
    text: float | None
    words: tuple[str, ...]
    bare: int | None
    picture: bytes
    """Small, for people, as JPEG; empty for every other sample."""


@dataclass(frozen=True)
class Survey:
    """What a file holds. told: of `footage.read.Video`. times: seconds of each frame, rising. steady: whether the
    file's own times were usable. cuts: first frames of shots but the first.
    """

    told: dict[str, Any]
    rate: Fraction
    times: NDArray[np.float64]
    steady: bool
    cuts: tuple[int, ...]
    samples: tuple[Sample, ...]


class Looks:
    """The detectors of a process: those that the policy asks for, as far as they are installed."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        kinds = set(wanted_looks(policy)) - set(missing())
        self._faces = Faces(1) if "faces" in kinds else None
        self._writing = Writing(1) if "text" in kinds else None
        self._nudity = Nudity(1) if "nudity" in kinds else None

    def faces(self, frame: Frame) -> int | None:
        """How many faces are in a picture."""
        return len(self._faces.found([frame])[0]) if self._faces else None

    def bare(self, frame: Frame) -> int | None:
        """How many bared parts of bodies are in a picture."""
        return len(self._nudity.bared(frame)) if self._nudity else None

    def text(self, frame: Frame) -> tuple[float | None, tuple[str, ...]]:
        """(share of the picture that lines of text cover, categories of the policy that they fall under)."""
        if self._writing is None:
            return None, ()
        boxes = sorted(self._writing.found(frame), key=_area, reverse=True)
        read = [(box, self._writing.read(frame[box.top : box.bottom, box.left : box.right])) for box in boxes[:MOST]]
        lines = [text for box, text in sorted(read, key=lambda pair: (pair[0].top, pair[0].left)) if text]
        # Foliage and waves look like lines too; what cannot be read does not count, and stands for what was not tried.
        legible = sum(_area(box) for box, text in read if text) / max(1, sum(_area(box) for box, _ in read))
        area = legible * sum(map(_area, boxes)) / (frame.shape[0] * frame.shape[1])
        return min(1.0, area), tuple(verdict.category for verdict in text_verdicts(lines, self.policy))


def _area(box: Box) -> int:
    return (box.right - box.left) * (box.bottom - box.top)


def survey(path: Path, looks: Looks) -> Survey:
    """Looks at a whole file. Raises HimmelError as `footage.read.open_video` does, for a picture, and for HDR."""
    import cv2

    cv2.setNumThreads(1)  # each process has one file; and sums come out in one order
    times: list[float] = []
    samples: list[Sample] = []
    with open_video(path, limits=LIMITS, wanted=Wanted(SIDE, (), FILM.square, FILM.progressive)) as video:
        if video.told["transfer"] in HDR:
            given = f"{path} is HDR ({HDR[video.told['transfer']]})"
            raise HimmelError(given, "standard range", "convert it to BT.709 first")
        nominal = Fraction(video.told["rate"])
        rate = nominal if 1 <= nominal <= 240 else Fraction(25)
        shots, every, before = Shots(rate), max(1, int(rate / SAMPLES_A_SECOND)), None
        for number, (time, frame) in enumerate(video.frames):
            times.append(time)
            shots.see(number, frame)
            if number % every == 0:
                samples.append(_sample(number, number // every, frame, before, float(rate), looks))
            before = frame if (number + 1) % every == 0 else None
    if len(times) < 2:
        raise HimmelError(f"{path} is a single picture", "a video", "")
    assert video.rate is not None, "its frames have come to their end"
    return _put_together(video.told, video.rate, times, shots.cuts, samples)


def _sample(number: int, count: int, frame: Frame, before: Frame | None, rate: float, looks: Looks) -> Sample:
    brightness = grey(frame)
    edges = bars(brightness)
    inner = within_bars(brightness, edges)
    flat = is_flat(inner)
    moved = None if before is None else motion(within_bars(grey(before), edges), inner, rate)
    text, words = looks.text(frame) if count % 4 == 0 else (None, ())
    return Sample(
        number,
        sharpness(inner),
        moved,
        edges,
        flat,
        perceptual_hash(inner) if count % 2 == 0 and not flat else None,
        looks.faces(frame) if count % 2 == 0 else None,
        text,
        words,
        looks.bare(frame) if count % 2 == 0 else None,
        _thumbnail(frame) if count % 2 == 0 else b"",
    )


def _thumbnail(frame: Frame, side: int = 128) -> bytes:
    import cv2

    scale = side / max(frame.shape[:2])
    size = max(1, round(frame.shape[1] * scale)), max(1, round(frame.shape[0] * scale))
    tiny = cv2.resize(np.ascontiguousarray(frame[..., ::-1]), size, interpolation=cv2.INTER_AREA)
    return cv2.imencode(".jpg", tiny, [cv2.IMWRITE_JPEG_QUALITY, 80])[1].tobytes()


def _put_together(
    told: dict[str, Any], rate: Fraction, times: list[float], cuts: list[int], samples: list[Sample]
) -> Survey:
    clock = np.array(times, np.float64)
    steady = bool((np.diff(clock) > 0).all())
    if not steady:
        clock = np.arange(len(times)) / float(rate)
    gaps = [int(i) + 1 for i in np.flatnonzero(np.diff(clock) > max(LONGEST_GAP, 4 / float(rate)))]
    return Survey(told, rate, clock, steady, tuple(sorted({*cuts, *gaps})), tuple(samples))


def within(samples: tuple[Sample, ...], first: int, end: int) -> Iterator[Sample]:
    """The samples of frames [first, end)."""
    return (sample for sample in samples if first <= sample.number < end)
