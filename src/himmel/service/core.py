"""What the service does, without HTTP: orders become jobs, jobs are looked at, stopped and deleted."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any, Protocol

from himmel.records import HimmelError
from himmel.service import uploads
from himmel.service.characters import Character, Characters, texts_of
from himmel.service.database import Database
from himmel.service.engine import PREVIEW, Facts, Order, Seen, as_asked, main_file
from himmel.service.errors import ApiError, from_himmel, not_found
from himmel.service.fields import Body
from himmel.service.keys import LOCAL, Key, Keys
from himmel.service.limits import Rates, check_load
from himmel.service.orders import OLD_MODELS, OLD_SIZES, Asked
from himmel.service.store import COMPLETED, IN_PROGRESS, Job, Jobs

ID = re.compile(r"video_[0-9a-f]{24}")
WINDOW = 120.0
"""Seconds within which a repeated request is taken for the same one."""
NATIVE = "himmel"
"""The name of the model that is loaded, whatever it is."""


class Caller(Protocol):
    """Whatever passes questions to the engine: `process.WorkerProcess`."""

    @property
    def described(self) -> dict[str, Any]:
        """What the engine says of itself."""
        ...

    @property
    def trouble(self) -> str:
        """Why no engine could be made, or ""."""
        ...

    @property
    def starts(self) -> int:
        """How many processes were started so far."""
        ...

    @property
    def ready(self) -> bool:
        """Whether it answers."""
        ...

    def call(self, method: str, *arguments: object) -> Any:
        """The answer of `engine.Engine.check`, `see` or `verify`."""
        ...


@dataclass
class Core:
    """One service. folder: of its data. caller: of the engine."""

    folder: Path
    database: Database
    caller: Caller
    rates: Rates = field(default_factory=Rates)

    def __post_init__(self) -> None:
        self.jobs, self.keys = Jobs(self.database), Keys(self.database)
        self.characters = Characters(self.database)
        self._same = _Turns()

    @property
    def videos(self) -> Path:
        return self.folder / "videos"

    def key_of(self, authorization: str | None) -> Key | None:
        """Who asks; None for anybody, while no key was ever made. Raises ApiError 401 for a key that opens nothing."""
        if not self.keys.any_made():
            return None
        scheme, _, secret = (authorization or "").partition(" ")
        found = self.keys.find(secret.strip()) if scheme.lower() == "bearer" else None
        if found is None or not found.valid(time.time()):
            raise ApiError(
                401,
                "no valid API key; send it as Authorization: Bearer hk-...",
                "invalid_api_key",
                headers={"www-authenticate": "Bearer"},
            )
        self.rates.take(found)
        return found

    def order(self, key: Key | None, asked: Asked, body: Body, gather: Gather, repeat: int) -> Job:
        """A new job. gather: puts media into the job's folder and says what is to be made of them.

        repeat: which try of the client it is; from the second one on, a job of the same request is the answer.
        """
        owner = owner_of(key)
        self._check_model(asked.model)
        fingerprint = f"{type(asked).__name__}:{body.fingerprint()}"
        with self._same.turn(f"{owner} {fingerprint}"):
            if repeat > 0 and (job := self.jobs.repeated(owner, fingerprint, time.time() - WINDOW)):
                return job
            check_load(key, *self.jobs.load(owner))
            return self._add(owner, asked, gather, fingerprint)

    def _add(self, owner: str, asked: Asked, gather: Gather, fingerprint: str) -> Job:
        job_id = f"video_{secrets.token_hex(12)}"
        folder = self.videos / job_id
        with uploads.stored():
            folder.mkdir()
        try:
            order, notes = gather(Media(self, owner, folder))
            order = self.with_cast(owner, order, asked)
            facts: Facts = self.ask("check", order, Path("videos") / job_id)
            order = as_asked(order, facts)
            size = sum(file.stat().st_size for file in folder.iterdir())
            return self.jobs.add(job_id, owner, order, facts, {**_mapped(asked), **notes}, fingerprint, size)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise

    def with_cast(self, owner: str, order: Order, asked: Asked) -> Order:
        """The order with what it has to know of the characters that its words name."""
        cast = self.characters.named_in(owner, texts_of(order), asked.cast())
        return replace(order, settings={**order.settings, "characters": cast}) if cast else order

    def ask(self, method: str, *arguments: object) -> Any:
        """What the engine answers. Raises ApiError 400 for what it does not do."""
        try:
            return self.caller.call(method, *arguments)
        except HimmelError as error:
            raise from_himmel(error) from None

    def add_character(self, key: Key | None, name: str, file: IO[bytes], attested: bool) -> Character:
        """A new one, from a clip that is not kept. attested: all who can be recognised in it agree."""
        folder = self.folder / "incoming"
        kept = uploads.keep(file, folder, f"character-{secrets.token_hex(12)}", "video")
        try:
            seen: Seen = self.ask("see", name, Path("incoming") / kept, attested)
        finally:
            (folder / kept).unlink(missing_ok=True)
        return self.characters.add(owner_of(key), " ".join(name.split()), seen)

    def verify(self, file: IO[bytes]) -> dict[str, Any]:
        """What a file says of itself, and whether that holds. The file is not kept."""
        folder = self.folder / "incoming"
        name = uploads.keep(file, folder, f"verify-{secrets.token_hex(12)}", "file")
        try:
            return self.ask("verify", Path("incoming") / name)
        finally:
            (folder / name).unlink(missing_ok=True)

    def job(self, key: Key | None, job_id: str) -> Job:
        """A job of the caller's. Raises ApiError 404 for others' and none."""
        job = self.jobs.get(job_id, owner_of(key)) if ID.fullmatch(job_id) else None
        if job is None:
            raise not_found("video")
        return job

    def position(self, job: Job) -> int:
        """How many jobs come before it."""
        return self.jobs.position(job)

    def page(self, key: Key | None, after: str | None, limit: int, newest_first: bool) -> tuple[list[Job], bool]:
        """(jobs of the caller's, whether there are more)."""
        start = None if after is None else self.job(key, after)
        found = self.jobs.page(owner_of(key), start, limit + 1, newest_first)
        return found[:limit], len(found) > limit

    def cancel(self, key: Key | None, job_id: str) -> Job:
        """Stops a job, which then has failed with the code "cancelled". One that has ended stays as it is."""
        self.job(key, job_id)
        job = self.jobs.ask_to_stop(job_id, owner_of(key))
        if job is None:
            raise not_found("video")
        return job

    def delete(self, key: Key | None, job_id: str) -> None:
        """Stops a job and takes it away."""
        self.job(key, job_id)
        if not self.jobs.delete(job_id, owner_of(key)):
            raise not_found("video")

    def content(self, job: Job, name: str) -> IO[bytes]:
        """An open file of a completed job. It can be read to its end even when the job is deleted meanwhile."""
        if job.status != COMPLETED:
            state = "is being made" if job.status == IN_PROGRESS else f"is {job.status}"
            raise ApiError(400, f"the video {state}; there is nothing to download", "video_not_ready")
        try:
            return open(self.videos / job.id / name, "rb")
        except FileNotFoundError:
            raise not_found("video") from None

    def preview(self, job: Job, since: int) -> tuple[int, bytes] | None:
        """(when it was made, PNG) of what a job looks like so far, if there is one of another time than `since`."""
        try:
            with open(self.videos / job.id / PREVIEW, "rb") as file:
                made = os.fstat(file.fileno()).st_mtime_ns
                return None if made == since else (made, file.read())
        except OSError:
            return None

    def _check_model(self, model: str | None) -> None:
        if model is not None and model not in (NATIVE, *OLD_MODELS):
            known = ", ".join((NATIVE, *OLD_MODELS))
            raise ApiError(400, f"no model {model!r:.100}; known: {known}", "model_not_found", "model")


@dataclass(frozen=True)
class Media:
    """Puts media of one request into the folder of its job, and returns their names there."""

    core: Core
    owner: str
    folder: Path

    def file(self, file: IO[bytes], stem: str, param: str) -> str:
        """A file part."""
        return uploads.keep(file, self.folder, stem, param)

    def inline(self, url: object, stem: str, param: str) -> str:
        """A data URL."""
        return uploads.keep_inline(url, self.folder, stem, param)

    def video(self, job_id: object, param: str, stem: str) -> str:
        """A video of the caller's that is completed."""
        found = isinstance(job_id, str) and ID.fullmatch(job_id)
        job = self.core.jobs.get(job_id, self.owner) if found and isinstance(job_id, str) else None
        if job is None:
            raise ApiError(404, f"{param}: no video with this id", "not_found", param)
        return self.linked(job, param, stem)

    def linked(self, job: Job, param: str, stem: str) -> str:
        """The file of a job."""
        if job.status != COMPLETED:
            raise ApiError(400, f"{param}: the video is {job.status}, not completed", "video_not_ready", param)
        name = main_file(job.order.way)
        try:
            return uploads.keep_link(self.core.videos / job.id / name, self.folder, f"{stem}{Path(name).suffix}")
        except FileNotFoundError:
            raise ApiError(404, f"{param}: no video with this id", "not_found", param) from None

    def recipe(self, job: Job, name: str) -> str:
        """The recipe of a job that is completed."""
        source = self.core.videos / job.id / f"{main_file(job.order.way)}.json"
        try:
            return uploads.keep_link(source, self.folder, name)
        except FileNotFoundError:
            raise ApiError(404, "id: no video with this id", "not_found", "id") from None


Gather = Callable[[Media], tuple[Order, dict[str, Any]]]


def owner_of(key: Key | None) -> str:
    """Whose jobs a key's are."""
    return LOCAL if key is None else key.id


def _mapped(asked: Asked) -> dict[str, Any]:
    """What was asked for in names of the old service."""
    old = {"model": asked.model if asked.old else None, "size": asked.size if asked.size in OLD_SIZES else None}
    return {"asked": old} if any(old.values()) else {}


class _Turns:
    """Lets one thread at a time work on the same request, so that a repeated one finds what the first has made."""

    def __init__(self) -> None:
        self._lock, self._locks = threading.Lock(), dict[str, tuple[threading.Lock, int]]()

    @contextmanager
    def turn(self, name: str) -> Iterator[None]:
        """Waits until nobody else works on it."""
        with self._lock:
            lock, waiting = self._locks.get(name, (threading.Lock(), 0))
            self._locks[name] = lock, waiting + 1
        try:
            with lock:
                yield
        finally:
            with self._lock:
                lock, waiting = self._locks[name]
                if waiting == 1:
                    del self._locks[name]
                else:
                    self._locks[name] = lock, waiting - 1
