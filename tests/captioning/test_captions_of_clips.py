"""The captioner's parts on networks that were taught nothing: words and numbers, decoding, the same clip twice."""

from __future__ import annotations

import itertools
import random
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from himmel.captioning.captioner import Captioner
from himmel.captioning.decoding import beam, greedy
from himmel.captioning.network import CaptionerConfig, CaptionNetwork
from himmel.captioning.vocabulary import KINDS, Vocabulary, join, split
from himmel.evaluation.judge import prepare
from himmel.grammar import imagine
from himmel.grammar.plain import describe_plainly
from himmel.records import HimmelError
from himmel.sight.network import JudgeConfig
from himmel.weights import save

TEXTS = [describe_plainly(imagine(random.Random(i))) for i in range(60)]
VOCABULARY = Vocabulary.of(TEXTS)
CONFIG = CaptionerConfig(
    JudgeConfig(4, 64, stem=8, width=16, blocks=1, hidden=16), len(VOCABULARY), layers=2, longest=24
)
seeds = st.integers(0, 2**32)


@pytest.fixture(scope="module")
def captioner() -> Captioner:
    torch.manual_seed(3)
    network = CaptionNetwork(CONFIG)
    with torch.no_grad():  # at its start it would hardly look at the clip
        for name, weights in network.named_parameters():
            weights.mul_(40 if name.endswith("seen.out.weight") else 1)
    return Captioner(network, VOCABULARY)


def noise(seed: int, count: int = 6, height: int = 48, width: int = 64) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 60 + 60 * (seed % 4), (count, height, width, 3), dtype=np.uint8)


@given(seeds, st.sampled_from(("tags", "short", "full", "paragraph")))
def test_words_and_numbers_are_inverses(seed: int, length: str) -> None:
    text = describe_plainly(imagine(random.Random(seed)), length)
    assert join(split(text)) == text
    vocabulary = Vocabulary.of([text])
    numbers = vocabulary.encode(text, "paragraph")
    assert join(vocabulary.decode(numbers)) == text
    assert numbers[0] == vocabulary.start("paragraph")
    assert numbers[-1] == vocabulary.end
    assert max(numbers) < len(vocabulary)


def test_words_that_are_not_known_are_refused() -> None:
    with pytest.raises(HimmelError, match="zeppelin"):
        VOCABULARY.encode("A zeppelin flies.", "paragraph")
    with pytest.raises(HimmelError, match="poem"):
        VOCABULARY.start("poem")
    with pytest.raises(HimmelError, match="twice"):
        Vocabulary(("a", "a"))
    assert len({VOCABULARY.start(kind) for kind in KINDS}) == len(KINDS)


def test_greedy_words_are_those_of_the_whole_caption_at_once(captioner: Captioner) -> None:
    """Word by word or all together (as in training), each word is the likeliest after those before it."""
    network = captioner.network
    starts = torch.tensor([VOCABULARY.start(kind) for kind in KINDS])
    frames = torch.stack([prepare(noise(i), 4, 64) for i in range(3)])
    with torch.inference_mode():
        seen = network.look(frames)
        found = greedy(lambda words: network.writer(seen, words)[:, -1], starts, VOCABULARY.end, CONFIG.longest)
        for i, written in enumerate(found):
            row = torch.tensor([[int(starts[i]), *written.words]])
            chances = network(frames[i : i + 1], row[:, : CONFIG.longest])[0].softmax(-1)
            expected = [*written.words, *([VOCABULARY.end] if written.ended else [])]
            assert chances.argmax(-1).tolist()[: len(expected)] == expected
            likeliest = chances.max(-1).values[: len(written.certain)]
            torch.testing.assert_close(likeliest, torch.tensor(written.certain), rtol=1e-4, atol=1e-5)


def table(seed: int, words: int = 4) -> Tensor:
    """Logits of the next word given the last one and the length."""
    return 2 * torch.randn(6, words, words, generator=torch.Generator().manual_seed(seed))


@given(seeds)
def test_a_wide_beam_finds_the_best_of_all_captions_and_a_narrow_one_is_greedy(seed: int) -> None:
    logits, end, longest = table(seed), 0, 3

    def next_word(words: Tensor) -> Tensor:
        return logits[words.shape[1], words[:, -1]]

    def mean_log(words: tuple[int, ...]) -> float:
        row = torch.tensor([[1, *words]])
        steps = [next_word(row[:, :i]).log_softmax(-1)[0, row[0, i]] for i in range(1, row.shape[1])]
        return float(torch.stack(steps).mean())

    every = [(*body, end) for n in range(longest) for body in itertools.product((1, 2, 3), repeat=n)]
    best = beam(next_word, 1, end, longest, 64)
    assert best.ended
    assert mean_log((*best.words, end)) == pytest.approx(max(map(mean_log, every)), abs=1e-4)
    narrow, plain = beam(next_word, 1, end, longest, 1), greedy(next_word, torch.tensor([1]), end, longest)[0]
    assert narrow.words == plain.words
    assert narrow.certain == pytest.approx(plain.certain, abs=1e-5)


def test_the_same_clip_has_the_same_caption(captioner: Captioner) -> None:
    told = [captioner.tell(noise(i)) for i in range(4)]
    assert told == [captioner.tell(noise(i)) for i in range(4)]
    assert len({one.text for one in told}) > 1, "captions that do not look at the clip"
    assert all(0 <= sentence.sure <= 1 for one in told for sentence in one.sentences)


def test_a_single_frame_is_told_as_a_picture(captioner: Captioner) -> None:
    assert captioner.tell(noise(1, count=1)).kind == "still"
    assert captioner.tell(noise(1, count=1), "tags").kind == "tags"
    assert captioner.tell(noise(1, height=90, width=40)).kind == "paragraph", "any shape and length"


@pytest.mark.parametrize(
    ("frames", "kind", "width", "said"),
    [
        (np.zeros((4, 32, 32), np.uint8), "paragraph", 1, "frames of shape"),
        (np.zeros((0, 32, 32, 3), np.uint8), "paragraph", 1, "frames of shape"),
        (noise(1), "poem", 1, "poem"),
        (noise(1), "paragraph", 0, "beam"),
        (noise(1), "paragraph", 17, "beam"),
    ],
)
def test_bad_input_is_named(captioner: Captioner, frames: np.ndarray, kind: str, width: int, said: str) -> None:
    with pytest.raises(HimmelError, match=said):
        captioner.tell(frames, kind, width)


def test_what_is_stored_is_read_again(captioner: Captioner, tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    config = {**asdict(CONFIG), "vocabulary": list(VOCABULARY.pieces)}
    sha256 = save(path, captioner.network.state_dict(), config, bits=32)
    again = Captioner.load(path)
    assert again.sha256 == sha256
    assert again.vocabulary == VOCABULARY
    assert again.tell(noise(2)) == captioner.tell(noise(2))
    save(path, captioner.network.state_dict(), {"layers": 2})
    with pytest.raises(HimmelError, match="vocabulary"):
        Captioner.load(path)
    save(path, captioner.network.state_dict(), {**config, "vocabulary": list(VOCABULARY.pieces[1:])}, bits=32)
    with pytest.raises(HimmelError, match="a vocabulary of"):
        Captioner.load(path)
    with pytest.raises(HimmelError, match="no weights"):
        Captioner.load(tmp_path / "nothing.safetensors")


def test_a_caption_longer_than_the_network_knows_is_refused(captioner: Captioner) -> None:
    with pytest.raises(HimmelError, match="at most 24"):
        captioner.network.writer(torch.zeros(1, 3, 16), torch.zeros(1, 25, dtype=torch.long))
    with pytest.raises(HimmelError, match="heads"):
        CaptionNetwork(CaptionerConfig(CONFIG.sight, heads=3))
