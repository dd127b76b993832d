"""`himmel verify`: what a file says of itself, and whether that is true."""

from __future__ import annotations

import dataclasses
import json
import sys
from typing import TYPE_CHECKING

import click

from himmel.cli.options import PATH
from himmel.cli.terminal import say
from himmel.records import HimmelError

if TYPE_CHECKING:
    from himmel.provenance.verify import Verdict

LARGEST = 1 << 20  # bytes of a file with certificates
MEANINGS = {
    "trusted": "signed, not changed since, by a certificate that is trusted here",
    "valid": "signed, not changed since; nobody that is trusted here vouches for the signer: anybody can take a name",
    "altered": "not what was signed",
    "missing": "no manifest: never signed, or taken off since",
}


@click.command(short_help="What a file says of itself, and whether that is true.")
@click.argument("file", type=PATH)
@click.option(
    "--trust",
    type=PATH,
    default=None,
    metavar="PEM",
    help="Certificates that are trusted besides this installation's own, such as the certificate.pem of another one. "
    "Example: --trust studio.pem",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object. Example: --json")
def verify(file: str, trust: str | None, as_json: bool) -> None:
    """Read the signed manifest (C2PA) of FILE, or the one beside a .webm, and say whether it holds.

    \b
    himmel verify ball.mp4
    himmel verify ball.mp4 --json

    \b
    Exit codes
      0  valid: signed, and not changed since
      1  altered: changed since, or signed by a certificate that may not
      2  bad input: no such file, or of a kind that carries no manifest
      3  no manifest
    """
    from himmel.provenance import verify as room

    anchors, note = _anchors(trust)
    verdict = room.verify(file, anchors)
    fits = room.recipe_fits(file, verdict)
    if as_json:
        found = {"file": file, **dataclasses.asdict(verdict), "recipe_beside_fits": fits}
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
    else:
        if note:
            say("note", note)
        _report(file, verdict, fits)
    sys.exit(verdict.exit_code)


def _anchors(trust: str | None) -> tuple[str, str]:
    """Certificates that are trusted, and what there is to say where one's own cannot be read."""
    from himmel.provenance.settings import anchors_from

    own, note = "", ""
    try:
        own = anchors_from()
    except HimmelError as error:
        note = f"without the identity of this installation: {error}"
    return own + _certificates(trust), note


def _certificates(path: str | None) -> str:
    if path is None:
        return ""
    try:
        with open(path, encoding="ascii") as file:
            content = file.read(LARGEST)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise HimmelError(f"--trust {path}: {reason}", "a PEM file with certificates", "") from error
    if "-----BEGIN CERTIFICATE-----" not in content:
        raise HimmelError(f"--trust {path}: no certificate in it", "a PEM file with certificates", "")
    return content


def _report(file: str, verdict: Verdict, fits: bool | None) -> None:
    """The verdict in lines; what is not said in the manifest is left away."""
    say(verdict.state, f"{file}: {MEANINGS[verdict.state]}")
    for problem in verdict.problems:
        say("", problem)
    signed = f"{verdict.signer}  (certificate {verdict.certificate})"
    source = f"{', '.join(verdict.actions)}  ({verdict.source})" if verdict.source else ", ".join(verdict.actions)
    lines = {
        "signer": signed if verdict.signer else "",
        "made by": ", model ".join(part for part in (verdict.maker, verdict.model) if part),
        "made on": verdict.when,
        "how": source,
        "recipe": f"SHA-256 {verdict.recipe}{_BESIDE[fits]}" if verdict.recipe else "",
    }
    for label, text in lines.items():
        if text:
            say(label, text)
    for one in verdict.sources:
        say("from", f"{one.name}  ({one.relation}; its own manifest: {one.state})")


_BESIDE = {None: "", True: ": the one beside the file", False: ": NOT the one beside the file"}
