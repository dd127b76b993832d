"""Pixels <-> latents: every latent frame stands for the same four video frames, and none is special."""

from himmel.autoencoder.config import AutoencoderConfig
from himmel.autoencoder.model import Autoencoder
from himmel.autoencoder.tiles import decode_group

__all__ = ["Autoencoder", "AutoencoderConfig", "decode_group"]
