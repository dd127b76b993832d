"""Prompts to evaluate prompt following with: simple scenes whose every stated fact can be judged, in any language."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace

from himmel.grammar import vocabulary as v
from himmel.grammar.describe import describe_with_facts, say
from himmel.records import HimmelError, ObjectFacts, Relation, SceneFacts

SHAPES_OF_MOTION = {"rolls": ("ball", "cylinder"), "topples": ("cube", "cylinder", "capsule")}
"""What can roll or topple; every shape does the rest."""

_DIRECTED = ("rolls", "slides", "bounces")
_KINDS = ("one", "one", "one", "one", "one", "two", "two", "sea", "land", "one")
_LANDS = ("mountains", "desert", "hills")
_BARE = {"sea": SceneFacts("sea", "sea"), "land": SceneFacts("landscape", "hills")}
"""Kinds of scenes without things, and what one shows at least."""
_TRIES = 20_000
"""Scenes of a kind that may be refused in a row."""


class _Deck:
    """Values in random order, each as often as the others."""

    def __init__(self, values: Sequence[str], rng: random.Random) -> None:
        self.values, self.rng, self.left = values, rng, list[str]()

    def put_back(self, value: str) -> None:
        """Makes it the next one."""
        self.left.insert(0, value)

    def draw(self, allowed: Sequence[str] | None = None) -> str:
        """The next value, or the next of those allowed."""
        while True:
            for i, value in enumerate(self.left):
                if allowed is None or value in allowed:
                    return self.left.pop(i)
            fresh = list(self.values)
            self.rng.shuffle(fresh)
            self.left += fresh


class _Draw:
    """The decks that a set of prompts is dealt from."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.shape, self.colour = _Deck(v.SHAPES, rng), _Deck(v.COLOURS, rng)
        self.motion = _Deck(("rests", "falls", *_DIRECTED, "spins", "topples", *_DIRECTED), rng)
        self.direction, self.side = _Deck(v.DIRECTIONS, rng), _Deck(("left", "right"), rng)
        self.ground, self.light = _Deck(v.GROUNDS, rng), _Deck(v.LIGHTS, rng)
        self.camera = _Deck([camera for camera in v.CAMERAS if camera not in ("flies forward", "follows")], rng)
        self.relation = _Deck([kind for kind in v.RELATIONS if kind != "on"], rng)
        self.sea, self.season, self.land = _Deck(v.SEAS, rng), _Deck(v.SEASONS, rng), _Deck(_LANDS, rng)

    def thing(self, moves: bool) -> ObjectFacts:
        motion = self.motion.draw() if moves else "rests"
        direction = None
        if motion in _DIRECTED:
            direction = self.side.draw() if self.rng.random() < 0.7 else self.direction.draw()
        shape = self.shape.draw(SHAPES_OF_MOTION.get(motion))
        return ObjectFacts(shape, self.colour.draw(), motion=motion, direction=direction)

    def scene(self, kind: str) -> SceneFacts:
        light = self.light.draw() if self.rng.random() < 0.6 else None
        if kind == "sea":
            return SceneFacts("sea", "sea", sea=self.sea.draw(), light=light or self.light.draw())
        if kind == "land":
            return SceneFacts("landscape", self.land.draw(), season=self.season.draw(), light=light)
        ground = self.ground.draw() if self.rng.random() < 0.75 else None
        if kind == "one":
            camera = self.camera.draw() if self.rng.random() < 0.35 else None
            return SceneFacts("single", objects=(self.thing(True),), ground=ground, light=light, camera=camera)
        first, second = self.thing(False), self.thing(False)
        while second.colour == first.colour:
            second = replace(second, colour=self.colour.draw())
        camera = self.camera.draw() if self.rng.random() < 0.5 else None
        relations = (Relation(self.relation.draw(), 0, 1),)
        return SceneFacts("camera", "plain", (first, second), relations, ground=ground, light=light, camera=camera)

    def refuse(self, facts: SceneFacts) -> None:
        """Deals the colour of a single thing again, so that each comes up as often, however few of its scenes pass."""
        if len(facts.objects) == 1:
            self.colour.put_back(facts.objects[0].colour)


def evaluation_prompts(
    count: int, seed: int, language: str = "en", allowed: Callable[[SceneFacts], bool] | None = None
) -> list[tuple[str, SceneFacts]]:
    """Different prompts, each with exactly the facts that it states; the same seed gives the same list.

    Mostly one object with a motion and a direction, or two at rest with a relation, some seas and landscapes; values
    are dealt from shuffled decks, so each comes up about equally often. Prompt i states the same facts in every
    language, those that its English words chose. allowed: which scenes may be asked for, None for all; kinds of scenes
    without things are left out where it refuses a bare one. Raises HimmelError for an unknown language, and where it
    allows next to nothing.
    """
    rng = random.Random(seed)
    draw, found, seen = _Draw(rng), list[tuple[str, SceneFacts]](), set[str]()
    kinds = [kind for kind in _KINDS if allowed is None or kind not in _BARE or allowed(_BARE[kind])]
    while len(found) < count:
        facts = _scene(draw, kinds[len(found) % len(kinds)], allowed)
        length = "full" if rng.random() < 0.85 else "short"
        text, stated = describe_with_facts(facts, rng, "en", length)
        if allowed is not None and not allowed(stated):
            draw.refuse(facts)
            continue
        if text in seen:
            continue
        seen.add(text)
        if language != "en":
            text = say(stated, random.Random(f"{seed}/{len(found)}/{language}"), language, length)
        found.append((text, stated))
    return found


def _scene(draw: _Draw, kind: str, allowed: Callable[[SceneFacts], bool] | None) -> SceneFacts:
    """The next scene of a kind that is allowed."""
    for _ in range(_TRIES):
        facts = draw.scene(kind)
        if allowed is None or allowed(facts):
            return facts
        draw.refuse(facts)
    raise HimmelError(f"no scene of the kind {kind!r} is allowed", "scenes that `evaluation_prompts` draws")
