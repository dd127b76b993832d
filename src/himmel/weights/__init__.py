"""The shipped weights, and the one format that himmel stores networks in."""

from himmel.weights.store import Stored, load, load_note, save, shipped

__all__ = ["Stored", "load", "load_note", "save", "shipped"]
