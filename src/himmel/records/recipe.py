"""Everything that is needed to make one clip again, as it stands in the JSON file beside the video."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import MISSING, asdict, dataclass, field, fields, is_dataclass
from fractions import Fraction
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from himmel.records.errors import HimmelError
from himmel.records.plan import Plan

FORMAT = "himmel recipe 3"
_BEFORE = {"marks": [], "policy": "", "cache": 0.0, "drafts": 1, "reader_guidance": 0.0, "doublings": -1}
"""What there was when recipes did not say so."""
_BESIDE = "give the .json beside a himmel clip"
MANIFEST, WATERMARK = "c2pa", "watermark"
"""The marks: a signed manifest; a pattern in the pictures."""


@dataclass(frozen=True)
class MediumNote:
    """A picture or video that went into a clip: where it was, the hash of the file, and how it was fitted."""

    path: str
    sha256: str
    how: str


@dataclass(frozen=True)
class Recipe:
    """One clip's making.

    prompt: as given. expanded: the words that the model was shown. seed: 0 to 2**63 - 1. width, height: pixels. frames:
    how many. rate: frames a second. steps, guidance, solver, cache, drafts, reader_guidance: of the sampler. model: its
    name; model_hash: of the weights, so that a replay with others is noticed. known, unknown: phrases of the prompt
    that the model does and does not know. versions: of himmel, torch, numpy, av, python. threads, device, precision:
    these decide the last bits of every sum, so a replay uses the same. created: UTC, ISO 8601. plan: which frames were
    given, by which of media; None stands for all to be made. marks: what the file carries when it leaves. policy: what
    was refused; "": before checks. doublings: how often its sides are doubled before it is decoded; below 0: unsaid.
    """

    prompt: str
    expanded: str
    seed: int
    width: int
    height: int
    frames: int
    rate: Fraction
    steps: int
    guidance: float
    solver: str
    model: str
    model_hash: str
    known: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    threads: int = 1
    device: str = "cpu"
    precision: str = "float32"
    created: str = ""
    plan: Plan = None  # pyright: ignore[reportAssignmentType]
    media: tuple[MediumNote, ...] = ()
    marks: tuple[str, ...] = (MANIFEST, WATERMARK)
    policy: str = ""
    cache: float = 0.0
    drafts: int = 1
    reader_guidance: float = 0.0
    doublings: int = 0

    def __post_init__(self) -> None:
        if self.plan is None:
            object.__setattr__(self, "plan", Plan("generate", self.frames))
        if self.plan.frames != self.frames or any(part.medium >= len(self.media) for part in self.plan.given):
            raise HimmelError("a plan that does not fit its recipe", "its frames, and media that are listed", "")
        if self.doublings < 0:
            large = self.width * self.height > 256 * 144 and self.width % 32 == self.height % 32 == 0
            alone = not self.media and large and "upsampler" in self.versions
            object.__setattr__(self, "doublings", int(alone or any(note.how == "double" for note in self.media)))

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values; the rate as "16/1"."""
        plain = {"versions": dict(self.versions), "known": list(self.known), "unknown": list(self.unknown)}
        return {"format": FORMAT, **asdict(self), **plain, "rate": f"{self.rate.numerator}/{self.rate.denominator}"}

    def to_json(self) -> str:
        """Indented JSON with a last newline, the text of the file."""
        return json.dumps(self.to_dict(), indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Recipe:
        """The inverse of `to_dict`. Raises HimmelError for an unknown, missing or mistyped key."""
        if plain.get("format") != FORMAT:
            raise HimmelError(f"format {plain.get('format')!r:.60}", f"{FORMAT!r}", _BESIDE)
        plain = {**_BEFORE, **plain}
        names = [f.name for f in fields(cls)]
        for key in plain:
            if key not in names and key != "format":
                near = difflib.get_close_matches(str(key), names, 1)
                raise HimmelError(f"unknown key {key!r:.60}", f"did you mean {near[0]!r}?" if near else "", "remove it")
        missing = [f.name for f in fields(cls) if f.name not in plain]
        if missing:
            raise HimmelError(f"missing: {', '.join(missing)}", "every key of a recipe", "give the file as written")
        return cls(**{name: _value(name, plain[name]) for name in names})

    @classmethod
    def from_json(cls, text: str) -> Recipe:
        """The inverse of `to_json`. Raises HimmelError for text that is no recipe."""
        try:
            plain = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise HimmelError("text that is no JSON", "a recipe", _BESIDE) from error
        return cls.from_dict(plain if isinstance(plain, dict) else {})


def _value(name: str, value: Any, kind: Any = None) -> Any:
    """`value` as type `kind`, None: that of the recipe's field `name`. Raises HimmelError where it is of another."""
    kind = kind or get_type_hints(Recipe)[name]
    if get_origin(kind) is UnionType:
        return None if value is None else _value(name, value, get_args(kind)[0])
    if get_origin(kind) is tuple and isinstance(value, list):
        return tuple(_value(name, item, get_args(kind)[0]) for item in value)
    if get_origin(kind) is Mapping and isinstance(value, dict):
        return {_value(name, key, str): _value(name, item, str) for key, item in value.items()}
    if isinstance(kind, type) and is_dataclass(kind) and isinstance(value, dict):
        hints = get_type_hints(kind)
        if {f.name for f in fields(kind) if f.default is MISSING} <= value.keys() <= hints.keys():
            return kind(**{key: _value(f"{name}.{key}", item, hints[key]) for key, item in value.items()})
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if kind is Fraction and isinstance(value, str):
        with suppress(ValueError, ZeroDivisionError):
            return Fraction(value)
    if isinstance(kind, type) and type(value) is kind:
        return value
    raise HimmelError(f"{name} {value!r:.60}", _ALLOWED.get(get_origin(kind) or kind, "as it was written"), "")


_ALLOWED: dict[object, str] = {int: "a whole number", float: "a number", str: "text", tuple: "a list"}
_ALLOWED |= {Fraction: 'frames a second as "16/1"'}
