"""Short prompts become the descriptive kind that the model is trained on."""

from __future__ import annotations

import random
from dataclasses import replace

from himmel.grammar.describe import describe, voice
from himmel.grammar.labels import labels
from himmel.grammar.lexicon import Families
from himmel.grammar.parse import items
from himmel.grammar.phrases import phrases
from himmel.grammar.read import read
from himmel.grammar.vocabulary import COLOURS, FIRST_FAMILIES, FURTHER, GROUNDS
from himmel.records import ObjectFacts, SceneFacts


def expand(text: str, seed: int, before: str = "", families: Families = FIRST_FAMILIES) -> str:
    """The prompt as a full description in its own language; the same seed gives the same words.

    Every stated fact stays and nothing that contradicts one is added: colours, ground, sea, light and camera are
    chosen where the prompt leaves them open. A prompt with words outside the vocabulary is kept as it is, with what
    is missing added at its end; one that leaves nothing open is returned unchanged. before: the description of the
    scene before this one, whose subjects and setting go on where nothing else is said. families: those that the model
    was taught on.
    """
    prompt = " ".join(text.split())
    facts, rng = read(prompt, families), random.Random(seed)
    language, _ = items(prompt, families)
    if not prompt:
        return prompt
    wanted = filled(_continued(facts, read(before, families)) if before else facts, rng)
    known = all(phrase.known for phrase in phrases(prompt, families))
    if known and (facts.objects or facts.scenery != "plain"):
        if wanted == facts:
            return prompt
        told = describe(wanted, rng, language, "full")
        again = read(told, families)
        if labels(again) == labels(wanted) and _beyond(again) == _beyond(wanted):
            return told
    return _extended(prompt, facts, wanted, rng, language)


def _continued(facts: SceneFacts, before: SceneFacts) -> SceneFacts:
    """The facts, with what an earlier scene says where they are open: looks of things of one shape, setting, style."""
    left = list(before.objects)
    objects = []
    for thing in facts.objects:
        same = next((b for b in left if b.shape == thing.shape and thing.colour in ("", None, b.colour)), None)
        if same is not None:
            left.remove(same)
            looks = {name: getattr(thing, name) or getattr(same, name) for name in ("colour", "size", "material")}
            thing = replace(thing, **looks)
        objects.append(thing)
    changes: dict[str, str | None] = {}
    if facts.scenery == "plain" and facts.ground is None:
        changes = {"scenery": before.scenery, "ground": before.ground, "sea": before.sea}
    if facts.light is None and facts.light_to is None:
        changes["light"] = before.light_to or before.light
    if facts.weather is None and facts.weather_to is None:
        changes["weather"] = before.weather_to or before.weather
    open_ = [name for name in ("clouds", "season", "style") if getattr(facts, name) is None]
    changes |= {name: getattr(before, name) for name in open_}
    return replace(facts, objects=tuple(objects), **changes)  # pyright: ignore[reportArgumentType]


def filled(facts: SceneFacts, rng: random.Random) -> SceneFacts:
    """The facts, with colours, ground, sea, light and camera chosen where they are open."""
    taken = {thing.colour for thing in facts.objects}
    free = [colour for colour in COLOURS if colour not in taken]
    rng.shuffle(free)
    objects = tuple(_coloured(thing, free) for thing in facts.objects)
    changes: dict[str, str] = {}
    if facts.scenery == "plain" and facts.ground is None:
        snow_fits = facts.season == "winter" or facts.weather == "snowfall"
        changes["ground"] = rng.choice([ground for ground in GROUNDS if ground != "snow" or snow_fits])
    if facts.scenery == "sea" and facts.sea is None:
        changes["sea"] = rng.choice(("calm", "rough"))
    if facts.light is None and facts.light_to is None:
        changes["light"] = _light(facts, rng)
    if facts.camera is None:
        wide = facts.scenery not in ("plain", "sea", *FURTHER["scenery"])
        changes["camera"] = (
            "flies forward" if wide else "still"
        )  # a move that nobody asked for would hide the one asked for
    return replace(facts, objects=objects, **changes)


def _beyond(facts: SceneFacts) -> tuple[object, ...]:
    """What labels leave out: values that came later."""
    further = FURTHER["event"]
    events = [(e.kind, e.agent, e.patient, e.side) for e in facts.events if e.kind in further]
    return [(thing.shape, thing.motion) for thing in facts.objects], events, facts.scenery, facts.style


def _coloured(thing: ObjectFacts, free: list[str]) -> ObjectFacts:
    return thing if thing.colour else replace(thing, colour=free.pop() if free else COLOURS[0])


def _light(facts: SceneFacts, rng: random.Random) -> str:
    """A light that contradicts neither clouds nor weather."""
    if facts.clouds in ("clear sky", "scattered clouds") or facts.weather == "clear":
        return rng.choice(("day", "sunset"))
    if facts.weather in ("rain", "snowfall", "fog") or facts.clouds == "heavy clouds":
        return rng.choice(("day", "overcast"))
    return rng.choice(("day", "sunset", "overcast"))


def _extended(prompt: str, facts: SceneFacts, wanted: SceneFacts, rng: random.Random, language: str) -> str:
    """The prompt itself, with ground, light and camera added as tags where it leaves them open."""
    words = voice(wanted, rng, language)
    tags: list[str] = []
    # without a known object the unknown words may name a place of their own
    if facts.objects and facts.ground is None and wanted.ground is not None:
        tags.append(words.ground_tag())
    if facts.light is None and facts.light_to is None and wanted.light is not None:
        tags.append(words.pick(words.settings.light[wanted.light].tag))
    if facts.camera is None and wanted.camera is not None:
        tags.append(words.pick(words.settings.camera_tag[wanted.camera]))
    return words.settings.glue.comma.join([prompt.rstrip(" .,。，"), *tags])
