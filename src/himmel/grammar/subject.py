"""One thing in words, as it is first spoken of and later; and names in a prompt that stand for such things."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from dataclasses import replace

from himmel.grammar.describe import voice
from himmel.grammar.parse import items
from himmel.grammar.phrases import phrases
from himmel.grammar.voice import COMMONEST
from himmel.records import HimmelError, ObjectFacts, SceneFacts

LONGEST_NAME = 40
_NAME = re.compile(r"[^\W\d_][\w' -]*")
_LATIN = "A-Za-z0-9_À-ɏ"
"""What may not stand beside a name. Chinese is written without spaces, so its characters may."""


class _Plain(random.Random):
    """Chooses the commonest word of each row, and of each turn of phrase the one that says most."""

    def random(self) -> float:
        return COMMONEST - 0.03


def spoken_of(thing: ObjectFacts, language: str = "en") -> tuple[str, str]:
    """("a small red rubber ball", "the red ball"): as it first appears, and once it is known. Nothing of its motion."""
    still = replace(thing, motion=None, direction=None)
    said = voice(SceneFacts("single", objects=(still,)), _Plain(), language)
    return said.mention(0), said.named_fully(0)


def check_name(name: str) -> str:
    """A name that can stand for a thing. Raises HimmelError for one that cannot, or that is a word of its own."""
    tidy = " ".join(name.split())
    if not 0 < len(tidy) <= LONGEST_NAME or not _NAME.fullmatch(tidy):
        raise HimmelError(f"the name {name!r:.60}", f"a letter, then letters and digits, up to {LONGEST_NAME}", "")
    if any(phrase.known for phrase in phrases(tidy)):
        raise HimmelError(f"the name {tidy!r}", "a word that himmel does not read as something else", "such as Rolly")
    return tidy


def with_things(text: str, cast: Mapping[str, ObjectFacts]) -> str:
    """The text with the things put in that its names stand for, in its own language. cast: things by name.

    A name is written as it was given: Rolly, @Rolly or {Rolly}. The first mention says all that is known of a thing.
    """
    if not cast:
        return text
    names = sorted(cast, key=len, reverse=True)
    pattern = re.compile(
        "|".join(rf"\{{{name}\}}|@?(?<![{_LATIN}]){name}(?![{_LATIN}])" for name in map(re.escape, names))
    )
    language, _ = items(pattern.sub(" ", text))
    met: set[str] = set()

    def words(found: re.Match[str]) -> str:
        name = found[0].strip("@{}")
        first, later = spoken_of(cast[name], language)
        new = name not in met
        met.add(name)
        return first if new else later

    return pattern.sub(words, text)
