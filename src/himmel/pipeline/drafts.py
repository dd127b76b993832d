"""A window that begins with words alone may be made several times; the draft that shows most of what was asked is kept.

Drafts differ in their noise alone. A small network reads each from its latents (`himmel.sight.latents`); the first in
which every stated fact is likelier shown than not is taken at once. It is best-of-n sampling with a verifier of its own
(2501.09732), and the judges, by which figures are published, have no part in it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from torch import Tensor

from himmel.grammar import read
from himmel.pipeline.grid import Grid
from himmel.records.recipe import Recipe
from himmel.sight.asked import Asked, asked, likelihood

if TYPE_CHECKING:
    from himmel.pipeline.parts import Parts
    from himmel.sight.latents import Reader

LEAST = 4
"""Latent frames from which a window is read: the reader was taught on whole clips, and a second shows what moves."""
SHOWN = 0.5
"""A fact is taken to be shown from this probability on."""
_FLOOR = 0.02
"""No single fact counts as less likely: a reader errs too."""


def fresh(grid: Grid, known: Sequence[bool], window: Sequence[int]) -> bool:
    """Whether a window is long enough to be read, and nothing of it is given or was made before."""
    given = any(frame is not None and grid.sources[frame] is not None for g in window for frame in grid.frames(g))
    return len(window) >= LEAST and not given and not any(known[group] for group in window)


def begins(grid: Grid, known: Sequence[bool], number: int, window: Sequence[int]) -> bool:
    """Whether a window is long enough to be read, holds nothing given and makes the first groups of segment `number`
    that are made: what the words say is to begin there. known: which groups are there before it.
    """
    made = [group for group in window if not known[group]]
    first = next((group for group in grid.segments[number] if not grid.known[group]), None)
    given = any(grid.known[group] for group in window)
    return len(window) >= LEAST and first in made and not given


def questions(recipe: Recipe, parts: Parts) -> list[list[Asked]]:
    """What each segment's own words state, by which drafts are compared and moved; [] where neither is done.

    What a prompt was filled up with is not asked for: nobody said it.
    """
    texts = [segment.prompt for segment in recipe.plan.segments] or [recipe.prompt]
    if parts.reader is None or (recipe.drafts == 1 and recipe.reader_guidance == 0):
        return [[] for _ in texts]
    return [asked(read(text, parts.families), parts.reader.config.further) for text in texts]


def further_walks(recipe: Recipe, parts: Parts) -> int:
    """How many walks there are at most beside one for each window."""
    grid, facts = Grid(recipe.plan), questions(recipe, parts)
    known, count = list(grid.known), 0
    for number, window in grid.walk(grid.known):
        count += bool(facts[number]) and fresh(grid, known, window)
        for group in window:
            known[group] = True
    return count * (recipe.drafts - 1)


def best(reader: Reader, facts: Sequence[Asked], drafts: int, make: Callable[[int], Tensor]) -> tuple[Tensor, int]:
    """(latents [C, G, h, w] of the draft that shows most, the earliest of equals; how many were made).

    make: draft -> latents, from draft 0 on, which is what is made without drafts.
    """
    kept, highest = make(0), -math.inf
    for draft in range(drafts):
        made = make(draft) if draft else kept
        answers = reader.read(made[None].float().cpu())
        shares = [likelihood(fact, answers) for fact in facts]
        score = sum(math.log(max(share, _FLOOR)) for share in shares)
        if score > highest:
            kept, highest = made, score
        if min(shares) >= SHOWN:
            return made, draft + 1
    return kept, drafts
