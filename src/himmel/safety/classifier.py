"""A small head on the word encoder's states: for each category, how likely a text falls under it."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from himmel.records import HimmelError
from himmel.safety.policy import CATEGORIES

WIDTH = 384


class Head(nn.Module):
    """For each category c: logit_c = a_c . mean(h) + sum_t softmax_t(q_c . h_t / sqrt(W)) (v_c . h_t) + b_c.

    h are token states, each scaled to unit mean square. The sum looks for the token that matters, the mean at all.
    """

    def __init__(self, categories: Sequence[str] = tuple(CATEGORIES), width: int = WIDTH) -> None:
        super().__init__()
        self.categories = tuple(categories)
        self.whole = nn.Linear(width, len(self.categories))
        self.query = nn.Parameter(torch.zeros(len(self.categories), width))
        self.value = nn.Parameter(torch.zeros(len(self.categories), width))
        self.spread = nn.Dropout(0.2)

    def forward(self, states: Tensor, there: Tensor) -> Tensor:
        """Logits [B, categories] of states [B, N, width], of which `there` [B, N] are tokens."""
        h = states * states.square().mean(-1, keepdim=True).clamp_min(1e-6).rsqrt() * there[..., None]
        mean = h.sum(1) / there.sum(1, keepdim=True)
        looks = h @ self.query.T / h.shape[-1] ** 0.5
        share = looks.masked_fill(~there[..., None], float("-inf")).softmax(1)
        return self.whole(self.spread(mean)) + (share * (h @ self.spread(self.value).T)).sum(1)


class Classifier:
    """A trained head with its thresholds, probabilities by category from which on a text is refused."""

    def __init__(self, head: Head, thresholds: Sequence[float]) -> None:
        if len(thresholds) != len(head.categories) or not all(0 < bound < 1 for bound in thresholds):
            raise HimmelError("thresholds that do not fit", "one a category, between 0 and 1", "reinstall himmel")
        self.head, self.thresholds = head.eval(), torch.tensor(list(thresholds))

    @torch.no_grad()
    def probabilities(self, states: Sequence[Tensor]) -> Tensor:
        """[texts, categories] for the states [n_i, width] of each text."""
        there = torch.arange(max(map(len, states))) < torch.tensor([len(each) for each in states])[:, None]
        padded = nn.utils.rnn.pad_sequence([each.float() for each in states], batch_first=True)
        return self.head(padded, there).sigmoid()

    def nearest(self, states: Sequence[Tensor]) -> float:
        """How near the probabilities of these texts come to their thresholds."""
        return float((self.probabilities(states) - self.thresholds).abs().min())

    def categories(self, states: Sequence[Tensor]) -> list[str]:
        """The categories that any of these texts falls under, the gravest first."""
        over = (self.probabilities(states) >= self.thresholds).any(0)
        return [name for name, hit in zip(self.head.categories, over.tolist(), strict=True) if hit]
