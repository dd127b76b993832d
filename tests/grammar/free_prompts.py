"""Two hundred prompts with words from anywhere, each phrase marked: <unknown> or [known]; and how well we tell them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from himmel.grammar import phrases

_MARK = re.compile(r"<([^>]*)>|\[([^\]]*)\]")


@dataclass(frozen=True)
class Marked:
    """A marked phrase of a prompt and what was said of it."""

    prompt: str
    text: str
    known: bool
    flagged: bool


def marked_phrases() -> list[Marked]:
    """Every marked phrase; it is flagged where it overlaps a phrase that is called unknown."""
    rows = json.loads((Path(__file__).parent / "free_prompts.json").read_text(encoding="utf-8"))
    return [marked for row in rows for marked in _of_prompt(row)]


def _of_prompt(row: str) -> list[Marked]:
    prompt, spans, at = "", list[tuple[int, int, bool]](), 0
    for match in _MARK.finditer(row):
        prompt += row[at : match.start()]
        words = match.group(1) or match.group(2)
        spans.append((len(prompt), len(prompt) + len(words), match.group(2) is not None))
        prompt += words
        at = match.end()
    prompt += row[at:]
    unknown = [phrase for phrase in phrases(prompt) if not phrase.known]
    return [
        Marked(prompt, prompt[start:end], known, any(p.start < end and start < p.end for p in unknown))
        for start, end, known in spans
    ]


def rates(marked: list[Marked]) -> tuple[float, float]:
    """The share of unknown phrases that are flagged, and of known ones that are."""
    unknown = [phrase.flagged for phrase in marked if not phrase.known]
    known = [phrase.flagged for phrase in marked if phrase.known]
    return sum(unknown) / len(unknown), sum(known) / len(known)


def print_rates() -> None:
    """Prints both rates and every phrase that was told wrong."""
    marked = marked_phrases()
    found, false = rates(marked)
    unknown = sum(not phrase.known for phrase in marked)
    print(f"unknown phrases flagged: {found:.1%} of {unknown} (aim 95 %)")
    print(f"known phrases flagged:   {false:.1%} of {len(marked) - unknown} (at most 2 %)")
    for phrase in marked:
        if phrase.known == phrase.flagged:
            print(f"  {'known' if phrase.known else 'unknown'}: {phrase.text!r} in {phrase.prompt!r}")


if __name__ == "__main__":
    print_rates()
