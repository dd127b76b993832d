"""A prompt filled up by a language model, if its answer is faithful: asked at most twice, checked by the grammar."""

from __future__ import annotations

import random
import unicodedata
from dataclasses import dataclass

from himmel.grammar import departures, describe_with_facts, expand, imagine
from himmel.grammar import vocabulary as v
from himmel.grammar.parse import items
from himmel.language.chat import Message, chat
from himmel.language.endpoint import Endpoint

LONGEST = 600
"""Characters of an answer; captions have up to 355. A prompt that is long itself may get ROOM more than it has."""
ROOM = 300
TRIES = 2
NAMED = 3
"""How many departures are named when asking again, and to the user."""
EXAMPLES = (14, 10, 28, 20)
"""Seeds of the scenes that show what is wanted."""
_THOUGHTS = ("think", "thinking", "reasoning", "thought")
_QUOTES = "\"'`*“”„«»「」 \n"

SYSTEM = f"""\
You write descriptions for a small text-to-video model. It was trained on plain descriptions of simple scenes, such as \
the ones below. Turn the prompt of the user into one such description of one or two short sentences.

Keep everything that the prompt says: every object, its number, colour, size, material, motion and direction, who is \
where, what happens, place, light, weather, camera. Keep words that you do not know. Add only what the prompt leaves \
open: a colour for each object, a ground (where there are objects and the prompt names no sea or landscape), a light, \
and a camera, which is still if nothing is said. Add no object, no event, no style and nothing that contradicts.

Write in the language of the prompt. Use no other words than these and plain words to join them; no "slowly", \
no "soft", no "beautiful":
shapes: {", ".join(v.SHAPES)}
colours: {", ".join(v.COLOURS)}
sizes: {", ".join(v.SIZES)}; materials: {", ".join(v.MATERIALS)}
motions: {", ".join(v.MOTIONS)}; directions: {", ".join(v.DIRECTIONS)}
places of two objects: {", ".join(v.RELATIONS)}
grounds: {", ".join(v.GROUNDS)}
instead of a ground: {", ".join(v.SCENERIES[1:])}; the sea is {" or ".join(v.SEAS)}; seasons: {", ".join(v.SEASONS)}
lights: {", ".join(v.LIGHTS)}
weather: {", ".join(v.WEATHERS)}; {", ".join(v.CLOUDS)}
cameras: {", ".join(v.CAMERAS)}

Answer with the description alone: no introduction, no quotation marks, no explanation."""


@dataclass(frozen=True)
class Expansion:
    """What a prompt became. text: the words that the model is shown. notice: one line for the user, or ""."""

    text: str
    notice: str = ""


def rewrite(prompt: str, endpoint: Endpoint, families: tuple[str, ...] = v.FIRST_FAMILIES) -> Expansion:
    """The prompt as the endpoint's model describes it; without text, and a notice why, where it is not faithful.

    Faithful is what `himmel.grammar.departures` finds no fault with. An answer with faults is asked for once more,
    with the faults named. families: those that the video model was taught on. Raises HimmelError as `chat` does.
    """
    messages, faults = _question(prompt), list[str]()
    for _ in range(TRIES):
        answer = tidied(chat(endpoint, messages))
        faults = _faults(prompt, answer, families)
        if not faults:
            return Expansion(answer)
        said = {"role": "assistant", "content": answer[:LONGEST] or "..."}
        messages += [said, {"role": "user", "content": _complaint(prompt, faults)}]
    return Expansion("", f"the answer of {endpoint.model} is not used ({'; '.join(faults[:NAMED])})")


def tidied(answer: str) -> str:
    """An answer on one line, without thoughts, quotation marks around it, and characters that are not printed."""
    for name in _THOUGHTS:
        answer = answer.rpartition(f"</{name}>")[2].partition(f"<{name}>")[0]
    spaced = " ".join(answer.split())
    # "C" are control characters, those that turn the direction of writing, and halves of characters.
    return "".join(c for c in spaced if unicodedata.category(c)[0] != "C").strip(_QUOTES)


def _faults(prompt: str, answer: str, families: tuple[str, ...]) -> list[str]:
    limit = max(LONGEST, len(prompt) + ROOM)
    if not answer:
        return ["an empty answer"]
    if len(answer) > limit:
        return [f"{len(answer)} characters where {limit} are allowed"]
    return departures(prompt, answer, families)


def _question(prompt: str) -> list[Message]:
    """The rules, examples in the language of the prompt that keep to them, and the prompt."""
    language, _ = items(prompt)
    messages: list[Message] = [{"role": "system", "content": SYSTEM}]
    for seed in EXAMPLES:
        short, full = example(seed, language)
        messages += [{"role": "user", "content": short}, {"role": "assistant", "content": full}]
    return [*messages, {"role": "user", "content": prompt}]


def example(seed: int, language: str) -> tuple[str, str]:
    """A short prompt of the grammar and its description; the same seed gives the same."""
    short, _ = describe_with_facts(imagine(random.Random(seed)), random.Random(seed), language, "short")
    return short, expand(short, seed)


def _complaint(prompt: str, faults: list[str]) -> str:
    named = "\n".join(f"- {fault:.200}" for fault in faults[: 2 * NAMED])
    return f"That does not keep to the rules:\n{named}\nWrite the description of this prompt again: {prompt}"
