"""Who looks at whom where clips of any sizes stand in one row: no padding, and no mask of all pairs.

A segment is some queries that all look at the same keys: a clip's tokens at one another, or at its words; where a mask
tells them apart, those with equal rows of the mask. Attention of a row is attention of each segment alone.

Shapes: N queries of a row, K keys that they look at, segment after segment; S segments.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True)
class Segments:
    """queries, keys [S]: how many each segment has. order [N]: the row's queries as they come in segments; back [N]:
    its inverse; seen [K]: the row's keys that are looked at, once for each segment that does; None: all as they stand.
    bounds int32 [2, S + 1]: where segments begin and end, among queries and among keys.
    """

    queries: tuple[int, ...]
    keys: tuple[int, ...]
    order: Tensor | None
    back: Tensor | None
    seen: Tensor | None
    bounds: Tensor

    def to(self, device: torch.device) -> Segments:
        """The same for tensors elsewhere."""
        moved = {k: v.to(device) for k, v in vars(self).items() if isinstance(v, Tensor)}
        return replace(self, **moved)

    def runs(self) -> Iterator[tuple[slice, slice, int]]:
        """(queries, keys, segments) of neighbouring segments of equal sizes, which can be computed as one batch."""
        query = key = 0
        for (queries, keys), run in groupby(zip(self.queries, self.keys, strict=True)):
            count = len(list(run))
            yield slice(query, query + count * queries), slice(key, key + count * keys), count
            query, key = query + count * queries, key + count * keys


def segments_of(masks: Iterable[tuple[Tensor, int]]) -> Segments:
    """The segments of clips that stand behind one another.

    masks: for each clip a bool tensor [n, m], or [1, m] where all look at the same, True: may look; and n. On the
    processor. Raises ValueError where a query looks at nothing.
    """
    order, seen, queries, keys = [], [], [], []
    first = first_key = 0
    for mask, count in masks:
        for rows, looked in _alike(mask.numpy(), count):
            order.append(first + rows)
            seen.append(first_key + looked)
            queries.append(len(rows))
            keys.append(len(looked))
        first, first_key = first + count, first_key + mask.shape[1]
    if not all(keys):
        raise ValueError("a query that looks at nothing")
    placed, looked = np.concatenate(order), np.concatenate(seen)
    moved = None if _as_it_stands(placed, first) else torch.from_numpy(placed)
    return Segments(
        queries=tuple(queries),
        keys=tuple(keys),
        order=moved,
        back=None if moved is None else moved.argsort(),
        seen=None if _as_it_stands(looked, first_key) else torch.from_numpy(looked),
        bounds=torch.tensor([np.cumsum([0, *queries]).tolist(), np.cumsum([0, *keys]).tolist()], dtype=torch.int32),
    )


def _alike(mask: np.ndarray, count: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """(queries, keys that they look at) for each kind of row of a mask, in the order in which they come."""
    if len(mask) == 1 or mask.all():
        yield np.arange(count), mask[0].nonzero()[0]
        return
    packed = np.packbits(mask, axis=1)
    rows = np.ascontiguousarray(packed).view(np.dtype((np.void, packed.shape[1])))[:, 0]
    _, firsts, kinds = np.unique(rows, return_index=True, return_inverse=True)
    for kind in np.argsort(firsts):
        yield (kinds.reshape(-1) == kind).nonzero()[0], mask[firsts[kind]].nonzero()[0]


def _as_it_stands(places: np.ndarray, count: int) -> bool:
    return len(places) == count and bool((places == np.arange(count)).all())
