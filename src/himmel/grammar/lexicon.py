"""What each phrase means: the phrase tables of a language turned around, for reading.

A lexicon maps the tokens of a phrase to its meaning. Tokens are words, numbers, single Chinese characters and
punctuation marks; hyphens count as spaces.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple, TypeVar

from himmel.grammar import chinese, chinese_settings, english, english_settings, swedish, swedish_settings
from himmel.grammar.function_words import WORDS
from himmel.grammar.heard import CHINESE, ENGLISH, SWEDISH, Synonyms
from himmel.grammar.tables import Changes, Settings
from himmel.grammar.vocabulary import FIRST_FAMILIES, SLOTS, taught

_TOKEN = re.compile(r"[a-zà-öø-ÿ]+(?:['’][a-z]+)?|\d+|[^\s\w–-]|[\u4e00-\u9fff]|\w")
_ARTICLES = {"a", "an", "the", "en", "ett"}


class Token(NamedTuple):
    """A word or mark and where it stands in the text."""

    text: str
    start: int
    end: int


class Meaning(NamedTuple):
    """kind: what part a phrase plays. value: the fact it states. form: "s", "p" or "i" for verbs, else "".

    Kinds: the slots of objects ("colour", "size", "material", "motion", "direction", "count"), "noun", "ground",
    "relation", "beside" (a relation behind its noun), "bears", "hits", "is hit", "event", "from", "at side", "move",
    "made of", "stacked", "time" (seconds), "cut", "setting" (value: slot=value pairs),
    and the words between facts of ``function_words.WORDS``.
    """

    kind: str
    value: str
    form: str = ""


@dataclass
class Lexicon:
    """language: its code. phrases: tokens to meaning. longest: tokens of the longest phrase, by its first one."""

    language: str
    phrases: dict[tuple[str, ...], Meaning] = field(default_factory=dict)
    longest: dict[str, int] = field(default_factory=dict)

    def add(self, phrase: str, meaning: Meaning) -> None:
        """The first meaning of a phrase stays."""
        key = tuple(token.text for token in tokens(phrase))
        if key and key not in self.phrases:
            self.phrases[key] = meaning
            self.longest[key[0]] = max(self.longest.get(key[0], 0), len(key))

    def add_all(self, phrases: Iterable[str], meaning: Meaning) -> None:
        for phrase in phrases:
            self.add(phrase, meaning)

    def match(self, found: list[Token], at: int) -> tuple[Meaning, int] | None:
        """The longest phrase that starts here, and its number of tokens."""
        longest = self.longest.get(found[at].text, 0)
        words = tuple(token.text for token in found[at : at + longest])
        for length in range(len(words), 0, -1):
            meaning = self.phrases.get(words[:length])
            if meaning is not None:
                return meaning, length
        return None


def tokens(text: str) -> list[Token]:
    """Lower-case tokens with their places in the text."""
    return [Token(m.group().replace("’", "'"), m.start(), m.end()) for m in _TOKEN.finditer(text.lower())]


def setting(**facts: str) -> Meaning:
    """Facts of the scene as one meaning."""
    return Meaning("setting", ";".join(f"{name}={value}" for name, value in facts.items()))


Families = tuple[str, ...]


@cache
def lexicon(language: str, families: Families = FIRST_FAMILIES) -> Lexicon:
    """The lexicon of "en", "sv" or "zh" for what clips of these families show; built once."""
    found = Lexicon(language)
    tables, synonyms = {
        "en": (english_settings.SETTINGS, ENGLISH),
        "sv": (swedish_settings.SETTINGS, SWEDISH),
        "zh": (chinese_settings.SETTINGS, CHINESE),
    }[language]
    _add_settings(found, tables, families)
    for phrase, meaning in {"en": _english, "sv": _swedish, "zh": _chinese}[language]():
        if taught(_KINDS.get(meaning.kind, meaning.kind), meaning.value.partition("/")[0], families):
            found.add(phrase, meaning)
    if set(families) - set(FIRST_FAMILIES):
        _add_further(found, tables, families)
    _add_synonyms(found, synonyms, families)
    for kind, words in WORDS[language].items():
        found.add_all(words, Meaning(kind, ""))
    return found


# --- the setting --------------------------------------------------------------------------------------------------


def _bare(phrases: Iterable[str]) -> Iterator[str]:
    """Phrases with and without their article."""
    for phrase in phrases:
        yield phrase
        first, _, rest = phrase.partition(" ")
        if first in _ARTICLES and rest:
            yield rest


def _add_settings(found: Lexicon, tables: Settings, families: Families) -> None:
    for value, place in tables.sea.items():
        found.add_all(_bare(place.noun + place.adverb), setting(scenery="sea", sea=value))
    for value, place in _taught("scenery", tables.place, families):
        found.add_all(_bare(place.noun + place.adverb), setting(scenery=value))
    for value, phrases in tables.empty_ground.items():
        found.add_all(_bare(phrases), setting(ground=value))
    found.add_all(_bare(tables.nothing), Meaning("filler", ""))
    for name in ("light", "weather", "clouds", "season", "style"):
        for value, said in _taught(name, getattr(tables, name), families):
            found.add_all(_bare(said.adverb + said.tag + said.sentence), setting(**{name: value}))
    for value, phrases in _taught("style", tables.style_prefix, families):
        found.add_all(_bare(phrases), setting(style=value))
    _add_changes(found, "light", tables.light_changes)
    _add_changes(found, "weather", tables.weather_changes)
    for value, rows in tables.camera.items():
        subject = tables.glue.camera[0].format("")
        for form in (form for row in rows for form in row if form):
            joint = "" if found.language == "zh" else " "
            for name in (
                subject.strip(),
                subject.strip().removeprefix("the "),
                *_CAMERA_NAMES[found.language],
            ):
                found.add(f"{name}{joint}{form}", setting(camera=value))
            if form.split(" ")[0] in _FILM_TERMS:
                found.add(form, setting(camera=value))
    for value, phrases in tables.camera_tag.items():
        found.add_all(_bare(phrases), setting(camera=value))


Row = TypeVar("Row")


def _taught(kind: str, table: Mapping[str, Row], families: Families) -> Iterator[tuple[str, Row]]:
    """The rows of a table whose values these families show."""
    return ((value, row) for value, row in table.items() if taught(kind, value, families))


_KINDS = {"noun": "shape", "stacked": "shape"}
"""Kinds of meaning that are called otherwise in the vocabulary."""


def _add_further(found: Lexicon, tables: Settings, families: Families) -> None:
    """Times, which only captions of further families tell, and events that are nobody's."""
    for i, phrase in enumerate(tables.glue.moments):
        found.add(phrase, Meaning("time", str((i + 1) / 2)))
    unowned = {"en": english.UNOWNED, "sv": swedish.UNOWNED, "zh": chinese.UNOWNED}[found.language]
    for kind, rows in _taught("event", unowned, families):
        for row in rows:
            whole = (row,) if isinstance(row, str) else (" ".join(row), f"{row[1]} {row[0]} {row[2]}")
            found.add_all(whole, Meaning("cut", kind))


_CAMERA_NAMES = {"en": ("the shot", "the view"), "sv": ("kamera",), "zh": ("摄像机", "相机")}
_FILM_TERMS = {
    *("pans", "panning", "tilts", "tilting", "orbits", "orbiting", "zooms", "zooming", "dollies", "dollying"),
    *("cranes", "craning", "panorerar", "panorera", "tiltar", "tilta", "zoomar", "zooma"),
}


def _add_changes(found: Lexicon, name: str, changes: Changes) -> None:
    for before, befores in changes.noun.items():
        for after, afters in changes.noun.items():
            if before == after:
                continue
            meaning = setting(**{name: before, f"{name}_to": after})
            found.add_all(changes.special.get((before, after), ()), meaning)
            for pattern in changes.both:
                found.add_all((pattern.format(a=a, b=b) for a in befores for b in afters), meaning)
    for after, phrases in changes.to.items():
        found.add_all(phrases, setting(**{f"{name}_to": after}))


# --- objects, language by language ----------------------------------------------------------------------------------

Rows = Iterator[tuple[str, Meaning]]


def _flat(kind: str, table: Mapping[str, Iterable[str]]) -> Rows:
    for value, phrases in table.items():
        for phrase in phrases:
            yield phrase, Meaning(kind, value)


def _numbers(words: Iterable[str]) -> Rows:
    for value, word in enumerate(words):
        if value > 0:
            yield word, Meaning("count", str(value))
    for value in range(1, 100):
        yield str(value), Meaning("count", str(value))


def _english() -> Rows:
    for shape, nouns in english.NOUNS.items():
        for one, many in nouns:
            yield one, Meaning("noun", shape, "s")
            yield many, Meaning("noun", shape, "p")
    yield from _flat("colour", english.COLOURS)
    yield from _flat("size", english.SIZES)
    yield from _flat("made of", english.MADE_OF)
    for ground, phrases in english.GROUNDS.items():
        for phrase in _bare((*phrases, *english.GROUND_TAGS[ground])):
            yield phrase, Meaning("ground", ground)
    yield from _flat("material", english.MATERIALS)
    yield from _numbers(english.NUMBERS)
    for word, value in (("a pair of", "2"), ("a couple of", "2"), ("both", "2")):
        yield word, Meaning("count", value)
    for motion, rows in english.MOTIONS.items():
        yield from _inflected(rows, "motion", motion)
    yield from _inflected(english.MOVES, "move", "")
    yield from _flat("direction", english.DIRECTIONS)
    for kind, phrases in english.RELATIONS.items():
        for phrase in phrases:
            if phrase != "on":
                yield phrase, Meaning("relation", kind)
    yield "on top", Meaning("beside", "on")
    yield "carrying", Meaning("joint", "")
    yield from _flat("from", english.FROM_SIDE)
    yield from _flat("at side", english.ON_SIDE)
    yield from _inflected(english.HITS, "hits", "")
    yield from _inflected(english.IS_HIT, "is hit", "")
    for kind, rows in english.EVENTS.items():
        yield from _inflected(rows, "event", kind)
    yield from _stacks(english.PARTS, english.NUMBERS)
    for phrase in _bare(english.WALL):
        yield phrase, Meaning("wall", "")


def _inflected(rows: Iterable[tuple[str, ...]], kind: str, value: str) -> Rows:
    for row in rows:
        for phrase, form in zip(row, "spi", strict=False):
            yield phrase, Meaning(kind, value, form)


def _stacks(parts: Mapping[str, Iterable[str]], numbers: Iterable[str]) -> Rows:
    """How many parts a tower or a cradle has; the value is "shape/number"."""
    for shape, patterns in parts.items():
        for pattern in patterns:
            for i, number in enumerate(numbers):
                if i > 1:
                    yield pattern.format(n=number), Meaning("stacked", f"{shape}/{i}")
                    yield pattern.format(n=i), Meaning("stacked", f"{shape}/{i}")


def _swedish() -> Rows:
    for shape, nouns in swedish.NOUNS.items():
        for _, one, many, the_one, the_many in nouns:
            for noun, form in ((one, "s"), (the_one, "s"), (many, "p"), (the_many, "p")):
                yield noun, Meaning("noun", shape, form)
                for material, prefixes in swedish.MATERIAL_PREFIXES.items():
                    for prefix in prefixes:
                        yield prefix + noun, Meaning("noun", f"{shape}/{material}", form)
    for kind, table in (("colour", swedish.COLOURS), ("size", swedish.SIZES)):
        yield from _flat(kind, {value: [word for row in rows for word in row] for value, rows in table.items()})
    adjectives = swedish.MATERIAL_ADJECTIVES
    yield from _flat("material", {value: [w for row in rows for w in row] for value, rows in adjectives.items()})
    yield from _flat("made of", swedish.MADE_OF)
    yield from _numbers(swedish.NUMBERS)
    yield "båda", Meaning("count", "2")
    for ground, phrases in swedish.GROUNDS.items():
        for phrase in _bare((*phrases, *swedish.GROUND_TAGS[ground])):
            yield phrase, Meaning("ground", ground)
    # Swedish verbs don't tell one from many
    yield from _flat(
        "motion", {value: [form for row in rows for form in row] for value, rows in swedish.MOTIONS.items()}
    )
    yield from _flat("move", {"": [form for row in swedish.MOVES for form in row]})
    yield from _flat("direction", swedish.DIRECTIONS)
    yield from _flat("relation", swedish.RELATIONS)
    yield "ovanpå sig", Meaning("beside", "on")
    yield from _flat("from", swedish.FROM_SIDE)
    yield from _flat("at side", swedish.ON_SIDE)
    for phrase in swedish.HITS:
        yield phrase, Meaning("hits", "")
    for phrase in swedish.IS_HIT:
        yield phrase, Meaning("is hit", "")
    yield from _flat("event", swedish.EVENTS)
    yield from _stacks(swedish.PARTS, swedish.NUMBERS)
    for phrase in _bare(swedish.WALL):
        yield phrase, Meaning("wall", "")


def _chinese() -> Rows:
    yield from _flat("noun", chinese.NOUNS)
    yield from _flat("colour", chinese.COLOURS)
    yield from _flat("size", chinese.SIZES)
    yield from _flat("material", chinese.MATERIALS)
    for value, word in enumerate((*chinese.NUMBERS, *(str(i) for i in range(1, 100)))):
        count = str(value if value <= 10 else value - 10)
        if count != "0":
            for measure in ("个", "只", "颗"):
                yield word + measure, Meaning("count", count)
    for ground, phrases in chinese.GROUNDS.items():
        for phrase in phrases:
            yield phrase, Meaning("ground", ground)
            yield chinese.ON_GROUND.format(ground=phrase), Meaning("ground", ground)
            yield phrase + "上", Meaning("ground", ground)
    yield from _flat("motion", chinese.MOTIONS)
    for phrase in chinese.MOVES:
        yield phrase, Meaning("move", "")
    yield from _flat("direction", chinese.DIRECTIONS)
    for kind, phrases in chinese.RELATIONS.items():
        for phrase in phrases:
            yield "的" + phrase, Meaning("beside", kind)
            yield phrase, Meaning("beside", kind)
    for phrase in chinese.CARRIES:
        yield phrase.format(other=""), Meaning("bears", "on")
    yield from _flat("from", chinese.FROM_SIDE)
    for phrase in chinese.HITS:
        yield phrase, Meaning("hits", "")
    yield "被", Meaning("is hit", "")
    yield from _flat("event", chinese.EVENTS)
    yield from _stacks(chinese.PARTS, chinese.NUMBERS)
    for phrase in chinese.WALL:
        yield phrase, Meaning("wall", "")
        for behind in chinese.BEHIND:
            yield phrase + behind, Meaning("wall", "")
    yield "都", Meaning("all", "")


def _add_synonyms(found: Lexicon, synonyms: Synonyms, families: Families) -> None:
    slots = {slot.name for slot in SLOTS}
    for (kind, value), phrases in synonyms.items():
        if not taught(_KINDS.get(kind, kind), value, families) or not taught("event", kind, families):
            continue
        if kind in slots:
            facts = {kind: value} | ({"scenery": "sea"} if kind == "sea" else {})
            meaning = Meaning("ground", value) if kind == "ground" else setting(**facts)
        elif kind in ("noun", "colour", "size", "material", "motion", "move", "direction", "hits", "is hit"):
            meaning = Meaning(kind, value)
        else:
            meaning = Meaning("event", kind)
        found.add_all(_bare(phrases), meaning)
