"""Several prompts with times, shots with cuts, stills and clips at times: a film in one file.

The classes here are the format: its JSON schema is made from them, and they refuse what does not fit.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from himmel.records import HimmelError
from himmel.records.plan import Given, Plan, Segment

GROUP = 4
"""Scenes begin where groups of four frames do."""
MOST = 200
"""Scenes or cards in one storyboard."""

Seconds = Annotated[float, Field(ge=0, le=600, allow_inf_nan=False)]
Length = Annotated[float, Field(gt=0, le=600, allow_inf_nan=False)]
Text = Annotated[str, Field(max_length=2000)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Scene(_Part):
    """One prompt and how long it holds."""

    prompt: Text = Field(description="What happens. {name} stands for a subject of that name.")
    seconds: Length | None = Field(default=None, description="How long; not said: up to the next scene's `at`, else 2.")
    at: Seconds | None = Field(default=None, description="When it begins; not said: where the scene before it ends.")
    cut: bool = Field(default=False, description="A new shot that does not go on from the picture before it.")


class Card(_Part):
    """A still or a video that stands in the clip from a time on, as it is."""

    at: Seconds = Field(description="When its first frame is seen.")
    still: Text | None = Field(default=None, description="A picture file. Give either this or `video`.")
    video: Text | None = Field(default=None, description="A video file.")
    start: Seconds = Field(default=0.0, description="From which second of the video on.")
    seconds: Length | None = Field(default=None, description="How much of the video; not said: to its end.")

    @property
    def path(self) -> str:
        """The file. Raises HimmelError unless there is exactly one."""
        if (self.still is None) == (self.video is None):
            raise HimmelError(f"a card at {self.at:g} s", "either a still or a video", "give one of the two")
        return self.still or self.video or ""


class Storyboard(_Part):
    """A film: its scenes in order, and cards. Sizes are in pixels, times in seconds."""

    scenes: list[Scene] = Field(min_length=1, max_length=MOST, description="What happens, one after another.")
    cards: list[Card] = Field(default=[], max_length=MOST, description="Stills and videos at times.")
    subjects: dict[str, Text] = Field(
        default={}, description="Names for what comes again, such as ball: a red rubber ball."
    )
    style: Text = Field(default="", description="Added to every prompt, such as: at night.")
    size: str | None = Field(default=None, pattern=r"^\d{1,4}x\d{1,4}$", description="WIDTHxHEIGHT; not said: 128x128.")
    rate: Annotated[float, Field(ge=1, le=60)] | None = Field(
        default=None, description="Frames a second; not said: 16."
    )
    seconds: Length | None = Field(default=None, description="Of the whole; not said: up to the end of the last scene.")
    seed: Annotated[int, Field(ge=0, lt=2**63)] | None = Field(default=None, description="Same seed, same film.")


def read_storyboard(plain: Any) -> Storyboard:
    """A storyboard from plain values, as YAML or JSON give them.

    Raises HimmelError that names the first thing that does not fit, and the nearest known key for an unknown one.
    """
    try:
        return Storyboard.model_validate(plain)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False)
        misspelt = [one for one in found if one["type"] == "extra_forbidden"]  # tells more than what it leaves missing
        raise _refused((misspelt or found)[0]) from None


def _refused(error: Mapping[str, Any]) -> HimmelError:
    """One line for what pydantic found."""
    place = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in error["loc"]).lstrip(".")
    if error["type"] == "extra_forbidden":
        owner = {"scenes": Scene, "cards": Card}.get(str(error["loc"][0]), Storyboard)
        names = list((owner if len(error["loc"]) > 1 else Storyboard).model_fields)
        near = difflib.get_close_matches(str(error["loc"][-1]), names, 1)
        allowed = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(names)}"
        return HimmelError(f"unknown key {place!r:.80} in the storyboard", allowed, "")
    if error["type"] == "missing":
        return HimmelError(
            f"{place!r:.80} is missing in the storyboard", "", "himmel storyboard --schema lists all keys"
        )
    what = f"{place or 'the storyboard'}: {error['input']!r:.60}"
    return HimmelError(what, str(error["msg"])[:200], "himmel storyboard --schema lists all keys")


def prompts(board: Storyboard) -> list[str]:
    """The prompt of each scene with subjects and style put in. HimmelError for a subject that has no entry."""

    def subject(found: re.Match[str]) -> str:
        name = found[1].strip()
        if name not in board.subjects:
            known = ", ".join(board.subjects) or "none yet"
            raise HimmelError(f"subject {{{name:.60}}}", f"subjects: {known}", "add it under subjects")
        return board.subjects[name]

    texts = [re.sub(r"\{([^{}]*)\}", subject, scene.prompt).strip(" ,.") for scene in board.scenes]
    style = board.style.strip(" ,.")
    return [", ".join(part for part in (text, style) if part) for text in texts]


def times(board: Storyboard) -> list[tuple[float, float]]:
    """(begin, end) of each scene in seconds. HimmelError for scenes that overlap, leave gaps or are out of order."""
    found, now = [], 0.0
    for i, scene in enumerate(board.scenes):
        following = board.scenes[i + 1].at if i + 1 < len(board.scenes) else board.seconds
        begin = now if scene.at is None else scene.at
        if abs(begin - now) > 1e-6:
            raise HimmelError(
                f"scene {i + 1} begins at {begin:g} s, the one before it ends at {now:g} s",
                "scenes that follow each other from 0 on",
                "leave `at` or `seconds` away",
            )
        now = begin + scene.seconds if scene.seconds else 2.0 + begin if following is None else following
        if now <= begin:
            raise HimmelError(f"scene {i + 1} from {begin:g} to {now:g} s", "an end after its beginning", "")
        found.append((begin, now))
    if board.seconds is not None and abs(now - board.seconds) > 1e-6:
        raise HimmelError(f"scenes up to {now:g} s in {board.seconds:g} s", "the same", "leave `seconds` away")
    return found


def plan(board: Storyboard, rate: Fraction, lengths: Sequence[int] = ()) -> Plan:
    """The plan of a storyboard. lengths: how many frames each card's file has at `rate`; cards are its media.

    Scenes begin at the nearest group of four frames.
    """
    spans = times(board)
    starts = [GROUP * round(Fraction(begin) * rate / GROUP) for begin, _ in spans]
    frames = max(1, round(Fraction(spans[-1][1]) * rate))
    for (begin, end), here, after in zip(spans, starts, [*starts[1:], frames], strict=True):
        if here >= after:
            least = float(GROUP / rate)
            raise HimmelError(f"a scene from {begin:g} to {end:g} s", f"at least {least:g} s", "make it longer")
    texts = prompts(board)
    segments = tuple(
        Segment(start, text, scene.cut) for start, text, scene in zip(starts, texts, board.scenes, strict=True)
    )
    given = tuple(
        _given(i, card, rate, length) for i, (card, length) in enumerate(zip(board.cards, lengths, strict=True))
    )
    return Plan("storyboard", frames, given, segments=segments)


def _given(number: int, card: Card, rate: Fraction, length: int) -> Given:
    first = 0 if card.still else round(Fraction(card.start) * rate)
    count = 1 if card.still else length - first
    if card.seconds is not None and card.still is None:
        count = min(count, max(1, round(Fraction(card.seconds) * rate)))
    if count < 1:
        raise HimmelError(f"{card.path} from {card.start:g} s on", f"it ends at {float(length / rate):g} s", "")
    return Given(number, first, count, round(Fraction(card.at) * rate))
