"""Help comes at once and teaches by example."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from himmel import __version__
from himmel.cli import himmel

HEAVY = ("torch", "numpy", "av", "PIL", "rich", "einops", "safetensors", "c2pa", "cryptography", "himmel.grammar")


def test_help_loads_nothing_heavy_and_is_quick() -> None:
    script = (
        "import sys, time; began = time.process_time(); from himmel.cli import himmel\n"
        "try: himmel(['--help'])\nexcept SystemExit: pass\n"
        "print('took', time.process_time() - began)\n"
        f"print('heavy', [m for m in {HEAVY!r} if m in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert "heavy []" in said
    took = re.search(r"took ([0-9.]+)", said)
    assert took is not None
    assert float(took.group(1)) < 0.3


def test_version() -> None:
    assert __version__ in CliRunner().invoke(himmel, ["--version"]).output


def verbs(group: click.Group, before: str = "himmel") -> Iterator[tuple[str, click.Command]]:
    """Every command that does something, with the words that start it."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from verbs(command, f"{before} {name}")
        else:
            yield f"{before} {name}", command


VERBS = dict(verbs(himmel))


@pytest.mark.parametrize("words", VERBS)
def test_every_verb_teaches_by_example(words: str) -> None:
    command = VERBS[words]
    assert command.help
    assert words in command.help
    for option in command.params:
        if isinstance(option, click.Option):
            assert option.help, option.name
            assert option.is_flag or "xample: " in option.help, f"{words} {option.name} has no example"


def test_an_unknown_verb_or_option_is_one_line() -> None:
    for words in (
        ["fly"],
        ["generate", "a ball", "-o", "x.mp4", "--sed", "3"],
        ["generate", "a ball"],
        ["models", "x"],
    ):
        result = CliRunner().invoke(himmel, words)
        assert result.exit_code == 2
        assert result.stderr.startswith("himmel: error: ")
        assert result.stderr.count("\n") == 1
