"""What diffusers wants for Cosmos beside its weights: somebody who looks at words and frames, and one function of
torchvision, which himmel does not bring (decision 0006).
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

MAKERS = "cosmos_guardrail"
"""The package of the makers' own guardrail. Where it is installed it looks, too."""


class OneDoor:
    """Stands where Cosmos wants its makers' guardrail, and lets everything pass: `himmel.pipeline`, from which alone a
    model is asked, has looked at the words by then, and looks at every frame before it leaves (docs/safety.md).
    """

    def to(self, device: object) -> OneDoor:
        """Nothing of it computes."""
        return self

    def check_text_safety(self, prompt: str) -> bool:
        return True

    def check_video_safety(self, frames: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return frames


def guardrail() -> OneDoor | None:
    """What a pipeline class of Cosmos is told as its safety checker; None where it makes its makers' own."""
    return OneDoor() if find_spec(MAKERS) is None else None


def stand_in_for_torchvision() -> None:
    """Gives the module of Cosmos' transformer what it would import, where torchvision is not installed: it resizes one
    mask of zeros, by the nearest pixel.
    """
    from diffusers.models.transformers import transformer_cosmos

    module: Any = transformer_cosmos
    if not hasattr(module, "transforms"):
        module.transforms = Transforms


class _Functional:
    @staticmethod
    def resize(picture: torch.Tensor, size: list[int], interpolation: str) -> torch.Tensor:
        """[N, C, H, W] -> [N, C, *size], as torchvision's does it."""
        return torch.nn.functional.interpolate(picture, size=size, mode=interpolation)


class _Modes:
    NEAREST = "nearest"


class Transforms:
    """As much of `torchvision.transforms` as is used."""

    functional = _Functional
    InterpolationMode = _Modes
