"""What the service asks of whatever makes clips. The command line hands in one that is a pipeline."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from himmel.records import HimmelError

OnShare = Callable[[str, float, float | None], None]
"""(stage, share of the clip that is done, seconds left or None)."""


class RefusedOrderError(HimmelError):
    """Words or media of an order that the policy refuses. category: of the policy. It holds no word of the prompt.

    field: of the order, that it is about: "prompt", or "attest_likeness" where that would lift it; "" for none.
    """

    def __init__(self, given: str, allowed: str, remedy: str = "", category: str = "", field: str = "prompt") -> None:
        super().__init__(given, allowed, remedy)
        self.category, self.field = category, field


@dataclass(frozen=True)
class Order:
    """One clip that somebody wants, as it is stored.

    way: "generate", "image", "animate", "extend", "edit", "enlarge", "connect", "fill", "loop" or "storyboard". media:
    names of files in the folder of the job, in the order in which the way speaks of them. settings: what else was asked
    for, in plain JSON values; names as in `service.orders`.
    """

    way: str
    prompt: str = ""
    media: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {**asdict(self), "media": list(self.media), "settings": dict(self.settings)}

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Order:
        """The inverse of `to_dict`."""
        return cls(plain["way"], plain["prompt"], tuple(plain["media"]), dict(plain["settings"]))


@dataclass(frozen=True)
class Facts:
    """What an order comes to. known, unknown: phrases of its words. read_as: the words that the model is shown. filled:
    settings in the place of those that were not said, where the model has usual ones of its own.
    """

    model: str
    width: int
    height: int
    frames: int
    rate: float
    seed: int
    known: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    read_as: tuple[str, ...] = ()
    filled: Mapping[str, Any] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        return self.frames / self.rate

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()}


def as_asked(order: Order, facts: Facts) -> Order:
    """The order as it is kept: with what the engine filled in, and without what only the engine had to know."""
    said = {name: value for name, value in order.settings.items() if name not in ("unsaid", "named")}
    return replace(order, settings={**said, **facts.filled})


@dataclass(frozen=True)
class Seen:
    """What a clip is about. words: as the model reads it. facts: shape, colour and what else is known of it.

    sure: 0 to 1, that it is there. others: what else was seen, by colour.
    """

    words: str
    facts: Mapping[str, str]
    sure: float
    others: Sequence[str] = ()


class Answers(Protocol):
    """Answers questions about orders and files, by several threads at once.

    All raise HimmelError for what cannot be done, RefusedOrderError for words that the policy refuses.
    """

    def describe(self) -> dict[str, Any]:
        """What there is to know of the model, in plain JSON values: "model", its name, and more."""
        ...

    def check(self, order: Order, folder: Path) -> Facts:
        """What the order comes to; nothing is made. folder: of the job, where its media lie."""
        ...

    def see(self, name: str, path: Path, attested: bool) -> Seen:
        """What the clip at `path` is about, to be called `name`. attested: those agree who can be recognised in it."""
        ...

    def verify(self, path: Path) -> dict[str, Any]:
        """What a file says of itself, and whether that holds, in plain JSON values."""
        ...


class Engine(Answers, Protocol):
    """Makes clips, and answers other threads while it does. What it is told to make it checks again."""

    def make(self, order: Order, folder: Path, on_share: OnShare, cancel: threading.Event) -> Facts:
        """Puts the files of `FILES` into the folder, each whole or not at all; goes on where an earlier run stopped.

        When `cancel` is set it raises KeyboardInterrupt at the next step. Meanwhile it may put `PREVIEW` there.
        """
        ...


PREVIEW = ".preview.png"
"""A small picture of what is being made, gone when it is done. Hidden, as all that is unfinished."""
VIDEO, IMAGE, THUMBNAIL, SPRITESHEET = "video.mp4", "image.png", "thumbnail.png", "spritesheet.png"


def main_file(way: str) -> str:
    """The name of what an order becomes."""
    return IMAGE if way == "image" else VIDEO
