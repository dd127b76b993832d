"""Text as a row of items, each a phrase with its meaning; inverted Swedish clauses are put back in order."""

from __future__ import annotations

from typing import NamedTuple

from himmel.grammar.lexicon import Families, Lexicon, Meaning, Token, lexicon, tokens
from himmel.grammar.vocabulary import FIRST_FAMILIES

UNKNOWN = Meaning("unknown", "")
NOUN_PHRASE = {
    "indefinite",
    "definite",
    "count",
    "size",
    "colour",
    "material",
    "noun",
    "one",
    "made of",
    "pronoun",
}
VERBS = {"motion", "move", "hits", "is hit", "event"}
_STOPS = {".", "!", "?", ";", "。", "！", "？", "；", ":", "："}
_COMMAS = {",", "，"}


class Item(NamedTuple):
    """A phrase of the text, its meaning and its place in the text."""

    meaning: Meaning
    start: int
    end: int

    @property
    def kind(self) -> str:
        return self.meaning.kind


def items(text: str, families: Families = FIRST_FAMILIES) -> tuple[str, list[Item]]:
    """The language that covers most of the text, and the text's items in that language.

    families: words for what only other families show are unknown.
    """
    found = tokens(text)
    if any("\u4e00" <= token.text <= "\u9fff" for token in found):
        return "zh", _matched(lexicon("zh", families), found)
    english, swedish = (_matched(lexicon(language, families), found) for language in ("en", "sv"))
    return ("sv", swedish) if _unknown(swedish) < _unknown(english) else ("en", english)


def _unknown(found: list[Item]) -> int:
    return sum(item.end - item.start for item in found if item.kind == "unknown")


def _matched(words: Lexicon, found: list[Token]) -> list[Item]:
    row: list[Item] = []
    at = 0
    while at < len(found):
        inverted = _inverted(words, found, at, row) if words.language == "sv" else None
        if inverted is not None:
            new, at = inverted
            row += new
            continue
        item, length = _one(words, found, at)
        row.append(item)
        at += length
    return row


def _one(words: Lexicon, found: list[Token], at: int) -> tuple[Item, int]:
    token = found[at]
    if token.text in _STOPS:
        return Item(Meaning("stop", ""), token.start, token.end), 1
    if token.text in _COMMAS:
        return Item(Meaning("comma", ""), token.start, token.end), 1
    matched = words.match(found, at)
    if matched is None:
        mark = not token.text[0].isalnum()
        return Item(Meaning("mark", "") if mark else UNKNOWN, token.start, token.end), 1
    meaning, length = matched
    return Item(meaning, token.start, found[at + length - 1].end), length


# --- Swedish inversion: "sedan försvinner den röda bollen bakom en vägg" --------------------------------------------


def _inverted(words: Lexicon, found: list[Token], at: int, row: list[Item]) -> tuple[list[Item], int] | None:
    """Subject items followed by the verb, where the verb stands before its subject; and the place behind them."""
    if not _opens_inverted(row):
        return None
    direct = words.match(found, at)
    if direct is not None and (direct[1] > 1 or direct[0].kind not in VERBS):
        return None
    if direct is None and found[at].text not in _particle_verbs(words):
        return None
    subject, after = _subject(words, found, at + 1)
    if not subject:
        return None
    head = found[at].text
    for length in range(min(3, len(found) - after), -1, -1):
        key = (head, *(token.text for token in found[after : after + length]))
        meaning = words.phrases.get(key)
        if meaning is not None and meaning.kind in VERBS:
            return [*subject, Item(meaning, found[at].start, found[at].end)], after + length
    return None


def _opens_inverted(row: list[Item]) -> bool:
    """Whether a verb here would come before its subject: after "then", or with no noun yet in the sentence."""
    if row and row[-1].kind in ("then", "time"):
        return True
    for item in reversed(row):
        if item.kind == "stop":
            break
        if item.kind in ("noun", "pronoun", "there"):
            return False
    return True


def _particle_verbs(words: Lexicon) -> set[str]:
    """First words of verbs of several."""
    found = _PARTICLE_VERBS.get(id(words))
    if found is None:
        found = {key[0] for key, meaning in words.phrases.items() if meaning.kind in VERBS and len(key) > 1}
        _PARTICLE_VERBS[id(words)] = found
    return found


_PARTICLE_VERBS: dict[int, set[str]] = {}
"""By lexicon; those are kept for good."""


def _subject(words: Lexicon, found: list[Token], at: int) -> tuple[list[Item], int]:
    """The items of one noun phrase, or of several joined by commas and "och", that start here."""
    phrase, after = _noun_phrase(words, found, at)
    if not phrase:
        return [], at
    while True:
        joint, next_at = [], after
        while next_at < len(found) and found[next_at].text in (",", "och"):
            item, length = _one(words, found, next_at)
            joint.append(item)
            next_at += length
        following, end = _noun_phrase(words, found, next_at) if joint else ([], next_at)
        if not following or _verb_at(words, found, end):
            return phrase, after
        phrase, after = [*phrase, *joint, *following], end


def _verb_at(words: Lexicon, found: list[Token], at: int) -> bool:
    if at >= len(found):
        return False
    item, _ = _one(words, found, at)
    return item.kind in VERBS


def _noun_phrase(words: Lexicon, found: list[Token], at: int) -> tuple[list[Item], int]:
    phrase: list[Item] = []
    has_noun = False
    while at < len(found):
        item, length = _one(words, found, at)
        if item.kind not in NOUN_PHRASE or (has_noun and item.kind != "made of"):
            break
        phrase.append(item)
        has_noun = has_noun or item.kind == "noun"
        at += length
    if not has_noun and not (len(phrase) == 1 and phrase[0].kind in ("definite", "pronoun")):
        return [], at
    return phrase, at
