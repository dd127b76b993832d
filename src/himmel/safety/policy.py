"""What is refused, and what a user may change about it: categories, their lines, and policy files."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from himmel.records import HimmelError

CATEGORIES: dict[str, str] = {
    "minors": "nothing sexual with anyone under 18, whatever the setting",
    "sexual": "no sexual acts, no nudity meant to arouse",
    "violence": "no cruelty as the subject: torture, mutilation, execution, massacre, gore",
    "hate": "no contempt, threats or violence against people for what they are",
    "self-harm": "nothing that shows, praises or teaches suicide, self-injury or starving oneself",
    "weapons": "no instructions for weapons, explosives, poisons or attacks",
    "disinformation": "no false news footage, false official statements or forged evidence",
    "likeness": "no real people who could be recognised",
    "characters": "no characters, logos or brands of others",
}
"""Each category with its policy line, the gravest first; docs/safety.md says more about each."""
ALWAYS = "minors"
"""The category that nothing switches off."""
TEXT = ("minors", "sexual", "hate", "self-harm", "weapons")
"""Categories of which words that stand in a picture are refused; of others, writing them is not showing them."""
LINES = {name: f"line {number}: {line}" for number, (name, line) in enumerate(CATEGORIES.items(), 1)}
LARGEST = 1 << 16  # bytes of a policy file
REMEDY = "docs/safety.md lists what a policy file may say"

Name = Annotated[str, Field(min_length=3, max_length=80)]


class FrameRules(BaseModel):
    """What is done where a check finds something in frames that come in or leave. skip: it is not looked for.

    faces: that nobody asked for (line 8). text: words that stand in pictures, of the categories in `TEXT`. nudity:
    bared parts of bodies (line 2). missing: what is done where a check is not installed; the recipe records it, or
    nothing is made.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    faces: Literal["refuse", "warn", "skip"] = "refuse"
    text: Literal["refuse", "warn"] = "refuse"
    nudity: Literal["refuse", "warn", "skip"] = "refuse"
    missing: Literal["record", "refuse"] = "record"


class Policy(BaseModel):
    """What is refused. Make one with `read_policy`, or take `DEFAULT` or `OFF`."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    name: Annotated[str, Field(min_length=1, max_length=60)] = "default"
    """What it is called in recipes."""
    categories: dict[str, Literal["allow", "refuse"]] = {}
    """What is done about each category; those that are not named are refused."""
    permitted: Annotated[list[Name], Field(max_length=200)] = []
    """Real people, characters and brands that may be shown: who allows himself to be shown, whom one owns."""
    frames: FrameRules = FrameRules()
    attest_likeness: bool = False
    """Whoever uses it says that all who can be recognised in the media that are given agree to it."""

    def refuses(self, category: str) -> bool:
        """Whether clips of a category are refused."""
        return category == ALWAYS or self.categories.get(category) != "allow"

    @property
    def note(self) -> str:
        """One line for recipes: its name and what it allows. Permitted names are counted, not named."""
        allowed = [name for name in CATEGORIES if not self.refuses(name)]
        parts = [f"allows {', '.join(allowed)}"] if allowed else []
        parts += [f"permits {len(self.permitted)} names"] if self.permitted else []
        changed = self.frames.model_dump(exclude_defaults=True)
        parts += [f"frames: {', '.join(f'{key} {value}' for key, value in changed.items())}"] if changed else []
        parts += ["attests likeness"] if self.attest_likeness else []
        return f"{self.name}: {'; '.join(parts)}" if parts else self.name


DEFAULT = Policy()
OFF = Policy(
    name="off",
    categories={name: "allow" for name in CATEGORIES if name != ALWAYS},
    frames=FrameRules(faces="skip"),
)
"""Refuses only what nothing switches off."""


@dataclass(frozen=True)
class Verdict:
    """Why something is refused. line: of the policy. why: one of `BY`. It holds no words of the prompt."""

    category: str
    line: str
    why: str


BY = {
    "list": "a list",
    "classifier": "the classifier, which can be wrong",
    "face": "the face detector, which can be wrong",
    "text": "a list, for words that stand in the picture",
    "nudity": "the nudity detector, which can be wrong",
}
"""What decided, and how it is called in a refusal."""


class RefusedError(HimmelError):
    """A request that is not made, or a clip that does not leave. One line that names category and policy line, and no
    word of the prompt or of the picture.

    where: which words, such as "the prompt" or "scene 2", or which picture. instead: what else could be done.
    """

    def __init__(self, verdict: Verdict, where: str = "the prompt", instead: str = "") -> None:
        self.verdict, self.where = verdict, where
        remedy = f"{instead}; docs/safety.md says why" if instead else "docs/safety.md says why"
        if verdict.category != ALWAYS:
            remedy += "; for lawful uses a policy file may allow it: --policy FILE"
        super().__init__(f"{where} is refused as {verdict.category} by {BY[verdict.why]}", verdict.line, remedy)


def read_policy(path: str | Path) -> Policy:
    """The policy in a YAML file.

    Raises HimmelError for a file that cannot be read, for an unknown key (with the nearest known one), and for one that
    would allow what nothing allows.
    """
    try:
        with open(path, "rb") as file:
            content = file.read(LARGEST + 1)
        if len(content) > LARGEST:
            raise HimmelError(f"{path} has over {LARGEST >> 10} KiB", "a policy file", REMEDY)
        plain = yaml.safe_load(content.decode("utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        reason = getattr(error, "strerror", None) or "it is no text in UTF-8"
        raise HimmelError(f"{path} cannot be read: {reason}", "a policy file", REMEDY) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise HimmelError(f"{path}: line {mark.line + 1 if mark else 1} is no YAML", "a policy file", REMEDY) from None
    try:
        return policy_from(plain)
    except HimmelError as error:
        raise HimmelError(f"{path}: {error.given}", error.allowed, error.remedy) from None


def policy_from(plain: Any) -> Policy:
    """A policy from plain values. Raises HimmelError as `read_policy` does."""
    if not isinstance(plain, dict):
        raise HimmelError("a policy that is no table of keys", f"keys: {', '.join(Policy.model_fields)}", REMEDY)
    try:
        policy = Policy.model_validate({"name": "own", **plain})
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False)[0]
        place = ".".join(map(str, found["loc"]))
        if found["type"] == "extra_forbidden":
            known = [*Policy.model_fields, *(f"frames.{name}" for name in FrameRules.model_fields)]
            raise _unknown("key", place, known) from None
        raise HimmelError(f"{place} {found['input']!r:.60}", str(found["msg"])[:120], REMEDY) from None
    for category, answer in policy.categories.items():
        if category not in CATEGORIES:
            raise _unknown("category", category, list(CATEGORIES))
        if category == ALWAYS and answer == "allow":
            raise HimmelError(f"{ALWAYS}: allow", "always refused", "take the line out")
    if policy.name in ("default", "off"):
        raise HimmelError(f"name {policy.name!r}", "any name that himmel does not use itself", "choose another")
    return policy


def _unknown(kind: str, given: str, known: list[str]) -> HimmelError:
    near = difflib.get_close_matches(given, known, 1)
    return HimmelError(
        f"unknown {kind} {given!r:.60} in the policy",
        f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}",
        REMEDY,
    )
