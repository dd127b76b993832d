"""What a person notices while a clip is made: whether the time said to be left is right, and how fast a cancel is."""

from __future__ import annotations

import functools
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from benchmarks import clock
from benchmarks.minute import PROMPT
from himmel.pipeline import Pipeline, generate
from himmel.pipeline.progress import Cancelled, Progress, Watch
from himmel.pipeline.request import Request, check
from himmel.safety.policy import OFF

CASES = ((2, 128, 128, 20), (10, 128, 128, 4), (10, 256, 144, 4), (30, 256, 144, 4), (2, 512, 512, 4))
QUICK = ((2, 128, 128, 20), (8, 256, 144, 4), (1, 512, 512, 2))
"""(seconds, width, height, steps)."""
SHARES = (0.1, 0.3, 0.5, 0.7, 0.9)
"""When a cancel comes, in shares of the time that the whole clip takes."""


@dataclass(frozen=True)
class Said:
    """After `at` seconds it was said that so many are `left`."""

    at: float
    left: float


def watched(pipeline: Pipeline, request: Request, path: Path) -> tuple[float, float, list[Said]]:
    """Makes a clip: (seconds, seconds on the wall, what was said on the way)."""
    said: list[Said] = []
    began, wall = clock.now(), time.monotonic()

    def report(progress: Progress) -> None:
        if progress.seconds_left is not None:
            said.append(Said(clock.now() - began, progress.seconds_left))

    # What is said follows the same clock as what is measured.
    with patch.object(generate, "Watch", functools.partial(Watch, clock=clock.now)):
        pipeline.write(request, path, overwrite=True, on_progress=report)
    return clock.now() - began, time.monotonic() - wall, said


def error_after(said: list[Said], whole: float, second: float) -> float:
    """How far the first prediction of the whole time after `second` was off, as a share; 0 if there was none."""
    for one in said:
        if one.at >= second:
            return abs(one.at + one.left - whole) / whole
    return 0.0


def worst_after(said: list[Said], whole: float, second: float) -> float:
    """As `error_after`, the farthest of all later predictions."""
    return max((abs(one.at + one.left - whole) / whole for one in said if one.at >= second), default=0.0)


def cancelled(pipeline: Pipeline, request: Request, path: Path, after: float) -> float | None:
    """Seconds from a cancel, which comes `after` seconds on the wall, to the end; None where the clip came first."""
    cancel, asked = threading.Event(), [0.0]

    def ask() -> None:
        asked[0] = clock.now()
        cancel.set()

    timer = threading.Timer(after, ask)
    timer.start()
    try:
        pipeline.write(request, path, overwrite=True, cancel=cancel)
    except Cancelled:
        return clock.now() - asked[0]
    finally:
        timer.cancel()
    return None


def main(quick: bool = False) -> None:
    pipeline = Pipeline.from_pretrained(signer=False, policy=OFF)
    print(f"from the request to the written file, the model loaded; {clock.which()}\n")
    print("| clip | seconds | time said after 1 s wrong by | worst later | slowest cancel, seconds |")
    print("|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        watched(pipeline, check(PROMPT, seconds=1.0, width=64, height=64, steps=2), path)
        for seconds, width, height, steps in QUICK if quick else CASES:
            request = check(PROMPT, seconds=float(seconds), width=width, height=height, steps=steps)
            whole, wall, said = watched(pipeline, request, path)
            wrong = f"{error_after(said, whole, 1.0):.0%} | {worst_after(said, whole, 1.0):.0%}"
            times = [cancelled(pipeline, request, path, share * wall) for share in SHARES[:: 2 if quick else 1]]
            slowest = max((one for one in times if one is not None), default=0.0)
            name = f"{seconds} s of {width} x {height}, {steps} steps"
            print(f"| {name} | {whole:.1f} | {wrong} | {slowest:.2f} |", flush=True)


if __name__ == "__main__":
    main()
