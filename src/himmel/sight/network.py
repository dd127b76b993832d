"""A network that looks: pictures in, answers out. Judges are such networks, and the captioner sees with one.

Shapes: B clips, T frames, h x w pixels, y x x cells (a quarter of the pixels each way), K colours, C
channels. Where a thing of each colour is, is a map of K channels over the cells; everything said of an object
is read at its place, by heads that all colours share. So the one weight that knows one colour from another is
the map's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from himmel.grammar.vocabulary import COLOURS
from himmel.sight.reading import EVENT_QUESTIONS, PAIR_QUESTIONS, object_questions, scene_questions


@dataclass(frozen=True)
class JudgeConfig:
    """Sizes of a judge. frames and side are what a clip is brought to: that many frames, shorter side in
    pixels. further: whether it answers for all families, or for the first ones alone.
    """

    frames: int = 16
    side: int = 64
    stem: int = 32
    early: int = 1
    width: int = 96
    blocks: int = 3
    hidden: int = 96
    memory: str = "convolution"  # or "recurrent": how the frames are read together
    further: bool = False


@dataclass(frozen=True)
class Answers:
    """Logits. `where` is over cells; object answers are for all colours; see `Judge` for what they mean."""

    where: Tensor  # [B, T, K, y, x]
    present: Tensor  # [B, K]
    scene: dict[str, Tensor]  # question -> [B, values]
    objects: dict[str, Tensor]  # question -> [B, K, values]
    pairs: dict[str, Tensor]  # question -> [B, K, K], first colour against second
    events: Tensor | None = None  # [B, E], or None of a network that is not asked


class Norm(nn.Module):
    """Layer norm over the channels of [N, C, y, x]. On a processor its backward pass costs a tenth of batch
    norm's.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


def _convolution(inputs: int, outputs: int, size: int, stride: int = 1, dilation: int = 1) -> nn.Conv2d:
    # No bias: the norms shift already, and the bias gradient costs more than the convolution's on a
    # processor.
    padding = (size - stride + 1) // 2 * dilation
    return nn.Conv2d(inputs, outputs, size, stride, padding, dilation, bias=False)


class Block(nn.Module):
    """Pre-norm residual block of two 3 x 3 convolutions, the second dilated."""

    def __init__(self, width: int, dilation: int = 1) -> None:
        super().__init__()
        self.norm = Norm(width)
        self.first = _convolution(width, width, 3)
        self.second = _convolution(width, width, 3, dilation=dilation)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(functional.silu(self.first(self.norm(x))))


class Eye(nn.Module):
    """Each frame with its two neighbours -> features [B, T, C, y, x]."""

    def __init__(self, config: JudgeConfig) -> None:
        super().__init__()
        self.stem = _convolution(9, config.stem, 4, stride=2)
        self.norm_stem = Norm(config.stem)
        self.early = nn.Sequential(*[Block(config.stem) for _ in range(config.early)])
        self.down = _convolution(config.stem, config.width, 4, stride=2)
        self.late = nn.Sequential(*[Block(config.width, dilation=1 + i % 3) for i in range(config.blocks)])
        self.norm_late = Norm(config.width)

    def forward(self, frames: Tensor) -> Tensor:
        """frames [B, T, 3, h, w] in -1 to 1."""
        before = torch.cat([frames[:, :1], frames[:, :-1]], 1)
        after = torch.cat([frames[:, 1:], frames[:, -1:]], 1)
        # Differences are small numbers in calm clips: bring them to the size of the colours.
        x = torch.cat([frames, 3 * (frames - before), 3 * (after - frames)], 2).flatten(0, 1)
        x = x.contiguous(memory_format=torch.channels_last)
        x = self.early(functional.silu(self.norm_stem(self.stem(x))))
        x = self.norm_late(self.late(self.down(x)))
        return x.unflatten(0, frames.shape[:2])


class Memory(nn.Module):
    """Reads a sequence [N, T, C] and sums it up as [N, 4 C]: mean, maximum, start and end."""

    def __init__(self, width: int, kind: str) -> None:
        super().__init__()
        self.recurrent = (
            nn.GRU(width, width // 2, 2, batch_first=True, bidirectional=True) if kind == "recurrent" else None
        )
        dilations = () if kind == "recurrent" else (1, 2, 4)
        self.layers = nn.ModuleList(nn.Conv1d(width, width, 3, padding=d, dilation=d) for d in dilations)
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in dilations)

    def forward(self, x: Tensor) -> Tensor:
        if self.recurrent is not None:
            x = x + self.recurrent(x)[0]
        for layer, norm in zip(self.layers, self.norms, strict=True):
            x = x + functional.relu(layer(norm(x).transpose(1, 2)).transpose(1, 2))
        edge = max(1, x.shape[1] // 4)
        return torch.cat([x.mean(1), x.amax(1), x[:, :edge].mean(1), x[:, -edge:].mean(1)], -1)


@dataclass(frozen=True)
class Seen:
    """What an eye made of clips, before any question. H: `JudgeConfig.hidden`."""

    where: Tensor  # [B, T, K, y, x], logits of where a thing of each colour is
    scene: Tensor  # [B, T, H], each frame as a whole
    things: Tensor  # [B, T, K, H], what is at each colour's place
    moments: Tensor  # [B, K, 8], each colour's mean place, spread, size and strength


class Sight(nn.Module):
    """Frames [B, T, 3, h, w] in -1 to 1 -> Seen. h and w are multiples of 4; T is free.

    eye: what turns a clip into features [B, T, C, y, x]; None: `Eye`, which looks at pictures.
    """

    def __init__(self, config: JudgeConfig, eye: nn.Module | None = None) -> None:
        super().__init__()
        self.config = config
        width, hidden = config.width, config.hidden
        self.eye = Eye(config) if eye is None else eye
        self.where = nn.Conv2d(width, len(COLOURS), 1)
        self.sum_up = nn.Conv2d(width, 32, 1)
        self.layout = nn.Conv2d(width, 16, 1)
        self.scene_in = nn.Linear(width + 16 * 16, hidden)
        self.scene_memory = Memory(hidden, config.memory)
        self.object_in = nn.Linear(width + 32 + 8 + hidden, hidden)
        self.object_memory = Memory(hidden, config.memory)

    def watch(self, frames: Tensor) -> Seen:
        return self.seen(self.eye(frames))

    def seen(self, features: Tensor) -> Seen:
        """What the eye's features [B, T, C, y, x] show."""
        b, t = features.shape[:2]
        where = self.where(features.flatten(0, 1)).float().unflatten(0, (b, t))
        scene = self.scene_in(self.layout_of(features))
        places, moments = self._look(features, where)
        seen = torch.cat([places, moments, scene[:, :, None].expand(-1, -1, len(COLOURS), -1)], -1)
        weight = moments[..., 7:].softmax(1)
        return Seen(where, scene, self.object_in(seen), (weight * moments).sum(1))

    def summed_up(self, seen: Seen) -> tuple[Tensor, Tensor]:
        """The scene [B, 4 H] and each colour's thing [B, K, 4 H], over all frames: see `Memory`."""
        tracks = self.object_memory(seen.things.transpose(1, 2).flatten(0, 1))
        return self.scene_memory(seen.scene), tracks.unflatten(0, (len(seen.scene), len(COLOURS)))

    def layout_of(self, features: Tensor) -> Tensor:
        """[B, T, C + 256]: the mean of every channel, and sixteen channels in 4 x 4 parts of the picture."""
        flat = features.flatten(0, 1)
        parts = functional.adaptive_avg_pool2d(self.layout(flat), 4).flatten(1)
        return torch.cat([flat.mean((2, 3)), parts], 1).unflatten(0, features.shape[:2])

    def _look(self, features: Tensor, where: Tensor) -> tuple[Tensor, Tensor]:
        """Features at each colour's place [B, T, K, C + 32], and its place, spread, mass and strength [B, T,
        K, 8].
        """
        flat, logits = features.flatten(3), where.flatten(3)
        attention = logits.softmax(-1)
        places = torch.einsum("btcn,btkn->btkc", flat, attention.to(flat.dtype))
        # The softmax forgets how many cells there are; the sum over all of them remembers.
        mass = logits.sigmoid()
        sums = self.sum_up(features.flatten(0, 1)).flatten(2).unflatten(0, features.shape[:2])
        sums = torch.einsum("btcn,btkn->btkc", sums, mass.to(sums.dtype)) / 8
        rows, columns = where.shape[-2:]
        y = torch.linspace(-1, 1, rows, device=where.device)[:, None].expand(rows, columns).flatten()
        x = torch.linspace(-1, 1, columns, device=where.device)[None].expand(rows, columns).flatten()
        centre_x, centre_y = attention @ x, attention @ y
        spread_x, spread_y = attention @ x**2 - centre_x**2, attention @ y**2 - centre_y**2
        total = mass.sum(-1)
        strength = logits.logsumexp(-1)
        moments = [
            centre_x,
            centre_y,
            spread_x.clamp_min(0).add(1e-4).sqrt(),
            spread_y.clamp_min(0).add(1e-4).sqrt(),
        ]
        moments += [torch.log1p(total), (total / (rows * columns) + 1e-6).sqrt(), mass.amax(-1), strength / 4]
        return torch.cat([places, sums], -1), torch.stack(moments, -1)


class Network(Sight):
    """Frames [B, T, 3, h, w] in -1 to 1 -> Answers: sight with a head for each question."""

    def __init__(self, config: JudgeConfig, eye: nn.Module | None = None) -> None:
        super().__init__(config, eye)
        hidden = config.hidden
        self.object_out = nn.Sequential(nn.Linear(4 * hidden + 8, 2 * hidden), nn.ReLU(), nn.Dropout(0.1))
        self.scene_out = nn.Sequential(nn.Linear(4 * hidden, 2 * hidden), nn.ReLU(), nn.Dropout(0.1))
        self.present = nn.Linear(2 * hidden, 1)
        scene, things = scene_questions(config.further), object_questions(config.further)
        self.scene_heads = nn.ModuleDict({q: nn.Linear(2 * hidden, len(v)) for q, v in scene.items()})
        self.object_heads = nn.ModuleDict({q: nn.Linear(2 * hidden, len(v)) for q, v in things.items()})
        self.pair_subject = nn.Linear(2 * hidden, hidden)
        self.pair_other = nn.Linear(2 * hidden, hidden)
        self.pair_out = nn.Linear(hidden, len(PAIR_QUESTIONS))
        self.event_heads = nn.ModuleDict()
        if config.further:
            self.event_heads["scene"] = nn.Linear(2 * hidden, len(EVENT_QUESTIONS))
            self.event_heads["thing"] = nn.Linear(2 * hidden, len(EVENT_QUESTIONS), bias=False)

    def forward(self, frames: Tensor) -> Answers:
        seen = self.watch(frames)
        return self.answers(seen, *self.summed_up(seen))

    def answers(self, seen: Seen, scene: Tensor, tracks: Tensor) -> Answers:
        """What `watch` saw and `summed_up` as answers to all questions."""
        things = self.object_out(torch.cat([tracks, seen.moments], -1))
        whole = self.scene_out(scene)
        present = self.present(things).squeeze(-1)
        return Answers(
            where=seen.where,
            present=present,
            scene={question: head(whole) for question, head in self.scene_heads.items()},
            objects={question: head(things) for question, head in self.object_heads.items()},
            pairs=self._pairs(things),
            events=self._events(whole, things, present) if self.event_heads else None,
        )

    def _events(self, whole: Tensor, things: Tensor, present: Tensor) -> Tensor:
        """Logits of what happens: the scene's and those of all things that are there, added up."""
        there = present.sigmoid()[..., None] * self.event_heads["thing"](things)
        return self.event_heads["scene"](whole) + there.sum(1)

    def _pairs(self, things: Tensor) -> dict[str, Tensor]:
        """Logits of pairs; "left of" and "behind" are antisymmetric in their two colours."""
        both = self.pair_subject(things)[:, :, None] + self.pair_other(things)[:, None]
        scores = self.pair_out(functional.relu(both)).float()
        out = {question: scores[..., i] for i, question in enumerate(PAIR_QUESTIONS)}
        return {q: s if PAIR_QUESTIONS[q][1] is None else s - s.transpose(1, 2) for q, s in out.items()}


def widened(weights: Mapping[str, Tensor], network: Network) -> dict[str, Tensor]:
    """All weights of `network`, which answers for all families, with those of one of the first families in their
    places: what further values need is as drawn.
    """
    out = {name: value.clone() for name, value in network.state_dict().items()}
    for name, value in weights.items():
        out[name][: len(value)] = value
    return out
