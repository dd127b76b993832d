"""How well the watermark survives, how little it changes, and how often it is seen where there is none.

Command: ``himmel evaluate watermark`` (one busy core: see docs/provenance.md for how long).
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from himmel.evaluation.attacks import ATTACKS, h264, jpeg, resized
from himmel.evaluation.metrics import psnr
from himmel.evaluation.report import markdown_table
from himmel.provenance.detect import Finding, detect, highest_score, places_looked_at
from himmel.provenance.payload import Payload
from himmel.provenance.watermark import Watermark

if TYPE_CHECKING:
    from himmel.pipeline.generate import Pipeline

Frames = NDArray[np.uint8]
Sources = Mapping[str, Sequence[Frames]]
Report = Callable[[str], None]

RATE = Fraction(16)
PROMPTS = (
    "a red ball rolls to the left on grass",
    "a stormy sea at sunset",
    "a blue cube falls in the snow",
    "snowy mountains in fog",
    "a green ball and a yellow cube collide on sand",
    "the camera pans over a calm sea at night",
)
SIZES = ((48, 32), (64, 64), (96, 96), (128, 128), (192, 108), (640, 360), (1280, 720))
LEVELS = (4.5, 5.0, 5.5, 6.0, 6.5)


@dataclass
class Count:
    """How many clips, in how many of them the mark was found, read, and read wrong."""

    clips: int = 0
    found: int = 0
    read: int = 0
    wrong: int = 0

    def add(self, finding: Finding, payload: Payload) -> None:
        self.clips += 1
        self.found += finding.found
        self.read += finding.payload == payload
        self.wrong += finding.payload not in (None, payload)

    @property
    def text(self) -> str:
        return f"{self.read} / {self.found} / {self.clips}"


@dataclass
class Survival:
    """Counts by attack and by source, and what marking and looking took. wrong: payloads that were read wrong.

    faint: PSNR of each marked frame, dB. marking, looking: seconds a frame at 256x144 or so, and a clip.
    """

    counts: dict[str, dict[str, Count]] = field(default_factory=dict)
    faint: dict[str, list[float]] = field(default_factory=dict)
    marking: list[float] = field(default_factory=list)
    looking: list[float] = field(default_factory=list)

    def add(self, row: str, source: str, frames: Frames, payload: Payload) -> None:
        """Looks for a payload in what has arrived."""
        start = time.perf_counter()
        finding = detect(frames)
        self.looking.append(time.perf_counter() - start)
        self.counts.setdefault(row, {}).setdefault(source, Count()).add(finding, payload)


def clips_of_model(pipeline: Pipeline, count: int, width: int, height: int) -> list[Frames]:
    """Clips of two seconds as they are before they are marked."""
    made = [
        pipeline.generate(PROMPTS[i % len(PROMPTS)], width=width, height=height, seed=100 + i, steps=8)
        for i in range(count)
    ]
    return [clip.frames for clip in made]


def survival(sources: Sources, report: Report) -> Survival:
    """Marks every clip and looks for the mark after each attack."""
    found = Survival()
    for source, clips in sources.items():
        for number, clip in enumerate(clips):
            payload = Payload(0x1234, 0xC0FFEE00 + number, 0x5678)
            marked = _marked(clip, payload, found, source)
            for name, attack in ATTACKS.items():
                found.add(name, source, attack(marked, RATE), payload)
            report(f"{source}: {number + 1}/{len(clips)}")
    return found


def sizes(clips: Sequence[Frames]) -> Survival:
    """Clips at other sizes: half a second of each, and one frame of it alone."""
    found = Survival()
    for width, height in SIZES:
        for number, clip in enumerate(clips):
            scale = max(width / clip.shape[2], height / clip.shape[1])
            larger = resized(scale)(clip[:8], RATE)[:, :height, :width]
            payload = Payload(0x1234, number, 0x5678)
            marked = _marked(larger, payload, found, f"{width}x{height}")
            row = f"{width}x{height}"
            found.add(row, "H.264 CRF 28", h264(28)(marked, RATE), payload)
            found.add(row, "a frame as PNG", marked[:1], payload)
            found.add(row, "a frame as JPEG 75", jpeg(75)(marked[:1], RATE), payload)
    return found


def unmarked(pools: Sequence[Frames], count: int) -> Iterator[Frames]:
    """Frames that nobody marked: parts of frames of the pools, of many sizes and shapes, mirrored, as JPEG."""
    dice = np.random.default_rng(18)
    for _ in range(count):
        frames = pools[int(dice.integers(len(pools)))]
        frame = frames[int(dice.integers(len(frames)))]
        height, width = (
            round(side * share) for side, share in zip(frame.shape[:2], dice.uniform(0.5, 1, 2), strict=True)
        )
        top, left = (
            dice.integers(0, whole - part + 1) for whole, part in zip(frame.shape, (height, width), strict=False)
        )
        part = Image.fromarray(frame[top : top + height, left : left + width][:, :: int(dice.choice((-1, 1)))])
        part = part.resize((int(dice.integers(64, 320)), int(dice.integers(64, 320))), Image.Resampling.BICUBIC)
        yield jpeg(int(dice.integers(50, 96)))(np.asarray(part)[None], RATE)[0]


def false_alarms(pools: Mapping[str, Sequence[Frames]], count: int, report: Report) -> str:
    """A table of how high unmarked frames score, against what the model allows."""
    scores = []
    for number, frame in enumerate(unmarked([frames for clips in pools.values() for frames in clips], count)):
        scores.append(highest_score(frame))
        if (number + 1) % 500 == 0:
            report(f"unmarked frames: {number + 1}/{count}, highest score {max(scores):.2f}")
    places = places_looked_at()
    rows = [
        [
            f"{level:.1f}",
            str(sum(score >= level for score in scores)),
            f"{count * min(1, places * math.erfc(level / 2**0.5) / 2):.2g}",
            f"{count * min(1, places * math.exp(-level * level / 2)):.2g}",
        ]
        for level in LEVELS
    ]
    table = markdown_table(
        ["score", "unmarked frames at least so high", "expected, normal", "at most, Hoeffding"], rows
    )
    return f"{table}\nHighest score of {count} unmarked frames: {max(scores):.2f}\n"


def whole_files(pools: Mapping[str, Sequence[Frames]]) -> tuple[int, int]:
    """(clips, clips with a finding) of unmarked clips that go through everything that `himmel verify` looks at."""
    clips = [clip for clips in pools.values() for clip in clips]
    return len(clips), sum(detect(clip).found for clip in clips)


def _marked(clip: Frames, payload: Payload, found: Survival, source: str) -> Frames:
    start = time.perf_counter()
    watermark = Watermark(payload, clip.shape[2], clip.shape[1])
    marked = np.stack([watermark.mark(frame) for frame in clip])
    found.marking.append((time.perf_counter() - start) / len(clip))
    found.faint.setdefault(source, []).extend(psnr(a, b) for a, b in zip(clip, marked, strict=True))
    return marked


def survival_markdown(found: Survival, head: str) -> str:
    """Counts as "read / found / clips" by row and source, then what the mark changes."""
    columns = list(next(iter(found.counts.values())))
    rows = [[name, *(counts[column].text for column in columns)] for name, counts in found.counts.items()]
    text = markdown_table([head, *columns], rows) + "\n"
    faint = [[name, f"{min(v):.2f}", f"{sum(v) / len(v):.2f}"] for name, v in found.faint.items()]
    text += markdown_table(["marked frames", "lowest PSNR, dB", "mean"], faint)
    wrong = sum(count.wrong for counts in found.counts.values() for count in counts.values())
    looks, marks = sorted(found.looking), sorted(found.marking)
    text += f"\nPayloads read wrong: {wrong}. Looking took {looks[len(looks) // 2]:.2f} s a file (median), at most "
    return text + f"{looks[-1]:.2f}; marking {1000 * marks[len(marks) // 2]:.1f} ms a frame (median).\n"
