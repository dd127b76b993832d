"""`himmel caption`: what a clip or a picture shows, in a paragraph, by our own captioner or a server that is set."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import click

from himmel.cli.options import PATH
from himmel.language.endpoint import CAPTIONING
from himmel.records import HimmelError

OWN = "own"
NOTICE = (
    "himmel's own captioner knows the synthetic world only; of anything else it says the nearest thing that it knows"
)


@click.command(short_help="What a clip or a picture shows, in words.")
@click.argument("files", metavar="FILE...", type=PATH, nargs=-1, required=True)
@click.option(
    "--kind",
    type=click.Choice(["paragraph", "tags"]),
    default="paragraph",
    show_default=True,
    help="A description, or its facts in short. Example: --kind tags",
)
@click.option(
    "--beam",
    type=int,
    default=1,
    show_default=True,
    metavar="N",
    help="How many captions are kept in mind while it writes, 1 to 16; 1 takes the likeliest word each time. "
    "Example: --beam 4",
)
@click.option(
    "--by",
    default=OWN,
    show_default=True,
    metavar="own|URL",
    help=f"Who describes: our own captioner, or the vision-language model named by {CAPTIONING.model} behind an "
    f"OpenAI-compatible server, which is sent a few frames (and {CAPTIONING.key} as its key). "
    "Example: --by http://localhost:11434/v1",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a file, a line each. Example: --json")
def caption(files: Sequence[str], kind: str, beam: int, by: str, as_json: bool) -> None:
    """Say in a paragraph what each FILE shows, a video or a picture, and how sure that is.

    \b
    himmel caption ball.mp4
    himmel caption ball.mp4 sea.png --json
    HIMMEL_CAPTION_MODEL=qwen2.5vl himmel caption holiday.mov --by http://localhost:11434/v1

    The built-in captioner knows the synthetic world only: it was taught on renders of two seconds. It says how sure it
    is of each sentence, but of real footage it is wrong, and may be sure of it. Then name a server with --by.
    """
    if not 1 <= beam <= 16:
        raise HimmelError(f"--beam {beam}", "1 to 16", "for example --beam 4")
    from himmel.recipes.telling import server_of, tell

    server = server_of(by)
    for file in files:
        _print(file, tell(file, server, kind, beam), as_json, several=len(files) > 1)
    if server is None and not as_json:
        click.echo(f"himmel: note: {NOTICE}", err=True)


def _print(file: str, said: dict[str, Any], as_json: bool, several: bool) -> None:
    if as_json:
        click.echo(json.dumps({"file": file, **said}, ensure_ascii=False))
        return
    if several:
        click.echo(f"{file}:")
    click.echo(said["caption"])
    if "sure" in said:
        least = min(said["sentences"], key=lambda sentence: sentence["sure"], default=None)
        doubt = f'; least of "{least["text"]}", {100 * least["sure"]:.0f} %' if least else ""
        click.echo(f"sure {100 * said['sure']:.0f} %{doubt}")
