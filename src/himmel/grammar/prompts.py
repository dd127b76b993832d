"""Prompts to evaluate prompt following with: simple English scenes whose every stated fact can be judged."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from himmel.grammar import vocabulary as v
from himmel.grammar.describe import describe_with_facts
from himmel.records import ObjectFacts, Relation, SceneFacts

SHAPES_OF_MOTION = {"rolls": ("ball", "cylinder"), "topples": ("cube", "cylinder", "capsule")}
"""What can roll or topple; every shape does the rest."""

_DIRECTED = ("rolls", "slides", "bounces")
_KINDS = ("one", "one", "one", "one", "one", "two", "two", "sea", "land", "one")
_LANDS = ("mountains", "desert", "hills")


class _Deck:
    """Values in random order, each as often as the others."""

    def __init__(self, values: Sequence[str], rng: random.Random) -> None:
        self.values, self.rng, self.left = values, rng, list[str]()

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


def evaluation_prompts(count: int, seed: int) -> list[tuple[str, SceneFacts]]:
    """Different English prompts, each with exactly the facts that it states; the same seed gives the same list.

    Mostly one object with a motion and a direction, or two at rest with a relation, some seas and landscapes; values
    are dealt from shuffled decks, so each comes up about equally often.
    """
    rng = random.Random(seed)
    draw, found, seen = _Draw(rng), list[tuple[str, SceneFacts]](), set[str]()
    while len(found) < count:
        facts = draw.scene(_KINDS[len(found) % len(_KINDS)])
        text, stated = describe_with_facts(facts, rng, "en", "full" if rng.random() < 0.85 else "short")
        if text not in seen:
            seen.add(text)
            found.append((text, stated))
    return found
