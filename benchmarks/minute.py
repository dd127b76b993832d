"""What a finished video costs: from the typed command to the checked, marked, signed file, everything included."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from himmel.pipeline.machine import cores

PROMPT = "a red ball rolls to the left across the grass at sunset"
STEPS = 4
CASES = (
    ("2 s of 128 x 128", 2, "128x128", {}),
    ("10 s of 128 x 128", 10, "128x128", {}),
    ("10 s of 256 x 144", 10, "256x144", {}),
    ("60 s of 256 x 144", 60, "256x144", {}),
    ("60 s of 256 x 144, float32 and AVX2 only", 60, "256x144", "avx2"),
)
QUICK_CASES = (
    ("2 s of 128 x 128", 2, "128x128", {}),
    ("6 s of 256 x 144", 6, "256x144", {}),
    ("12 s of 256 x 144", 12, "256x144", {}),
    ("6 s of 256 x 144, float32 and AVX2 only", 6, "256x144", "avx2"),
    ("12 s of 256 x 144, float32 and AVX2 only", 12, "256x144", "avx2"),
)
AVX2 = {
    "HIMMEL_PRECISION": "float32",
    "ATEN_CPU_CAPABILITY": "avx2",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "MKL_ENABLE_INSTRUCTIONS": "AVX2",
}
"""What makes torch and the libraries that it multiplies with use nothing that laptops of the last ten years lack."""


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


def main(quick: bool = False) -> None:
    print(f"`himmel generate` at 16 frames a second and {STEPS} steps, from the command to the finished file")
    print(f"{cores()} cores\n")
    print("| clip | wall seconds | for a second of video | processor seconds for one | peak MiB |")
    print("|---|---|---|---|---|")
    costs: dict[str, Cost] = {}
    generate(1, "64x64")  # files are read once before anything counts
    for name, seconds, size, setting in QUICK_CASES if quick else CASES:
        cost = costs[name] = generate(seconds, size, setting=AVX2 if setting == "avx2" else None)
        per = f"{cost.wall / seconds:.2f} | {cost.processor / seconds:.2f}"
        print(f"| {name} | {cost.wall:.1f} | {per} | {cost.peak / 2**20:.0f} |", flush=True)
    if quick:
        for kind in ("", ", float32 and AVX2 only"):
            short, long = (costs[f"{seconds} s of 256 x 144{kind}"].processor for seconds in (6, 12))
            text = f"\n60 s of 256 x 144{kind}, extrapolated from 6 and 12 s, not measured: "
            print(text + f"{short + (long - short) * 9:.0f} processor seconds")


if __name__ == "__main__":
    main()
