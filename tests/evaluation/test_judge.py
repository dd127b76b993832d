"""Laws of the judge's network and of what is taught to it; its accuracy is measured by its recipe."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
import torch

from himmel.evaluation.judge import Judge, prepare, reading_of
from himmel.evaluation.targets import Targets, judge_loss, mirrored, occupancy, targets_of
from himmel.grammar.vocabulary import COLOURS
from himmel.records import HimmelError, ObjectFacts, Relation, SceneFacts
from himmel.sight.network import Answers, JudgeConfig, Network

TINY = JudgeConfig(frames=6, side=32, stem=8, width=16, blocks=2, hidden=16)
FACTS = SceneFacts(
    "camera",
    objects=(
        ObjectFacts("ball", "red", motion="rolls", direction="left", count=2),
        ObjectFacts("cube", "blue"),
    ),
    relations=(Relation("left of", 0, 1), Relation("behind", 1, 0)),
    ground="sand",
    camera="pans left",
)


def masks() -> np.ndarray:
    out = np.zeros((6, 32, 32), np.uint8)
    for t in range(6):
        out[t, 8:16, 12 - t : 20 - t] = 1
        out[t, 4:8, 24:28] = 2
    return out


def clip(seed: int = 0, t: int = 9, height: int = 40, width: int = 32) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 255, (t, height, width, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def judge() -> Judge:
    torch.manual_seed(0)
    return Judge(Network(TINY), {"name": "report"})


def test_same_clip_same_answer_alone_or_in_company(judge: Judge) -> None:
    alone = judge.read(clip(0))
    assert judge.read_many([clip(1), clip(0)])[1] == alone == judge.read(clip(0))


@pytest.mark.parametrize("memory", ["convolution", "recurrent"])
def test_colours_are_told_apart_by_the_map_alone(memory: str) -> None:
    """Reordering the rows of the map reorders every answer about an object, and changes no answer about the
    scene.
    """
    torch.manual_seed(1)
    network = Network(JudgeConfig(frames=6, side=32, stem=8, width=16, blocks=2, hidden=16, memory=memory)).eval()
    frames = torch.rand(2, 6, 3, 32, 32) * 2 - 1
    order = torch.randperm(len(COLOURS))
    with torch.no_grad():
        before = network(frames)
        assert network.where.bias is not None
        network.where.weight.copy_(network.where.weight[order])
        network.where.bias.copy_(network.where.bias[order])
        after = network(frames)
    torch.testing.assert_close(after.where, before.where[:, :, order])
    torch.testing.assert_close(after.present, before.present[:, order])
    torch.testing.assert_close(after.objects, {q: v[:, order] for q, v in before.objects.items()})
    torch.testing.assert_close(after.pairs, {q: v[:, order][:, :, order] for q, v in before.pairs.items()})
    torch.testing.assert_close(after.scene, before.scene)


def test_left_and_behind_turn_round_with_the_pair(judge: Judge) -> None:
    answers = judge.network(prepare(clip(2), 6, 32)[None])
    for question in ("horizontal", "depth"):
        torch.testing.assert_close(answers.pairs[question], -answers.pairs[question].transpose(1, 2))


def test_any_length_and_shape_can_be_read(judge: Judge) -> None:
    for shape in [(1, 16, 16), (3, 128, 72), (33, 64, 128)]:
        reading = judge.read(clip(0, *shape))
        assert set(reading.present) == set(COLOURS)
    assert judge.read(clip(0, 1)).still
    with pytest.raises(HimmelError, match="uint8"):
        judge.read(clip(0)[0])


def test_preparing_spreads_frames_and_keeps_colours() -> None:
    frames = np.repeat(np.arange(0, 200, 10, dtype=np.uint8)[:, None, None, None], 128, 1)
    frames = np.broadcast_to(frames, (20, 128, 256, 3)).copy()
    prepared = prepare(frames, 5, 64)
    assert prepared.shape == (5, 3, 64, 128)
    levels = (prepared.mean((1, 2, 3)) + 1) * 127.5
    assert levels.tolist() == pytest.approx([0, 50, 100, 140, 190], abs=0.01)


def test_weights_come_back_and_damage_is_refused(judge: Judge, tmp_path: Path) -> None:
    judge.save(tmp_path)
    loaded = Judge.load("report", tmp_path)
    assert loaded.network.config == TINY
    for name, tensor in judge.network.state_dict().items():  # matrices are kept in 8 bits a row
        torch.testing.assert_close(
            loaded.network.state_dict()[name], tensor, atol=float(tensor.abs().max()) / 200, rtol=0
        )
    loaded.save(tmp_path / "again")
    assert Judge.load("report", tmp_path / "again").fingerprint == loaded.fingerprint
    weights = tmp_path / "report.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(HimmelError, match="damaged"):
        Judge.load("report", tmp_path)
    with pytest.raises(HimmelError, match="shipped judges"):
        Judge.load("nobody", tmp_path)


def test_weights_of_another_judge_are_refused(judge: Judge, tmp_path: Path) -> None:
    judge.save(tmp_path)
    torch.manual_seed(5)
    other = Judge(Network(TINY), {"name": "select"})
    other.save(tmp_path)
    (tmp_path / "select.safetensors").replace(tmp_path / "report.safetensors")
    with pytest.raises(HimmelError, match="hash"):
        Judge.load("report", tmp_path)


def test_cells_count_the_pixels_of_each_colour() -> None:
    cells = occupancy(masks(), FACTS)
    red, blue = COLOURS.index("red"), COLOURS.index("blue")
    assert cells[:, red].sum((1, 2)).tolist() == [64] * 6
    assert cells[0, blue, 1, 6] == 16
    assert cells.sum() == (masks() > 0).sum()


def test_targets_mirror_twice_to_themselves_and_once_to_the_mirrored_facts() -> None:
    targets = targets_of(FACTS, masks())
    twice = mirrored(mirrored(targets))
    ball = ObjectFacts("ball", "red", motion="rolls", direction="right", count=2)
    relations = (Relation("right of", 0, 1), Relation("behind", 1, 0))
    facts = SceneFacts(
        "camera", objects=(ball, FACTS.objects[1]), relations=relations, ground="sand", camera="pans right"
    )
    expected = targets_of(facts, masks()[:, :, ::-1])
    for field in fields(Targets):
        torch.testing.assert_close(getattr(twice, field.name), getattr(targets, field.name))
        torch.testing.assert_close(getattr(mirrored(targets), field.name), getattr(expected, field.name))


def test_an_unseen_thing_is_neither_present_nor_absent() -> None:
    hidden = masks()
    hidden[hidden == 2] = 0
    targets = targets_of(FACTS, hidden)
    present = dict(zip(COLOURS, targets.present[0].tolist(), strict=True))
    assert (present["red"], present["blue"], present["green"]) == (2, 0, 1)
    assert not targets.objects[0, COLOURS.index("blue")].any()


def perfect_answers(targets: Targets) -> Answers:
    """Logits that say exactly what the targets say."""
    from himmel.sight.reading import OBJECT_QUESTIONS, PAIR_QUESTIONS, SCENE_QUESTIONS

    def one_hot(labels: torch.Tensor, values: int) -> torch.Tensor:
        return 10 * torch.nn.functional.one_hot((labels - 1).clamp_min(0), values).float()

    return Answers(
        where=20 * (targets.where > 7).float() - 10,
        present=10 * (targets.present - 1.5),
        scene={q: one_hot(targets.scene[:, i], len(v)) for i, (q, v) in enumerate(SCENE_QUESTIONS.items())},
        objects={q: one_hot(targets.objects[..., i], len(v)) for i, (q, v) in enumerate(OBJECT_QUESTIONS.items())},
        pairs={q: 10 * targets.pairs[..., i].float() for i, q in enumerate(PAIR_QUESTIONS)},
    )


def test_perfect_answers_read_as_the_facts_and_lose_least() -> None:
    targets = targets_of(FACTS, masks())
    answers = perfect_answers(targets)
    reading = reading_of(answers, 0, still=False)
    assert reading.sees("red")
    assert reading.sees("blue")
    assert not reading.sees("green")
    assert reading.objects["red"]["direction"] == "left"
    assert reading.objects["red"]["count"] == "2"
    assert reading.scene["camera"] == "pans left"
    assert reading.relation("left of", "red", "blue")
    assert reading.relation("in front of", "red", "blue")
    assert not reading.relation("on", "red", "blue")
    assert judge_loss(answers, targets) < 0.3 * judge_loss(answers, mirrored(targets))


def test_a_tiny_judge_learns_a_colour() -> None:
    """Fifty steps on painted squares: the loss falls and the colour that is there is seen."""
    torch.manual_seed(0)
    network = Network(TINY)
    optimiser = torch.optim.AdamW(network.parameters(), 4e-3)
    colours = {"red": (220, 30, 30), "blue": (30, 40, 220)}
    generator = np.random.default_rng(0)

    def batch(count: int) -> tuple[torch.Tensor, Targets, list[str]]:
        clips, targets, names = [], [], []
        for _ in range(count):
            name = str(generator.choice(list(colours)))
            y, x = generator.integers(0, 20, 2)
            mask = np.zeros((6, 32, 32), np.uint8)
            mask[:, y : y + 10, x : x + 10] = 1
            frames = np.full((6, 32, 32, 3), 120, np.uint8)
            frames[mask == 1] = colours[name]
            clips.append(prepare(frames, 6, 32))
            targets.append(targets_of(SceneFacts("single", objects=(ObjectFacts("cube", name),)), mask))
            names.append(name)
        return torch.stack(clips), Targets.join(targets), names

    losses = []
    for _ in range(50):
        clips, targets, _ = batch(6)
        loss = judge_loss(network(clips), targets)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert np.mean(losses[-5:]) < 0.5 * np.mean(losses[:5])
    clips, _, names = batch(6)
    with torch.no_grad():
        answers = network.eval()(clips)
    seen = answers.present[:, [COLOURS.index("red"), COLOURS.index("blue")]].argmax(1)
    assert [["red", "blue"][i] for i in seen.tolist()] == names
