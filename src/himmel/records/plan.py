"""Which frames of a clip are given and which are to be made: what every way of prompting comes down to."""

from __future__ import annotations

from dataclasses import dataclass

from himmel.records.errors import HimmelError


@dataclass(frozen=True)
class Given:
    """Frames from `first` on of a medium (its place in the list of media) stand in the clip from frame `at` on."""

    medium: int
    first: int
    count: int
    at: int


@dataclass(frozen=True)
class Region:
    """A part of the picture, in pixels, for frames start, start + 1, ... up to but without `stop`.

    mask: which of its pixels, as `footage.masks.packed` has them; "": all.
    """

    left: int
    top: int
    width: int
    height: int
    start: int
    stop: int
    mask: str = ""


@dataclass(frozen=True)
class Segment:
    """From frame `start` to the next segment the clip shows `prompt`. cut: a new shot, which sees nothing before it.

    shown: the words that the model reads for it; "": the prompt itself.
    """

    start: int
    prompt: str
    cut: bool = False
    shown: str = ""


@dataclass(frozen=True)
class Plan:
    """One clip to be completed.

    way: what it is called. frames: of the whole clip. given: what stands in it already; the rest is to be made. seam: a
    frame at which a group of four begins, so that no group is half given where a clip goes on. loop: the last frame
    flows into the first. strength: above 0, what is given is only a start, noised so far and made anew; region: there
    alone. segments: prompts with times, the first from frame 0; none: one prompt for the whole clip. Raises HimmelError
    for parts outside the clip, or that overlap.
    """

    way: str
    frames: int
    given: tuple[Given, ...] = ()
    seam: int = 0
    loop: bool = False
    strength: float = 0.0
    region: Region | None = None
    segments: tuple[Segment, ...] = ()

    def __post_init__(self) -> None:
        starts = [segment.start for segment in self.segments]
        if starts and (starts[0] != 0 or starts != sorted(set(starts)) or starts[-1] >= self.frames):
            raise HimmelError(f"segments from frames {starts} in {self.frames}", "rising from 0 inside the clip")
        taken = 0
        for part in sorted(self.given, key=lambda part: part.at):
            if part.count < 1 or part.first < 0 or part.at < 0 or part.at + part.count > self.frames:
                raise HimmelError(
                    f"{part.count} given frames from frame {part.at} on, in a clip of {self.frames}",
                    "given frames lie inside the clip",
                )
            if part.at < taken:
                raise HimmelError(f"two given parts at frame {part.at}", "given parts do not overlap")
            taken = part.at + part.count

    def sources(self) -> list[tuple[int, int] | None]:
        """For each frame of the clip the (medium, frame) that is given there, or None."""
        found: list[tuple[int, int] | None] = [None] * self.frames
        for part in self.given:
            for i in range(part.count):
                found[part.at + i] = part.medium, part.first + i
        return found
