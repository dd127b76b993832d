"""What the replies look like. The schema of /openapi.json is made from these classes."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from himmel.service.characters import Character
from himmel.service.store import COMPLETED, IN_PROGRESS, QUEUED, Job


class VideoError(BaseModel):
    """Why there is no clip."""

    code: str
    message: str


class Asked(BaseModel):
    """What was asked for under a name of the old service, and so became something else."""

    model: str | None = None
    size: str | None = None


class Himmel(BaseModel):
    """What the old service did not say."""

    way: str = Field(description="generate, image, animate, extend, edit, connect, fill, loop or storyboard")
    seed: int
    frames: int
    fps: float
    settings: dict[str, Any] = Field(description="Steps, guidance and what else was asked for.")
    knows: list[str] = Field(description="Phrases of the words that the model knows.")
    unknown: list[str] = Field(description="Phrases that it has never seen; they will not be shown.")
    read_as: list[str] = Field(description="The words that the model reads, one for each scene.")
    asked: Asked | None = Field(default=None, description="What old names were mapped from.")
    stage: str = Field(default="", description="reading, sampling, decoding, pictures")
    seconds_left: float | None = Field(default=None, description="An estimate, while it is made.")
    position: int | None = Field(default=None, description="Jobs before it, while it is queued.")


class Video(BaseModel):
    """A job, and the clip that it becomes."""

    id: str
    object: Literal["video"] = "video"
    model: str
    status: Literal["queued", "in_progress", "completed", "failed"]
    progress: int = Field(ge=0, le=100)
    created_at: int
    completed_at: int | None = None
    expires_at: int | None = None
    prompt: str | None = None
    seconds: str = Field(description="Of the whole clip, given parts included.")
    size: str
    remixed_from_video_id: str | None = None
    error: VideoError | None = None
    himmel: Himmel


class VideoList(BaseModel):
    """One page."""

    object: Literal["list"] = "list"
    data: list[Video]
    has_more: bool
    first_id: str | None
    last_id: str | None


class SeenAs(BaseModel):
    """What was seen of a character; nothing else of the clip is kept."""

    words: str = Field(description="What stands in an English prompt where its name stands.")
    facts: dict[str, str] = Field(description="Shape, colour, size and material, as the reader saw them.")
    sure: float = Field(description="0 to 1: how sure the reader is that it is there.")
    others: list[str] = Field(description="Colours of what else was seen; they are no part of the character.")


class CharacterView(BaseModel):
    """A name that stands for something in later prompts."""

    id: str
    object: Literal["character"] = "character"
    name: str
    created_at: int
    himmel: SeenAs


class CharacterList(BaseModel):
    """All characters, newest first."""

    object: Literal["list"] = "list"
    data: list[CharacterView]


class CharacterDeleted(BaseModel):
    """It is gone."""

    id: str
    object: Literal["character.deleted"] = "character.deleted"
    deleted: Literal[True] = True


class Deleted(BaseModel):
    """It is gone."""

    id: str
    object: Literal["video.deleted"] = "video.deleted"
    deleted: Literal[True] = True


class Model(BaseModel):
    """A name that may be asked for."""

    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: str


class ModelList(BaseModel):
    """All names."""

    object: Literal["list"] = "list"
    data: list[Model]


class ErrorDetail(BaseModel):
    """What is wrong, in words and for programs."""

    message: str
    type: str
    param: str | None = None
    code: str | None = None


class ErrorReply(BaseModel):
    """Every reply that is no success."""

    error: ErrorDetail


def view_of(character: Character) -> CharacterView:
    """A character as it is told."""
    seen = character.seen
    about = SeenAs(words=seen.words, facts=dict(seen.facts), sure=round(seen.sure, 3), others=list(seen.others))
    return CharacterView(id=character.id, name=character.name, created_at=int(character.created), himmel=about)


def video_of(job: Job, position: int | None = None) -> Video:
    """A row of the job table as it is told."""
    told, order = job.told, job.order
    progress = 100 if job.status == COMPLETED else min(99, int(100 * job.share))
    error = None if job.error_code is None else VideoError(code=job.error_code, message=job.error_message or "")
    return Video(
        id=job.id,
        model=told["model"],
        status=job.status,  # pyright: ignore[reportArgumentType]
        progress=progress,
        created_at=int(job.created),
        completed_at=int(job.finished) if job.finished and job.status == COMPLETED else None,
        expires_at=None if job.expires is None else int(job.expires),
        prompt=order.prompt or None,
        seconds=f"{round(told['frames'] / told['rate'], 3):g}",
        size=f"{told['width']}x{told['height']}",
        remixed_from_video_id=told.get("remixed_from"),
        error=error,
        himmel=Himmel(
            way=order.way,
            seed=told["seed"],
            frames=told["frames"],
            fps=told["rate"],
            settings={key: value for key, value in order.settings.items() if key not in ("seed", "size")},
            knows=told["known"],
            unknown=told["unknown"],
            read_as=told["read_as"],
            asked=Asked(**told["asked"]) if told.get("asked") else None,
            stage=job.stage if job.status == IN_PROGRESS else "",
            seconds_left=None if job.seconds_left is None else round(job.seconds_left, 1),
            position=position if job.status == QUEUED else None,
        ),
    )


def pace_of(job: Job, position: int | None = None) -> int:
    """After how many milliseconds it is worth asking again; the clients keep the first answer for all their asking.

    position: jobs before it, while it is queued.
    """
    if position:
        return 500 if position < 5 else 1000
    left = job.seconds_left or 1.0
    return 300 if left < 2 else 500 if left < 10 else 1000
