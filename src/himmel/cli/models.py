"""`himmel models`: which weights there are, and what they know."""

from __future__ import annotations

import json
from typing import Any

import click

from himmel.cli.options import model_option
from himmel.cli.terminal import say, size_of


@click.command(short_help="Which weights there are, and what they know.")
@click.option("--words", is_flag=True, help="List what the model can show, by kind. Example: himmel models --words")
@model_option
def models(words: bool, model: str) -> None:
    """Show the weights: their parts, sizes, hashes and how they were made.

    \b
    himmel models
    himmel models --words
    himmel models --model runs/mine/export
    himmel models --model Wan2.1-T2V-1.3B-Diffusers

    Of open weights it says what they can do and cannot, as their configuration has it, and where they would compute.
    """
    from himmel.openweights import is_open
    from himmel.pipeline.folder import BESIDE, PARTS, SHIPPED, folder_of, note_of

    if is_open(model):
        from himmel.cli.open_weights import about

        return about(model)
    folder = folder_of(model)
    say("model", f"{model}  ({folder})")
    for part in PARTS:
        note, size = note_of(folder, part)
        say("", "")
        say("part", f"{part}: {size_of(size)}, sha256 {str(note.get('sha256', '?'))[:12]}")
        _about("config", note.get("config"))
        _about("made", note.get("made"))
    for part in BESIDE if model == SHIPPED else ():
        note, size = note_of(folder, part)
        say("beside", f"{part}: {size_of(size)}, sha256 {str(note.get('sha256', '?'))[:12]}")
    if words:
        list_words(_families(note_of(folder, "transformer")[0]))


def _families(note: dict[str, Any]) -> tuple[str, ...]:
    from himmel.grammar.vocabulary import FIRST_FAMILIES

    return tuple(note.get("made", {}).get("families") or FIRST_FAMILIES)


def _about(label: str, told: Any) -> None:
    for name, value in (told or {}).items():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        say(label, f"{name}: {text}")
        label = ""


def list_words(families: tuple[str, ...]) -> None:
    """Everything that a model taught on these families can be told, by kind."""
    from himmel.grammar import vocabulary as v

    kinds = {
        "things": v.SHAPES,
        "colours": v.COLOURS,
        "sizes": v.SIZES,
        "materials": v.MATERIALS,
        "motions": v.MOTIONS,
        "going": v.DIRECTIONS,
        "placed": v.RELATIONS,
        "events": v.EVENTS,
        "grounds": v.GROUNDS,
        "places": v.SCENERIES,
        "sea": v.SEAS,
        "seasons": v.SEASONS,
        "light": v.LIGHTS,
        "weather": v.WEATHERS,
        "clouds": v.CLOUDS,
        "camera": v.CAMERAS,
        "styles": v.STYLES,
    }
    say("", "")
    further = {"things": "shape", "motions": "motion", "events": "event", "places": "scenery", "styles": "style"}
    for kind, values in kinds.items():
        more = [value for value, family in v.FURTHER.get(further.get(kind, ""), {}).items() if family in families]
        say(kind, ", ".join((*values, *more)))
    say("", "in English, Swedish and Chinese, and in other words for the same things")
