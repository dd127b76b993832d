"""The nouns that every room speaks. Standard library only; array records live in ``records.clip``."""

from himmel.records.errors import HimmelError
from himmel.records.facts import Event, ObjectFacts, Relation, SceneFacts
from himmel.records.text import Caption

__all__ = ["Caption", "Event", "HimmelError", "ObjectFacts", "Relation", "SceneFacts"]
