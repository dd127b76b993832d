"""Latents + noise levels + words -> predicted clean latents; nothing else."""

from himmel.transformer.config import SIZES, TransformerConfig, count_parameters, forward_flops
from himmel.transformer.model import Kept, Reuse, Transformer, Words

__all__ = ["SIZES", "Kept", "Reuse", "Transformer", "TransformerConfig", "Words", "count_parameters", "forward_flops"]
