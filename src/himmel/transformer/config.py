"""The one table of sizes, and what each costs."""

from __future__ import annotations

from dataclasses import dataclass

from himmel.records import HimmelError


@dataclass(frozen=True)
class TransformerConfig:
    """One network at any size.

    channels: latent channels. width, depth, heads: of the trunk. word_width: of the words it is given.
    word_slots: leading word states that are summed up into the modulation as well (the refiner's fact slots).
    """

    channels: int = 48
    width: int = 384
    depth: int = 8
    heads: int = 6
    word_width: int = 256
    word_slots: int = 36

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


SIZES: dict[str, TransformerConfig] = {
    "tiny": TransformerConfig(width=64, depth=2, heads=2),
    "S": TransformerConfig(width=384, depth=8, heads=6),
    "B": TransformerConfig(width=768, depth=12, heads=12),
    "L": TransformerConfig(width=1024, depth=24, heads=16),
    "XL": TransformerConfig(width=1152, depth=28, heads=16),
    "2B": TransformerConfig(width=2048, depth=28, heads=16),
    "14B": TransformerConfig(width=5120, depth=32, heads=40),
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
    return config.depth * block + ends + levels + told


def forward_flops(config: TransformerConfig, tokens: int, words: int) -> float:
    """Floating-point operations of one forward pass of one clip (a multiply-add is two). Training costs three
    times that.
    """
    d, h = config.width, config.hidden
    per_token = config.depth * (4 * d * d + 2 * d * d + 3 * d * h) + 2 * config.channels * d
    attention = config.depth * 2 * d * (tokens + words)
    per_word = config.depth * 2 * d * config.word_width
    return 2.0 * (tokens * (per_token + attention) + words * per_word)
