"""`himmel evaluate exports`: one file of every path out, and what `himmel verify` says of each."""

from __future__ import annotations

import io
import json
import sys
import time
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

from himmel.cli.evaluate import count_option, folder_for, folder_option, publish
from himmel.cli.options import model_option
from himmel.records import HimmelError

BALL = "a red ball rolls to the left on grass at sunset"
SIDE = 128
SHOWN = (".mp4", ".webm", ".gif", ".png", ".jpg")
FILM = "scenes:\n  - {prompt: a red ball on grass, seconds: 1}\n  - {prompt: a calm sea, seconds: 1, cut: true}\n"


@dataclass(frozen=True)
class Left:
    """One file that left. way: by which path. seconds: that the whole path took. told: of `himmel verify --json`;
    code: its exit code.
    """

    way: str
    path: Path
    seconds: float
    told: dict[str, Any]
    code: int

    @property
    def row(self) -> list[str]:
        mark = self.told["watermark"]
        payload = (mark.get("payload") or {}).get("text", "no payload") if mark["found"] else "not found"
        fits = {True: "fits", False: "DOES NOT FIT", None: "no recipe"}[self.told["recipe_beside_fits"]]
        size = f"{self.path.stat().st_size:,}"
        state = f"{self.told['state']}{', beside it' if self.told['beside'] else ''}"
        agrees = {True: "fits", False: "DOES NOT FIT", None: "not told"}[mark.get("fits_manifest")]
        source = self.told["source"] or "–"
        return [self.way, self.path.name, size, state, str(self.code), source, fits, payload, agrees]


@click.command(short_help="What verify says of one file of every path out.")
@count_option(1, "Rounds, each with another seed.")
@click.option("--steps", type=int, default=4, show_default=True, metavar="N", help="As in generate. Example: --steps 4")
@folder_option
@model_option
def exports(count: int, steps: int, folder: str, model: str) -> None:
    """Make a small clip by every verb and every kind of file, and what the service gives out, and ask the validator of
    C2PA and the watermark about each. Ends with exit code 1 where one of them does not hold.

    \b
    himmel evaluate exports
    """
    place = folder_for(folder, count)
    from himmel.evaluation.report import markdown_table
    from himmel.pipeline.request import check

    check("a ball", steps=steps)
    found: list[Left] = []
    with TemporaryDirectory() as name:
        for seed in range(count):
            (inside := Path(name) / str(seed)).mkdir()
            for left in leaving(inside, seed, steps, model):
                found.append(left)
                click.echo(f"{left.way}: {left.path.name} {left.told['state']}, {left.seconds:.1f} s", err=True)
        head = [
            "path out",
            "file",
            "bytes",
            "C2PA says",
            "exit code",
            "source type",
            "recipe",
            "watermark",
            "and manifest",
        ]
        table = markdown_table(head, [left.row for left in found])
    whole = [left for left in found if left.code == 0]
    marked = sum(bool(left.told["watermark"]["found"]) for left in found)
    table += f"\n{len(whole)} of {len(found)} files are signed and whole; the watermark was found in {marked}.\n"
    publish(table, place, "exports.md")
    if len(whole) < len(found):
        sys.exit(1)


def leaving(folder: Path, seed: int, steps: int, model: str) -> Iterator[Left]:
    """Every path out in turn, with what was made first given to those that go on from something."""
    for way, words in _verbs(folder, seed, steps, model):
        before, began = set(folder.iterdir()), time.monotonic()
        _run(words)
        took = time.monotonic() - began
        for path in sorted(set(folder.iterdir()) - before):
            if path.suffix in SHOWN:
                yield Left(way, path, took, *verified(path))
    began = time.monotonic()
    files = _served(folder / "job", seed, steps, model)
    took = time.monotonic() - began
    for path in files:
        yield Left("service", path, took, *verified(path))


def _verbs(folder: Path, seed: int, steps: int, model: str) -> Iterator[tuple[str, list[str]]]:
    """(path out, words of the command line)."""
    from PIL import Image

    work = ["--steps", str(steps), "--seed", str(seed), "--model", model]
    small = ["--size", f"{SIDE}x{SIDE}", "--seconds", "1"]

    def out(name: str) -> list[str]:
        return ["-o", str(folder / name), *work]

    clip, still = str(folder / "clip.mp4"), str(folder / "still.png")
    (folder / "film.yaml").write_text(FILM, encoding="utf-8")
    yield "generate", ["generate", BALL, *out("clip.mp4"), *small]
    yield "generate, WebM", ["generate", BALL, *out("clip.webm"), *small]
    yield "generate, GIF", ["generate", BALL, *out("clip.gif"), *small]
    yield "generate, PNG", ["generate", BALL, *out("frame.png"), "--size", f"{SIDE}x{SIDE}"]
    yield "generate --count 2 --sheet", ["generate", BALL, *out("several.mp4"), *small, "--count", "2", "--sheet"]
    yield "generate --loop", ["generate", BALL, *out("endless.mp4"), *small, "--loop"]
    yield "generate --resume", ["generate", BALL, *out("resumed.mp4"), *small[:2], "--seconds", "3", "--resume"]
    yield "image", ["image", BALL, *out("still.png"), "--size", f"{SIDE}x{SIDE}"]
    yield "animate", ["animate", still, BALL, *out("animated.mp4"), "--seconds", "1"]
    yield "extend", ["extend", clip, *out("longer.mp4"), "--seconds", "1"]
    yield "loop", ["loop", clip, *out("looped.gif"), "--seconds", "0.5"]
    yield "fill", ["fill", clip, *out("filled.mp4"), "--gap", "0.25-0.75"]
    yield "connect", ["connect", clip, clip, *out("connected.mp4"), "--seconds", "0.5"]
    yield "edit", ["edit", clip, "a red ball rolls on snow", *out("edited.mp4")]
    mask = folder / "mask.bmp"  # read by its first bytes, whatever its name; not an ending that is looked at below
    Image.radial_gradient("L").resize((SIDE, SIDE)).save(mask, "PNG")
    yield "edit, mask", ["edit", clip, "snow", *out("masked.mp4"), "--region", str(mask)]
    yield "storyboard", ["storyboard", str(folder / "film.yaml"), *out("film.mp4"), *small[:2]]
    yield "vary", ["vary", f"{clip}.json", "--count", "1", "--model", model]
    yield "enlarge", ["enlarge", clip, "-o", str(folder / "larger.mp4"), "--model", model]
    yield "replay", ["replay", f"{clip}.json", "-o", str(folder / "again.mp4"), "--model", model]


def _served(folder: Path, seed: int, steps: int, model: str) -> list[Path]:
    """The files of one order of the service: clip, thumbnail, sprite sheet."""
    from threading import Event

    from himmel.cli.engine import SPRITESHEET, THUMBNAIL, build_engine
    from himmel.safety.policy import DEFAULT
    from himmel.service.engine import Order, main_file

    folder.mkdir()
    settings = {"seconds": 1.0, "size": [SIDE, SIDE], "seed": seed, "steps": steps, "guidance": 3.0, "expand": True}
    order = Order("generate", BALL, (), {**settings, "solver": "auto", "unsaid": []})
    build_engine(model, DEFAULT, True).make(order, folder, lambda *_: None, Event())
    return [folder / name for name in (main_file("generate"), THUMBNAIL, SPRITESHEET)]


def verified(path: Path) -> tuple[dict[str, Any], int]:
    """What `himmel verify --json` prints of a file, and its exit code."""
    text, code = _run(["verify", str(path), "--json"], may_fail=True)
    return json.loads(text), code


def _run(words: list[str], *, may_fail: bool = False) -> tuple[str, int]:
    """(standard output, exit code) of a command of himmel. Raises HimmelError where it fails and may not."""
    from himmel.cli.groups import HIMMEL

    command = next(one for one in HIMMEL if one.name == words[0])
    out, code = io.StringIO(), 0
    with redirect_stdout(out), redirect_stderr(io.StringIO()):
        try:
            command.main(words[1:], prog_name=f"himmel {words[0]}", standalone_mode=False)
        except SystemExit as end:
            code = int(end.code or 0)
    if code and not may_fail:
        raise HimmelError(f"himmel {words[0]} ended with exit code {code}", "0", f"himmel {' '.join(words)}"[:300])
    return out.getvalue(), code
