"""A thing is read from a held-out clip, named in a prompt of another scene, and looked for in the clip that this makes.

Command: ``himmel evaluate characters --count 24`` (two cores: about 8 seconds a clip with 8 steps).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

from himmel.evaluation.prompts import Reader
from himmel.evaluation.subject import subject_of
from himmel.grammar.subject import with_things
from himmel.pipeline.generate import Pipeline
from himmel.records import ObjectFacts
from himmel.records.clip import Clip
from himmel.sight.reading import Reading

NAME = "Rolly"
LOOKS = ("colour", "shape", "size", "material")
_GROUNDS = ("on grass", "on sand", "on marble", "on asphalt")
_LIGHTS = ("by day", "at sunset", "under an overcast sky")
_ROUND, _FLAT = ("rolls to the left", "rolls to the right"), ("slides to the left", "slides to the right")
_ANY = ("bounces", "falls", "stands still")


@dataclass(frozen=True)
class Kept:
    """One clip. truth: the thing in it. seen: as it was read. named, told: readings of the clips that were made of its
    name, and of the words for what it truly is.
    """

    truth: ObjectFacts
    seen: ObjectFacts | None
    named: Reading | None
    told: Reading


def keep_all(
    pipeline: Pipeline,
    clips: Sequence[Clip],
    judge: Reader,
    steps: int,
    guidance: float,
    report: Callable[[int], None],
) -> list[Kept]:
    """Every clip about a single thing, and two that are made of it with the same seed."""
    results: list[Kept] = []
    for number, clip in enumerate(clips):
        if clip.facts is not None and len(clip.facts.objects) == 1 and clip.facts.objects[0].count == 1:
            truth, subject = clip.facts.objects[0], subject_of(judge.read(clip.frames))

            def made(thing: ObjectFacts, seed: int = number, truth: ObjectFacts = truth) -> Reading:
                words = with_things(scene(truth, seed), {NAME: thing})
                return judge.read(pipeline.generate(words, seed=seed, steps=steps, guidance=guidance).frames)

            seen = None if subject is None else subject.thing
            results.append(Kept(truth, seen, None if seen is None else made(seen), made(truth)))
        report(number + 1)
    return results


def scene(thing: ObjectFacts, seed: int) -> str:
    """A prompt that names a thing and says nothing of its looks: what it does, which its shape can do, and where."""
    dice = random.Random(seed)
    does = dice.choice((*(_ROUND if thing.shape in ("ball", "cylinder") else _FLAT), *_ANY))
    return f"{NAME} {does} {dice.choice(_GROUNDS)} {dice.choice(_LIGHTS)}"


def shares(results: Sequence[Kept]) -> dict[str, tuple[float, float, float, float]]:
    """By look: the share (0 to 1) that is read right, shown under the name, shown when it is told, and shown by chance:
    for the things of other clips. A look that the world does not state is left out.
    """
    found = {}
    for look in LOOKS:
        mine = [kept for kept in results if getattr(kept.truth, look) is not None]
        if not mine:
            continue
        read = [kept.seen is not None and getattr(kept.seen, look) == getattr(kept.truth, look) for kept in mine]
        named = [shows(kept.named, kept.truth, look) for kept in mine]
        told = [shows(kept.told, kept.truth, look) for kept in mine]
        others = [shows(kept.named, other.truth, look) for kept in mine for other in mine if other is not kept]
        found[look] = (_mean(read), _mean(named), _mean(told), _mean(others))
    return found


def shows(reading: Reading | None, thing: ObjectFacts, look: str) -> bool:
    """Whether a look of a thing is seen: of a colour that is not there, none is."""
    if reading is None or not reading.sees(thing.colour):
        return False
    return look == "colour" or reading.objects[thing.colour].get(look) == asdict(thing)[look]


def _mean(flags: Sequence[bool]) -> float:
    return sum(flags) / len(flags) if flags else float("nan")
