"""`himmel storyboard`: a film from several prompts, with cuts, stills and clips at times."""

from __future__ import annotations

import json
import os
from collections.abc import Hashable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from himmel.cli.files import read_text
from himmel.cli.media import make_clip, media_options, settings_of
from himmel.cli.options import PATH
from himmel.cli.terminal import say
from himmel.records import HimmelError

if TYPE_CHECKING:
    from himmel.prompting.storyboard import Storyboard

YAML = (".yaml", ".yml")
HEADER = "# Change it, then: himmel storyboard FILE -o film.mp4. All keys: himmel storyboard --schema\n"


@click.command(short_help="Make a film from several prompts, with cuts, stills and clips at times.")
@click.argument("file", type=PATH, required=False)
@click.option(
    "--script",
    type=PATH,
    default=None,
    metavar="FILE",
    help="Read a plain script (scene headings such as EXT. MEADOW - DAY, and lines that say what happens) and write it "
    "as a storyboard to -o. Example: --script film.txt -o film.yaml",
)
@click.option(
    "--schema",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=lambda ctx, param, wanted: print_schema(ctx) if wanted else None,
    help="Print the JSON schema of storyboards and stop. Example: --schema",
)
@media_options
def storyboard(file: str | None, script: str | None, **options: Any) -> None:
    """Make the film of FILE, a storyboard in YAML or JSON. A small one:

    \b
    scenes:
      - prompt: a red ball rolls to the left on grass
        seconds: 2
      - prompt: the ball stops
      - prompt: a rough sea at sunset
        cut: true

    Scenes go on from each other unless one has a cut before it. What one says nothing of (colours, ground, light) stays
    as it was. Stills and videos stand in it as cards at times, as they came; what comes again can have a name under
    subjects. docs/guide.md has a longer one.

    \b
    himmel storyboard film.yaml -o film.mp4
    himmel storyboard --script film.txt -o film.yaml
    himmel storyboard --schema
    """
    output = options["output"]
    if (file is None) == (script is None):
        raise HimmelError("a storyboard and a script" if file else "no storyboard", "either FILE or --script FILE", "")
    board = read_file(file) if file else _from_script(script or "")
    if script and output.lower().endswith(YAML):
        _write(board, output, options["force"])
        return
    _make(board, file or script or "", options)


def print_schema(context: click.Context) -> None:
    """The JSON schema of storyboards, for editors and other programs; then the program ends."""
    from himmel.prompting.storyboard import Storyboard

    click.echo(json.dumps(Storyboard.model_json_schema(), indent=2))
    context.exit()


def read_file(path: str) -> Storyboard:
    """The storyboard in a file of YAML or JSON. HimmelError for one that is none."""
    from himmel.prompting.storyboard import read_storyboard

    try:
        return read_storyboard(_plain_values(read_text(path, "a text file")))
    except HimmelError as error:
        raise HimmelError(f"{path}: {error.given}", error.allowed, error.remedy) from error


def _plain_values(text: str) -> Any:
    """What YAML says, without its references, which could make a small file endless, and without keys said twice."""
    import yaml

    class Loader(yaml.SafeLoader):
        def compose_node(self, parent: Any, index: Any) -> Any:
            if self.check_event(yaml.AliasEvent):
                mark = self.peek_event().start_mark
                raise yaml.MarkedYAMLError(None, None, "references (*name) are not read", mark)
            return super().compose_node(parent, index)

        def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:
            keys = [key.value for key, _ in node.value]
            for key, _ in node.value:
                if keys.count(key.value) > 1:
                    raise yaml.MarkedYAMLError(None, None, f"{key.value!r} stands twice", key.start_mark)
            return super().construct_mapping(node, deep)

    try:
        return yaml.load(text, Loader)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}" if mark else "it"
        why = getattr(error, "problem", None) or "too deeply nested" if mark else str(error)
        raise HimmelError(f"{where} is no YAML: {' '.join(str(why).split())[:200]}", "a storyboard", "") from None


def _from_script(path: str) -> Storyboard:
    from himmel.prompting.script import read_script

    try:
        found = read_script(read_text(path, "a text file"))
    except HimmelError as error:
        raise HimmelError(f"{path}: {error.given}", error.allowed, error.remedy) from error
    if found.left_out:
        say("left out", f"{len(found.left_out)} lines that are spoken: films have no sound")
    return found.storyboard


def _write(board: Storyboard, output: str, force: bool) -> None:
    """Puts a storyboard into a file of YAML."""
    import yaml

    from himmel.footage.atomic import check_writable, whole_file

    path = Path(output)
    check_writable(path, overwrite=force)
    plain = board.model_dump(exclude_defaults=True)
    with whole_file(path) as partial:
        partial.write_text(HEADER + yaml.safe_dump(plain, sort_keys=False, allow_unicode=True), encoding="utf-8")
    say("scenes", str(len(board.scenes)))
    say("storyboard", output)
    say("try next", f"himmel storyboard {output} -o {path.stem}.mp4")


def _make(board: Storyboard, source: str, options: dict[str, Any]) -> None:
    from himmel.pipeline import ways

    source_of = click.get_current_context().get_parameter_source
    if source_of("seed") != ParameterSource.COMMANDLINE:
        options["seed"] = board.seed or 0
    for name, own in (("size", board.size), ("fps", board.rate)):
        if own is not None and source_of(name) != ParameterSource.COMMANDLINE:
            options[name] = None  # what open weights are used to goes after what the storyboard says
    task = ways.storyboard(board, folder=os.path.dirname(source), settings=settings_of(options))
    make_clip(task, options)
