"""Noise path, levels, loss weights, and the canvas: what is given, what is to be made."""

from himmel.flow.canvas import Canvas
from himmel.flow.path import add_noise, clean_from_velocity, velocity_from_clean
from himmel.flow.schedule import draw_levels, sampling_levels, shift_levels, size_shift

__all__ = [
    "Canvas",
    "add_noise",
    "clean_from_velocity",
    "draw_levels",
    "sampling_levels",
    "shift_levels",
    "size_shift",
    "velocity_from_clean",
]
