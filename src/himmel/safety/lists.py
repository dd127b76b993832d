"""Curated terms by category and language, and how they are found in a prompt.

A file under `lists/` holds one category: groups of terms in several languages. All languages are looked for in every
prompt. A term is one or more words; `*` at the end of a word stands for any ending; Chinese terms are found anywhere.
A group may ask for company (`with`: one of those terms within `near` signs, 0 for anywhere), and may be silent in some
contexts (`unless`, within 60 signs).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

import yaml

from himmel.safety.normalise import Normalised, Word, fold
from himmel.safety.policy import CATEGORIES

CONTEXT = 60
"""Signs within which a context silences a term."""
NEAR = 60
"""Signs within which company counts, where a group says nothing else."""
LONG = 8
"""Letters from which on a word may have one typing error."""
DOUBLED = 5
"""Letters from which on a word may have any of them doubled."""
_LOOSE = 4
"""Letters that a term has at least to be found among letters that stand apart."""
_HAN = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True)
class Hit:
    """A term found. group: its number; role: "terms", "with" or "unless"; start, end: in the text as given."""

    group: int
    role: str
    start: int
    end: int


@dataclass(frozen=True)
class Group:
    """Terms that mean the same to a policy. near: signs, 0 for anywhere. paired, silenced: it has `with`, `unless`."""

    category: str
    near: int
    paired: bool
    silenced: bool


class Lists:
    """The compiled terms of several groups. Make it with `load_lists`, or from plain values."""

    def __init__(self, plain: Sequence[tuple[str, dict[str, Any]]]) -> None:
        """plain: (category, group) pairs, a group as the YAML files have it."""
        self.groups: list[Group] = []
        self._starts: dict[str, list[tuple[tuple[str, ...], int, str]]] = {}
        self._han: dict[str, list[tuple[int, str]]] = {}
        self._errors: dict[str, set[str]] = {}
        self._single: dict[str, set[str]] = {}
        for category, group in plain:
            number = len(self.groups)
            self.groups.append(Group(category, group.get("near", NEAR), "with" in group, "unless" in group))
            for role in ("terms", "with", "unless"):
                for terms in group.get(role, {}).values():
                    for term in terms:
                        self._add(str(term), number, role)
        self._prefixes = sorted({len(start) for start in self._starts if start.endswith("*")}, reverse=True)
        self._longest = max(map(len, self._han), default=0)

    def __len__(self) -> int:
        """How many terms there are, of all roles."""
        return sum(map(len, self._starts.values())) + sum(map(len, self._han.values()))

    def _add(self, term: str, number: int, role: str) -> None:
        if _HAN.search(term):
            self._han.setdefault("".join(_HAN.findall(term)), []).append((number, role))
            return
        parts = re.split(r"[\s\-]+", term.replace("'", "").replace("’", "").strip())
        words = tuple(fold(word) for word in parts)
        first, joined = words[0], "".join(words)
        self._starts.setdefault(first, []).append((words, number, role))
        if len(words) > 1 and len(joined) >= LONG:
            self._starts.setdefault(joined, []).append(((joined,), number, role))
        if len(first) >= DOUBLED:
            self._single.setdefault(_single(first), set()).add(first)
        if role != "unless" and len(joined.rstrip("*")) >= LONG:
            for variant in (*_shorter(joined.rstrip("*")), joined.rstrip("*")):
                self._errors.setdefault(variant, set()).add(joined)

    def found(self, prompt: Normalised) -> list[Hit]:
        """Every term in a prompt, wherever it stands and whatever it means there."""
        hits = set(self._found_han(prompt))
        for at, word in enumerate(prompt.words):
            for form in word.forms:
                hits.update(self._found_at(prompt.words, at, form))
            if word.loose:
                hits.update(self._found_within(word))
        return sorted(hits, key=lambda hit: (hit.start, hit.end))

    def categories(self, prompt: Normalised, skip: Sequence[tuple[int, int]] = ()) -> list[str]:
        """The categories that a prompt falls under, the gravest first. skip: places whose terms do not count."""
        hits = [hit for hit in self.found(prompt) if not any(a < hit.end and hit.start < b for a, b in skip)]
        by_group: dict[int, list[Hit]] = {}
        for hit in hits:
            by_group.setdefault(hit.group, []).append(hit)
        fired = {
            self.groups[number].category for number, found in by_group.items() if _fires(self.groups[number], found)
        }
        return [category for category in CATEGORIES if category in fired]

    def _found_han(self, prompt: Normalised) -> Iterator[Hit]:
        for at in range(len(prompt.han)):
            for end in range(at + 1, min(len(prompt.han), at + self._longest) + 1):
                for number, role in self._han.get(prompt.han[at:end], ()):
                    yield Hit(number, role, prompt.places[at], prompt.places[end - 1] + 1)

    def _found_at(self, words: Sequence[Word], at: int, form: str) -> Iterator[Hit]:
        """Terms that begin with one way to read a word."""
        starts = [form, *(f"{form[: length - 1]}*" for length in self._prefixes if len(form) >= length - 1)]
        if not words[at].joined:
            doubled = self._single.get(_single(form), ()) if len(form) > DOUBLED else ()
            starts += [*self._misspelt(form), *(start for start in doubled if len(start) < len(form))]
        if "*" in form:
            starts += self._masked(form)
        for start in starts:
            for term, number, role in self._starts.get(start, ()):
                if (end := _follows(words, at, term)) is not None:
                    yield Hit(number, role, words[at].start, end)

    def _misspelt(self, form: str) -> list[str]:
        """Long terms from which a word is one typing error away: the first letter is right."""
        if len(form) < LONG - 1 or form in self._starts or not form.isalpha():
            return []
        near = {term for variant in (form, *_shorter(form)) for term in self._errors.get(variant, ())}
        return [t for t in near if t in self._starts and t[0] == form[0] and abs(len(t.rstrip("*")) - len(form)) <= 1]

    def _masked(self, form: str) -> list[str]:
        """Terms that a word with stars for letters can be."""
        if sum(sign.isalpha() for sign in form) < 2:
            return []
        pattern = re.compile(re.escape(form).replace(r"\*", "[a-z]"))
        return [start for start in self._starts if pattern.fullmatch(start.rstrip("*"))]

    def _found_within(self, word: Word) -> Iterator[Hit]:
        """Terms among letters that stand apart, of which one cannot say where a word ends."""
        for start, entries in self._starts.items():
            stem = start.rstrip("*")
            if len(stem) >= _LOOSE and any(stem in form for form in word.forms):
                yield from (Hit(number, role, word.start, word.end) for term, number, role in entries if len(term) == 1)


def _fires(group: Group, found: Sequence[Hit]) -> bool:
    """Whether one of a group's terms has the company that it needs and stands in no harmless context."""

    def close(hit: Hit, role: str, signs: int) -> bool:
        others = (other for other in found if other.role == role)
        return any(not signs or max(other.start - hit.end, hit.start - other.end) <= signs for other in others)

    return any(
        (not group.paired or close(hit, "with", group.near)) and not (group.silenced and close(hit, "unless", CONTEXT))
        for hit in found
        if hit.role == "terms"
    )


def _follows(words: Sequence[Word], at: int, term: tuple[str, ...]) -> int | None:
    """Where a term ends whose first word stands at `at`; None if the others do not follow."""
    end, here = words[at].end, at
    for wanted in term[1:]:
        here = next((i for i in range(here + 1, len(words)) if not words[i].joined and words[i].start >= end), -1)
        if here < 0 or not any(_is(form, wanted) for form in words[here].forms):
            return None
        end = words[here].end
    return end


def _is(form: str, wanted: str) -> bool:
    if wanted.endswith("*"):
        return form.startswith(wanted[:-1])
    doubled = len(form) > len(wanted) >= DOUBLED - 1 and _single(form) == _single(wanted)
    return form == wanted or doubled


def _single(word: str) -> str:
    """A word with no letter doubled."""
    return re.sub(r"([a-z])\1+", r"\1", word)


def _shorter(word: str) -> set[str]:
    """A word with one letter left out, in every way."""
    return {word[:i] + word[i + 1 :] for i in range(len(word))}


@lru_cache(maxsize=1)
def load_lists() -> Lists:
    """The shipped lists."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    folder = resources.files("himmel.safety").joinpath("lists")
    found: list[tuple[str, dict[str, Any]]] = []
    for file in sorted(folder.iterdir(), key=lambda path: path.name):
        if file.name.endswith(".yaml"):
            plain = yaml.load(file.read_text(encoding="utf-8"), loader)
            found += [(plain["category"], group) for group in plain["groups"]]
    return Lists(found)


def named(names: Sequence[str]) -> Lists:
    """Lists of nothing but these names, to find where a permitted one stands."""
    return Lists([("likeness", {"terms": {"any": list(names)}})])
