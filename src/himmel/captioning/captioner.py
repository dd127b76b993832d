"""A trained captioner: frames in, a paragraph out, with how sure it is of each sentence.

It was taught on the synthetic world and knows nothing else. Of other footage it says the nearest thing that the world
has, and how sure it is tells little there (docs/captions.md).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from himmel.captioning.decoding import Written, beam, greedy
from himmel.captioning.network import CaptionerConfig, CaptionNetwork
from himmel.captioning.vocabulary import Vocabulary, join
from himmel.evaluation.judge import prepare
from himmel.grammar.vocabulary import FAMILIES
from himmel.records import HimmelError
from himmel.sight.network import JudgeConfig
from himmel.weights import load, shipped

Frames = NDArray[np.uint8]
WEIGHTS = "captioner/model.safetensors"


@dataclass(frozen=True)
class Sentence:
    """A sentence, or a tag, and the probability that the captioner gave to all of its words together."""

    text: str
    sure: float


@dataclass(frozen=True)
class Told:
    """A caption. ended: it was not cut off for its length."""

    sentences: tuple[Sentence, ...]
    ended: bool
    kind: str

    @property
    def text(self) -> str:
        return (", " if self.kind == "tags" else " ").join(sentence.text for sentence in self.sentences)

    @property
    def sure(self) -> float:
        """The geometric mean over sentences, 0 to 1; 0 of an empty caption."""
        if not self.sentences:
            return 0.0
        logs = [math.log(max(sentence.sure, 1e-9)) for sentence in self.sentences]
        return math.exp(sum(logs) / len(logs))

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        sentences = [{"text": s.text, "sure": round(s.sure, 4)} for s in self.sentences]
        return {
            "caption": self.text,
            "sure": round(self.sure, 4),
            "kind": self.kind,
            "ended": self.ended,
            "sentences": sentences,
        }


class Captioner:
    """A network with its vocabulary. sha256: of its weights, "" where they are not from a file. families: of the world,
    that it was taught.
    """

    def __init__(
        self, network: CaptionNetwork, vocabulary: Vocabulary, sha256: str = "", families: tuple[str, ...] = FAMILIES
    ) -> None:
        self.network = network.eval().requires_grad_(False)
        self.vocabulary, self.sha256, self.families = vocabulary, sha256, families

    @property
    def name(self) -> str:
        """Who says so, for notes."""
        return f"himmel captioner {self.sha256[:12]}"

    @staticmethod
    def load(path: Path | None = None) -> Captioner:
        """The shipped captioner, or the one of another file. Raises HimmelError for a file that cannot be read."""
        stored = load(path or shipped(WEIGHTS))
        try:
            settings = dict(stored.config)
            vocabulary = Vocabulary(tuple(settings.pop("vocabulary")))
            config = CaptionerConfig(**{**settings, "sight": JudgeConfig(**settings["sight"])})
            if len(vocabulary) != config.words:
                raise ValueError(f"a vocabulary of {config.words}: theirs has {len(vocabulary)}")
        except (KeyError, TypeError, ValueError) as error:
            raise HimmelError(
                f"the captioner's weights lack {error}", "weights of this version", "train it again"
            ) from None
        network = CaptionNetwork(config)
        stored.into(network)
        return Captioner(network, vocabulary, stored.sha256, tuple(stored.made.get("families") or FAMILIES))

    def tell(self, frames: Frames, kind: str = "paragraph", width: int = 1) -> Told:
        """The caption of one clip, uint8 [T, H, W, 3] of any length and size; of a single frame one of kind "still".

        width: of the beam; 1 takes the likeliest word each time. Raises HimmelError for frames of another shape, an
        unknown kind and a beam that is not 1 to 16.
        """
        if not 1 <= width <= 16:
            raise HimmelError(f"a beam of {width}", "1 to 16", "for example 4")
        kind = "still" if kind == "paragraph" and len(frames) == 1 else kind
        start, end, longest = self.vocabulary.start(kind), self.vocabulary.end, self.network.config.longest
        sight = self.network.config.sight
        with torch.inference_mode():
            seen = self.network.look(prepare(frames, sight.frames, sight.side)[None])

            def next_word(words: torch.Tensor) -> torch.Tensor:
                return self.network.writer(seen.expand(len(words), -1, -1), words)[:, -1]

            if width > 1:
                return self._told(beam(next_word, start, end, longest, width), kind)
            return self._told(greedy(next_word, torch.tensor([start]), end, longest)[0], kind)

    def _told(self, written: Written, kind: str) -> Told:
        pieces = self.vocabulary.decode(written.words)
        ends = "," if kind == "tags" else "."
        return Told(tuple(_sentences(pieces, written.certain, ends)), written.ended, kind)


def _sentences(pieces: Sequence[str], certain: Sequence[float], ends: str) -> Iterator[Sentence]:
    """Words and their probabilities, cut after each of `ends`; a comma between tags is left out."""
    words, sure = list[str](), 1.0
    for piece, chance in zip(pieces, certain, strict=False):
        sure *= chance
        if piece != ends or ends == ".":
            words.append(piece)
        if piece == ends and words:
            yield Sentence(join(words), sure)
            words, sure = [], 1.0
    if words:
        yield Sentence(join(words), sure)
