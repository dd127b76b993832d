"""A training step whose clips of all shapes go through the transformer in one row (`himmel.transformer.packing`).

The losses are those of a pass for each shape (law test). On a GPU attention is then one call of a kernel for sequences
of any lengths, which needs no mask of all pairs of tokens; a processor saves an eighth of the time (docs/training.md).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from himmel.flow.loss import flow_loss
from himmel.recipes.few import Prepared, level_index
from himmel.recipes.scene import SceneHead, emphasis, scene_loss
from himmel.transformer import Transformer
from himmel.transformer.attention import EXPLICIT, FUSED
from himmel.transformer.grid import to_latents, to_tokens
from himmel.transformer.packing import Clips, forward_packed, pack


@dataclass(frozen=True)
class Shaped:
    """Clips of one shape where they are computed. look, visible: their masks on the processor. weight: of their loss
    in that of the step.
    """

    inputs: Prepared
    look: Tensor
    visible: Tensor
    weight: float

    def clips(self) -> Clips:
        """As they stand in a row."""
        told = self.inputs
        return Clips(
            latents=to_tokens(told.noisy),
            levels=told.levels,
            level_index=level_index(told.made),
            position=told.position,
            words=told.words,
            visible=self.visible,
            rate=told.rate,
            size=told.size,
            step=told.step,
            mask=self.look,
        )


def in_rows(
    network: Transformer, head: SceneHead, weights: tuple[float, float], compiled: bool
) -> Callable[[Sequence[Shaped]], Tensor]:
    """The loss of a step: of each shape that of its `lessons`, by its weight in the step.

    compiled: for any lengths, since no two rows are alike.
    """
    forward = torch.compile(forward_packed, dynamic=True) if compiled else forward_packed

    def loss(shapes: Sequence[Shaped]) -> Tensor:
        packed = pack([each.clips() for each in shapes], network.config.word_slots)
        how = FUSED if packed.latents.is_cuda else EXPLICIT
        predicted, features = map(packed.split, forward(network, packed, how))
        losses = []
        for each, tokens, middle in zip(shapes, predicted, features, strict=True):
            told = each.inputs
            clean = to_latents(tokens, *told.made.shape[1:])
            loss = lessons(head, clean, middle, told.target, told.level(), told.made, told.scene, weights)
            losses.append(each.weight * loss)
        return torch.stack(losses).sum()

    return loss


def lessons(
    head: SceneHead,
    clean: Tensor,
    features: Tensor,
    target: Tensor,
    level: Tensor,
    made: Tensor,
    scene: Tensor,
    weights: tuple[float, float],
) -> Tensor:
    """The mean flow loss of clips of one shape, and that of the scene, from latents [B, C, G, h, w] and features
    [B, N, D] that the network gave. weights: of the scene's, and how much more things count in the flow's.
    """
    lesson, extra = weights
    counts = emphasis(scene, level, extra) if extra else None
    flow = flow_loss(clean, target, level, made, counts).mean()
    return flow + lesson * scene_loss(head(features), scene) if lesson else flow
