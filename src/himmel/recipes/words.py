"""The word refiner's training: captions of imagined scenes, each with the facts it states, in every language.

Command: ``himmel train words``. Two idle cores: about a minute to encode the captions once, then 2 to 3 minutes of
training; ``--start shipped`` goes on from the shipped refiner, and keeps what its slots mean to a transformer that was
trained with it. Expected on held-out captions: docs/model-card.md. Writes ``statistics.safetensors``,
``refiner.safetensors`` and ``refiner.json``.
"""

from __future__ import annotations

import json
import math
import random
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional as F

from himmel.grammar import describe_with_facts, imagine, labels
from himmel.grammar.vocabulary import SLOTS
from himmel.language import Refiner, WordEncoder, pad_states
from himmel.language.container import read, shipped_path
from himmel.pipeline.precision import autocast, best_dtype
from himmel.pipeline.reading import load_refiner, save_refiner

LENGTHS = ("tags", "short", "full", "paragraph")
HELD_OUT_SEED = 2
"""Of the captions that figures are reported on: the same for every run, and never trained on."""
_MAX_STATISTICS = 1500
"""Captions that the statistics are taken from."""


@dataclass(frozen=True)
class WordsRecipe:
    """languages: share of each in the captions. steps: of `batch` captions; the learning rate falls to 0."""

    languages: Mapping[str, float] = field(default_factory=lambda: {"en": 0.6, "sv": 0.2, "zh": 0.2})
    captions: int = 20_000
    held_out: int = 1_500
    steps: int = 900
    batch: int = 64
    warmup: int = 60
    learning_rate: float = 1.2e-3
    weight_decay: float = 0.02
    seed: int = 1


@dataclass(frozen=True)
class Stated:
    """A caption and what it states: a label for each of SLOTS."""

    text: str
    language: str
    labels: tuple[int, ...]


def draw_captions(count: int, languages: Mapping[str, float], seed: int, avoid: set[str]) -> list[Stated]:
    """`count` different captions of imagined scenes, none of them in `avoid`."""
    rng = random.Random(seed)
    names, shares = list(languages), list(languages.values())
    found: dict[str, Stated] = {}
    while len(found) < count:
        language = rng.choices(names, shares)[0]
        text, facts = describe_with_facts(imagine(rng), rng, language, rng.choice(LENGTHS))
        if text not in avoid:
            found.setdefault(text, Stated(text, language, labels(facts)))
    return list(found.values())


def measure_statistics(states: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of each channel over all tokens of raw states, float32 [384] each."""
    tokens = torch.cat(list(states))
    return tokens.mean(0), tokens.std(0)


@dataclass(frozen=True)
class Corpus:
    """Captions encoded once and kept in memory. states: float16 [n_i, 384] each; labels: int64 [C, slots]."""

    captions: list[Stated]
    states: list[Tensor]
    labels: Tensor

    def batch(self, indices: Sequence[int]) -> tuple[Tensor, Tensor, Tensor]:
        """(states [B, N, 384], mask [B, N], labels [B, slots]) of these captions."""
        states, mask = pad_states([self.states[i] for i in indices])
        return states.float(), mask, self.labels[list(indices)]


def encode_corpus(encoder: WordEncoder, captions: list[Stated], say: Callable[[str], None] = print) -> Corpus:
    """Encode captions in bfloat16, saying how fast."""
    began, states = time.monotonic(), []
    for at in range(0, len(captions), 2000):
        chunk = [caption.text for caption in captions[at : at + 2000]]
        states += [state.half() for state in encoder.encode(chunk, best_dtype())]
    tokens, took = sum(map(len, states)), time.monotonic() - began
    say(f"encoded {len(captions)} captions, {tokens} tokens, in {took:.0f} s: {tokens / took:.0f} tokens/s")
    return Corpus(captions, states, torch.tensor([caption.labels for caption in captions]))


def batches(corpus: Corpus, size: int, rng: random.Random) -> Iterator[list[int]]:
    """Endless batches of captions of like length, each epoch shuffled anew."""
    while True:
        order = list(range(len(corpus.captions)))
        rng.shuffle(order)
        pools = [order[at : at + 16 * size] for at in range(0, len(order), 16 * size)]
        for pool in pools:
            pool.sort(key=lambda i: len(corpus.states[i]))
            cuts = [pool[at : at + size] for at in range(0, len(pool), size)]
            rng.shuffle(cuts)
            yield from cuts


def reading_loss(logits: Sequence[Tensor], truth: Tensor) -> Tensor:
    """Mean over texts of the summed cross-entropy of all slots. truth: int64 [B, slots]."""
    losses = [F.cross_entropy(each.float(), truth[:, i]) for i, each in enumerate(logits)]
    return torch.stack(losses).sum()


def train(
    recipe: WordsRecipe, corpus: Corpus, say: Callable[[str], None] = print, start: Refiner | None = None
) -> Refiner:
    """AdamW with a warm-up and a cosine to 0; bfloat16 products, float32 weights. start: goes on from this one."""
    torch.manual_seed(recipe.seed)
    refiner = (start or Refiner()).train()
    optimiser = torch.optim.AdamW(
        refiner.parameters(), recipe.learning_rate, betas=(0.9, 0.98), weight_decay=recipe.weight_decay
    )
    stream = batches(corpus, recipe.batch, random.Random(recipe.seed))
    began, total = time.monotonic(), 0.0
    for step in range(1, recipe.steps + 1):
        fall = 0.5 + 0.5 * math.cos(math.pi * step / recipe.steps)
        for group in optimiser.param_groups:
            group["lr"] = recipe.learning_rate * min(step / recipe.warmup, fall)
        states, mask, truth = corpus.batch(next(stream))
        with autocast("cpu"):
            logits = refiner(states, mask).logits
        loss = reading_loss(logits, truth)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(refiner.parameters(), 1.0)
        optimiser.step()
        total += float(loss.detach())
        if step % 50 == 0:
            rate = step * recipe.batch / (time.monotonic() - began)
            say(f"step {step}/{recipe.steps}: loss {total / 50:.3f}, {rate:.0f} captions/s")
            total = 0.0
    return refiner.eval()


@torch.no_grad()
def read_labels(refiner: Refiner, corpus: Corpus) -> Tensor:
    """What the refiner reads: int64 [C, slots]."""
    read_ = torch.zeros_like(corpus.labels)
    order = sorted(range(len(corpus.captions)), key=lambda i: len(corpus.states[i]))
    for at in range(0, len(order), 128):
        chosen = order[at : at + 128]
        states, mask, _ = corpus.batch(chosen)
        read_[chosen] = torch.stack([each.argmax(-1) for each in refiner(states, mask).logits], 1)
    return read_


def score(corpus: Corpus, found: Tensor) -> dict[str, dict[str, dict[str, float]]]:
    """By language and slot: stated facts, share of them read right, share of silent slots kept silent."""
    table: dict[str, dict[str, dict[str, float]]] = {}
    for language in sorted({caption.language for caption in corpus.captions}):
        rows = torch.tensor([caption.language == language for caption in corpus.captions])
        truth, guess = corpus.labels[rows], found[rows]
        table[language] = {}
        for i, slot in enumerate(SLOTS):
            stated = truth[:, i] > 0
            right = truth[:, i] == guess[:, i]
            table[language][slot.name] = {
                "stated": int(stated.sum()),
                "right": round(float(right[stated].float().mean()), 4) if stated.any() else math.nan,
                "silent": round(float(right[~stated].float().mean()), 4),
            }
        stated = truth > 0
        table[language]["all"] = {
            "stated": int(stated.sum()),
            "right": round(float((truth == guess)[stated].float().mean()), 4),
            "silent": round(float((truth == guess)[~stated].float().mean()), 4),
        }
    return table


def show(table: Mapping[str, Mapping[str, Mapping[str, float]]]) -> str:
    """The scores as lines of text, one a slot: right % (of how many) / silent % for each language."""
    lines = [f"{'slot':18}" + "".join(f"{language:>26}" for language in table)]
    for name in (*(slot.name for slot in SLOTS), "all"):
        cells = [table[language][name] for language in table]
        lines.append(
            f"{name:18}"
            + "".join(f"{100 * c['right']:9.1f} ({c['stated']:5}) {100 * c['silent']:7.1f}  " for c in cells)
        )
    return "\n".join(lines)


def run(recipe: WordsRecipe, folder: Path, start: Path | None = None) -> dict[str, dict[str, dict[str, float]]]:
    """The whole run: captions, statistics, training, held-out scores, files under `folder`.

    start: the folder of a refiner to go on from, whose statistics are kept.
    """
    held = draw_captions(recipe.held_out, recipe.languages, HELD_OUT_SEED, set())
    drawn = draw_captions(recipe.captions, recipe.languages, recipe.seed, {caption.text for caption in held})
    folder.mkdir(parents=True, exist_ok=True)
    statistics = folder / "statistics.safetensors"
    if start is None:
        plain = WordEncoder(read(shipped_path()), torch.zeros(WordEncoder.width), torch.ones(WordEncoder.width))
        texts = [caption.text for caption in drawn[:_MAX_STATISTICS]]
        mean, scale = measure_statistics(plain.raw_states(texts, best_dtype()))
        save_file({"mean": mean, "scale": scale}, statistics)
    elif start != folder:
        shutil.copyfile(start / statistics.name, statistics)
    encoder = WordEncoder.load(statistics=statistics)
    first = None if start is None else load_refiner(start / "refiner.safetensors", encoder.fingerprint)[0]
    corpus, held_out = encode_corpus(encoder, drawn), encode_corpus(encoder, held)
    began = time.monotonic()
    refiner = train(recipe, corpus, start=first)
    seconds = time.monotonic() - began
    table = score(held_out, read_labels(refiner, held_out))
    print(show(table))
    notes: dict[str, object] = {"recipe": asdict(recipe), "seconds": round(seconds), "held_out": table}
    if start is not None:
        notes["went_on_from"] = json.loads((start / "refiner.json").read_text())["made"].get("recipe")
    save_refiner(folder / "refiner.safetensors", refiner, encoder.fingerprint, notes)
    return table
