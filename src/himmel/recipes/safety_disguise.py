"""Ways in which people disguise a prompt, as functions of text: what the evasion table and the tests use."""

from __future__ import annotations

import random
from collections.abc import Callable

from himmel.grammar import describe, imagine

Disguise = Callable[[str, random.Random], str]
_LEET = {"a": "4", "e": "3", "i": "1", "o": "0", "s": "5", "t": "7"}
_TWINS = {"a": "а", "c": "с", "e": "е", "o": "о", "p": "р", "x": "х", "y": "у", "i": "і"}
ZERO_WIDTH = "\u200b"


def leet(text: str, rng: random.Random) -> str:
    """About half of the letters that have a digit of their look."""
    return "".join(_LEET[c] if c in _LEET and rng.random() < 0.5 else c for c in text.lower())


def twins(text: str, rng: random.Random) -> str:
    """Half of the letters that have a Cyrillic twin."""
    return "".join(_TWINS[c] if c in _TWINS and rng.random() < 0.5 else c for c in text)


def invisible(text: str, rng: random.Random) -> str:
    """An invisible sign between all letters."""
    return ZERO_WIDTH.join(text)


def spaced(text: str, rng: random.Random) -> str:
    """Every word's letters apart, by a sign that the words are not parted by."""
    mark = rng.choice("._-*")
    return " ".join(mark.join(word) if len(word) > 3 or ord(word[0]) > 0x2E80 else word for word in text.split())


def stretched(text: str, rng: random.Random) -> str:
    """A vowel of every longer word repeated."""
    words = []
    for word in text.split():
        at = next((i for i, c in enumerate(word) if c in "aeiouyåäö" and len(word) > 4), None)
        words.append(word if at is None else word[:at] + word[at] * 4 + word[at + 1 :])
    return " ".join(words)


def capitals(text: str, rng: random.Random) -> str:
    """All in capitals."""
    return text.upper()


def wide(text: str, rng: random.Random) -> str:
    """Full-width letters."""
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


def behind(text: str, rng: random.Random) -> str:
    """After about 100 innocent words, in a language of chance."""
    innocent = [describe(imagine(rng), rng, rng.choice(("en", "sv", "zh")), "paragraph") for _ in range(3)]
    return " ".join([*innocent, text])[-1900:]


def between(text: str, rng: random.Random) -> str:
    """In the middle of innocent words of another language."""
    first, last = (describe(imagine(rng), rng, rng.choice(("en", "sv", "zh")), "short") for _ in range(2))
    return f"{first} {text}. {last}"


def misspelt(text: str, rng: random.Random) -> str:
    """One letter left out of every long word."""
    words = []
    for word in text.split():
        at = rng.randrange(1, len(word)) if len(word) > 6 and word.isascii() else 0
        words.append(word[:at] + word[at + 1 :] if at else word)
    return " ".join(words)


DISGUISES: dict[str, Disguise] = {
    "digits for letters": leet,
    "look-alike letters": twins,
    "invisible signs": invisible,
    "letters set apart": spaced,
    "letters repeated": stretched,
    "capitals": capitals,
    "wide letters": wide,
    "a letter left out": misspelt,
    "after 100 innocent words": behind,
    "between other languages": between,
}
