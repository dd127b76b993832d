"""The one table of sizes, and what each costs."""

from __future__ import annotations

from dataclasses import dataclass

from himmel.records import HimmelError


@dataclass(frozen=True)
class TransformerConfig:
    """One network at any size.

    channels: latent channels. width, depth, heads: of the trunk. word_width: of the words it is given.
    word_slots: leading word states that are summed up into the modulation as well (the refiner's fact slots).
    places: waves down and across the picture whose sines and cosines tell each token where it stands; 0: it is told
    only where others stand from it.
    """

    channels: int = 48
    width: int = 384
    depth: int = 8
    heads: int = 6
    word_width: int = 256
    word_slots: int = 36
    places: int = 0

    def __post_init__(self) -> None:
        if self.width % self.heads or (self.width // self.heads) % 4:
            raise HimmelError(
                f"a transformer of width {self.width} with {self.heads} heads",
                "the width must be a multiple of the heads, and each head's a multiple of 4",
            )
        if min(self.channels, self.depth, self.heads, self.word_width) < 1:
            raise HimmelError(f"the transformer sizes {self}", "every size must be 1 or more")

    @property
    def hidden(self) -> int:
        """Width of the gated MLP: 8/3 of the trunk, rounded up to 64."""
        return -(-self.width * 8 // 3 // 64) * 64


def _sized(width: int, depth: int, heads: int) -> TransformerConfig:
    return TransformerConfig(width=width, depth=depth, heads=heads, places=PLACES)


PLACES = 4
"""Of new networks. Weights from before there were such have none, and gain them where they are trained on."""
SIZES: dict[str, TransformerConfig] = {
    "tiny": _sized(64, 2, 2),
    "S": _sized(384, 8, 6),
    "B": _sized(768, 12, 12),
    "L": _sized(1024, 24, 16),
    "XL": _sized(1152, 28, 16),
    "2B": _sized(2048, 28, 16),
    "14B": _sized(5120, 32, 40),
}


def count_parameters(config: TransformerConfig) -> int:
    """Parameters of the network, without building it (a law test builds the small ones and compares)."""
    d, h, c, w = config.width, config.hidden, config.channels, config.word_width
    block = 4 * d * d + 2 * (d // config.heads)  # self-attention and its query and key norms
    block += 2 * d * d + 2 * d * w + 2 * (d // config.heads)  # cross-attention
    block += 3 * d * h + 9 * d + d  # gated MLP, modulation table, norm before the words
    ends = (c * d + d) + (d * c + c) + 2 * d * d + 2 * d  # tokens in and out, last modulation
    levels = (256 * d + d) + (d * d + d) + (d * 9 * d + 9 * d)  # level embedding and shared modulation
    told = 3 * (64 * d) + config.word_slots * w + w * d + w
    return config.depth * block + ends + levels + told + 4 * config.places * d


def forward_flops(config: TransformerConfig, tokens: int, words: int) -> float:
    """Floating-point operations of one forward pass of one clip (a multiply-add is two). Training costs three
    times that.
    """
    d, h = config.width, config.hidden
    per_token = config.depth * (4 * d * d + 2 * d * d + 3 * d * h) + 2 * config.channels * d
    attention = config.depth * 2 * d * (tokens + words)
    per_word = config.depth * 2 * d * config.word_width
    return 2.0 * (tokens * (per_token + attention) + words * per_word)
