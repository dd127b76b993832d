"""Judges: small networks that look at a clip and name its facts. They see frames and nothing else.

Two are shipped. "select" chooses between checkpoints, on prompts of the validation split. "report" (other
sizes, other seed) gives the figures that are published, on prompts of the test split. Neither is ever used in
a loss, in a filter or to choose among samples: a judge that is optimised against stops being one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from himmel.evaluation.metrics import stands_still
from himmel.grammar.vocabulary import COLOURS
from himmel.records import HimmelError
from himmel.sight.network import Answers, JudgeConfig, Network
from himmel.sight.reading import EVENT_QUESTIONS, OBJECT_QUESTIONS, PAIR_QUESTIONS, SCENE_QUESTIONS, Reading
from himmel.weights import load, save

Frames = NDArray[np.uint8]

NAMES = ("select", "report")


def prepare(frames: Frames, count: int, side: int) -> Tensor:
    """`count` frames spread evenly over a clip, shorter side brought to `side` pixels: float [count, 3, h,
    w], -1 to 1.
    """
    if frames.ndim != 4 or frames.shape[-1] != 3 or min(frames.shape[:3]) < 1:
        raise HimmelError(f"frames of shape {frames.shape}", "a judge looks at uint8 [T, H, W, 3]")
    at = np.round(np.linspace(0, len(frames) - 1, count)).astype(int)
    chosen = torch.from_numpy(np.ascontiguousarray(frames[at])).permute(0, 3, 1, 2).float() / 127.5 - 1
    height, width = frames.shape[1:3]
    scale = side / min(height, width)
    size = [max(8, round(edge * scale / 8) * 8) for edge in (height, width)]
    if (height, width) != tuple(size):
        chosen = functional.interpolate(chosen, size, mode="bilinear", antialias=True, align_corners=False)
    return chosen.clamp(-1, 1)


class Judge:
    """A trained network and what is known of it.

    about: name, split, seed, training and the judge's own accuracy, as in the JSON beside its weights.
    """

    def __init__(self, network: Network, about: dict[str, Any]) -> None:
        self.network = network.eval().requires_grad_(False)
        self.about = about

    @property
    def name(self) -> str:
        return str(self.about["name"])

    @property
    def fingerprint(self) -> str:
        """Twelve hexadecimal digits of the SHA-256 of all weights: which judge said so."""
        digest = hashlib.sha256()
        for name, tensor in sorted(self.network.state_dict().items()):
            digest.update(name.encode() + tensor.half().contiguous().numpy().tobytes())
        return digest.hexdigest()[:12]

    def read(self, frames: Frames) -> Reading:
        """The facts of one clip, frames uint8 [T, H, W, 3] of any length and size."""
        return self.read_many([frames])[0]

    def read_many(self, clips: Sequence[Frames]) -> list[Reading]:
        """The facts of each clip. A clip's reading does not depend on the others: each is looked at alone."""
        config = self.network.config
        out = []
        for frames in clips:
            with torch.inference_mode():
                answers = self.network(prepare(frames, config.frames, config.side)[None])
            out.append(reading_of(answers, 0, stands_still(frames)))
        return out

    def save(self, folder: Path) -> None:
        """Writes NAME.safetensors, matrices in 8 bits, and NAME.json, as `weights.save` does."""
        sizes = asdict(self.network.config)
        save(folder / f"{self.name}.safetensors", self.network.state_dict(), sizes, made=self.about)

    @staticmethod
    def load(name: str = "report", folder: Path | None = None) -> Judge:
        """A shipped judge, "select" or "report", or one of another folder. Raises HimmelError when it can't
        be read.
        """
        place = folder or Path(str(files("himmel") / "weights" / "judge"))
        if not (place / f"{name}.safetensors").is_file():
            raise HimmelError(f"the judge {name!r}", f"shipped judges are {', '.join(NAMES)}", f"none is in {place}")
        stored = load(place / f"{name}.safetensors")
        try:
            network = Network(JudgeConfig(**stored.config))
        except TypeError as error:
            given = f"damaged sizes of the judge {name!r}"
            raise HimmelError(given, "those that Judge.save wrote", "reinstall himmel") from error
        stored.into(network)
        return Judge(network, stored.made)


def reading_of(answers: Answers, i: int, still: bool) -> Reading:
    """The answers for clip `i` of a batch as a Reading: the likeliest value of each question."""
    present = {colour: float(p) for colour, p in zip(COLOURS, answers.present[i].float().sigmoid(), strict=True)}
    objects = {
        colour: {q: OBJECT_QUESTIONS[q][int(logits[i, k].argmax())] for q, logits in answers.objects.items()}
        for k, colour in enumerate(COLOURS)
    }
    seen = [k for k, colour in enumerate(COLOURS) if present[colour] > 0.5]
    pairs = {
        (COLOURS[a], COLOURS[b]): {q: float(answers.pairs[q][i, a, b].sigmoid()) for q in PAIR_QUESTIONS}
        for a in seen
        for b in seen
        if a != b
    }
    scene = {q: SCENE_QUESTIONS[q][int(logits[i].argmax())] for q, logits in answers.scene.items()}
    events = {}
    if answers.events is not None:
        events = dict(zip(EVENT_QUESTIONS, answers.events[i].float().sigmoid().tolist(), strict=True))
    return Reading(scene, present, objects, pairs, still, events)


def parameters(network: nn.Module) -> int:
    """How many numbers the network holds, batch statistics included."""
    tensors: Iterable[Tensor] = network.state_dict().values()
    return sum(tensor.numel() for tensor in tensors)
