"""Captions as numbers: every word and punctuation mark of the captions that a captioner was taught has one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from himmel.records import HimmelError

KINDS = ("tags", "paragraph", "still")
"""What can be asked for: facts in short, a description of a clip, a description of one picture."""
END = "<end>"
MARKS = (END, *(f"<{kind}>" for kind in KINDS))
_PIECE = re.compile(r"[\w'-]+|[.,]")


def split(text: str) -> list[str]:
    """Words and punctuation marks of a caption; any other character is passed over."""
    return _PIECE.findall(text)


def join(pieces: Sequence[str]) -> str:
    """The inverse of `split` for captions: a space before each word but the first, none before "." and ","."""
    return "".join(piece if piece in ".," or i == 0 else f" {piece}" for i, piece in enumerate(pieces))


@dataclass(frozen=True)
class Vocabulary:
    """All pieces that a captioner can write. Piece i has the number i + len(MARKS); the marks come first.

    Raises HimmelError where a piece is there twice.
    """

    pieces: tuple[str, ...]

    def __post_init__(self) -> None:
        if len(set(self.pieces)) != len(self.pieces):
            raise HimmelError("a vocabulary with a word twice", "each word once", "train the captioner again")

    @staticmethod
    def of(texts: Iterable[str]) -> Vocabulary:
        """The pieces of all these captions, in the order of the alphabet."""
        return Vocabulary(tuple(sorted({piece for text in texts for piece in split(text)})))

    def __len__(self) -> int:
        return len(MARKS) + len(self.pieces)

    @cached_property
    def numbers(self) -> dict[str, int]:
        """Piece or mark -> its number."""
        return {piece: i for i, piece in enumerate((*MARKS, *self.pieces))}

    def start(self, kind: str) -> int:
        """The number that a caption of this kind begins with. Raises HimmelError for an unknown kind."""
        if kind not in KINDS:
            raise HimmelError(f"a caption of kind {kind!r}", f"kinds are {', '.join(KINDS)}")
        return self.numbers[f"<{kind}>"]

    @property
    def end(self) -> int:
        """The number after the last piece."""
        return self.numbers[END]

    def encode(self, text: str, kind: str) -> list[int]:
        """Start, pieces, end. Raises HimmelError for a word that is not in the vocabulary."""
        pieces = split(text)
        unknown = [piece for piece in pieces if piece not in self.numbers]
        if unknown:
            raise HimmelError(f"the word {unknown[0]!r} in a caption", f"one of the {len(self.pieces)} words known")
        return [self.start(kind), *(self.numbers[piece] for piece in pieces), self.end]

    def decode(self, numbers: Iterable[int]) -> list[str]:
        """The pieces of these numbers, without marks."""
        return [self.pieces[n - len(MARKS)] for n in numbers if n >= len(MARKS)]
