"""Captions: facts become what a person would type, from a list of tags to a paragraph, in three languages."""

from __future__ import annotations

import random

from himmel.grammar.chinese_voice import ChineseText, ChineseVoice
from himmel.grammar.choose import LENGTHS, choose
from himmel.grammar.english_voice import EnglishVoice
from himmel.grammar.swedish_voice import SwedishText, SwedishVoice
from himmel.grammar.text import Text
from himmel.grammar.vocabulary import COLOURS
from himmel.grammar.voice import Voice
from himmel.records import HimmelError, SceneFacts

_LANGUAGES: dict[str, tuple[type[Text], type[Voice]]] = {
    "en": (Text, EnglishVoice),
    "sv": (SwedishText, SwedishVoice),
    "zh": (ChineseText, ChineseVoice),
}
LANGUAGES = tuple(_LANGUAGES)


def describe_with_facts(
    facts: SceneFacts, rng: random.Random, language: str = "en", length: str = "full"
) -> tuple[str, SceneFacts]:
    """A caption and exactly the facts that it states, which are all of them for "full" and "paragraph".

    (A natural style is the exception: it goes unsaid most of the time.) Objects appear in the order of
    facts.objects.
    Raises HimmelError for an unknown language or length.
    """
    _check(facts, language, length)
    stated = choose(facts, length, rng)
    return say(stated, rng, language, length), stated


def say(facts: SceneFacts, rng: random.Random, language: str = "en", length: str = "full") -> str:
    """A caption of this form that states all of these facts, whatever its length: what one language has chosen to
    state is said in another.

    Raises HimmelError for an unknown language or length.
    """
    _check(facts, language, length)
    kind, _ = _LANGUAGES[language]
    text = kind(voice(facts, rng, language))
    written = {"tags": text.tags, "short": text.short, "full": text.full, "paragraph": text.paragraph}
    return written[length]()


def _check(facts: SceneFacts, language: str, length: str) -> None:
    if language not in LANGUAGES:
        raise HimmelError(f"language {language!r}", f"allowed: {', '.join(LANGUAGES)}", "choose one of these")
    if length not in LENGTHS:
        raise HimmelError(f"length {length!r}", f"allowed: {', '.join(LENGTHS)}", "choose one of these")
    if not all(thing.colour for thing in facts.objects):
        raise HimmelError("an object without a colour", f"allowed: {', '.join(COLOURS)}", "expand fills it in")


def voice(facts: SceneFacts, rng: random.Random, language: str) -> Voice:
    """The language's choice of words for one caption."""
    return _LANGUAGES[language][1](facts, rng)


def describe(facts: SceneFacts, rng: random.Random, language: str = "en", length: str = "full") -> str:
    """A caption of this length: "tags", "short", "full" (one or two sentences, all facts) or "paragraph"."""
    return describe_with_facts(facts, rng, language, length)[0]
