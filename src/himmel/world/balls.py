"""The balls of PhyWorld (Kang et al. 2411.02385, sec. 3): one or two discs on white, and the law that moves them.

Rebuilt from what the paper and its published scripts state: a world of 10 x 10, 128 x 128 pixels, 32 frames 0.1 s
apart; balls of radius 0.7 to 1.5 and speed 1 to 4 to learn from; smaller or larger, slower or faster ones to be
tested on. Three scenarios: uniform motion to the right; a parabola, thrown to the right, gravity 2.5; an elastic
head-on collision of a red ball from the left with a blue one, masses by area. Positions are exact (no integration).

Shapes: T frames, N balls. World axes: x right, y up.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from himmel.records import HimmelError
from himmel.records.clip import Clip

A = NDArray[np.float64]

SCENARIOS = ("uniform", "parabola", "collision")
SPLITS = ("train", "inside", "outside radius", "outside speed", "outside both")
"""inside: new clips of the trained ranges. The others are held out: radius, speed or both lie in `HELD_OUT`."""
WORLD, PIXELS, FRAMES, STEP, GIVEN = 10.0, 128, 32, 0.1, 3
"""Sides of the world and of the picture, frames of a clip, seconds between them, and how many of them are given."""
GRAVITY = 2.5
RADIUS, SPEED = (0.7, 1.5), (1.0, 4.0)
HELD_OUT = {"radius": ((0.3, 0.6), (1.5, 2.0)), "speed": ((0.0, 0.8), (4.5, 6.0))}
COLOURS = ((255, 0, 0), (0, 0, 255))
GROUND = (255, 255, 255)
_LEAST_FRAMES = 8
"""Frames for which a ball is wholly inside at least, where its speed allows; before a collision it must."""
_TRIES = 10_000


@dataclass(frozen=True)
class Course:
    """What happens in one clip. radius [N]; position [T, N, 2]; velocity [T, N, 2] at the frames' times."""

    radius: A
    position: A
    velocity: A

    def inside(self) -> NDArray[np.bool_]:
        """[T] whether every ball is wholly in the picture."""
        margin = np.minimum(self.position, WORLD - self.position) - self.radius[:, None]
        return margin.min((1, 2)) >= 0


class BallSource:
    """Clip i of (scenario, split) is a pure function of the seed; a `ClipSource`.

    frames: a clip. Training clips with a ball that has a held-out speed across the picture at any time, also after it
    was struck, are drawn again; the published sets only look at speeds before. Raises HimmelError for unknown names.
    """

    def __init__(self, scenario: str, split: str = "train", *, seed: int = 0, frames: int = FRAMES) -> None:
        if scenario not in SCENARIOS or split not in SPLITS:
            raise HimmelError(
                f"scenario {scenario!r:.60}, split {split!r:.60}",
                f"scenarios {', '.join(SCENARIOS)}; splits {', '.join(SPLITS)}",
            )
        self.scenario, self.split, self.seed, self.frames = scenario, split, seed, frames

    def course(self, index: int) -> Course:
        """What happens in clip `index`, without pictures."""
        rng = random.Random(f"balls/{self.seed}/{self.scenario}/{self.split}/{index}")
        times = np.arange(self.frames) * STEP
        build = {"uniform": _thrown, "parabola": _thrown, "collision": _collision}[self.scenario]
        gravity = GRAVITY if self.scenario == "parabola" else 0.0
        for _ in range(_TRIES):
            course = build(rng, self.split, times, gravity)
            if course is not None and (self.split.startswith("outside") or not held_out(course)):
                return course
        raise HimmelError(f"no clip {index} of {self.scenario}, {self.split}", "", "another --seed")

    def clips(self, indices: list[int]) -> list[Clip]:
        """The clips at these positions; extras: "ball_position" [T, N, 2], "ball_radius" [T, N], in the world."""
        out = []
        for index in indices:
            course = self.course(index)
            extras: dict[str, NDArray[np.generic]] = {
                "ball_position": course.position,
                "ball_radius": np.tile(course.radius, (self.frames, 1)),
            }
            name = f"balls: {self.scenario}, {self.split}, {self.seed}/{index}"
            frames = draw(course.position, course.radius)
            out.append(Clip(frames, Fraction(1) / Fraction("0.1"), source=name, licence="CC0-1.0", extras=extras))
        return out


def held_out(course: Course) -> bool:
    """Whether any radius, or any speed across the picture at any time, lies in a held-out range."""
    values = {"radius": course.radius, "speed": np.abs(course.velocity[..., 0])}
    return any(
        bool(((low <= values[name]) & (values[name] <= high)).any())
        for name, ranges in HELD_OUT.items()
        for low, high in ranges
    )


def draw(position: A, radius: A, pixels: int = PIXELS) -> NDArray[np.uint8]:
    """Pictures uint8 [T, pixels, pixels, 3] of balls at position [T, N, 2]; edges fade over one pixel."""
    scale = pixels / WORLD
    at = np.arange(pixels, dtype=np.float32) + 0.5
    frames = np.tile(np.array(GROUND, np.float32), (len(position), pixels, pixels, 1))
    for ball, size in enumerate(radius):
        x = (position[:, ball, 0] * scale).astype(np.float32)
        y = (pixels - position[:, ball, 1] * scale).astype(np.float32)
        away = np.hypot(at[None, None, :] - x[:, None, None], at[None, :, None] - y[:, None, None])
        cover = np.clip(np.float32(size * scale + 0.5) - away, 0, 1)[..., None]
        frames = (1 - cover) * frames + cover * np.array(COLOURS[ball], np.float32)
    return np.round(frames).astype(np.uint8)


def elastic(m1: float, v1: float, m2: float, v2: float) -> tuple[float, float]:
    """Speeds along a line after two masses met without loss."""
    total = m1 + m2
    return ((m1 - m2) * v1 + 2 * m2 * v2) / total, ((m2 - m1) * v2 + 2 * m1 * v1) / total


def _numbers(rng: random.Random, split: str) -> tuple[float, float]:
    """A radius and a speed of the split."""
    radius, speed = rng.uniform(*RADIUS), rng.uniform(*SPEED)
    if split in ("outside radius", "outside both"):
        radius = rng.uniform(*rng.choice(HELD_OUT["radius"]))
    if split in ("outside speed", "outside both"):
        speed = rng.uniform(*rng.choice(HELD_OUT["speed"]))
    return radius, speed


def _thrown(rng: random.Random, split: str, times: A, gravity: float) -> Course:
    """One ball to the right, high up where it falls."""
    radius, speed = _numbers(rng, split)
    farthest = max(radius, WORLD - radius - _LEAST_FRAMES * STEP * speed)
    x = rng.uniform(radius, farthest)
    low, high = (0.85, 0.95) if gravity else (0.05, 0.95)
    y = rng.uniform(low * WORLD - radius if gravity else low * WORLD + radius, high * WORLD - radius)
    position = np.stack([x + speed * times, y - 0.5 * gravity * times**2], -1)
    velocity = np.stack([np.full_like(times, speed), -gravity * times], -1)
    return Course(np.array([radius]), position[:, None], velocity[:, None])


def _collision(rng: random.Random, split: str, times: A, gravity: float) -> Course | None:
    """Two balls head on, at one height; None where they would meet too early or too late to be seen."""
    (r1, v1), (r2, v2) = _numbers(rng, split), _numbers(rng, split)
    y = rng.uniform(0.05 * WORLD + max(r1, r2), 0.95 * WORLD - max(r1, r2))
    x1 = rng.uniform(r1, WORLD / 2)
    x2 = rng.uniform(x1 + r1 + r2, WORLD - r2) if x1 + r1 + r2 < WORLD - r2 else WORLD
    if x2 >= WORLD or v1 + v2 < 1e-6:
        return None
    met = (x2 - x1 - r1 - r2) / (v1 + v2)
    if not (GIVEN + 1) * STEP < met < times[-1] - 4 * STEP:
        return None
    w1, w2 = elastic(r1**2, v1, r2**2, -v2)
    after = np.maximum(times - met, 0)
    before = np.minimum(times, met)
    xs = np.stack([x1 + v1 * before + w1 * after, x2 - v2 * before + w2 * after], -1)
    speeds = np.stack([np.where(times < met, v1, w1), np.where(times < met, -v2, w2)], -1)
    position = np.stack([xs, np.full_like(xs, y)], -1)
    return Course(np.array([r1, r2]), position, np.stack([speeds, np.zeros_like(speeds)], -1))
