"""A prompt as a reader sees it, whatever it was written with: look-alike letters, digits for letters, invisible signs,
letters set apart or repeated.

Two things come out: `words`, folded hard, for the lists, each with its place in the text as given; and `text`, in which
only what was disguised is rewritten, for the classifier. Text without disguise leaves as it came.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from himmel.safety.lookalikes import FILLERS, LEET, LEET_EITHER, LOOKALIKES, PLAIN, SIMPLIFIED

SHORTEST_JOIN = 6
"""Letters that two neighbouring words have at least, when they are also read as one."""
SHOUTED = 8
"""Capitals in a text without small letters, from which on it is read in small ones."""
_HAN = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_CHINESE = re.compile(rf"[{_HAN}]")
_SIGN = rf"[^\W_{_HAN}\u3040-\u30ff\uac00-\ud7af]|[@$€£|!*]"
_LOOSE = re.compile(
    rf"(?<![^\W_])(?:{_SIGN})([\s.\-_·•,/\\~+|*:]{{1,3}})(?:{_SIGN})(?:\1(?:{_SIGN})(?![^\W_{_HAN}]))+(?![^\W_])"
)
_TOKEN = re.compile(rf"(?:{_SIGN})(?:(?:{_SIGN})|[.\-_·•'’~](?=(?:{_SIGN})))*")
_PARTS = re.compile(r"[^.\-_·•~]+")
_CHINESE_MARKS = "，：；！？（）～"
"""Wide signs that belong to Chinese writing and stay as they are."""
_MOST_FORMS = 16


@dataclass(frozen=True)
class Word:
    """A word and the ways to read it.

    forms: lower case without marks, the likeliest first. start, end: its place in the text as given. loose: its letters
    stood apart, so that words within it cannot be told. joined: what stood as two words or more, read as one.
    """

    forms: tuple[str, ...]
    start: int
    end: int
    loose: bool = False
    joined: bool = False


@dataclass(frozen=True)
class Normalised:
    """words: those of alphabets. han: Chinese characters, simplified, without what stands between them; places: where
    each stands in the text as given. text: for people and the classifier.
    """

    words: tuple[Word, ...]
    han: str
    places: tuple[int, ...]
    text: str


def normalise(given: str) -> Normalised:
    """The words of a prompt without their disguise."""
    clean, origin = _visible(given)
    words: list[Word] = []
    shown: list[str] = []
    at = 0
    for start, end, loose in _spans(clean):
        found = list(_words(clean[start:end], loose))
        words += [
            Word(w.forms, origin[start + w.start], origin[start + w.end - 1] + 1, w.loose, w.joined) for w in found
        ]
        shown += [clean[at:start], _readable(clean[start:end], loose)]
        at = end
    han = [i for i, sign in enumerate(clean) if _CHINESE.match(sign)]
    return Normalised(
        words=tuple(words) + tuple(_neighbours(words)),
        han="".join(SIMPLIFIED.get(clean[i], clean[i]) for i in han),
        places=tuple(origin[i] for i in han),
        text=_quiet(" ".join("".join([*shown, clean[at:]]).split())),
    )


def _quiet(text: str) -> str:
    """Small letters where all are capitals, which the encoder reads badly."""
    return text.lower() if text.isupper() and sum(sign.isupper() for sign in text) >= SHOUTED else text


def fold(word: str) -> str:
    """Lower case without marks and with Latin look-alikes: how terms of the lists are stored."""
    letters = (PLAIN.get(sign, sign) for sign in word.casefold())
    bare = "".join(
        sign
        for sign in unicodedata.normalize("NFKD", "".join(letters))
        if not unicodedata.category(sign).startswith("M")
    )
    return _seen(bare)


def _visible(given: str) -> tuple[str, list[int]]:
    """The text in NFKC without what nobody sees, and where each sign of it stands in `given`."""
    if given.isascii() and given.isprintable():
        return given, list(range(len(given)))
    signs: list[str] = []
    origin: list[int] = []
    at = 0
    while at < len(given):
        end = at + 1
        while end < len(given) and unicodedata.combining(given[end]):
            end += 1
        cluster = given[at]
        if cluster not in _CHINESE_MARKS:
            cluster = unicodedata.normalize("NFKC", _letter_of_flag(cluster) + given[at + 1 : end])
        for sign in cluster:
            if unicodedata.category(sign) not in ("Cf", "Mn", "Me", "Cc") and sign not in FILLERS:
                signs.append(sign)
                origin.append(at)
        at = end
    return "".join(signs), origin


def _letter_of_flag(sign: str) -> str:
    """Letters in coloured boxes, as flags are written with, to plain ones."""
    code = ord(sign)
    for first, last in ((0x1F1E6, 0x1F1FF), (0x1F150, 0x1F169), (0x1F170, 0x1F189)):
        if first <= code <= last:
            return chr(ord("a") + code - first)
    return sign


def _spans(clean: str) -> Iterator[tuple[int, int, bool]]:
    """(start, end, loose) of each word, and of each run of letters that stand apart."""
    at = 0
    for run in _LOOSE.finditer(clean):
        if sum(sign.isalpha() for sign in run.group()) < 3:
            continue
        yield from ((t.start(), t.end(), False) for t in _TOKEN.finditer(clean, at, run.start()))
        yield run.start(), run.end(), True
        at = run.end()
    yield from ((t.start(), t.end(), False) for t in _TOKEN.finditer(clean, at))


def _words(token: str, loose: bool) -> Iterator[Word]:
    """The words of a token: one, or its parts between hyphens and dots and all of it together."""
    if loose:
        yield Word(_forms(_letters(token)), 0, len(token), loose=True)
        return
    parts = list(_PARTS.finditer(token))
    for part in parts:
        yield Word(_forms(part.group().replace("'", "").replace("’", "")), part.start(), part.end())
        for apostrophe in re.finditer(r"['’]s?$", part.group()):
            yield Word(_forms(part.group()[: apostrophe.start()]), part.start(), part.end(), joined=True)
    if len(parts) > 1:
        yield Word(_forms("".join(part.group() for part in parts)), 0, len(token), joined=True)


def _letters(run: str) -> str:
    """A run of letters that stand apart, put together."""
    found = _LOOSE.fullmatch(run)
    return run.replace(found[1], "") if found else run


def _neighbours(words: list[Word]) -> Iterator[Word]:
    """Two words that follow each other, read as one."""
    plain = [word for word in words if not word.joined]
    for first, second in itertools.pairwise(plain):
        form = first.forms[0] + second.forms[0]
        if len(form) >= SHORTEST_JOIN and not first.loose and not second.loose:
            yield Word((form,), first.start, second.end, joined=True)


@lru_cache(4096)  # most words of most texts are the same few
def _forms(word: str) -> tuple[str, ...]:
    """The ways to read a word, folded."""
    folded = fold(word).strip("!|*") or fold(word)
    found = [folded]
    if sum(sign.isalpha() for sign in folded) >= 2 and any(sign in LEET or sign in LEET_EITHER for sign in folded):
        choices = [LEET_EITHER.get(sign) or LEET.get(sign, sign) for sign in folded]
        found += ["".join(pick) for pick in itertools.islice(itertools.product(*choices), _MOST_FORMS)]
    for form in list(found):
        if re.search(r"(.)\1\1", form):
            found += [re.sub(r"(.)\1\1+", r"\1\1", form), re.sub(r"(.)\1\1+", r"\1", form)]
    return tuple(dict.fromkeys(found))


def _seen(word: str) -> str:
    """Look-alikes as Latin letters, where the word has Latin letters too or nothing but look-alikes."""
    letters = [sign for sign in word if sign.isalpha()]
    mixed = any(sign in LOOKALIKES for sign in letters) and (
        any("a" <= sign <= "z" for sign in letters) or all(sign in LOOKALIKES for sign in letters)
    )
    return "".join(LOOKALIKES.get(sign, sign) for sign in word) if mixed else word


def _readable(token: str, loose: bool) -> str:
    """A token with its disguise taken off; as it is where it has none."""
    if loose:
        return _forms(_letters(token))[-1]
    lower = token.casefold()
    inside = re.search(r"(?<=[^\W\d_])[\d@$€£!|]+(?=[^\W\d_])", lower) and len(re.findall(r"[^\W\d_]", lower)) >= 2
    led = re.match(r"[$@€£]+[^\W\d_]{2}", lower)
    forms = _forms(token)
    if re.search(r"([^\W\d])\1\1\1", lower):
        return forms[-1]
    if (inside or led) and len(forms) > 1:
        return forms[1]
    seen = _seen(lower)
    return token if seen == lower else seen
