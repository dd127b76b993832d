"""The diffusion transformer: a plain function of tokens, their noise levels and positions, and words.

Shapes: B clips, N tokens (all latent places of a clip), C latent channels, D width, L distinct noise levels of a clip
(one a latent frame, but where a region is replaced), M words, W word width.

What the blocks answer is added to a share of the noisy latents, both scaled by level and channel (`_scales`).

Blocks are pre-norm with RMSNorm, query-key norm, rotary positions, cross-attention to words by segment, a gated MLP and
adaLN whose modulation is computed once a distinct level, then gathered (DiT 2212.09748; adaLN-single 2310.00426).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor, nn

from himmel.transformer.attention import EXPLICIT, attend, rotary_angles, rotate
from himmel.transformer.config import TransformerConfig
from himmel.transformer.segments import Segments


@dataclass(frozen=True)
class Words:
    """What the prompt says. states [B, M, W]; the first word_slots of them are the refiner's fact slots.

    visible: bool [B, N, M] or [B, 1, M]: which token may look at which word (padding, and segments of a storyboard);
    or the same as `Segments` of a row.
    """

    states: Tensor
    visible: Tensor | Segments


@dataclass(frozen=True)
class Row:
    """Several clips of any sizes behind one another, as if they were one: B is 1 for tokens, levels and words, and
    their number for what is said of a whole clip (rate, size, step). See `himmel.transformer.packing`.

    owner long [L]: the clip that each of the levels is of. first_word long [clips]: where each clip's words begin.
    """

    owner: Tensor
    first_word: Tensor


class Conditions(NamedTuple):
    """What every block is told beside the words: its modulation [B, L, 9 D] by distinct level, that of the last norm
    [B, L, 2 D], and rotary positions as cos and sin [B, 1, N, K / 2] of their angles. place [B, N or 1, D]: what is
    added to each token for where it stands in the picture.
    """

    blocks: Tensor
    last: Tensor
    cos: Tensor
    sin: Tensor
    place: Tensor


class Kept:
    """What one block's attention remembers of tokens that look only at one another: keys and values [B, H, K, D].

    Empty at first: the tokens of the first call are kept, and those of later calls look at them too.
    """

    def __init__(self) -> None:
        self.keys: Tensor | None = None
        self.values: Tensor | None = None

    def join(self, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """What tokens with these keys and values [B, H, N, D] look at: itself first, later K more."""
        if self.keys is None or self.values is None:
            self.keys, self.values = keys, values
            return keys, values
        return torch.cat([self.keys, keys], 2), torch.cat([self.values, values], 2)


class Reuse:
    """What the blocks leave from one call to the next, where neighbouring steps of a walk ask for nearly the same.

    After the first block of a call, what it added is compared with what it added when all blocks were last computed. If
    that differs by less than `threshold` (the mean absolute difference as a share of the mean, in each clip), what the
    other blocks added then is added again, and they are left out. The first block stands for how far the walk has come,
    as the modulated input does in TeaCache (2411.19108). At 0 everything is computed.
    """

    def __init__(self, threshold: float) -> None:
        self.threshold = threshold
        self.first: Tensor | None = None
        self.rest: Tensor | None = None

    def again(self, first: Tensor) -> Tensor | None:
        """What the other blocks may be taken to add [B, N, D], for what the first one added; None: compute them."""
        if self.first is not None and self.rest is not None and self._change(first, self.first) < self.threshold:
            return self.rest
        self.first, self.rest = first, None
        return None

    def _change(self, now: Tensor, before: Tensor) -> float:
        apart, size = ((x.float().abs().mean((1, 2))) for x in (now - before, before))
        return float((apart / size.clamp_min(1e-12)).max())


class Norm(nn.Module):
    """RMSNorm (1910.07467) over the last axis."""

    def __init__(self, width: int, learned: bool = True) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width)) if learned else None

    def forward(self, x: Tensor) -> Tensor:
        # As a norm, which reads half precision without a copy in float32.
        exact = torch.promote_types(x.dtype, torch.float32)
        length = torch.linalg.vector_norm(x, dim=-1, keepdim=True, dtype=exact)
        scaled = x * torch.rsqrt(length.square() / x.shape[-1] + 1e-6).to(x.dtype)
        return scaled if self.weight is None else scaled * self.weight.to(x.dtype)


class SelfAttention(nn.Module):
    """Attention among a clip's tokens."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.heads = config.heads
        self.qkv = nn.Linear(config.width, 3 * config.width, bias=False)
        self.out = nn.Linear(config.width, config.width, bias=False)
        self.q_norm = Norm(config.width // config.heads)
        self.k_norm = Norm(config.width // config.heads)

    def forward(
        self, x: Tensor, turn: tuple[Tensor, Tensor], mask: Tensor | Segments | None, how: str, kept: Kept | None = None
    ) -> Tensor:
        q, k, v = rearrange(self.qkv(x), "b n (three h k) -> three b h n k", three=3, h=self.heads)
        q, k = rotate(self.q_norm(q), *turn), rotate(self.k_norm(k), *turn)
        if kept is not None:
            k, v = kept.join(k, v)
        return self.out(rearrange(attend(q, k, v, mask, how), "b h n k -> b n (h k)"))


class CrossAttention(nn.Module):
    """Tokens look at words."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.heads = config.heads
        self.q = nn.Linear(config.width, config.width, bias=False)
        self.kv = nn.Linear(config.word_width, 2 * config.width, bias=False)
        self.out = nn.Linear(config.width, config.width, bias=False)
        self.q_norm = Norm(config.width // config.heads)
        self.k_norm = Norm(config.width // config.heads)

    def forward(self, x: Tensor, words: Words, how: str) -> Tensor:
        q = rearrange(self.q(x), "b n (h k) -> b h n k", h=self.heads)
        k, v = rearrange(self.kv(words.states), "b m (two h k) -> two b h m k", two=2, h=self.heads)
        mixed = attend(self.q_norm(q), self.k_norm(k), v, words.visible, how)
        return self.out(rearrange(mixed, "b h n k -> b n (h k)"))


class GatedMLP(nn.Module):
    """SwiGLU (2002.05202)."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.up = nn.Linear(config.width, 2 * config.hidden, bias=False)
        self.down = nn.Linear(config.hidden, config.width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        gate, value = self.up(x).chunk(2, -1)
        return self.down(F.silu(gate) * value)


class Block(nn.Module):
    """Self-attention, words, MLP, each added with a gate; `table` is this block's offset to the shared modulation."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.norm = Norm(config.width, learned=False)
        self.word_norm = Norm(config.width)
        self.attention = SelfAttention(config)
        self.words = CrossAttention(config)
        self.mlp = GatedMLP(config)
        self.table = nn.Parameter(torch.randn(9, config.width) * 0.02)
        for last in (self.attention.out, self.words.out, self.mlp.down):
            nn.init.normal_(last.weight, std=0.5 / math.sqrt(config.width * config.depth))

    def forward(
        self,
        x: Tensor,
        modulation: Tensor,
        turn: tuple[Tensor, Tensor],
        words: Words,
        mask: Tensor | Segments | None,
        how: str,
        kept: Kept | None = None,
    ) -> Tensor:
        offsets = (modulation + self.table.to(x.dtype)).unbind(-2)
        shift1, scale1, gate1, shift2, scale2, gate2, shift3, scale3, gate3 = offsets
        x = x + gate1 * self.attention(self.norm(x) * (1 + scale1) + shift1, turn, mask, how, kept)
        x = x + gate2 * self.words(self.word_norm(x) * (1 + scale2) + shift2, words, how)
        return x + gate3 * self.mlp(self.norm(x) * (1 + scale3) + shift3)


class Transformer(nn.Module):
    """Noisy latents to clean ones. Impossible sizes are refused by the configuration."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.config = config
        d = config.width
        self.spread: Tensor
        self.register_buffer("spread", torch.ones(config.channels))
        self.tokens_in = nn.Linear(config.channels, d)
        self.level_in = nn.Sequential(nn.Linear(256, d), nn.SiLU(), nn.Linear(d, d))
        self.rate_in = nn.Linear(64, d, bias=False)
        self.size_in = nn.Linear(64, d, bias=False)
        self.step_in = nn.Linear(64, d, bias=False)
        self.place_in = nn.Linear(4 * config.places, d, bias=False) if config.places else None
        self.slot_gate = nn.Parameter(torch.ones(config.word_slots, config.word_width))
        self.slot_norm = Norm(config.word_width)
        self.slot_in = nn.Linear(config.word_width, d, bias=False)
        self.modulation = nn.Linear(d, 9 * d)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.depth))
        self.last_modulation = nn.Linear(d, 2 * d)
        self.norm = Norm(d, learned=False)
        self.tokens_out = nn.Linear(d, config.channels)
        self._initialise()

    @property
    def device(self) -> torch.device:
        return self.spread.device

    def _initialise(self) -> None:
        nn.init.normal_(self.slot_gate, mean=0.0, std=0.02)
        # The step size is for few-step training later, places for weights that had none: they say nothing until then.
        for zero in (self.tokens_out, self.step_in, self.last_modulation, self.place_in):
            if zero is not None:
                nn.init.zeros_(zero.weight)
        nn.init.normal_(self.modulation.weight, std=0.02)
        with torch.no_grad():  # gates start open, or gradients could not reach the blocks
            self.modulation.bias.zero_()
            self.modulation.bias.view(9, -1)[[2, 5, 8]] = 1.0

    def set_spread(self, spread: Tensor) -> None:
        """Tells the standard deviation [C] of each latent channel, which the skip connection is made for.

        It is kept in eight significant bits, so that it is the same number in bfloat16.
        """
        self.spread.copy_(spread.clamp_min(1e-3).bfloat16())

    def forward(
        self,
        latents: Tensor,
        levels: Tensor,
        level_index: Tensor,
        position: Tensor,
        words: Words,
        rate: Tensor,
        size: Tensor,
        step: Tensor | None = None,
        mask: Tensor | None = None,
        attention: str = EXPLICIT,
        kept: Sequence[Kept] | None = None,
        reuse: Reuse | None = None,
    ) -> Tensor:
        """Predicts clean latents [B, N, C].

        latents [B, N, C] noisy, and float32 to lose nothing of them on the way to the answer; levels [B, L] in 0..1 and
        level_index long [B, N] say the level of each token;
        position [B, N, 5] = (seconds, y, x, down, across), see `himmel.transformer.grid.positions`;
        rate [B] frames a second; size [B] tokens a side (square root of their number in a frame);
        step [B] how far down the levels a few-step sampler goes from here, 0 or None for the plain flow;
        mask bool [B, N, N], True: may look; kept: one a block, see `Kept`, and then no mask; reuse: of the call before.
        """
        told = levels, level_index, position, words, rate, size, step
        return self.forward_with_features(latents, *told, mask, attention, kept, reuse=reuse)[0]

    def forward_with_features(
        self,
        latents: Tensor,
        levels: Tensor,
        level_index: Tensor,
        position: Tensor,
        words: Words,
        rate: Tensor,
        size: Tensor,
        step: Tensor | None = None,
        mask: Tensor | Segments | None = None,
        attention: str = EXPLICIT,
        kept: Sequence[Kept] | None = None,
        row: Row | None = None,
        reuse: Reuse | None = None,
    ) -> tuple[Tensor, Tensor]:
        """As `forward`, and the tokens [B, N, D] half way through the blocks, for lessons beside the flow's loss.

        row: where the arguments are those of several clips behind one another.
        """
        dtype = words.states.dtype
        conditions = self.conditions(levels, position, words.states, rate, size, step, row)
        tokens = latents.to(dtype)
        told = conditions, level_index, words, mask, attention, kept, reuse
        answer, features = self.answer_with_features(tokens, *told)
        return self.predicted(latents, answer, levels, level_index), features

    def conditions(
        self,
        levels: Tensor,
        position: Tensor,
        words: Tensor,
        rate: Tensor,
        size: Tensor,
        step: Tensor | None,
        row: Row | None = None,
    ) -> Conditions:
        """What is the same in every block, from arguments as of `forward`, in the type of the words [B, M, W]."""
        dtype = words.dtype
        told = F.silu(self._told(levels, words, rate, size, step, dtype, row))
        angles = rotary_angles(position.float(), self.config.width // self.config.heads)[:, None]
        turn = angles.cos().to(dtype), angles.sin().to(dtype)
        return Conditions(self.modulation(told), self.last_modulation(told), *turn, self._place(position, dtype))

    def _place(self, position: Tensor, dtype: torch.dtype) -> Tensor:
        """[B, N, D] for positions [B, N, 5], or zeros [B, 1, D] where places are not told.

        Relative positions alone leave a token of mere noise to find out where it stands by what stands beside it.
        """
        if self.place_in is None:
            return torch.zeros(position.shape[0], 1, self.config.width, dtype=dtype, device=position.device)
        halves = math.pi * 2.0 ** torch.arange(self.config.places, device=position.device)
        angles = position[..., 3:5, None].float() * halves
        return self.place_in(torch.cat([angles.sin(), angles.cos()], -1).flatten(-2).to(dtype))

    def answer_with_features(
        self,
        tokens: Tensor,
        conditions: Conditions,
        level_index: Tensor,
        words: Words,
        mask: Tensor | Segments | None = None,
        attention: str = EXPLICIT,
        kept: Sequence[Kept] | None = None,
        reuse: Reuse | None = None,
    ) -> tuple[Tensor, Tensor]:
        """What the blocks answer [B, N, C], and the tokens [B, N, D] half way; nearly all of the work.

        tokens [B, N, C]: noisy latents in the type that is computed in; the rest as of `forward`.
        """
        clip = torch.arange(tokens.shape[0], device=tokens.device)[:, None]
        modulation = conditions.blocks.unflatten(-1, (9, -1))[clip, level_index]
        turn = conditions.cos, conditions.sin
        x = features = first = entered = self.tokens_in(tokens) + conditions.place
        for number, block in enumerate(self.blocks, 1):
            x = block(x, modulation, turn, words, mask, attention, None if kept is None else kept[number - 1])
            if number == len(self.blocks) // 2:
                features = x
            if number == 1 and reuse is not None:
                first = x
                if (rest := reuse.again(x - entered)) is not None:
                    x = x + rest
                    break
        if reuse is not None:
            reuse.rest = x - first if reuse.rest is None else reuse.rest
        shift, scale = conditions.last[clip, level_index].chunk(2, -1)
        return self.tokens_out(self.norm(x) * (1 + scale) + shift), features

    def predicted(self, latents: Tensor, answer: Tensor, levels: Tensor, level_index: Tensor) -> Tensor:
        """Clean latents [B, N, C] from noisy ones and what the blocks answer, arguments as of `forward`."""
        keep, change = self._scales(levels.gather(1, level_index).to(latents.dtype))
        return keep * latents + change * answer.to(latents.dtype)

    def _scales(self, level: Tensor) -> tuple[Tensor, Tensor]:
        """How much of noisy latents and of the blocks' answer is in the prediction, [B, N, C] each, by level [B, N].

        c_skip and c_out of Karras et al. (2206.00364, table 1) for x_t = (1 - t) x_0 + t e and channels of their own
        deviation s: (1 - t) s^2 / d and t s / sqrt(d), d = ((1 - t) s)^2 + t^2. An answer of 0 is then the best guess
        that is linear in the channel alone, and the answer to be learned has variance 1 at every level.
        """
        t, s = level[..., None], self.spread.to(level.dtype)
        variance = ((1 - t) * s).square() + t.square()
        return (1 - t) * s.square() / variance, t * s * variance.rsqrt()

    def _told(
        self,
        levels: Tensor,
        words: Tensor,
        rate: Tensor,
        size: Tensor,
        step: Tensor | None,
        dtype: torch.dtype,
        row: Row | None = None,
    ) -> Tensor:
        """[B, L, D]: level, frame rate, size, step and the sum of the fact slots, as one vector a distinct level."""
        told = self.level_in(waves(levels * 1000.0, 256).to(dtype))
        clip = self.rate_in(waves(rate, 64).to(dtype)) + self.size_in(waves(size, 64).to(dtype))
        if step is not None:
            clip = clip + self.step_in(waves(step * 1000.0, 64).to(dtype)) * (step > 0)[:, None].to(dtype)
        slots = words[:, : self.config.word_slots]
        if row is not None:
            place = torch.arange(self.config.word_slots, device=words.device)
            slots = words[0, row.first_word[:, None] + place]
        clip = clip + self.slot_in(self.slot_norm((slots * self.slot_gate.to(dtype)).sum(1)))
        return told + (clip[:, None] if row is None else clip[row.owner])


def waves(value: Tensor, width: int) -> Tensor:
    """Sinusoidal features [..., width] of a number (1706.03762, sec. 3.5), float32."""
    frequencies = torch.exp(torch.linspace(0, -math.log(10000.0), width // 2, device=value.device))
    angles = value.float()[..., None] * frequencies
    return torch.cat([angles.cos(), angles.sin()], -1)
