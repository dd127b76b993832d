"""What a judge is taught: the facts of clips as labels, and the loss against them.

Shapes: B clips, T frames, K colours, y x x cells of 4 x 4 pixels. Labels count from 1; 0 means that nothing
is stated and nothing is learned there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from himmel.grammar.vocabulary import CAMERAS, COLOURS, DIRECTIONS
from himmel.records import SceneFacts
from himmel.sight.network import Answers
from himmel.sight.reading import (
    EVENT_QUESTIONS,
    OBJECT_QUESTIONS,
    PAIR_QUESTIONS,
    SCENE_QUESTIONS,
    relation_question,
    stated,
)

LEAST_VIEW = 6
"""A thing that never shows more pixels than this (at 64 x 64) is neither called present nor absent."""

STILL_FAMILIES = ("camera",)
"""Families whose objects never move: their facts are silent on motion, but prompts ask for "rests" there."""

MIRRORED = {
    "left": "right",
    "right": "left",
    "pans left": "pans right",
    "pans right": "pans left",
    "orbits left": "orbits right",
    "orbits right": "orbits left",
}


@dataclass(frozen=True)
class Targets:
    """Labels of B clips."""

    where: Tensor  # uint8 [B, T, K, y, x], how many of a cell's 16 pixels are the thing
    present: Tensor  # int64 [B, K], 2 present, 1 absent, 0 unknown
    scene: Tensor  # int64 [B, scene questions]
    objects: Tensor  # int64 [B, K, object questions]
    pairs: Tensor  # int8 [B, K, K, pair questions], 1 yes, -1 no, 0 unknown
    events: Tensor  # bool [B, event questions], whether it happens

    def __getitem__(self, rows: Tensor) -> Targets:
        return Targets(*(getattr(self, field.name)[rows] for field in fields(self)))

    @staticmethod
    def join(parts: Sequence[Targets]) -> Targets:
        """One record of all clips in order."""
        return Targets(*(torch.cat([getattr(part, field.name) for part in parts]) for field in fields(Targets)))


def occupancy(masks: NDArray[np.uint8], facts: SceneFacts) -> NDArray[np.uint8]:
    """Masks [T, H, W] of records.Clip -> pixels of each colour in cells of 4 x 4, [T, K, H / 4, W / 4]."""
    t, height, width = masks.shape
    out = np.zeros((t, len(COLOURS), height // 4, width // 4), np.uint8)
    cells = masks.reshape(t, height // 4, 4, width // 4, 4)
    for index, thing in enumerate(facts.objects):
        out[:, COLOURS.index(thing.colour)] += (cells == index + 1).sum((2, 4), dtype=np.uint8)
    return out


def _pair_labels(facts: SceneFacts) -> Tensor:
    labels = torch.zeros(len(COLOURS), len(COLOURS), len(PAIR_QUESTIONS), dtype=torch.int8)
    questions = list(PAIR_QUESTIONS)
    for relation in facts.relations:
        a, b = (COLOURS.index(facts.objects[i].colour) for i in (relation.subject, relation.other))
        question, yes = relation_question(relation.kind)
        labels[a, b, questions.index(question)] = 1 if yes else -1
        labels[b, a, questions.index(question)] = -1 if yes else 1
        if question != "on" and labels[a, b, questions.index("on")] == 0:
            labels[a, b, questions.index("on")] = labels[b, a, questions.index("on")] = -1
    return labels


def targets_of(facts: SceneFacts, masks: NDArray[np.uint8]) -> Targets:
    """The labels of one clip, B = 1; masks uint8 [T, H, W] at the size that the judge looks at."""
    where = torch.from_numpy(occupancy(masks, facts))
    present = torch.ones(len(COLOURS), dtype=torch.int64)
    objects = torch.zeros(len(COLOURS), len(OBJECT_QUESTIONS), dtype=torch.int64)
    for thing in facts.objects:
        k = COLOURS.index(thing.colour)
        largest_view = int(where[:, k].long().sum((1, 2)).max())
        present[k] = 2 if largest_view >= LEAST_VIEW else 0
        for q, (question, values) in enumerate(OBJECT_QUESTIONS.items()):
            value = getattr(thing, question)
            if question == "motion" and facts.family in STILL_FAMILIES:
                value = "rests"
            if str(value) in values and present[k] == 2:
                objects[k, q] = 1 + values.index(str(value))
    scene = torch.zeros(len(SCENE_QUESTIONS), dtype=torch.int64)
    for q, (question, values) in enumerate(SCENE_QUESTIONS.items()):
        value = stated(facts, question)
        if value in values:
            scene[q] = 1 + values.index(value)
    happens = {event.kind for event in facts.events}
    events = torch.tensor([kind in happens for kind in EVENT_QUESTIONS])
    return Targets(where[None], present[None], scene[None], objects[None], _pair_labels(facts)[None], events[None])


def _mirror_table(values: tuple[str, ...]) -> Tensor:
    return torch.tensor([0] + [1 + values.index(MIRRORED.get(value, value)) for value in values])


def mirrored(targets: Targets) -> Targets:
    """The labels of the same clips seen in a mirror: left and right change places, also in the camera's
    moves.
    """
    scene, objects, pairs = targets.scene.clone(), targets.objects.clone(), targets.pairs.clone()
    camera = list(SCENE_QUESTIONS).index("camera")
    direction = list(OBJECT_QUESTIONS).index("direction")
    scene[:, camera] = _mirror_table(CAMERAS)[scene[:, camera]]
    objects[..., direction] = _mirror_table(DIRECTIONS)[objects[..., direction]]
    pairs[..., list(PAIR_QUESTIONS).index("horizontal")] *= -1
    return Targets(targets.where.flip(-1), targets.present, scene, objects, pairs, targets.events)


def _stated_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """Mean cross-entropy where something is stated that the network can say; 0 where nothing is."""
    labels = labels.where(labels <= logits.shape[-1], 0)
    total = functional.cross_entropy(logits.float(), labels - 1, ignore_index=-1, reduction="sum", label_smoothing=0.02)
    return total / (labels > 0).sum().clamp_min(1)


def _pair_loss(answers: Answers, labels: Tensor) -> Tensor:
    loss = answers.present.new_zeros((), dtype=torch.float32)
    for q, question in enumerate(PAIR_QUESTIONS):
        label = labels[..., q].float()
        each = functional.binary_cross_entropy_with_logits(answers.pairs[question], (label + 1) / 2, reduction="none")
        loss = loss + (each * label.abs()).sum() / label.abs().sum().clamp_min(1)
    return loss


def judge_loss(answers: Answers, targets: Targets) -> Tensor:
    """Sum over all questions of their mean loss, and of the loss of the colours' maps."""
    fraction = (targets.where.float() / 8).clamp(max=1)
    cells = functional.binary_cross_entropy_with_logits(answers.where, fraction, reduction="none")
    loss = 30 * cells.mean()
    known = (targets.present > 0).float()
    is_there = (targets.present == 2).float()
    present = functional.binary_cross_entropy_with_logits(answers.present.float(), is_there, reduction="none")
    loss = loss + 3 * (present * known).sum() / known.sum().clamp_min(1)
    for q, question in enumerate(SCENE_QUESTIONS):
        loss = loss + _stated_loss(answers.scene[question], targets.scene[:, q])
    for q, question in enumerate(OBJECT_QUESTIONS):
        loss = loss + _stated_loss(answers.objects[question].flatten(0, 1), targets.objects[..., q].flatten())
    if answers.events is not None:
        # Of forty events one or two happen, so their mean is small.
        events = functional.binary_cross_entropy_with_logits(answers.events.float(), targets.events.float())
        loss = loss + 20 * events
    return loss + _pair_loss(answers, targets.pairs)
