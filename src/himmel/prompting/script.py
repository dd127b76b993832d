"""A plain script becomes a storyboard: scene headings are cuts, action lines are scenes.

The signs are those of plain-text screenplays (Fountain, https://fountain.io/syntax): a heading begins with INT., EXT.,
EST. or a full stop; a line in capitals names who speaks, and what follows is spoken; > begins a transition; [[ ]] and
/* */ hold notes; key: value lines before the first empty line are a title page. Sound is not made, so what is spoken is
left out, and it is said.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from himmel.prompting.storyboard import Scene, Storyboard
from himmel.records import HimmelError

_HEADING = re.compile(r"^(?:\.(?!\.)|(?:INT\.?/EXT|INT/EXT|I/E|INT|EXT|EST)[. ]+)\s*(.+)$", re.IGNORECASE)
_NOTE = re.compile(r"\[\[.*?\]\]|/\*.*?\*/", re.DOTALL)
_TITLE = re.compile(r"^[A-Za-z ]{1,30}:")
_TRANSITION = re.compile(r"^(>.*[^<]|[A-Z ]+ TO:)$")
_SPEAKER = re.compile(r"^@|^[^a-z]*[A-Z][^a-z]*$")
_TIMES = {"DAY": "by day", "NIGHT": "at night", "SUNSET": "at sunset", "DUSK": "at dusk", "EVENING": "in the evening"}
_TIMES |= {"SUNRISE": "at sunrise", "DAWN": "at dawn", "MORNING": "in the morning", "NOON": "at noon"}
_SAME = {"CONTINUOUS", "LATER", "MOMENTS LATER", "SAME", "SAME TIME"}
PACE = 0.35
"""Seconds of film a word of action, as a page of some 170 words is said to be a minute of film."""


@dataclass
class Script:
    """What was found. left_out: lines that nobody sees, such as what is spoken."""

    storyboard: Storyboard
    left_out: list[str] = field(default_factory=list)


def read_script(text: str) -> Script:
    """Scene headings and action lines as a storyboard. HimmelError for a script without action."""
    scenes: list[Scene] = []
    left_out: list[str] = []
    place, new_shot = "", False
    for block in _blocks(text):
        heading = _HEADING.match(block[0])
        if heading:
            place, new_shot = _place(heading[1]), bool(scenes)
            block = block[1:]
        if not block or _TRANSITION.match(block[0]) or block[0].startswith(("#", "=")):
            new_shot = new_shot or bool(block and not block[0].startswith(("#", "=")) and scenes)
            continue
        if _SPEAKER.match(block[0]) and len(block) > 1:
            left_out += block
            continue
        action = " ".join(line.lstrip("!").strip() for line in block)
        for sentence in re.split(r"(?<=[.!?。！？])\s+", action):
            words = ", ".join(part for part in (sentence.strip(" .!?。！？"), place) if part)
            scenes.append(Scene(prompt=_plain(words), seconds=_seconds(sentence), cut=new_shot))
            new_shot = False
    if not scenes:
        raise HimmelError(
            "a script without action lines", "scene headings and what happens", "see himmel storyboard --help"
        )
    return Script(Storyboard(scenes=scenes), left_out)


def _blocks(text: str) -> list[list[str]]:
    """Groups of lines between empty ones, without notes and title page."""
    clean = _NOTE.sub("", text.replace("\r\n", "\n").lstrip("\ufeff"))
    blocks = [[line.strip() for line in part.split("\n") if line.strip()] for part in re.split(r"\n\s*\n", clean)]
    blocks = [block for block in blocks if block]
    if blocks and _TITLE.match(blocks[0][0]) and not _TRANSITION.match(blocks[0][0]):
        blocks = blocks[1:]
    return blocks


def _place(heading: str) -> str:
    """A heading's place and time as the end of a prompt: "MEADOW - NIGHT" to "meadow, at night"."""
    parts = [part.strip(" #0123456789.") for part in re.split(r"\s+[-–—]+\s+", heading)]
    time = parts.pop().upper() if len(parts) > 1 else ""
    words = [part.lower() for part in parts if part]
    if time and time not in _SAME:
        words.append(_TIMES.get(time, time.lower()))
    return ", ".join(words)


def _plain(text: str) -> str:
    """Braces would be read as subjects, and emphasis is no word."""
    return re.sub(r"[{}*_]", "", text)


def _seconds(sentence: str) -> float:
    """How long an action holds, in half seconds: at least 2, at most 8."""
    spoken = len(sentence.split()) if " " in sentence else len(sentence) / 2
    return min(8.0, max(2.0, round(2 * PACE * spoken) / 2))
