"""A process that is kept running and asked questions over a pipe: what kills it (memory, a crash) leaves the service
alive, and another begins.
"""

from __future__ import annotations

import itertools
import logging
import multiprocessing
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from himmel.records import HimmelError
from himmel.service.engine import Answers, Order, RefusedOrderError
from himmel.service.errors import ApiError

Made = TypeVar("Made")
LOG = logging.getLogger("himmel.service.asking")
WAIT = 60.0
"""Seconds for an answer, the loading of what answers included."""
GRACE = 2.0
"""Seconds for the process to end in good order when the service ends."""
QUIET = 15.0
"""Seconds before weights that could not be loaded are tried again."""
QUICK, SLOW = 2, 2
"""Questions about words alone, and about media, that are answered at a time: neither wait for the other."""


class AskedProcess(ABC):
    """Keeps one process running. What it is and does is said by `child`; `ended`, `failed` and `look` may do more.

    ready: whether it answers now; trouble: why it cannot, or "". described: what its engine says of itself.
    """

    def __init__(self, name: str) -> None:
        self.name, self.trouble, self.starts = name, "", 0
        self.described: dict[str, Any] = {}
        self._answers: dict[int, Future[Any]] = {}
        self._numbers = itertools.count(1)
        self._ready, self._over = threading.Event(), threading.Event()
        self._sending = threading.Lock()
        self._pipe: Connection | None = None
        self._threads: list[threading.Thread] = []

    @abstractmethod
    def child(self, pipe: Connection) -> tuple[Callable[..., None], tuple[Any, ...]]:
        """(what the new process runs, its arguments). pipe: its end."""

    def ended(self) -> None:  # noqa: B027  # most do nothing
        """Follows the end of a process."""

    def failed(self) -> None:  # noqa: B027
        """Follows the news that there is `trouble`."""

    def look(self, child: Any) -> None:  # noqa: B027
        """Is done ten times a second while the process answers."""

    @property
    def ready(self) -> bool:
        return self._ready.is_set()

    @property
    def waiting(self) -> int:
        """How many questions it has not answered."""
        return len(self._answers)

    def start(self) -> None:
        """Begins; loading goes on in the background."""
        self._threads = [threading.Thread(target=self._keep_alive, daemon=True)]
        self._threads[0].start()

    def stop(self) -> None:
        """Begins to end, without waiting."""
        self._over.set()

    def close(self) -> None:
        """Ends the worker; its job goes back to the queue."""
        self.stop()
        for thread in self._threads:
            thread.join(GRACE + 3)

    def call(self, method: str, *arguments: object) -> Any:
        """What a method of the engine answers. Raises what it raises, and ApiError 503 while there is no engine.

        Questions change nothing, so one that a worker did not live to answer is put to the next worker, once.
        """
        deadline = time.monotonic() + WAIT
        for last in (False, True):
            self._wait_until_ready(deadline)
            pipe = self._pipe
            try:
                return self._ask(pipe, method, arguments, deadline)
            except TimeoutError:
                raise ApiError(503, "the worker does not answer", "worker_busy") from None
            except (OSError, ValueError, EOFError):
                if last:
                    break
                while self._pipe is pipe and time.monotonic() < deadline:
                    time.sleep(0.02)
        raise ApiError(503, "the worker ended; a new one begins", "worker_died", retry=True)

    def _wait_until_ready(self, deadline: float) -> None:
        while not self._ready.wait(0.05):
            if self.trouble:
                raise ApiError(503, f"the model cannot be loaded: {self.trouble}", "model_unavailable")
            if time.monotonic() > deadline or self._over.is_set():
                raise ApiError(503, "the model is still being loaded", "model_loading", retry=True)

    def _ask(self, pipe: Connection | None, method: str, arguments: tuple[object, ...], deadline: float) -> Any:
        """One question to the worker at the other end of a pipe. Raises OSError where it has ended."""
        answer: Future[Any] = Future()
        number = next(self._numbers)
        self._answers[number] = answer
        try:
            with self._sending:
                if pipe is None or pipe is not self._pipe:
                    raise ConnectionError
                pipe.send((number, method, arguments))
            return answer.result(max(0.1, deadline - time.monotonic()))
        finally:
            self._answers.pop(number, None)

    def _keep_alive(self) -> None:
        context = multiprocessing.get_context("spawn")
        while not self._over.is_set():
            ours, theirs = context.Pipe()
            target, arguments = self.child(theirs)
            child = context.Process(target=target, args=arguments, name=self.name, daemon=True)
            child.start()
            theirs.close()
            self.starts += 1
            self._attend(child, ours)
            self.ended()
            # One that dies at once is not started again at full speed.
            self._over.wait(QUIET if self.trouble else 0.2)

    def _attend(self, child: Any, pipe: Connection) -> None:
        """Passes answers on until the child ends."""
        self._pipe = pipe
        watcher = threading.Thread(target=self._watch, args=(child,), daemon=True)
        watcher.start()
        with suppress(EOFError, OSError):
            while True:
                number, good, value = pipe.recv()
                if number == 0:
                    self._begun(good, value)
                elif (answer := self._answers.get(number)) is not None:
                    answer.set_result(value) if good else answer.set_exception(unpacked(value))
        self._ready.clear()
        with self._sending:
            self._pipe = None
            pipe.close()
        for answer in list(self._answers.values()):
            if not answer.done():
                answer.set_exception(OSError("it ended"))
        child.join(GRACE)
        if child.is_alive():
            child.kill()
            child.join()
        LOG.info("%s ended", self.name, extra={"code": child.exitcode})

    def _begun(self, good: bool, value: Any) -> None:
        """What the child says once: what its engine is, or why there is none."""
        if good:
            self.trouble, self.described = "", value
            self._ready.set()
            LOG.info("%s is ready", self.name)
            return
        self.trouble = str(value)
        LOG.error("the model cannot be loaded: %s", value)
        self.failed()

    def _watch(self, child: Any) -> None:
        """Ends the child when the service ends."""
        while child.is_alive():
            if self._over.wait(0.1):
                with self._sending, suppress(OSError):
                    if self._pipe is not None:
                        self._pipe.send((0, "stop", ()))
                child.join(GRACE)
                child.kill()
                return
            with suppress(Exception):
                if self.ready:
                    self.look(child)


def packed(error: HimmelError) -> tuple[str, ...]:
    """An error as plain values, since exceptions with several arguments do not survive a pipe."""
    told = error.given, error.allowed, error.remedy
    return (*told, error.category, error.field) if isinstance(error, RefusedOrderError) else told


def unpacked(plain: tuple[str, ...] | None) -> Exception:
    """The inverse of `packed`; None stands for an error of himmel itself."""
    if plain is None:
        return ApiError(500, "an error of himmel itself; its log says more", "internal_error")
    return RefusedOrderError(*plain) if len(plain) > 3 else HimmelError(*plain)


def built(pipe: Connection, build: Callable[[], Made]) -> Made | None:
    """What `build` makes. None where it cannot: then the other end has been told why."""
    try:
        return build()
    except HimmelError as error:
        pipe.send((0, False, str(error)))
    except Exception as error:
        LOG.exception("the engine could not be made")
        pipe.send((0, False, f"an error of himmel itself ({type(error).__name__})"))
    return None


def answer(pipe: Connection, engine: Answers) -> None:
    """Answers until the other end says stop or is gone."""
    sending = threading.Lock()

    def say(number: int, good: bool, value: object) -> None:
        with sending, suppress(OSError):
            pipe.send((number, good, value))

    questions: Mapping[str, Callable[..., object]] = {
        "check": engine.check,
        "see": engine.see,
        "verify": engine.verify,
    }

    def one(number: int, method: str, arguments: tuple[Any, ...]) -> None:
        try:
            say(number, True, questions[method](*arguments))
        except HimmelError as error:
            say(number, False, packed(error))
        except Exception:
            LOG.exception("a question could not be answered")
            say(number, False, None)

    say(0, True, engine.describe())
    quick, slow = ThreadPoolExecutor(QUICK), ThreadPoolExecutor(SLOW)
    with suppress(EOFError, OSError):
        while True:
            number, method, arguments = pipe.recv()
            if method == "stop":
                break
            pool = quick if _of_words(method, arguments) else slow
            pool.submit(one, number, method, arguments)
    for pool in (quick, slow):
        pool.shutdown(wait=False, cancel_futures=True)


def _of_words(method: str, arguments: tuple[Any, ...]) -> bool:
    """Whether a question is about words alone, and so answered in some hundredths of a second."""
    return method == "check" and isinstance(arguments[0], Order) and not arguments[0].media
