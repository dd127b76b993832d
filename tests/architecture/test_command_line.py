"""Everything that can be typed says what it does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import click
import pytest

import himmel.cli as himmel_cli
from himmel.cli import himmel


def commands(group: click.Command, name: str = "himmel") -> Iterator[tuple[str, click.Command]]:
    """Every command and group below `group` with the words that one types for it."""
    yield name, group
    if isinstance(group, click.Group):
        context = click.Context(group)
        for verb in group.list_commands(context):
            command = group.get_command(context, verb)
            assert command is not None, f"{name} {verb} is listed and does not exist"
            yield from commands(command, f"{name} {verb}")


LEFTOVER = re.compile(r"""[{}]|"\s+"|\btodo\b""", re.IGNORECASE)
"""Signs of a text that was built or broken over lines wrongly."""

COMMANDS = dict(commands(himmel))


@pytest.mark.parametrize("name", COMMANDS)
def test_command_and_its_options_have_help(name: str) -> None:
    command = COMMANDS[name]
    assert command.help, f"{name} says nothing of itself"
    options = [parameter for parameter in command.params if isinstance(parameter, click.Option)]
    assert not [option.opts for option in options if not option.help and not option.hidden]
    texts = [command.help, *(option.help or "" for option in options)]
    assert not [text for text in texts if LEFTOVER.search(text)]


def test_every_command_is_in_the_documents(root: Path) -> None:
    documents = "".join((root / "docs" / f"{name}.md").read_text() for name in ("guide", "training", "evaluation"))
    leaves = [name for name, command in COMMANDS.items() if not isinstance(command, click.Group)]
    assert len(leaves) > 1
    assert not [name for name in leaves if f"`{name}" not in documents]


def test_every_option_of_generate_is_in_the_guide(root: Path) -> None:
    guide = (root / "docs/guide.md").read_text()
    options = [option.opts for option in COMMANDS["himmel generate"].params if isinstance(option, click.Option)]
    assert not [words for words in options if not any(f"`{word}" in guide for word in words)]


def test_every_command_of_every_file_is_listed() -> None:
    reachable = {id(command) for command in COMMANDS.values()}
    files = [import_module(f"himmel.cli.{module.name}") for module in iter_modules(himmel_cli.__path__)]
    found = [(file.__name__, name, value) for file in files for name, value in vars(file).items()]
    written = [(file, name, value) for file, name, value in found if isinstance(value, click.Command)]
    assert len(written) > 50
    assert not [f"{file}.{name}" for file, name, value in written if id(value) not in reachable]
