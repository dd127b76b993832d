"""The shape of an autoencoder."""

from __future__ import annotations

from dataclasses import dataclass

from himmel.records import HimmelError

FRAMES_A_GROUP = 4
PIXELS_A_TOKEN = 16


@dataclass(frozen=True)
class AutoencoderConfig:
    """Sizes of the network.

    channels: latent channels. widths: feature channels at a quarter, an eighth and a sixteenth of the pixel
    resolution. encoder_blocks, decoder_blocks: residual blocks at each of them. noise: standard deviation of the noise
    put on raw latents in training, so that near latents decode to near pictures.
    """

    channels: int = 48
    widths: tuple[int, int, int] = (96, 192, 256)
    encoder_blocks: tuple[int, int, int] = (1, 2, 1)
    decoder_blocks: tuple[int, int, int] = (2, 3, 2)
    noise: float = 0.1
    reach: int = 0

    def __post_init__(self) -> None:
        for name in ("widths", "encoder_blocks", "decoder_blocks"):
            object.__setattr__(self, name, tuple(getattr(self, name)))  # JSON brings lists
        if self.channels < 1 or len(self.widths) != 3 or min(self.widths) < 1:
            raise HimmelError(
                f"autoencoder of {self.channels} channels and widths {self.widths}",
                "at least 1 channel and three positive widths are needed",
            )
        if not 0 <= self.reach <= PIXELS_A_TOKEN:
            raise HimmelError(f"a reach of {self.reach} pixels", f"0 to {PIXELS_A_TOKEN} are possible")
