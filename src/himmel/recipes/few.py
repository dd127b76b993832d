"""Few steps as a part of the transformer's training: some of its steps teach large steps of the solver.

For walks of `direct` steps and more a step is taught by two plain, guided steps of the weights that the training starts
from, which stand still (one for the longest walk); for shorter walks by two steps of half the size of the running
average of the network that is being trained, which have their guidance folded in already (shortcut models, 2410.12557).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from himmel.flow import add_noise
from himmel.flow.patterns import Mixture
from himmel.flow.shortcut import Predict, draw_stops, step_size, step_target
from himmel.training import Average
from himmel.training.lora import merged
from himmel.training.sharding import whole
from himmel.transformer import Transformer, TransformerConfig, Words
from himmel.transformer.grid import to_latents, to_tokens


@dataclass(frozen=True)
class FewSteps:
    """share: of the training's steps that teach large steps. guidance: what is folded in. counts: numbers of steps that
    are taught and how often. direct: from this number on a step is taught by plain guided ones. fixed: whether those
    are steps of the weights that the training starts from, or of the running average. mixture: noise patterns of these
    steps; samplers walk all that is made at one level.
    """

    share: float = 0.5
    guidance: float = 3.0
    counts: tuple[tuple[int, float], ...] = ((8, 0.3), (4, 0.45), (2, 0.15), (1, 0.1))
    direct: int = 4
    fixed: bool = True
    mixture: Mixture = field(default_factory=lambda: Mixture(whole=0.55, given=0.45, independent=0.0))

    def pick(self, generator: torch.Generator) -> int:
        """A number of steps."""
        weights = torch.tensor([weight for _, weight in self.counts])
        return self.counts[int(torch.multinomial(weights, 1, generator=generator))][0]

    def between(self, steps: int) -> int:
        """How many small steps teach one of a walk of so many."""
        return 1 if steps == max(count for count, _ in self.counts) else 2


@dataclass(frozen=True)
class Prepared:
    """A training step's tensors, all randomness in them. noisy, target: [B, C, G, h, w]; levels [B, 2 G]: of given and
    made tokens of each latent frame; made bool [B, G, h, w]; words, visible, position, rate, size, look: as
    `Transformer.forward` takes them; scene as of `recipes.scene`; step [B]: of a large step, 0 for the plain flow; None
    where no step is taught at all.
    """

    noisy: Tensor
    target: Tensor
    levels: Tensor
    made: Tensor
    words: Tensor
    visible: Tensor
    position: Tensor
    rate: Tensor
    size: Tensor
    look: Tensor
    scene: Tensor
    step: Tensor | None = None

    def rows(self, rows: slice) -> Prepared:
        """Some of the clips."""
        return replace(self, **{k: v[rows] for k, v in vars(self).items() if isinstance(v, Tensor)})

    def to(self, device: torch.device) -> Prepared:
        moved = {k: v.to(device) for k, v in vars(self).items() if isinstance(v, Tensor)}
        return replace(self, **moved)

    def level(self) -> Tensor:
        """[B, G, h, w] of each token."""
        return self.levels.gather(1, level_index(self.made)).view(self.made.shape)


def level_index(made: Tensor) -> Tensor:
    """Long [B, N]: which of the levels [B, 2 G] is a token's, for made bool [B, G, h, w]."""
    groups = made.shape[1]
    frame = torch.arange(groups, device=made.device)[:, None, None].expand(made.shape[1:])
    return (2 * frame + made.long()).flatten(1)


class Teacher:
    """The running average, and what the training started from, as networks that answer without gradients, under
    autocast as the pupil. start: those weights; None where the average alone teaches.
    """

    def __init__(
        self,
        few: FewSteps,
        config: TransformerConfig,
        no_words: tuple[Tensor, int],
        compiled: bool,
        start: Mapping[str, Tensor] | None = None,
    ) -> None:
        self.few, self.no_words = few, no_words
        self.network = Transformer(config).eval().requires_grad_(False)
        self.plain = self.network
        if few.fixed and start is not None:
            self.plain = Transformer(config).eval().requires_grad_(False)
            self.plain.load_state_dict(start)
        self.asked = 0
        self.predict = torch.compile(_predict, dynamic=False) if compiled else _predict

    def to(self, device: torch.device) -> None:
        self.network.to(device)
        self.plain.to(device)

    def take_asked(self) -> int:
        """How many clips were answered for since this was asked last."""
        asked, self.asked = self.asked, 0
        return asked

    def follow(self, average: Average) -> None:
        """Takes up the averaged weights, whole and with LoRA merged in; those of other lessons are left out. Of several
        processes all must come here.
        """
        weights = merged({name: whole(value) for name, value in average.weights.items()})
        for name, value in self.network.state_dict().items():
            value.copy_(weights[f"network.{name}"])

    @torch.no_grad()
    def teach(
        self,
        plain: Prepared,
        clean: Tensor,
        noise: Tensor,
        generator: torch.Generator,
        part: tuple[slice, int] | None = None,
    ) -> Prepared:
        """The same clips with the levels, target and size of one large step each, instead of the plain flow's.

        part: which clips these are of how many in the whole step, where several processes share it; what is drawn for a
        clip does not depend on that.
        """
        steps = self.few.pick(generator)
        count, _, groups, height, width = clean.shape
        rows, total = part or (slice(None), count)
        walk = draw_stops(total, steps, self.few.between(steps), groups * height * width, generator)[:, rows]
        stops = [_with_made(plain.levels, levels) for levels in walk.to(plain.levels)]
        index = level_index(plain.made)
        placed = [stop.gather(1, index).view(plain.made.shape) for stop in stops]
        noisy = add_noise(clean, noise, placed[0][:, None])
        target = self.target(plain, noisy, placed, guided=steps >= self.few.direct)
        return replace(plain, noisy=noisy, target=target, levels=stops[0], step=step_size(placed[0], placed[-1]))

    def target(self, plain: Prepared, noisy: Tensor, stops: Sequence[Tensor], guided: bool) -> Tensor:
        """What one step from the first to the last of `stops` should name, taught by small steps between them: plain
        ones with guidance, or the average's own large ones.
        """
        return step_target(noisy, stops, self._guided(plain) if guided else self._own(plain))

    def _guided(self, plain: Prepared) -> Predict:
        states, many = self.no_words[0].to(plain.words), self.no_words[1]
        states = states.expand(plain.words.shape).contiguous()  # one layout, one compiled graph
        there = (torch.arange(states.shape[1], device=states.device) < many).expand(len(states), 1, -1).contiguous()
        still = torch.zeros(len(states), device=states.device)

        def predict(x: Tensor, here: Tensor, there_: Tensor) -> Tensor:
            told = self._ask(self.plain, plain, x, here, plain.words, plain.visible, still)
            untold = self._ask(self.plain, plain, x, here, states, there, still)
            return untold + self.few.guidance * (told - untold)

        return predict

    def _own(self, plain: Prepared) -> Predict:
        network = self.network
        return lambda x, here, to: self._ask(network, plain, x, here, plain.words, plain.visible, step_size(here, to))

    def _ask(
        self,
        network: Transformer,
        plain: Prepared,
        x: Tensor,
        here: Tensor,
        words: Tensor,
        visible: Tensor,
        step: Tensor,
    ) -> Tensor:
        levels, index = _levels_of(here, plain), level_index(plain.made)
        told = plain.position, plain.rate, plain.size
        self.asked += len(x)
        clean = self.predict(network, to_tokens(x), levels, index, *told, words, visible, step, plain.look)
        return to_latents(clean.float(), *plain.made.shape[1:])


def _predict(
    network: Transformer,
    tokens: Tensor,
    levels: Tensor,
    index: Tensor,
    position: Tensor,
    rate: Tensor,
    size: Tensor,
    words: Tensor,
    visible: Tensor,
    step: Tensor,
    look: Tensor,
) -> Tensor:
    return network(tokens, levels, index, position, Words(words, visible), rate, size, step, look)


def _with_made(levels: Tensor, made: Tensor) -> Tensor:
    """[B, 2 G] with the level of made tokens set to one [B] for the whole clip; given ones keep theirs."""
    return torch.stack([levels[:, 0::2], made[:, None].expand(-1, levels.shape[1] // 2)], -1).flatten(1)


def _levels_of(here: Tensor, plain: Prepared) -> Tensor:
    """[B, 2 G] again, from the level of each token."""
    made = torch.where(plain.made, here, torch.full_like(here, -1.0)).flatten(1).amax(1)
    return _with_made(plain.levels, made)
