"""The refiner's recipe: what it draws, batches, counts, and that it learns."""

from __future__ import annotations

import random

import pytest
import torch

from himmel.grammar.vocabulary import SLOTS
from himmel.recipes.words import (
    Corpus,
    Stated,
    WordsRecipe,
    batches,
    draw_captions,
    measure_statistics,
    read_labels,
    reading_loss,
    score,
    train,
)


def _corpus(count: int) -> Corpus:
    """States that say their labels outright, in the first channels of every token."""
    rng = torch.Generator().manual_seed(0)
    labels = torch.stack([torch.randint(1 + len(slot.values), (count,), generator=rng) for slot in SLOTS], 1)
    lengths = [3 + i % 7 for i in range(count)]
    states = [torch.zeros(n, 384).index_fill(1, row[:2], 3.0) for n, row in zip(lengths, labels, strict=True)]
    captions = [Stated(str(i), "en" if i % 2 else "sv", tuple(row.tolist())) for i, row in enumerate(labels)]
    return Corpus(captions, states, labels)


def test_captions_are_new_and_repeatable():
    shares = {"en": 0.6, "sv": 0.2, "zh": 0.2}
    held = draw_captions(50, shares, 2, set())
    texts = {caption.text for caption in held}
    drawn = draw_captions(200, shares, 1, texts)
    assert drawn == draw_captions(200, shares, 1, texts)
    assert len({caption.text for caption in drawn}) == 200
    assert not texts & {caption.text for caption in drawn}
    assert {caption.language for caption in drawn} == set(shares)


def test_an_epoch_shows_every_caption_once():
    corpus = _corpus(70)
    stream = batches(corpus, 16, random.Random(0))
    epoch: list[int] = []
    while len(epoch) < 70:
        epoch += next(stream)
    assert sorted(epoch) == list(range(70))


def test_the_loss_is_zero_only_for_right_answers():
    truth = torch.tensor([[1, 0], [2, 1]])
    right = [50.0 * torch.eye(3)[truth[:, 0]], 50.0 * torch.eye(2)[truth[:, 1]]]
    assert reading_loss(right, truth) < 1e-6
    silent = [torch.zeros(2, 3), torch.zeros(2, 2)]
    assert reading_loss(silent, truth) == pytest.approx(torch.tensor([3.0, 2.0]).log().sum().item())


def test_scores_count_stated_and_silent_apart():
    corpus = _corpus(40)
    table = score(corpus, corpus.labels)
    assert table["en"]["all"]["right"] == table["sv"]["all"]["silent"] == 1
    nothing = score(corpus, torch.zeros_like(corpus.labels))
    assert nothing["en"]["all"]["right"] == 0
    assert nothing["en"]["all"]["silent"] == 1


def test_statistics_centre_and_scale():
    mean, scale = measure_statistics([3 + 2 * torch.randn(500, 384) for _ in range(4)])
    torch.testing.assert_close(mean, torch.full((384,), 3.0), atol=0.3, rtol=0)
    torch.testing.assert_close(scale, torch.full((384,), 2.0), atol=0.3, rtol=0)


def test_training_learns_and_repeats_itself():
    corpus = _corpus(64)
    recipe = WordsRecipe(steps=40, batch=32, warmup=5)
    said: list[str] = []
    first, second = train(recipe, corpus, said.append), train(recipe, corpus, said.append)
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))
    scenery = (read_labels(first, corpus) == corpus.labels)[:, 0].float().mean()
    assert scenery > 0.6, "the first slot stands in the states; chance is 0.17"
