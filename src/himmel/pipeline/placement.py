"""Which device himmel's own networks compute on. What goes around them, noise included, stays on the processor."""

from __future__ import annotations

import os

import torch

from himmel.records import HimmelError

SETTING = "HIMMEL_DEVICE"
CPU, CUDA = "cpu", "cuda"
DEVICES = (CPU, CUDA)


def best_device() -> torch.device:
    """What HIMMEL_DEVICE says; unset, a GPU that this PyTorch can use, or the processor.

    Raises HimmelError for a setting that there is none of, or not here.
    """
    asked = os.environ.get(SETTING, "")
    if asked not in ("", *DEVICES):
        raise HimmelError(f"{SETTING}={asked!r:.40}", f"one of: {', '.join(DEVICES)}", "or leave it unset")
    there = torch.cuda.is_available()
    if asked == CUDA and not there:
        given = f"{SETTING}={CUDA}, but this PyTorch ({torch.__version__}) sees no GPU"
        raise HimmelError(given, "cpu works everywhere", "leave it unset, or install PyTorch for your GPU")
    return torch.device(asked or (CUDA if there else CPU))


def dtype_on(device: torch.device, processor: torch.dtype) -> torch.dtype:
    """What networks compute in on a device; processor: what they would on the processor."""
    if device.type == CPU:
        return processor
    return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float32
