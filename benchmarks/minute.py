"""What a finished video costs: from the typed command to the checked, marked, signed file, everything included."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

PROMPT = "a red ball rolls to the left across the grass at sunset"
STEPS = 4
CASES = (
    ("2 s of 128 x 128", 2, "128x128", {}),
    ("10 s of 128 x 128", 10, "128x128", {}),
    ("10 s of 256 x 144", 10, "256x144", {}),
    ("60 s of 256 x 144", 60, "256x144", {}),
    ("60 s of 256 x 144, float32 and AVX2 only", 60, "256x144", "avx2"),
)
AVX2 = {"HIMMEL_PRECISION": "float32", "ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2"}


@dataclass(frozen=True)
class Cost:
    """Of one process. wall, processor: seconds. peak: bytes."""

    wall: float
    processor: float
    peak: int


def generate(seconds: float, size: str, steps: int = STEPS, setting: dict[str, str] | None = None) -> Cost:
    """Runs `himmel generate` in a process of its own and measures it."""
    code = "from himmel.cli import main; main()"
    with tempfile.TemporaryDirectory() as folder:
        told = ["generate", PROMPT, "-o", str(Path(folder) / "clip.mp4"), "--seconds", f"{seconds:g}", "--size", size]
        command = [sys.executable, "-c", code, *told, "--steps", str(steps), "--seed", "1"]
        began = time.monotonic()
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, env={**os.environ, **(setting or {})}) as process:
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"{' '.join(told)} ended with {process.returncode}")
        return Cost(time.monotonic() - began, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024)


def main() -> None:
    print(f"`himmel generate` at 16 frames a second and {STEPS} steps, from the command to the finished file\n")
    print("| clip | wall seconds | for a second of video | processor seconds for one | peak MiB |")
    print("|---|---|---|---|---|")
    generate(1, "64x64")  # files are read once before anything counts
    for name, seconds, size, setting in CASES:
        cost = generate(seconds, size, setting=AVX2 if setting == "avx2" else None)
        per = f"{cost.wall / seconds:.2f} | {cost.processor / seconds:.2f}"
        print(f"| {name} | {cost.wall:.1f} | {per} | {cost.peak / 2**20:.0f} |", flush=True)


if __name__ == "__main__":
    main()
