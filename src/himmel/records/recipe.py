"""Everything that is needed to make one clip again, as it stands in the JSON file beside the video."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from fractions import Fraction
from typing import Any

from himmel.records.errors import HimmelError
from himmel.records.plan import Given, Plan, Region

FORMAT = "himmel recipe 2"


@dataclass(frozen=True)
class MediumNote:
    """A picture or video that went into a clip: where it was, the hash of the file, and how it was fitted."""

    path: str
    sha256: str
    how: str


@dataclass(frozen=True)
class Recipe:
    """One clip's making.

    prompt: as given. expanded: the words that the model was shown. seed: 0 to 2**63 - 1. width, height:
    pixels. frames: how many. rate: frames a second. steps, guidance, solver: of the sampler. model: its name;
    model_hash: of the weights, so that a replay with others is noticed. known, unknown: phrases of the prompt
    that the model does and does not know. versions: of himmel, torch, numpy, av, python. threads, device,
    precision: these decide the last bits of every sum, so a replay uses the same. created: UTC, ISO 8601. plan: which
    frames were given, by which of media; None stands for all to be made.
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

    def __post_init__(self) -> None:
        if self.plan is None:
            object.__setattr__(self, "plan", Plan("generate", self.frames))
        if self.plan.frames != self.frames or any(part.medium >= len(self.media) for part in self.plan.given):
            raise HimmelError("a plan that does not fit its recipe", "its frames, and media that are listed", "")

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values; the rate as "16/1"."""
        plain = asdict(self)
        plain["rate"] = f"{self.rate.numerator}/{self.rate.denominator}"
        plain |= {"versions": dict(self.versions), "known": list(self.known), "unknown": list(self.unknown)}
        return {"format": FORMAT, **plain}

    def to_json(self) -> str:
        """Indented JSON with a last newline, the text of the file."""
        return json.dumps(self.to_dict(), indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Recipe:
        """The inverse of `to_dict`. Raises HimmelError for an unknown, missing or mistyped key."""
        if plain.get("format") != FORMAT:
            raise HimmelError(
                f"format {plain.get('format')!r:.60}", f"{FORMAT!r}", "give the .json beside a himmel clip"
            )
        names = [f.name for f in fields(cls)]
        for key in plain:
            if key not in names and key != "format":
                near = difflib.get_close_matches(str(key), names, 1)
                raise HimmelError(f"unknown key {key!r:.60}", f"did you mean {near[0]!r}?" if near else "", "remove it")
        missing = [f.name for f in fields(cls) if f.name not in plain]
        if missing:
            raise HimmelError(
                f"missing: {', '.join(missing)}", "every key of a recipe", "give the file as it was written"
            )
        return cls(**{name: _value(name, plain[name]) for name in names})

    @classmethod
    def from_json(cls, text: str) -> Recipe:
        """The inverse of `to_json`. Raises HimmelError for text that is no recipe."""
        try:
            plain = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise HimmelError("text that is no JSON", "a recipe", "give the .json beside a himmel clip") from error
        if not isinstance(plain, dict):
            raise HimmelError("JSON that is no object", "a recipe", "give the .json beside a himmel clip")
        return cls.from_dict(plain)


WHOLE = {"seed", "width", "height", "frames", "steps", "threads"}
LISTS = {"known", "unknown"}


def _value(name: str, value: Any) -> Any:
    """`value` as the field's type. Raises HimmelError where it is of another."""
    if name in WHOLE:
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        raise HimmelError(f"{name} {value!r:.60}", "a whole number", "")
    if name == "guidance":
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
        raise HimmelError(f"{name} {value!r:.60}", "a number", "")
    if name == "rate":
        try:
            return Fraction(value if isinstance(value, str) else "")
        except (ValueError, ZeroDivisionError) as error:
            raise HimmelError(f"{name} {value!r:.60}", 'frames a second as "16/1"', "") from error
    if name in ("plan", "media"):
        return _structure(name, value)
    if name in LISTS:
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
        raise HimmelError(f"{name} {value!r:.60}", "a list of words", "")
    if name == "versions":
        if isinstance(value, dict) and all(isinstance(item, str) for pair in value.items() for item in pair):
            return dict(value)
        raise HimmelError(f"{name} {value!r:.60}", "names with versions", "")
    if isinstance(value, str):
        return value
    raise HimmelError(f"{name} {value!r:.60}", "text", "")


def _structure(name: str, value: Any) -> Any:
    """A plan or the list of media, from plain values."""
    try:
        if name == "media":
            return tuple(MediumNote(**{key: _value(key, text) for key, text in note.items()}) for note in value)
        given = tuple(
            Given(**{key: _value("frames", number) for key, number in part.items()}) for part in value["given"]
        )
        plain = {**value, "given": given, "strength": _value("guidance", value["strength"])}
        if value["region"] is not None:
            plain["region"] = Region(**{key: _value("frames", number) for key, number in value["region"].items()})
        if not isinstance(plain["loop"], bool) or not isinstance(plain["way"], str):
            raise TypeError
        return Plan(**{**plain, "frames": _value("frames", plain["frames"]), "seam": _value("frames", plain["seam"])})
    except (TypeError, KeyError, AttributeError) as error:
        raise HimmelError(f"{name} {value!r:.60}", "as it was written", "give the file as it was written") from error
