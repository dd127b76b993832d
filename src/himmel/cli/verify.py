"""`himmel verify`: what a file says of itself, whether that is true, what its pictures carry and look like."""

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
    from himmel.provenance.certificate import Identity
    from himmel.provenance.detector import Guess
    from himmel.provenance.recognise import Recognised
    from himmel.provenance.verify import Verdict
    from himmel.records.recipe import Recipe

LARGEST = 1 << 20  # bytes of a file with certificates
MARKED_ONLY = 4
"""Exit code of a file without a manifest whose pictures carry the watermark."""
MEANINGS = {
    "trusted": "signed, not changed since, by a certificate that is trusted here",
    "valid": "signed, not changed since; nobody that is trusted here vouches for the signer: anybody can take a name",
    "altered": "not what was signed",
    "missing": "no manifest: never signed, or taken off since",
}
WHOSE = {
    "": "too faint to be read",
    "nobody": "made unsigned",
    "here": "made by this installation",
    "here, by number only": "claims to be made by this installation, but its key did not make the tag",
    "trusted": "the number of a certificate that is trusted here, as far as a number can say",
    "unknown": "of a key that is not known here",
}

GUESSES = {
    "likely": "himmel's decoder probably drew this",
    "unlikely": "himmel's decoder probably did not draw this",
    "cannot tell": "it cannot tell whether himmel's decoder drew this",
}
UNTESTED = (
    "a guess from faint traces, no proof either way; never tested on other video models, on camera footage beyond two "
    "films, on screen recordings, or on clips that were made much larger or were meant to deceive it"
)


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
    """Read the signed manifest (C2PA) of FILE, or the one beside a .webm, and say whether it holds; and look for the
    watermark that himmel lays over its pictures, which stays when a manifest is taken off. Where there is neither, a
    detector guesses whether himmel drew the pictures, and says how sure it is; the exit code does not depend on it.

    \b
    himmel verify ball.mp4
    himmel verify ball.mp4 --json

    \b
    Exit codes
      0  valid: signed, and not changed since
      1  altered: changed since, or signed by a certificate that may not
      2  bad input: no such file, or of a kind that carries no manifest and no pictures
      3  no manifest, and no watermark was found
      4  no manifest, but the watermark
    """
    from himmel.provenance import verify as room

    trusted = _certificates(trust)
    own, note = _own()
    try:
        verdict = room.verify(file, ("" if own is None else own.root) + trusted)
        mark = _mark(file, verdict, own, trusted)
    except HimmelError as error:
        verdict = room.Verdict("missing", problems=(error.given,))
        mark = _mark(file, verdict, own, trusted)
        if isinstance(mark, HimmelError):
            raise
    marked_only = verdict.state == "missing" and not isinstance(mark, HimmelError) and mark.finding.found
    silent = verdict.state == "missing" and not marked_only
    guess = _guess(file) if as_json or silent else None
    fits = room.recipe_fits(file, verdict)
    if as_json:
        marked = {"found": None, "problem": str(mark)} if isinstance(mark, HimmelError) else mark.to_dict()
        looks = {"problem": str(guess)} if isinstance(guess, HimmelError) else guess.to_dict() if guess else None
        found = {**dataclasses.asdict(verdict), "recipe_beside_fits": fits, "watermark": marked, "detector": looks}
        click.echo(json.dumps({"file": file, **found}, indent=2, ensure_ascii=False))
    else:
        if note:
            say("note", note)
        _report(file, verdict, fits)
        _report_mark(mark)
        if guess is not None:
            _report_guess(guess)
    sys.exit(MARKED_ONLY if marked_only else verdict.exit_code)


def _own() -> tuple[Identity | None, str]:
    """The identity of this installation, and what there is to say where it cannot be read."""
    from himmel.provenance.settings import own_from

    try:
        return own_from(), ""
    except HimmelError as error:
        return None, f"without the identity of this installation: {error}"


def _mark(file: str, verdict: Verdict, own: Identity | None, trusted: str) -> Recognised | HimmelError:
    """What is found of the watermark; the error where the pictures cannot be read."""
    from himmel.footage.read import ReadLimits, read_video
    from himmel.provenance.detect import MOST_FRAMES, detect, payloads
    from himmel.provenance.recognise import recognise

    try:
        frames, _ = read_video(file, limits=ReadLimits(most=MOST_FRAMES))
    except HimmelError as error:
        return error
    finding, recipe = detect(frames), _recipe_beside(file)
    sources = {one.watermark: one.name for one in verdict.sources if one.watermark}
    mixed = finding.payload is not None and finding.payload.text in sources
    return recognise(
        finding, own, trusted, verdict.watermark, recipe, sources, payloads(frames) if mixed else frozenset()
    )


def _guess(file: str) -> Guess | HimmelError:
    """What the detector takes a file for; the error where its pictures or the weights cannot be read."""
    from himmel.pipeline.detector import guess

    try:
        return guess(file)
    except HimmelError as error:
        return error


def _recipe_beside(file: str) -> Recipe | None:
    from pathlib import Path

    from himmel.records.recipe import Recipe

    try:
        with open(f"{Path(file)}.json", encoding="utf-8") as content:
            return Recipe.from_json(content.read(LARGEST))
    except (OSError, ValueError, HimmelError):
        return None


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


def _report_mark(mark: Recognised | HimmelError) -> None:
    """What the pictures carry, in lines."""
    if isinstance(mark, HimmelError):
        say("watermark", f"not looked for: {mark}")
        return
    found, payload = mark.finding, mark.finding.payload
    looked = f"{found.frames} frames" if found.frames > 1 else "1 frame"
    if not found.found:
        say("watermark", f"none found in {looked}; that says little: marks can be lost or taken off")
        return
    mirror = f", mirrored {found.flip}" if found.flip else ""
    chance = f"in an unmarked file with a chance of at most {found.chance:.0e}"
    say("watermark", f"himmel's, in {looked}{mirror}  ({chance})")
    said = "" if payload is None else f"{payload.text}, "
    say("", f"{said}{WHOSE[mark.whose]}")
    if mark.source:
        say("", f"that of {mark.source}, whose frames are in it")
    if mark.fits_recipe is not None:
        say("", "of the recipe beside the file" if mark.fits_recipe else "NOT of the recipe beside the file")
    if mark.fits_manifest is not None:
        moved = "NOT what the manifest says: one of both was moved here"
        there = "as the manifest says" + (", in frames that were made" if mark.source else "")
        say("", there if mark.fits_manifest else moved)


def _report_guess(guess: Guess | HimmelError) -> None:
    """What the pictures look like, in lines."""
    if isinstance(guess, HimmelError):
        say("detector", f"did not look: {guess}")
        return
    if guess.probability is None:
        say("detector", f"{guess.verdict}: {guess.why}")
        return
    sure = f"{100 * guess.probability:.0f} % if every second clip were himmel's, by {guess.frames} frames"
    say("detector", f"{guess.verdict}: {GUESSES[guess.verdict]}  ({sure})")
    say("", UNTESTED)


_BESIDE = {None: "", True: ": the one beside the file", False: ": NOT the one beside the file"}
