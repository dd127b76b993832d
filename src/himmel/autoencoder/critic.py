"""What a decoder's pictures are told from renders by, while it is taught to draw fine detail.

A patch discriminator (Isola et al. 2017, 1611.07004; for decoders of latents Esser et al. 2021, 2012.09841) that sees
two frames one after the other, so that detail which does not stay where it was gives a clip away too. It is needed
for training alone and is not shipped.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

_FOLD = 2  # pixels a side that are folded into channels before the first convolution


class Critic(nn.Module):
    """Pairs of frames [N, 6, H, W] in -1..1 to one score for each patch [N, 1, H/8, W/8], high for renders.

    A patch reaches over 48 pixels. Weights are divided by their spectral norm (Miyato et al. 2018, 1802.05957):
    without, its slope is rough, and a decoder that follows it draws grids into plain skies.
    """

    def __init__(self, widths: tuple[int, int, int] = (64, 96, 128)) -> None:
        super().__init__()
        low, middle, high = widths
        shapes = ((6 * _FOLD**2, low, 3, 1), (low, middle, 4, 2), (middle, high, 3, 1), (high, high, 4, 2))
        layers: list[nn.Module] = []
        for inputs, outputs, side, stride in shapes:
            layers += [spectral_norm(nn.Conv2d(inputs, outputs, side, stride, padding=1)), nn.LeakyReLU(0.2)]
        self.layers = nn.Sequential(*layers, spectral_norm(nn.Conv2d(high, 1, 3, padding=1)))

    def forward(self, pairs: Tensor) -> Tensor:
        folded = F.pixel_unshuffle(pairs, _FOLD).contiguous(memory_format=torch.channels_last)
        return self.layers(folded)


def pairs(frames: Tensor, first: int = 0) -> Tensor:
    """Frames [B, 3, T, H, W], from number `first` on, two by two: [B N, 6, H, W]. One that is left over is left out."""
    count = (frames.shape[2] - first) // 2
    both = frames[:, :, first : first + 2 * count].unflatten(2, (count, 2))
    return both.permute(0, 2, 3, 1, 4, 5).flatten(2, 3).flatten(0, 1)


def hinge(real: Tensor, made: Tensor) -> Tensor:
    """The critic's loss on scores of renders and of what was decoded (Lim & Ye 2017, 1705.02894)."""
    return F.relu(1 - real.float()).mean() + F.relu(1 + made.float()).mean()


def balanced(plain: Tensor, critical: Tensor, share: float) -> Tensor:
    """The slope of a loss in pixels, and on it that of the critic at `share` times its length.

    Both [...] alike. Lengths are those of the whole batch, so neither needs a weight that fits its scale (2012.09841
    does it by the last layer's weights).
    """
    return plain + critical * (share * plain.norm() / critical.norm().clamp_min(1e-12))
