"""Captions: facts become what a person would type, from a list of tags to a paragraph, in three languages."""

from __future__ import annotations

import random

from himmel.grammar.choose import LENGTHS, choose
from himmel.grammar.english_text import EnglishText
from himmel.grammar.english_voice import EnglishVoice
from himmel.records import HimmelError, SceneFacts


def _english(facts: SceneFacts, rng: random.Random) -> EnglishText:
    return EnglishText(EnglishVoice(facts, rng))


_TEXTS = {"en": _english}
LANGUAGES = tuple(_TEXTS)


def describe_with_facts(
    facts: SceneFacts, rng: random.Random, language: str = "en", length: str = "full"
) -> tuple[str, SceneFacts]:
    """A caption and exactly the facts that it states, which are all of them for "full" and "paragraph".

    (A natural style is the exception: it goes unsaid most of the time.) Objects appear in the order of
    facts.objects.
    Raises HimmelError for an unknown language or length.
    """
    if language not in _TEXTS:
        raise HimmelError(f"language {language!r}", f"allowed: {', '.join(_TEXTS)}", "choose one of these")
    if length not in LENGTHS:
        raise HimmelError(f"length {length!r}", f"allowed: {', '.join(LENGTHS)}", "choose one of these")
    stated = choose(facts, length, rng)
    text = _TEXTS[language](stated, rng)
    written = {"tags": text.tags, "short": text.short, "full": text.full, "paragraph": text.paragraph}
    return written[length](), stated


def describe(facts: SceneFacts, rng: random.Random, language: str = "en", length: str = "full") -> str:
    """A caption of this length: "tags", "short", "full" (one or two sentences, all facts) or "paragraph"."""
    return describe_with_facts(facts, rng, language, length)[0]
