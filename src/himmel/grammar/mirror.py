"""What is true of a clip that is shown mirrored: left becomes right."""

from __future__ import annotations

from dataclasses import replace

from himmel.records import SceneFacts

_SIDES = {"left": "right", "right": "left"}


def mirrored(facts: SceneFacts) -> SceneFacts:
    """The facts of the mirrored picture; twice mirrored is the same."""
    return replace(
        facts,
        objects=tuple(replace(o, direction=_swap(o.direction)) for o in facts.objects),
        relations=tuple(replace(r, kind=_swap(r.kind) or r.kind) for r in facts.relations),
        events=tuple(replace(e, side=_swap(e.side)) for e in facts.events),
        camera=_swap(facts.camera),
    )


def _swap(phrase: str | None) -> str | None:
    """ "left of" to "right of", "pans left" to "pans right"; anything without a side stays."""
    if phrase is None:
        return None
    return " ".join(_SIDES.get(word, word) for word in phrase.split(" "))
