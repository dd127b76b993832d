"""Which part of a clip is given while training: the same canvases that prompting builds, drawn at random."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from himmel.flow.schedule import BASE_SHIFT, draw_levels


@dataclass(frozen=True)
class Mixture:
    """Shares of the noise patterns; they add up to 1.

    whole: one level for the clip. given: a part is clean, the rest at one level. independent: a level a frame
    (Diffusion Forcing 2407.01392). context_noise: the most noise put on given parts in half of the cases, where more is
    rarer; a long clip is made from what the network itself has made, and noise of a known level hides its faults.
    closed: share of the clips with a given part whose given tokens look at given tokens only. shift: of the levels of
    a clip of 128 tokens towards noise; larger ones are shifted more.
    """

    whole: float = 0.45
    given: float = 0.35
    independent: float = 0.20
    context_noise: float = 0.4
    closed: float = 0.3
    shift: float = BASE_SHIFT


@dataclass(frozen=True)
class Pattern:
    """made bool [G, h, w]: where the loss is taken. made_level, given_level [G]: the level of made and given tokens.

    closed: given tokens look at given tokens only, so that what they become can be kept while the rest is made.
    """

    made: Tensor
    made_level: Tensor
    given_level: Tensor
    closed: bool = False

    def level(self) -> Tensor:
        """[G, h, w] the level of each token."""
        return torch.where(self.made, self.made_level[:, None, None], self.given_level[:, None, None])

    def mask(self) -> Tensor:
        """bool [N, N], True: the token of this row may look at the one of this column."""
        made = self.made.flatten()
        if not self.closed:
            return torch.ones(len(made), len(made), dtype=torch.bool)
        return made[:, None] | ~made


def beside_reference(pattern: Pattern) -> Pattern:
    """The same with one clean reference frame after the frames of the clip, as `canvas.with_reference` adds it."""
    shape = pattern.made.shape[1:]
    return Pattern(
        torch.cat([pattern.made, torch.zeros(1, *shape, dtype=torch.bool)]),
        torch.cat([pattern.made_level, pattern.made_level[-1:]]),
        torch.cat([pattern.given_level, torch.zeros(1)]),
        pattern.closed,
    )


def draw_pattern(groups: int, height: int, width: int, mixture: Mixture, generator: torch.Generator) -> Pattern:
    """One clip's pattern. A single latent frame (a still) is always made whole."""
    tokens = groups * height * width
    everything, clean = torch.ones(groups, height, width, dtype=torch.bool), torch.zeros(groups)
    pick = _uniform(generator)
    if groups > 1 and pick < mixture.independent:
        return Pattern(everything, draw_levels((groups,), tokens, generator, mixture.shift), clean)
    level = draw_levels((1,), tokens, generator, mixture.shift).expand(groups)
    if groups == 1 or pick >= mixture.independent + mixture.given:
        return Pattern(everything, level, clean)
    context = mixture.context_noise * _uniform(generator) ** 2 if _uniform(generator) < 0.5 else 0.0
    closed = _uniform(generator) < mixture.closed
    return Pattern(_draw_made(groups, height, width, generator), level, clean + context, closed)


def _draw_made(groups: int, height: int, width: int, generator: torch.Generator) -> Tensor:
    """Prefix, suffix, both ends, middle, scattered frames or a region are given; at least one token is made."""
    kind = _integer(0, 6, generator)
    if kind == 5:
        return _draw_region(groups, height, width, generator)
    index, made = torch.arange(groups), torch.ones(groups, dtype=torch.bool)
    first = _integer(1, groups, generator)
    if kind == 0:
        made = index >= first
    elif kind == 1:
        made = index < groups - first
    elif kind == 2 and groups > 2:
        last = _integer(1, max(2, groups // 2), generator)
        made = (index >= min(first, groups - last - 1)) & (index < groups - last)
    elif kind == 3 and groups > 2:
        made = (index - first).abs() > _integer(0, 2, generator)
    elif kind == 4:
        made = torch.rand(groups, generator=generator) < 0.3 + 0.6 * _uniform(generator)
    if not made.any():
        made[_integer(0, groups, generator)] = True
    return made[:, None, None].expand(groups, height, width).contiguous()


def _draw_region(groups: int, height: int, width: int, generator: torch.Generator) -> Tensor:
    made = torch.zeros(groups, height, width, dtype=torch.bool)
    rows, columns = (_integer(1, max(2, size), generator) for size in (height, width))
    top, left = _integer(0, height - rows + 1, generator), _integer(0, width - columns + 1, generator)
    made[:, top : top + rows, left : left + columns] = True
    return made


def _uniform(generator: torch.Generator) -> float:
    return float(torch.rand((), generator=generator))


def _integer(low: int, high: int, generator: torch.Generator) -> int:
    return int(torch.randint(low, high, (), generator=generator))
