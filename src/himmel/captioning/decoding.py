"""Words one after another: the likeliest each time, or the likeliest whole captions of a few that are kept.

Functions of (what says the next word, start, end, longest), without a network.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

NextWord = Callable[[Tensor], Tensor]
"""Words so far, int64 [N, L] -> logits of the next one, [N, V]."""


@dataclass(frozen=True)
class Written:
    """Words of one caption without start and end, and the probability that each had; ended: before it grew too long.

    certain: the probabilities of the words and of the end after them.
    """

    words: tuple[int, ...]
    certain: tuple[float, ...]
    ended: bool


def greedy(next_word: NextWord, starts: Tensor, end: int, longest: int) -> list[Written]:
    """Captions that begin with `starts`, int64 [N], by the likeliest word each time; at most `longest` words each."""
    words, chances = starts[:, None], torch.zeros(len(starts), 0)
    over = torch.zeros(len(starts), dtype=torch.bool)
    while words.shape[1] <= longest and not bool(over.all()):
        chance, word = next_word(words).float().softmax(-1).max(-1)
        words = torch.cat([words, torch.where(over, end, word)[:, None]], 1)
        chances = torch.cat([chances, chance[:, None]], 1)
        over = over | (word == end)
    return [_written(row[1:], chance, end) for row, chance in zip(words, chances, strict=True)]


def _written(words: Tensor, chances: Tensor, end: int) -> Written:
    found = words.tolist()
    length = found.index(end) if end in found else len(found)
    return Written(tuple(found[:length]), tuple(chances[: length + 1].tolist()), end in found)


def beam(next_word: NextWord, start: int, end: int, longest: int, width: int) -> Written:
    """The likeliest caption among those that a beam of `width` finds, by mean log probability of its words.

    With width 1 it is the greedy one.
    """
    words, scores = torch.tensor([[start]]), torch.zeros(1, 0)
    best, best_score = None, -torch.inf
    while words.shape[1] <= longest:
        logs = next_word(words).float().log_softmax(-1)
        total = scores.sum(1, keepdim=True) + logs
        at = total.flatten().topk(min(width, total.numel())).indices
        rows, found = at // logs.shape[1], at % logs.shape[1]
        steps = logs[rows, found]
        words = torch.cat([words[rows], found[:, None]], 1)
        scores = torch.cat([scores[rows], steps[:, None]], 1)
        for i in (found == end).nonzero().flatten().tolist():
            if (mean := float(scores[i].mean())) > best_score:
                best, best_score = _written(words[i, 1:], scores[i].exp(), end), mean
        going = found != end
        words, scores = words[going], scores[going]
        if not len(words):
            break
    return best if best is not None else _written(words[0, 1:], scores[0].exp(), end)
