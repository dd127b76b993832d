"""What may be asked for, endpoint by endpoint: the fields, their limits, and the names of the old service.

Numbers may come as text, since forms know nothing else. Pydantic makes the published schema from these classes.
"""

from __future__ import annotations

import secrets
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from himmel.service.errors import ApiError

OLD_MODELS = (
    "sora-2",
    "sora-2-pro",
    "sora-2-2025-10-06",
    "sora-2-2025-12-08",
    "sora-2-pro-2025-10-06",
)
"""Names of the service that ended; whatever is made for them is made by the model that is loaded."""
OLD_SIZES = {
    "720x1280": (144, 256),
    "1280x720": (256, 144),
    "1024x1792": (128, 224),
    "1792x1024": (224, 128),
}
"""Sizes of the old service, each with the one of exactly its shape that the shipped model can do something with."""
OLD_SIZE, OLD_SECONDS = "720x1280", 4.0
"""What the old service made where nothing was said; so does this one for its model names."""
SIZE, SECONDS = (128, 128), 2.0
UNSAID = {"steps", "guidance", "fps", "size"}
"""Fields that open weights have values of their own for. Which of them were not said, and the size as it was, is told
to the engine with an order (`unsaid`, `named`), and not kept.
"""

Prompt = Annotated[str, Field(min_length=1, max_length=2000, description="What the clip shows.")]
Words = Annotated[str, Field(max_length=2000, description="What happens; may be empty.")]
Seconds = Annotated[float, Field(gt=0, le=600, allow_inf_nan=False)]
Time = Annotated[float, Field(ge=0, le=600, allow_inf_nan=False)]
Medium = Annotated[
    Any,
    Field(description="A file part of the form, or {id} of a video of yours that is completed: field `video[id]`."),
]


class Named(BaseModel):
    """A character of yours."""

    model_config = ConfigDict(extra="forbid")

    id: str = Field(max_length=100)


class Asked(BaseModel):
    """What every order may say."""

    model_config = ConfigDict(extra="forbid")

    model: str | None = Field(default=None, max_length=100, description="A name that /v1/models lists.")
    size: str | None = Field(
        default=None,
        description="WIDTHxHEIGHT in pixels, 16 to 1920 each, even.",
        json_schema_extra={"pattern": r"^[0-9]{2,4}x[0-9]{2,4}$"},
    )
    seed: int | None = Field(default=None, ge=0, lt=2**63, description="Same seed, same clip; else drawn, and said.")
    steps: int = Field(default=4, ge=1, le=200, description="Steps from noise to clip.")
    guidance: float = Field(default=3.0, ge=0, le=20, allow_inf_nan=False, description="How closely words are kept.")
    solver: Literal["auto", "shortcut", "euler", "heun"] = "auto"
    cache: float = Field(
        default=0.0, ge=0, le=1, allow_inf_nan=False, description="How much of a step may come from the one before."
    )
    drafts: int = Field(
        default=4, ge=1, le=64, description="How often a beginning is made at most, until it shows what was asked."
    )
    reader_guidance: float = Field(
        default=0.1,
        ge=0,
        le=1,
        allow_inf_nan=False,
        description="How far what a small network reads in the making moves it towards what was asked.",
    )
    expand: bool = Field(default=True, description="Whether a short prompt is filled up.")
    fps: float | None = Field(default=None, ge=1, le=60, allow_inf_nan=False, description="Frames a second; 16.")
    attest_likeness: bool = Field(
        default=False, description="Whether all who can be recognised in the media agree; else faces are refused."
    )

    characters: Annotated[list[Named], Field(max_length=20)] | None = Field(
        default=None, description="Which of your characters the words may name, as {id}; all of them if not said."
    )

    @field_validator("size")
    @classmethod
    def _size(cls, value: str | None) -> str | None:
        if value is None or value in OLD_SIZES:
            return value
        width, _, height = value.partition("x")
        if not (width.isascii() and width.isdigit() and height.isascii() and height.isdigit()):
            raise ValueError("WIDTHxHEIGHT in pixels, such as 256x144")
        if not all(len(side) <= 4 and 16 <= int(side) <= 1920 and int(side) % 2 == 0 for side in (width, height)):
            raise ValueError("even numbers of pixels from 16 to 1920, such as 256x144")
        return value

    @property
    def old(self) -> bool:
        """Whether it is written for the service that ended."""
        return self.model in OLD_MODELS

    def cast(self) -> list[str] | None:
        """The ids of the characters that may be named; None for all."""
        return None if self.characters is None else [one.id for one in self.characters]

    def pixels(self) -> tuple[int, int] | None:
        """(width, height), None where nothing is said."""
        if self.size is None:
            return None
        width, _, height = self.size.partition("x")
        return OLD_SIZES.get(self.size) or (int(width), int(height))

    def settings(self) -> dict[str, Any]:
        """Plain values for `engine.Order`, with a seed in any case."""
        said = {"steps", "guidance", "solver", "cache", "drafts", "reader_guidance", "expand", "fps"}
        plain = self.model_dump(include=said, exclude_none=True)
        size = self.pixels()
        plain["unsaid"] = sorted(UNSAID - self.model_fields_set)
        if named := self.size or (OLD_SIZE if self.old else None):
            plain["named"] = named
        plain["seed"] = secrets.randbelow(2**31) if self.seed is None else self.seed
        if self.attest_likeness:
            plain["attest_likeness"] = True
        return plain if size is None else {**plain, "size": list(size)}


class Create(Asked):
    """A clip from words, or from words and a picture."""

    prompt: Prompt
    seconds: Seconds | None = Field(default=None, description="How long; 2, or 4 for model names of the old service.")
    input_reference: Any = Field(
        default=None, description="A picture, as a file part or as {image_url: data URL}: the clip's first frame."
    )
    at: Time = Field(default=0.0, description="When in the clip the picture is seen, in seconds.")
    loop: bool = Field(default=False, description="Whether the end flows into the beginning (from words alone).")

    def settings(self) -> dict[str, Any]:
        plain = super().settings()
        plain["seconds"] = self.seconds or (OLD_SECONDS if self.old else SECONDS)
        if self.input_reference is not None:
            plain["at"] = self.at
        elif "size" not in plain:
            plain["size"] = list(OLD_SIZES[OLD_SIZE] if self.old else SIZE)
        if self.input_reference is not None:
            return plain
        plain.pop("attest_likeness", None)  # there is nobody to be recognised
        return {**plain, "loop": self.loop}


class Image(Asked):
    """A picture from words."""

    prompt: Prompt

    def settings(self) -> dict[str, Any]:
        return {"size": list(SIZE), **super().settings()}


class Fitted(Asked):
    """What goes on from pictures and videos."""

    prompt: Words = ""
    fit: Literal["crop", "pad"] = Field(default="crop", description="How media of another shape get to the size.")

    def settings(self) -> dict[str, Any]:
        return {**super().settings(), "fit": self.fit}


class Edit(Fitted):
    """A video made anew from what it is, or a part of it."""

    prompt: Prompt  # pyright: ignore[reportGeneralTypeIssues]  # here it may not be left away
    video: Medium
    strength: float | None = Field(
        default=None, gt=0, le=1, allow_inf_nan=False, description="How much is changed; 0.6, or 1 with a region."
    )
    region: Annotated[list[Annotated[int, Field(ge=0, le=4000)]], Field(min_length=4, max_length=4)] | None = Field(
        default=None, description="left, top, width, height in pixels of the clip: the only part that changes."
    )
    mask: Any = Field(
        default=None,
        description="In place of `region` a picture of the video's size or the clip's, as a file part, white there.",
    )
    times: Annotated[list[Time], Field(min_length=2, max_length=2)] | None = Field(
        default=None, description="from, to in seconds: when the region changes."
    )

    def settings(self) -> dict[str, Any]:
        return super().settings() | self.model_dump(include={"strength", "region", "times"}, exclude_none=True)


class Remix(Asked):
    """A video of yours with other words: an edit of it with its own seed."""

    prompt: Prompt
    strength: float | None = Field(
        default=None, gt=0, le=1, allow_inf_nan=False, description="How much is changed; 0.6."
    )

    def settings(self) -> dict[str, Any]:
        return super().settings() | self.model_dump(include={"strength"}, exclude_none=True)


class Enlarge(Asked):
    """A video of yours again at a larger size, from its own words and seed."""

    strength: float | None = Field(
        default=None,
        gt=0,
        le=1,
        allow_inf_nan=False,
        description="How much is made anew; unsaid, latents are doubled where that can be, else 0.15.",
    )

    def settings(self) -> dict[str, Any]:
        return super().settings() | self.model_dump(include={"strength"})


class Extend(Fitted):
    """A video that goes on, forward or backward in time."""

    video: Medium
    seconds: Seconds = Field(default=2.0, description="How much longer it becomes.")
    backward: bool = Field(default=False, description="Make what came before, not what comes after.")

    def settings(self) -> dict[str, Any]:
        return super().settings() | self.model_dump(include={"seconds", "backward"})


class Loop(Fitted):
    """A video that is led back to its beginning."""

    video: Medium
    seconds: Seconds = Field(default=1.0, description="How long the way back takes.")

    def settings(self) -> dict[str, Any]:
        return super().settings() | self.model_dump(include={"seconds"})


class Fill(Fitted):
    """A video whose missing frames are made."""

    video: Medium
    gaps: list[Annotated[list[Time], Field(min_length=2, max_length=2)]] = Field(
        min_length=1, max_length=100, description="Pairs of times in seconds; the frames between them are made anew."
    )

    def settings(self) -> dict[str, Any]:
        return super().settings() | self.model_dump(include={"gaps"})


class Connect(Fitted):
    """Two videos, of which one flows into the other."""

    first: Medium
    second: Medium
    seconds: Seconds = Field(default=1.0, description="How long the passage takes.")

    def settings(self) -> dict[str, Any]:
        return super().settings() | self.model_dump(include={"seconds"})


class Film(Asked):
    """A film from a storyboard."""

    storyboard: dict[str, Any] = Field(
        description="As docs/storyboard.schema.json has it. `still` and `video` of a card name a file part "
        "`media[NAME]` of the form, or are the id of a video of yours."
    )
    fit: Literal["crop", "pad"] = "crop"

    def settings(self) -> dict[str, Any]:
        plain = super().settings()
        if self.seed is None and isinstance(self.storyboard.get("seed"), int):
            del plain["seed"]
        return {**plain, "fit": self.fit, "storyboard": self.storyboard}


class NewCharacter(BaseModel):
    """A name for what a short clip is about."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=40, description="What stands for it in later prompts, such as Rolly.")
    video: Any = Field(description="A short clip or a picture of it, as a file part. It is not kept.")
    attest_likeness: bool = Field(default=False, description="Whether all who can be recognised in it agree.")


def read(kind: type[BaseModel], fields: dict[str, Any]) -> Any:
    """The order in the fields of a request. Raises ApiError that names the first field that does not fit."""
    try:
        return kind.model_validate(fields)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(str(part) for part in found["loc"])[:80]
        if found["type"] == "missing":
            raise ApiError(400, f"{where} is missing", "missing_required_parameter", where) from None
        if found["type"] == "extra_forbidden":
            known = ", ".join(kind.model_fields)
            raise ApiError(400, f"unknown field {where!r}; known: {known}", "unknown_parameter", where) from None
        said = str(found["msg"]).removeprefix("Value error, ")[:200]
        raise ApiError(400, f"{where}: {said}", "invalid_value", where) from None
