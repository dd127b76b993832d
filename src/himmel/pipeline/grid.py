"""Where the frames of a plan lie among groups of four: which groups are given whole, in part, or not at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from himmel.autoencoder.config import FRAMES_A_GROUP, PIXELS_A_TOKEN
from himmel.footage.masks import pixels
from himmel.records.plan import Plan, Region
from himmel.sampling.windows import SIZE, windows

REFERENCES_A_GROUP = 2
"""Frames of a partly given group that are shown to the model, each alone: the first and the last of them."""


@dataclass(frozen=True)
class Grid:
    """The groups of a plan. They begin so that one starts at its seam; a loop's go round without an end."""

    plan: Plan

    @property
    def offset(self) -> int:
        """Frames by which the first group begins before the clip; in a loop it begins inside it instead, below 0."""
        late = self.plan.seam % FRAMES_A_GROUP
        return -late if self.plan.loop else -late % FRAMES_A_GROUP

    @property
    def groups(self) -> int:
        frames = self.plan.frames if self.plan.loop else self.offset + self.plan.frames
        return -(-frames // FRAMES_A_GROUP)

    def frames(self, group: int) -> list[int | None]:
        """The clip's frames in a group, None where it has none."""
        first = group * FRAMES_A_GROUP - self.offset
        inside = range(first, first + FRAMES_A_GROUP)
        if self.plan.loop:
            return [frame % self.plan.frames for frame in inside]
        return [frame if 0 <= frame < self.plan.frames else None for frame in inside]

    def place_of(self, frame: int) -> tuple[int, int]:
        """(group, which of its four) of a frame."""
        group, inside = divmod(frame + self.offset, FRAMES_A_GROUP)
        return group % self.groups, inside

    def beside(self, group: int) -> tuple[int | None, int | None]:
        """The groups before and after one, None where the clip ends."""
        before, after = group - 1, group + 1
        if self.plan.loop:
            return before % self.groups, after % self.groups
        shot = next(shot for shot in self.shots if group in shot)
        return (before if before in shot else None), (after if after in shot else None)

    @cached_property
    def segments(self) -> list[range]:
        """The groups of each segment; without segments all are in one. Segments begin where groups do."""
        starts = [(segment.start + self.offset) // FRAMES_A_GROUP for segment in self.plan.segments] or [0]
        return [range(*pair) for pair in pairwise([*starts, self.groups])]

    @cached_property
    def shots(self) -> list[range]:
        """The groups between cuts: segments that follow each other without one are one shot."""
        cuts = [groups.start for groups, part in zip(self.segments, self.plan.segments, strict=False) if part.cut]
        return [range(*pair) for pair in pairwise(sorted({0, *cuts, self.groups}))]

    def walk(self, known: Sequence[bool]) -> Iterator[tuple[int, list[int]]]:
        """What is made in turn: (segment, the groups of a window), until all groups are known.

        A window makes groups of one segment only, so that it has one prompt. It sees what is known of its shot before
        them, and what is given right after them.
        """
        there = list(known)
        for number, groups in enumerate(self.segments):
            shot = next(shot for shot in self.shots if groups.start in shot)
            stop = groups.stop
            while stop < min(shot.stop, groups.stop + SIZE) and there[stop]:
                stop += 1
            for window in windows(there[shot.start : stop], self.plan.loop):
                made = [shot.start + place for place in window]
                yield number, made
                for group in made:
                    there[group] = True

    def shown(self, group: int) -> list[tuple[int, int]]:
        """(which of its four, frame) of a group, in an order in which all groups together run through the clip once.

        A loop's first group may begin inside the clip; the frames before that are in its last group.
        """
        frames = [(i, frame) for i, frame in enumerate(self.frames(group)) if frame is not None]
        return [(i, frame) for i, frame in frames if not self.plan.loop or frame >= -self.offset]

    def covered(self, region: Region, height: int, width: int, size: tuple[int, int]) -> NDArray[np.bool_]:
        """Which tokens [height, width] of a picture of `size` (width, height) a region has pixels in."""
        top = (height * PIXELS_A_TOKEN - size[1]) // 2 + region.top
        left = (width * PIXELS_A_TOKEN - size[0]) // 2 + region.left
        picture = np.zeros((height * PIXELS_A_TOKEN, width * PIXELS_A_TOKEN), np.bool_)
        picture[top : top + region.height, left : left + region.width] = pixels(region)
        tokens = picture.reshape(height, PIXELS_A_TOKEN, width, PIXELS_A_TOKEN)
        return np.any(tokens, axis=(1, 3))

    @cached_property
    def sources(self) -> list[tuple[int, int] | None]:
        return self.plan.sources()

    @cached_property
    def known(self) -> list[bool]:
        """For each group whether every frame of it that the clip has is given, and none is to be edited."""
        return [
            all(f is None or (self.sources[f] is not None and not self.edited(f)) for f in self.frames(g))
            for g in range(self.groups)
        ]

    def edited(self, frame: int) -> bool:
        """Whether a given frame is only a start for what is made."""
        region = self.plan.region
        return self.plan.strength > 0 and (region is None or region.start <= frame < region.stop)

    def kept(self, frame: int) -> bool:
        """Whether a frame is given and leaves as it came."""
        return self.sources[frame] is not None and not self.edited(frame)

    def references(self, group: int) -> list[int]:
        """Which of a group's four are shown to the model alone: none where the group is given whole, or a start."""
        if self.known[group] or self.plan.strength > 0:
            return []
        given = [i for i, f in enumerate(self.frames(group)) if f is not None and self.kept(f)]
        return sorted({given[0], given[-1]})[:REFERENCES_A_GROUP] if given else []
