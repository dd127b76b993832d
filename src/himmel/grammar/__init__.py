"""The vocabulary of facts and how people say them, in three languages."""

from himmel.grammar.choose import LENGTHS
from himmel.grammar.describe import LANGUAGES, describe, describe_with_facts, say
from himmel.grammar.expand import expand
from himmel.grammar.faithful import departures
from himmel.grammar.imagine import imagine
from himmel.grammar.labels import from_labels, labels
from himmel.grammar.phrases import Phrase, phrases
from himmel.grammar.prompts import evaluation_prompts
from himmel.grammar.read import read
from himmel.grammar.vocabulary import SLOTS

__all__ = [
    "LANGUAGES",
    "LENGTHS",
    "SLOTS",
    "Phrase",
    "departures",
    "describe",
    "describe_with_facts",
    "evaluation_prompts",
    "expand",
    "from_labels",
    "imagine",
    "labels",
    "phrases",
    "read",
    "say",
]
