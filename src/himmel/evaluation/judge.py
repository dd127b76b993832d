"""Judges: small networks that look at a clip and name its facts. They see frames and nothing else.

Two are shipped. "select" chooses between checkpoints, on prompts of the validation split. "report" (other
sizes, other seed) gives the figures that are published, on prompts of the test split. Neither is ever used in
a loss, in a filter or to choose among samples: a judge that is optimised against stops being one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional

from himmel.evaluation.metrics import stands_still
from himmel.evaluation.network import Answers, JudgeConfig, Network
from himmel.evaluation.reading import OBJECT_QUESTIONS, PAIR_QUESTIONS, SCENE_QUESTIONS, Reading
from himmel.grammar.vocabulary import COLOURS
from himmel.records import HimmelError

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
        """Writes NAME.safetensors (16-bit floats) and NAME.json."""
        folder.mkdir(parents=True, exist_ok=True)
        tensors = {
            name: tensor.half().contiguous() if tensor.is_floating_point() else tensor
            for name, tensor in self.network.state_dict().items()
        }
        weights = folder / f"{self.name}.safetensors"
        save_file(tensors, weights.with_suffix(".part"))
        weights.with_suffix(".part").replace(weights)
        about = {**self.about, "config": asdict(self.network.config), "fingerprint": self.fingerprint}
        weights.with_suffix(".json").write_text(json.dumps(about, indent=2) + "\n")

    @staticmethod
    def load(name: str = "report", folder: Path | None = None) -> Judge:
        """A shipped judge, "select" or "report", or one of another folder. Raises HimmelError when it can't
        be read.
        """
        place = folder / name if folder else Path(str(files("himmel") / "weights" / "judge" / name))
        try:
            about = json.loads(place.with_suffix(".json").read_text())
            network = Network(JudgeConfig(**about["config"]))
            tensors = load_tensors(place.with_suffix(".safetensors").read_bytes())
            network.load_state_dict(
                {key: value.float() if value.is_floating_point() else value for key, value in tensors.items()}
            )
        except FileNotFoundError as error:
            raise HimmelError(f"the judge {name!r}", f"shipped judges are {', '.join(NAMES)}", str(error)) from error
        except (SafetensorError, ValueError, KeyError, TypeError, RuntimeError) as error:
            given = f"damaged weights of the judge {name!r} ({type(error).__name__})"
            raise HimmelError(given, "weights and JSON as written by Judge.save", "reinstall himmel") from error
        judge = Judge(network, about)
        if judge.fingerprint != about["fingerprint"]:
            raise HimmelError(
                f"weights of the judge {name!r} that differ from their JSON", "one pair", "reinstall himmel"
            )
        return judge


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
    return Reading(scene, present, objects, pairs, still)


def parameters(network: nn.Module) -> int:
    """How many numbers the network holds, batch statistics included."""
    tensors: Iterable[Tensor] = network.state_dict().values()
    return sum(tensor.numel() for tensor in tensors)
