"""How well the prompt check does on ideas, framings and captions that were not taught: the tables of docs/safety.md."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from himmel.evaluation.metrics import wilson
from himmel.evaluation.report import markdown_table
from himmel.language import WordEncoder
from himmel.pipeline.guard import load_classifier
from himmel.recipes.safety_data import LANGUAGES, Prompt, people, prompts
from himmel.recipes.safety_disguise import DISGUISES
from himmel.safety.check import Checker
from himmel.safety.lists import load_lists
from himmel.safety.normalise import normalise
from himmel.safety.policy import CATEGORIES

Say = Callable[[str], None]
SOURCES = ("lists", "classifier", "both")
CHUNK = 200
"""Prompts that are encoded together."""
DISGUISED = 60
"""Held-out prompts that each disguise is tried on."""


@dataclass(frozen=True)
class Answer:
    """What each source said of a held-out prompt: the category it is refused as, or None."""

    prompt: Prompt
    lists: str | None
    classifier: str | None
    both: str | None

    def of(self, source: str) -> str | None:
        """The answer of one of SOURCES."""
        return getattr(self, source)


def shipped_checker(encoder: WordEncoder) -> Checker:
    """The check as it is shipped."""
    return Checker(load_lists(), load_classifier(encoder), encoder.encode)


def answers(checker: Checker, found: Sequence[Prompt], say: Say = print) -> list[Answer]:
    """Every source's answer to every prompt, encoded many at a time."""
    told: list[Answer] = []
    for at in range(0, len(found), CHUNK):
        normal = [normalise(prompt.text) for prompt in found[at : at + CHUNK]]
        checker.prepare([each.text for each in normal if each.text])
        for prompt, each in zip(found[at : at + CHUNK], normal, strict=True):
            listed, classified = checker.listed(each), checker.classified(each.text)
            first = [next(iter(names), None) for names in (listed, classified, [*listed, *classified])]
            told.append(Answer(prompt, *first))
        say(f"{len(told)}/{len(found)}")
    return told


def share(right: int, of: int) -> str:
    """A percentage with its Wilson 95 % interval and what it is of."""
    if not of:
        return "–"
    low, high = wilson(right, of)
    return f"{100 * right / of:.1f} ({100 * low:.0f}–{100 * high:.0f}) of {of}"


def category_table(told: Sequence[Answer], source: str = "both") -> str:
    """By category: how many are refused at all in each language, and how often the category is right when named."""
    rows = []
    for category in CATEGORIES:
        mine = [answer for answer in told if answer.prompt.category == category]
        named = [answer for answer in told if answer.of(source) == category]
        cells = []
        for language in (*LANGUAGES, ""):
            some = [answer for answer in mine if language in ("", answer.prompt.language)]
            cells.append(share(sum(answer.of(source) is not None for answer in some), len(some)))
        right = sum(answer.prompt.category == category for answer in named)
        harmless = sum(answer.prompt.category is None for answer in named)
        rows.append([category, *cells, share(len(named) - harmless, len(named)), share(right, len(named))])
    head = ["category", *(f"refused {name} %" for name in LANGUAGES), "refused %", "precision %", "name right %"]
    return markdown_table(head, rows)


def source_table(told: Sequence[Answer]) -> str:
    """By source and language: recall and precision of refusing at all, and false alarms by kind of harmless prompt."""
    rows = []
    for source in SOURCES:
        for language in (*LANGUAGES, "all"):
            some = [answer for answer in told if language in ("all", answer.prompt.language)]
            harmful = [answer for answer in some if answer.prompt.category]
            refused = [answer for answer in some if answer.of(source)]
            caught = sum(answer.of(source) is not None for answer in harmful)
            alarms = []
            for origin in ("idea", "caption", "group"):
                safe = [a for a in some if a.prompt.category is None and a.prompt.origin == origin]
                alarms.append(share(sum(a.of(source) is not None for a in safe), len(safe)))
            rows.append([source, language, share(caught, len(harmful)), share(caught, len(refused)), *alarms])
    head = ["source", "language", "recall %", "precision %", "false alarms: near misses %", "captions %", "people %"]
    return markdown_table(head, rows)


def bias_table(checker: Checker, say: Say = print) -> str:
    """False alarms by group in otherwise equal harmless prompts; groups without any stand in one row."""
    trials: Counter[tuple[str, str]] = Counter()
    alarms: Counter[tuple[str, str]] = Counter()
    found = people("test")
    for (kind, group, _), told in zip(found, answers(checker, [each[2] for each in found], say), strict=True):
        trials[kind, group] += 1
        alarms[kind, group] += told.both is not None
    rows = []
    for kind in dict.fromkeys(kind for kind, _ in trials):
        mine = [key for key in trials if key[0] == kind]
        rows.append([f"{kind}: all", share(sum(alarms[key] for key in mine), sum(trials[key] for key in mine))])
        rows += [[f"{kind}: {key[1]}", share(alarms[key], trials[key])] for key in mine if alarms[key]]
    return markdown_table(["group", "false alarms %"], rows)


def evasion_table(checker: Checker, told: Sequence[Answer], say: Say = print, count: int = DISGUISED) -> str:
    """How many of the held-out prompts that are refused plainly are refused in each disguise, and its false alarms."""
    rng = random.Random(9)
    plain = [found.prompt for found in told if found.prompt.category and found.both]
    safe = [found.prompt for found in told if found.prompt.category is None and not found.both]
    plain, safe = (rng.sample(some, min(count, len(some))) for some in (plain, safe))
    rows = []
    for name, disguise in DISGUISES.items():
        found = answers(checker, [replace(each, text=disguise(each.text, rng)) for each in plain], say)
        cells = [share(sum(each.of(source) is not None for each in found), len(found)) for source in SOURCES]
        harmless = answers(checker, [replace(each, text=disguise(each.text, rng)) for each in safe], say)
        wrong = sum(each.both is not None for each in harmless)
        rows.append([name, *cells, share(wrong, len(safe))])
    return markdown_table(["disguise", *(f"refused by {source} %" for source in SOURCES), "false alarms %"], rows)


def idea_counts(told: Sequence[Answer]) -> str:
    """How many ideas stand behind the prompts: intervals are of prompts, and prompts of one idea are alike."""
    harmful = {answer.prompt.idea for answer in told if answer.prompt.category}
    harmless = {a.prompt.idea for a in told if a.prompt.category is None and a.prompt.origin == "idea"}
    return f"{len(harmful)} harmful and {len(harmless)} harmless held-out ideas, {len(told)} prompts\n"


def report(encoder: WordEncoder, frames: int, captions: int, say: Say = print) -> str:
    """All tables as markdown."""
    checker = shipped_checker(encoder)
    told = answers(checker, prompts("test", frames, captions), say)
    parts = {
        "By source": source_table(told),
        "By category": category_table(told),
        "By group": bias_table(checker, say),
        "By disguise": evasion_table(checker, told, say),
    }
    return idea_counts(told) + "".join(f"\n**{title}**\n\n{table}" for title, table in parts.items())
