"""The prompt check's head: ideas in three languages on frozen word states.

Command: ``himmel train safety``. One idle core: about 2 minutes to encode 11,400 prompts once, 2 minutes for four
folds and the last training. Thresholds are chosen on ideas that a fold did not see; what is reported (``himmel
evaluate safety``, docs/safety.md) is measured on ideas and framings that none saw. Writes ``head.safetensors`` in
16 bits (21 kB) and ``head.json``, bound to the encoder's fingerprint.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from himmel.language import WordEncoder, pad_states
from himmel.recipes.safety_data import FOLDS, Prompt, counts, prompts
from himmel.safety.classifier import Head
from himmel.safety.lists import load_lists
from himmel.safety.normalise import normalise
from himmel.safety.policy import CATEGORIES
from himmel.weights import save

OVERLAP = {
    ("minors", "sexual"),
    ("sexual", "minors"),
    ("violence", "hate"),
    ("hate", "violence"),
    ("disinformation", "likeness"),
}
"""(category, other): whether a prompt of one also falls under the other is left open."""
OTHERS = 0.3
"""Weight of "not the other categories" in a prompt of one: telling them apart matters less than refusing."""
LEAST, MOST = 0.3, 0.995
"""Thresholds stay between these."""


@dataclass(frozen=True)
class SafetyRecipe:
    """frames: prompts an idea and language. precision: aimed at by lists and classifier together, in each category, on
    ideas that were not taught. alarms: largest share of harmless prompts that the classifier refuses as one category.
    """

    frames: int = 4
    captions: int = 500
    epochs: int = 5
    batch: int = 64
    learning_rate: float = 2e-3
    weight_decay: float = 0.05
    precision: float = 0.98
    alarms: float = 0.004
    seed: int = 3


@dataclass(frozen=True)
class Encoded:
    """Prompts with their states, float16 [n_i, 384] each."""

    prompts: list[Prompt]
    states: list[Tensor]


def encode(encoder: WordEncoder, found: Sequence[Prompt], say: Callable[[str], None] = print) -> Encoded:
    """The states of what the check would show the classifier of each prompt, whole."""
    began, states = time.monotonic(), list[Tensor]()
    for at in range(0, len(found), 500):
        states += [state.half() for state in encoder.encode([normalise(p.text).text for p in found[at : at + 500]])]
    took, tokens = time.monotonic() - began, sum(map(len, states))
    say(f"encoded {len(found)} prompts, {tokens} tokens, in {took:.0f} s")
    return Encoded(list(found), states)


def targets(found: Sequence[Prompt]) -> tuple[Tensor, Tensor]:
    """(truth, weight), float32 [prompts, categories] each."""
    truth, weight = torch.zeros(len(found), len(CATEGORIES)), torch.ones(len(found), len(CATEGORIES))
    for row, prompt in enumerate(found):
        if prompt.category is None:
            continue
        for column, name in enumerate(CATEGORIES):
            mine = name == prompt.category
            truth[row, column] = float(mine)
            weight[row, column] = 1 if mine else 0 if (prompt.category, name) in OVERLAP else OTHERS
    return truth, weight


def train(recipe: SafetyRecipe, taught: Encoded) -> Head:
    """AdamW on the binary cross-entropy of every category; a prompt of a category weighs three times for it."""
    torch.manual_seed(recipe.seed)
    head, rng = Head(), random.Random(recipe.seed)
    optimiser = torch.optim.AdamW(head.parameters(), recipe.learning_rate, weight_decay=recipe.weight_decay)
    truth, weight = targets(taught.prompts)
    weight = weight * (1 + 2 * truth)
    steps = recipe.epochs * (len(taught.prompts) // recipe.batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, recipe.learning_rate, total_steps=steps)
    for _ in range(recipe.epochs):
        for chosen in _batches(taught, recipe.batch, rng):
            states, there = pad_states([taught.states[i] for i in chosen])
            logits = head(states.float(), there)
            loss = F.binary_cross_entropy_with_logits(logits, truth[chosen], weight[chosen])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
    return head.eval()


@torch.no_grad()
def scores(head: Head, found: Encoded) -> Tensor:
    """Probabilities [prompts, categories]."""
    out = []
    for at in range(0, len(found.states), 256):
        states, there = pad_states(found.states[at : at + 256])
        out.append(head(states.float(), there).sigmoid())
    return torch.cat(out)


def unseen_scores(recipe: SafetyRecipe, taught: Encoded, say: Callable[[str], None] = print) -> Tensor:
    """Probabilities of each prompt by a head that was not taught its idea."""
    found = torch.zeros(len(taught.prompts), len(CATEGORIES))
    for fold in range(FOLDS):
        inside = [i for i, prompt in enumerate(taught.prompts) if prompt.fold != fold]
        outside = [i for i, prompt in enumerate(taught.prompts) if prompt.fold == fold]
        head = train(recipe, _take(taught, inside))
        found[outside] = scores(head, _take(taught, outside))
        say(f"fold {fold + 1} of {FOLDS}")
    return found


def listed(found: Sequence[Prompt]) -> list[list[str]]:
    """The categories of the lists that each prompt falls under."""
    lists = load_lists()
    return [lists.categories(normalise(prompt.text)) for prompt in found]


def choose_thresholds(
    recipe: SafetyRecipe, found: Sequence[Prompt], probabilities: Tensor, by_lists: Sequence[Sequence[str]]
) -> list[float]:
    """For each category the lowest threshold at which lists and classifier together have the recipe's precision, and
    the classifier alone no more than its share of false alarms.

    Prompts of other categories count neither as right nor as wrong: they are to be refused too.
    """
    harmless = torch.tensor([prompt.category is None for prompt in found])
    levels, chosen = torch.linspace(LEAST, MOST, 280).tolist(), list[float]()
    for column, name in enumerate(CATEGORIES):
        mine = torch.tensor([prompt.category == name for prompt in found])
        there = torch.tensor([name in names for names in by_lists])
        fits = []
        for level in levels:
            seen = probabilities[:, column] >= level
            right, wrong = int(((seen | there) & mine).sum()), int(((seen | there) & harmless).sum())
            alarms = int((seen & harmless).sum()) / int(harmless.sum())
            if right and right / (right + wrong) >= recipe.precision and alarms <= recipe.alarms:
                fits.append(level)
        chosen.append(round(min(fits, default=MOST), 4))
    return chosen


def run(recipe: SafetyRecipe, folder: Path, say: Callable[[str], None] = print) -> dict[str, float]:
    """The whole run: prompts, states, thresholds from unseen folds, the last training, files in `folder`.

    Returns the thresholds by category.
    """
    encoder = WordEncoder.load()
    taught = encode(encoder, prompts("taught", recipe.frames, recipe.captions), say)
    unseen = unseen_scores(recipe, taught, say)
    by_lists = listed(taught.prompts)
    thresholds = choose_thresholds(recipe, taught.prompts, unseen, by_lists)
    for column, name in enumerate(CATEGORIES):
        mine = torch.tensor([prompt.category == name for prompt in taught.prompts])
        caught = float((unseen[mine, column] >= thresholds[column]).float().mean())
        say(f"{name:16} threshold {thresholds[column]:.3f}, finds {100 * caught:.0f} % of its unseen ideas' prompts")
    head = train(recipe, taught)
    config = {"categories": list(CATEGORIES), "thresholds": thresholds}
    made = {"recipe": asdict(recipe), "prompts": counts(taught.prompts)}
    path = folder / "head.safetensors"
    save(path, head.state_dict(), config, made=made, bound={"words": encoder.fingerprint}, bits=16)
    say(f"{path}: {path.stat().st_size} bytes")
    return dict(zip(CATEGORIES, thresholds, strict=True))


def _batches(taught: Encoded, size: int, rng: random.Random) -> list[list[int]]:
    """All prompts in whole batches of like length, in random order."""
    order = sorted(range(len(taught.prompts)), key=lambda i: (len(taught.states[i]), rng.random()))
    batches = [order[at : at + size] for at in range(0, len(order) - size + 1, size)]
    rng.shuffle(batches)
    return batches


def _take(found: Encoded, rows: Sequence[int]) -> Encoded:
    return Encoded([found.prompts[i] for i in rows], [found.states[i] for i in rows])


if __name__ == "__main__":
    run(SafetyRecipe(), Path("runs/safety"))
