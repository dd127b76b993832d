"""What the shipped refiner reads."""

from __future__ import annotations

import itertools
import random

import pytest
import torch

from himmel.grammar import LENGTHS, describe_with_facts, imagine, labels
from himmel.language import Refiner, WordEncoder, answers, pad_states
from himmel.language.encoder import words_folder
from himmel.pipeline.reading import load_refiner


@pytest.fixture(scope="module")
def encoder() -> WordEncoder:
    return WordEncoder.load()


@pytest.fixture(scope="module")
def shipped(encoder: WordEncoder) -> Refiner:
    return load_refiner(words_folder() / "refiner.safetensors", encoder.fingerprint)[0].eval()


PAIRS = tuple(itertools.permutations(("red", "blue", "green", "yellow"), 2))


def test_swapped_colours_are_told_apart(encoder: WordEncoder, shipped: Refiner) -> None:
    """Pooled sentence vectors of such prompts are 0.99 alike; the slots must name each colour at its own object."""
    texts = [f"a {one} cube slides next to a {other} ball on the grass" for one, other in PAIRS]
    states, mask = pad_states(encoder.encode(texts))
    with torch.no_grad():
        said = answers(shipped(states, mask).logits)
    read = [(s.get("object0.colour"), s.get("object1.colour")) for s in said]
    assert sum(r == p for r, p in zip(read, PAIRS, strict=True)) >= 0.9 * len(PAIRS)
    assert [s.get("object0.shape") for s in said] == ["cube"] * len(PAIRS)


@pytest.mark.parametrize(("language", "floor"), [("en", 0.93), ("sv", 0.89), ("zh", 0.89)])
def test_the_shipped_refiner_reads_new_captions(encoder: WordEncoder, shipped: Refiner, language: str, floor: float):
    rng = random.Random(f"never trained on {language}")
    told = [describe_with_facts(imagine(rng), rng, language, rng.choice(LENGTHS)) for _ in range(60)]
    states, mask = pad_states(encoder.encode([text for text, _ in told]))
    with torch.no_grad():
        found = torch.stack([each.argmax(-1) for each in shipped(states, mask).logits], 1)
    truth = torch.tensor([labels(facts) for _, facts in told])
    assert (found == truth)[truth > 0].float().mean() >= floor
    assert (found == truth)[truth == 0].float().mean() >= 0.98
