"""What training at scale takes: memory a GPU, tokens and steps a second, days; by arithmetic, for docs/scale.md.

Command: ``python -m himmel.recipes.scale`` (half a minute; nothing is trained and no GPU is needed). Operations come
from `himmel.transformer.forward_flops`. What the gradient keeps of a token is counted from the real network, run on
tensors that have shapes and no contents. The share of a GPU's peak that is reached is assumed, and said.
"""

from __future__ import annotations

import weakref
from collections import Counter
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensorMode

from himmel.training.sharding import recompute
from himmel.transformer import SIZES, Transformer, TransformerConfig, Words, count_parameters, forward_flops
from himmel.transformer.attention import FUSED

H100_FLOPS, H100_BYTES = 989e12, 80e9
"""Peak of dense bf16 products, and memory, as the maker states them."""
MFU = 0.35
"""Assumed share of the peak that the network's own operations reach."""
STATE_BYTES = 16
"""A parameter in float32: itself, its gradient, Muon's momentum, the running average. AdamW's vectors need 4 more."""
WORDS = 92
CLIP = 9 * 30 * 52
"""Tokens of a clip of 2.25 s at 16 frames a second, 832 x 480: a middle-sized one."""
COUNTED = 1009
"""Tokens that memory is counted with: a prime, which is no side of any weight, so that none is taken for another."""
RESERVE = 6e9
"""Bytes for CUDA, NCCL, fragments."""
TRAFFIC_BYTES = 16
"""A parameter and GPU in a step: gathered twice, its gradient reduced once, in float32, and 4 for Muon's exchange."""
WIRE = 50e9
"""Bytes a second and GPU between machines: one 400 Gb/s card each, as the maker's machines of eight have."""
DISK = 2e9
"""Assumed bytes a second to shared storage."""
NOISE_SECONDS = 2.4e-9
"""A normal number on one core, measured (docs/scale.md)."""


@dataclass(frozen=True)
class Row:
    """One size on so many GPUs. kept: bytes a token that the gradient needs; fixed: bytes a GPU whatever the tokens;
    tokens: that fit on a GPU beside them; speed: tokens a second of all GPUs.
    """

    name: str
    gpus: int
    recomputed: bool
    parameters: int
    kept: float
    fixed: float
    tokens: int
    speed: float

    def days(self, tokens: float) -> float:
        return tokens / self.speed / 86_400


def kept_bytes(config: TransformerConfig, tokens: int, recomputed: bool = False, layers: int = 2) -> float:
    """Bytes a token that autograd keeps for the backward pass of one clip, counted over `layers` blocks and scaled to
    the depth; of recomputed blocks also what one of them needs while it is computed again.
    """
    none, some = (_kept(replace(config, depth=depth), tokens, recomputed) for depth in (1, 1 + layers))
    block = (some - none) / layers
    once = 0.0
    if recomputed:
        plain = [_kept(replace(config, depth=depth), tokens, False) for depth in (1, 1 + layers)]
        once = (plain[1] - plain[0]) / layers
    return (none + block * (config.depth - 1) + once) / tokens


def _kept(config: TransformerConfig, tokens: int, recomputed: bool) -> float:
    """Bytes of the storages that a forward pass saves, parameters and their bfloat16 copies left out."""
    sizes: dict[int, int] = {}
    alive: list[weakref.ref[Tensor] | Tensor] = []

    def pack(tensor: Tensor) -> Tensor:
        if tensor.numel() >= tokens:  # what is smaller belongs to a clip, or is a weight
            sizes[tensor.untyped_storage()._cdata] = tensor.untyped_storage().nbytes()
            alive.append(tensor)
        return tensor

    with FakeTensorMode(), torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        network = Transformer(config)
        if recomputed:
            recompute([block for block in network.blocks if isinstance(block, torch.nn.Module)])
        weights = {p.untyped_storage()._cdata for p in network.parameters()}
        with torch.autocast("cpu", torch.bfloat16, cache_enabled=False):
            network(*_inputs(config, tokens), attention=FUSED)
    shapes = {tuple(p.shape) for p in network.parameters()}
    shapes |= {shape[::-1] for shape in shapes}
    copies = {t.untyped_storage()._cdata for t in alive if isinstance(t, Tensor) and tuple(t.shape) in shapes}
    return float(sum(size for key, size in sizes.items() if key not in weights | copies))


def _inputs(config: TransformerConfig, tokens: int) -> tuple[Tensor | Words, ...]:
    """A clip of so many tokens as `Transformer.forward` takes it."""
    words = Words(torch.randn(1, WORDS, config.word_width), torch.ones(1, 1, WORDS, dtype=torch.bool))
    index = torch.zeros(1, tokens, dtype=torch.long)
    told = torch.ones(1), torch.ones(1)
    return torch.randn(1, tokens, config.channels), torch.rand(1, 18), index, torch.rand(1, tokens, 5), words, *told


def row(name: str, gpus: int, recomputed: bool) -> Row:
    """What a size of the table takes on so many GPUs, with clips of CLIP tokens."""
    config = SIZES[name]
    parameters = count_parameters(config)
    block = parameters / config.depth
    gathered = 3 * 4 * block  # two blocks whole in float32, the one at work and the next, and a gradient
    gathered += 2 * block  # and the bfloat16 copy of the one at work
    fixed = STATE_BYTES * parameters / gpus + (gathered if gpus > 1 else 2 * parameters)
    kept = kept_bytes(config, COUNTED, recomputed)
    tokens = int(max(0.0, H100_BYTES - RESERVE - fixed) / kept)
    work = 3 * forward_flops(config, CLIP, WORDS) / CLIP
    spent = work * (4 / 3 if recomputed else 1)
    return Row(name, gpus, recomputed, parameters, kept, fixed, tokens, gpus * MFU * H100_FLOPS / spent)


@dataclass(frozen=True)
class Launch:
    """A step of a run: so many GPUs, of which `context` share each clip, and a budget of tokens over all of them."""

    name: str
    gpus: int
    context: int
    budget: int
    recomputed: bool = True

    @property
    def config(self) -> TransformerConfig:
        return SIZES[self.name]

    @property
    def clips(self) -> int:
        """Whole clips of CLIP tokens that the budget holds, as `Pool.draw` takes them."""
        return max(1, self.budget // CLIP)

    @property
    def busiest(self) -> int:
        """Clips of the process that has most (`Processes.mine`); all wait for it."""
        return -(-self.clips // (self.gpus // self.context))

    @property
    def used(self) -> float:
        """Share of the GPUs' time in which they have a clip."""
        return self.clips / (self.busiest * self.gpus / self.context)

    @property
    def tokens(self) -> int:
        """That the busiest GPU holds at once."""
        return self.busiest * CLIP // self.context

    @property
    def computing(self) -> float:
        """Seconds of forward and backward pass on the busiest GPU."""
        work = 3 * forward_flops(self.config, CLIP, WORDS) / CLIP * (4 / 3 if self.recomputed else 1)
        return self.tokens * work / (MFU * H100_FLOPS)

    @property
    def turning(self) -> float:
        """Seconds of Muon's iterations, at the same share of the peak."""
        return muon_flops(self.config, self.gpus) / (MFU * H100_FLOPS)

    @property
    def sending(self) -> float:
        """Seconds that parameters and gradients are on the wire, most of which can go on meanwhile."""
        return TRAFFIC_BYTES * count_parameters(self.config) / WIRE

    @property
    def drawing(self) -> float:
        """Seconds in which each process draws the noise of the whole step, and the GPU waits."""
        return self.clips * CLIP * self.config.channels * NOISE_SECONDS

    @property
    def saving(self) -> float:
        """Seconds of a checkpoint: weights, momentum and average in float32."""
        return 12 * count_parameters(self.config) / DISK


def muon_flops(config: TransformerConfig, gpus: int) -> float:
    """Operations of Muon's five iterations (`himmel.training.optimiser`) on the GPU that has most matrices of the
    blocks: each whole matrix lies on one, those of a shape dealt out evenly. X Xᵀ, its square, and their product with X
    cost 2 m² n, 2 m³ and 2 m² n for an m x n matrix with m the shorter side.
    """
    with torch.device("meta"):
        blocks = Transformer(config).blocks
    shapes = Counter(tuple(sorted(p.shape)) for p in blocks.parameters() if p.ndim == 2)
    return sum(-(-count // gpus) * 5 * (4 * m * m * n + 2 * m**3) for (m, n), count in shapes.items())


LAUNCHES = (
    Launch("B", 8, 1, 64 * CLIP),
    Launch("XL", 64, 1, 2_000_000),
    Launch("XL", 64, 1, 128 * CLIP),
    Launch("14B", 64, 8, 16 * CLIP),
    Launch("14B", 64, 1, 128 * CLIP),
    Launch("14B", 512, 1, 1024 * CLIP),
)


def steps_table() -> str:
    """What a step takes, part by part."""
    head = (
        "| size | GPUs | `--context` | `--tokens` | clips | of the busiest GPU | time used % | computing s | Muon s |"
    )
    lines = [head + " on the wire s | drawing s | checkpoint s |", "|" + "---|" * 12]
    for one in LAUNCHES:
        parts = (one.computing, one.turning, one.sending, one.drawing, one.saving)
        cells = [one.name, str(one.gpus), str(one.context), f"{one.budget:,}", str(one.clips), f"{one.tokens:,} tokens"]
        lines.append("| " + " | ".join([*cells, f"{100 * one.used:.0f}", *(f"{p:.3g}" for p in parts)]) + " |")
    return "\n".join(lines)


def main() -> None:
    """Prints the tables of docs/scale.md."""
    print(steps_table(), end="\n\n", flush=True)
    print(
        "| size | parameters | GPUs | recompute | GB a GPU before any token | kB a token | tokens that fit a GPU |",
        end="",
    )
    print(" MFLOP a token | tokens/s | days for 100 G tokens |")
    print("|" + "---|" * 10)
    for name, gpus, recomputed in PLANS:
        r = row(name, gpus, recomputed)
        work = 3 * forward_flops(SIZES[name], CLIP, WORDS) / CLIP / 1e6
        cells = [
            name,
            f"{r.parameters / 1e6:,.0f} M",
            str(gpus),
            "yes" if recomputed else "no",
            f"{r.fixed / 1e9:.1f}",
            f"{r.kept / 1e3:,.0f}",
            f"{r.tokens:,}",
            f"{work:,.0f}",
            f"{r.speed:,.0f}",
            f"{r.days(100e9):,.1f}",
        ]
        print("| " + " | ".join(cells) + " |", flush=True)


PLANS = (
    ("B", 1, False),
    ("B", 8, False),
    ("XL", 1, True),
    ("XL", 8, False),
    ("XL", 8, True),
    ("XL", 64, True),
    ("14B", 8, True),
    ("14B", 64, True),
    ("14B", 512, True),
)


if __name__ == "__main__":
    main()
