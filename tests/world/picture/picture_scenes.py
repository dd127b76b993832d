"""Small scenes for the renderer's tests."""

from __future__ import annotations

from typing import Any

import numpy as np

from himmel.world.scene import MATERIAL_KINDS, PRIMITIVES, Scene

THINGS = (
    ("ball", (0.4, 0.4, 0.4), (-1.0, 0.0, 0.4), (0.6, 0.03, 0.03), "matte"),
    ("cube", (0.35, 0.35, 0.35), (0.1, 0.6, 0.35), (0.03, 0.09, 0.55), "metal"),
    ("cylinder", (0.3, 0.3, 0.4), (1.1, 0.0, 0.4), (0.85, 0.62, 0.03), "wood"),
    ("capsule", (0.2, 0.2, 0.3), (0.2, -0.9, 0.5), (0.05, 0.35, 0.06), "glass"),
)


def looking(origin: tuple[float, float, float], target: tuple[float, float, float]) -> np.ndarray:
    """Columns right, up, backward of a camera at `origin` that looks at `target`."""
    back = np.subtract(origin, target).astype(float)
    back /= np.linalg.norm(back)
    right = np.cross([0, 0, 1], back)
    right /= np.linalg.norm(right)
    return np.stack([right, np.cross(back, right), back], 1)


def make_scene(frames: int = 2, things: tuple[Any, ...] = THINGS, **changes: Any) -> Scene:
    """A still camera that looks along +y at `things` on grass by day; changes replace whole fields or [T]
    scalars."""
    count = len(things)

    def every(value: float) -> np.ndarray:
        return np.full(frames, value, np.float32)

    def column(index: int, width: int) -> np.ndarray:
        return np.array([thing[index] for thing in things], np.float32).reshape(count, width)

    fields: dict[str, Any] = {
        "seconds": np.arange(frames, dtype=np.float32) / 16,
        "camera_position": np.tile(np.float32([0, -4.5, 1.5]), (frames, 1)),
        "camera_rotation": np.tile(looking((0, -4.5, 1.5), (0, 0, 0.4)).astype(np.float32), (frames, 1, 1)),
        "field_of_view": every(45),
        "kind": np.array([PRIMITIVES.index(thing[0]) for thing in things], np.int64),
        "half_size": column(1, 3),
        "position": np.tile(column(2, 3), (frames, 1, 1)),
        "rotation": np.tile(np.eye(3, dtype=np.float32), (frames, count, 1, 1)),
        "albedo": column(3, 3),
        "material": np.array([MATERIAL_KINDS.index(thing[4]) for thing in things], np.int64),
        "object_index": np.arange(count),
        "backdrop": "plain",
        "ground": "grass",
        "season": None,
        "seed": 5,
        "sun_elevation": every(40),
        "sun_azimuth": every(230),
        "overcast": every(0),
        "cloud_cover": every(0),
        "cloud_drift": np.float32([5, 2]),
        "fog": every(0),
        "rain": every(0),
        "snowfall": every(0),
        "wave_height": every(0.3),
        "style": "natural",
    }
    for name, value in changes.items():
        fields[name] = every(value) if isinstance(value, int | float) and name != "seed" else value
    return Scene(**fields)
