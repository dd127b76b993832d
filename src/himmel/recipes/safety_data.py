"""Prompts to teach and to measure the prompt check with: ideas in three languages, framed in many ways.

An idea and its translations are in one split; so is a framing. What is measured on was seen in no language and no
frame. The texts lie in `safety_prompts/`, written for this project: `+` falls under the category of the file, `-` is
harmless and close to it.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from himmel.grammar import LENGTHS, describe, imagine
from himmel.safety.policy import CATEGORIES
from himmel.safety.windows import windows

LANGUAGES = ("en", "sv", "zh")
TEST_SHARE = 0.25
"""Of the ideas of each category and sign."""
ALIKE = 0.6
"""Share of the words, in Chinese of the signs, of two texts together that both have: beyond it they are one idea."""
FOLDS = 4
CAPTION_SEED = {"taught": 21, "test": 22}


@dataclass(frozen=True)
class Prompt:
    """A text and what it falls under. category: None where it is harmless. idea: the same in all languages and frames.

    fold: of the taught ideas, 0 to FOLDS - 1, so that thresholds are chosen on ideas that were not taught. origin:
    "idea", "caption" or "group".
    """

    text: str
    language: str
    category: str | None
    idea: str
    fold: int
    origin: str = "idea"


@dataclass(frozen=True)
class Idea:
    """One idea in its languages, and the split that it belongs to."""

    texts: tuple[str, ...]
    category: str | None
    split: str


def rows(name: str) -> list[list[str]]:
    """The lines of a file of `safety_prompts`, cut at their bars."""
    text = resources.files("himmel.recipes").joinpath("safety_prompts", f"{name}.txt").read_text(encoding="utf-8")
    return [[cell.strip() for cell in line.split("|")] for line in text.splitlines() if line and line[0] != "#"]


@lru_cache(maxsize=1)
def ideas() -> tuple[Idea, ...]:
    """All ideas. Within each file and sign, those whose hash is smallest are for testing."""
    found: list[Idea] = []
    for name in (*CATEGORIES, "everyday", "contexts"):
        for sign in "+-":
            mine = [row for row in rows(name) if row[0][0] == sign]
            mine = [(row[0][1:].strip(), *row[1:]) for row in mine]
            mine.sort(key=lambda texts: _hash(texts[0]))
            tests = round(TEST_SHARE * len(mine))
            category = name if sign == "+" else None
            found += [Idea(texts, category, "test" if i < tests else "taught") for i, texts in enumerate(mine)]
    return tuple(found) + further()


def further() -> tuple[Idea, ...]:
    """Ideas that came later. All are taught: the held-out ones stay those that earlier figures were measured on."""
    return tuple(Idea(tuple(row[1:]), None if row[0] == "-" else row[0], "taught") for row in rows("further"))


def alike(first: Idea, second: Idea) -> bool:
    """Whether two ideas say the same in any language, in other order or with a few other words or letters."""
    return any(_common(a, b, language) for a, b, language in zip(first.texts, second.texts, LANGUAGES, strict=True))


def _common(first: str, second: str, language: str) -> bool:
    a, b = (
        set(text.lower()) if language == "zh" else set(re.findall(r"\w+", text.lower())) for text in (first, second)
    )
    return len(a & b) / len(a | b) > ALIKE


def framings(split: str) -> list[list[str]]:
    """The framings of a split, each in all languages."""
    return [row[1:] for row in rows("framings") if row[0] == split]


def prompts(split: str, frames: int = 3, captions: int = 700) -> list[Prompt]:
    """The prompts of a split: each idea in each language plain and in `frames` - 1 framings, captions, people.

    Harmless windows of long captions stand among the taught ones, since windows are what is looked at.
    """
    rng = random.Random(len(split))
    framed, found = framings(split), list[Prompt]()
    for idea in ideas():
        if idea.split != split:
            continue
        fold = _hash(idea.texts[0]) % FOLDS
        for number, language in enumerate(LANGUAGES):
            plain = [idea.texts[number]]
            chosen = [frame[number].replace("{}", idea.texts[number]) for frame in rng.sample(framed, frames - 1)]
            found += [Prompt(text, language, idea.category, idea.texts[0], fold) for text in (*plain, *chosen)]
    return found + _captions(split, captions) + _people(split, rng)


def _captions(split: str, count: int) -> list[Prompt]:
    rng, found = random.Random(CAPTION_SEED[split]), list[Prompt]()
    for number in range(count):
        language = rng.choice(LANGUAGES)
        text = describe(imagine(rng), rng, language, rng.choice(LENGTHS))
        for piece in windows(text)[:4] if split == "taught" else [text]:
            found.append(Prompt(piece, language, None, text, number % FOLDS, "caption"))
    return found


def people(split: str) -> list[tuple[str, str, Prompt]]:
    """(kind, group, prompt): every group at every act of a split, in every language."""
    acts = [row[1:] for row in rows("groups") if row[0] == f"{split} act"]
    groups = [row for row in rows("groups") if not row[0].endswith("act")]
    return [
        (row[0], row[1], Prompt(act[i].replace("{}", row[1 + i]), language, None, act[0], n % FOLDS, "group"))
        for n, act in enumerate(acts)
        for row in groups
        for i, language in enumerate(LANGUAGES)
    ]


def _people(split: str, rng: random.Random) -> list[Prompt]:
    """Some of them as harmless prompts."""
    return [prompt for _, _, prompt in rng.sample(people(split), 400 if split == "taught" else 150)]


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6], "big")


def counts(found: Sequence[Prompt]) -> dict[str, int]:
    """How many prompts of each category, and harmless ones."""
    table = {name: sum(prompt.category == name for prompt in found) for name in CATEGORIES}
    return {**table, "harmless": sum(prompt.category is None for prompt in found)}
