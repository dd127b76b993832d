"""The vocabulary of facts and how people say them, in three languages."""

from himmel.grammar.choose import LENGTHS
from himmel.grammar.describe import LANGUAGES, describe, describe_with_facts
from himmel.grammar.imagine import imagine
from himmel.grammar.labels import from_labels, labels
from himmel.grammar.vocabulary import SLOTS

__all__ = [
    "LANGUAGES",
    "LENGTHS",
    "SLOTS",
    "describe",
    "describe_with_facts",
    "from_labels",
    "imagine",
    "labels",
]
