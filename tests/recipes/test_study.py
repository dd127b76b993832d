"""Studies: sides differ in one thing, are judged on clips that none was trained on, and go on where they were."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save_file
from tests.recipes.test_transformer import NO_WORDS, RECIPE
from tiny_model import shaken

from himmel.cli import himmel
from himmel.evaluation.prompts import PromptTable
from himmel.evaluation.report import tables_of
from himmel.evaluation.scoring import Score
from himmel.flow import add_noise
from himmel.grammar import evaluation_prompts
from himmel.pipeline import parts
from himmel.recipes import study
from himmel.recipes.caption_ablation import Followed
from himmel.recipes.latents import Shard
from himmel.recipes.study import (
    BUCKET,
    Clips,
    PredictsClean,
    PredictsNoise,
    PredictsVelocity,
    apart,
    compute,
    losses,
    mixture,
    outcome,
    told_by,
)
from himmel.recipes.study_clips import PROMPTS, Walk, make
from himmel.recipes.study_figures import judged_table
from himmel.recipes.transformer import Pool, Share
from himmel.records import HimmelError
from himmel.transformer import Transformer
from himmel.transformer.config import SIZES

BASE = replace(
    RECIPE,
    scene=0.0,
    tokens=256,
    compile=False,
    schedule=replace(RECIPE.schedule, steps=3),
    shares=(Share(BUCKET, "clips", 1.0, 1.0),),
)


def shard(seed: int, clips: int = 6) -> Shard:
    generator = torch.Generator().manual_seed(seed)
    latents = torch.randn(clips, 48, 8, 4, 4, generator=generator).half()
    words = torch.randn(clips, 2, 92, 256, generator=generator).half()
    frame = torch.zeros(clips, dtype=torch.long)
    counts = torch.full((clips, 2), 60)
    return Shard(latents, words, counts, torch.zeros(clips, 0, 8, 4, 4), latents[:, :, :1], frame, 16.0)


def clips() -> Clips:
    apart_ = Pool([shard(2)])
    return Clips(Pool([shard(1)]), apart_.draw(4 * 128, torch.Generator().manual_seed(3)), NO_WORDS)


def differing(one: object, other: object) -> set[str]:
    a, b = asdict(one), asdict(other)  # type: ignore[call-overload]
    return {name for name in a if a[name] != b[name]}


def test_every_side_differs_from_the_first_in_one_thing() -> None:
    first, *sides = mixture(BASE)
    allowed = [set(), {"mixture"}, {"config"}, {"muon"}, {"muon", "vector_lr"}]
    for side in sides:
        changed = differing(side.recipe, first.recipe)
        assert changed in allowed
        if changed == {"config"}:
            assert differing(side.recipe.config, first.recipe.config) == {"places"}
        others = (side.told != first.told) + (side.build is not first.build)
        assert bool(changed) + others == 1, side.name
        m = side.recipe.mixture
        assert m.whole + m.given + m.independent == pytest.approx(1)
    groups = {"noise patterns", "prediction", "positions", "shift", "words", "optimiser"}
    assert {side.group for side in sides} == groups


def test_three_sizes_have_three_budgets_each() -> None:
    sides = compute(replace(BASE, schedule=replace(BASE.schedule, steps=400)))
    assert [side.recipe.schedule.steps for side in sides] == [100, 200, 400] * 3
    flops = [side.flops for side in sides]
    assert flops == sorted(flops)
    assert flops[1] == pytest.approx(2 * flops[0])


@given(st.floats(0.05, 0.95), st.integers(0, 100))
def test_each_kind_of_answer_gives_the_clean_latents_where_it_is_right(level: float, seed: int) -> None:
    """For the true answer, in the units of each network, keep x_t + change answer is x_0."""
    generator = torch.Generator().manual_seed(seed)
    clean, noise = torch.randn(1, 5, 48, generator=generator), torch.randn(1, 5, 48, generator=generator)
    spread = torch.rand(48, generator=generator) + 0.5
    levels = torch.full((1, 5), level)
    noisy = add_noise(clean, noise, levels[..., None])
    answers = {
        PredictsClean: lambda s: clean / s,
        PredictsVelocity: lambda s: (noise - clean) / (1 + s.square()).sqrt(),
        PredictsNoise: lambda s: noise,
    }
    for build, answer in answers.items():
        network = build(SIZES["tiny"])
        network.set_spread(spread)
        keep, change = network._scales(levels)
        torch.testing.assert_close(keep * noisy + change * answer(network.spread), clean, atol=2e-4, rtol=1e-3)


def test_a_side_is_told_what_it_says() -> None:
    words, counts = torch.arange(2 * 5 * 3.0).view(2, 5, 3), torch.tensor([5, 4])
    assert told_by("slots", words, counts, 2)[1].tolist() == [2, 2]
    cut, left = told_by("states", words, counts, 2)
    assert torch.equal(cut, words[:, 2:])
    assert left.tolist() == [3, 2]
    assert told_by("slots and states", words, counts, 2) == (words, counts)


@pytest.mark.parametrize("told", ["slots", "states", "nothing"])
def test_what_is_not_told_changes_nothing(told: str, tmp_path: Path) -> None:
    side = next(side for side in mixture(BASE) if side.told == told)
    mine, other = clips(), clips()
    slots = BASE.config.word_slots
    hidden = slice(0, slots) if told == "states" else slice(slots, None) if told == "slots" else slice(None)
    for words in (other.pool.words, other.held_out.words):
        words[..., hidden, :] = 9.0
    found = [outcome(side, one, tmp_path / name, lambda p: None) for name, one in (("a", mine), ("b", other))]
    assert found[0].whole == found[1].whole
    assert found[0].given == found[1].given


@torch.no_grad()
def test_the_loss_is_nothing_for_a_network_that_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    batch = clips().held_out

    class Knows(Transformer):
        def forward(self, latents, *more):  # type: ignore[no-untyped-def]
            return batch.latents.flatten(2).transpose(1, 2)

    for given_frames in (0, 4):
        assert losses(Knows(BASE.config), batch, given_frames) == [0.0] * 4
        assert min(losses(Transformer(BASE.config), batch, given_frames)) > 0


def test_a_choice_alone_is_told_beside_the_base(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """In the folders that its sides have in the whole study, so that what is finished there counts."""
    trained: list[str] = []
    found = study.Outcome((1.0, 2.0), (1.0, 2.0), 1.0)
    monkeypatch.setattr(study, "outcome", lambda side, clips, folder, report: trained.append(folder.name) or found)
    chosen = study.run_study("mixture", clips(), BASE, tmp_path, lambda text: None, only=["words"])
    assert [side.group for side, _ in chosen] == ["", "words", "words", "words"]
    whole = [side.group for side in mixture(BASE)]
    assert trained == [f"{n:02d}" for n, group in enumerate(whole, 1) if group in ("", "words")]
    with pytest.raises(HimmelError, match="noise patterns, prediction, positions, shift, words, optimiser"):
        study.run_study("mixture", clips(), BASE, tmp_path, lambda text: None, only=["colour"])


def test_the_table_of_the_judge_has_every_side_beside_what_guessing_gives() -> None:
    def judged(right: int) -> study.Outcome:
        scores = {"colour": Score(right, 10), "nothing else": Score(5, 10), "motion": Score(0, 10)}
        scores["motion (moving)"] = Score(0, 10)
        table = PromptTable("j", 10, 0, scores, {"colour": 0.3, "nothing else": 1.0, "motion": 0.1}, {}, {}, None)
        followed = Followed(table, np.array([[1, 2]] * right + [[0, 2]] * (10 - right)))
        return study.Outcome((1.0,), (1.0,), 1.0, followed)

    first, other, *_ = mixture(BASE)
    assert judged_table([(first, study.Outcome((1.0,), (1.0,), 1.0))]) == ""
    rows = tables_of(judged_table([(first, judged(4)), (other, judged(8))]))[0][1]
    assert [row[1] for row in rows] == [first.name, other.name, "the same clips against other prompts"]
    assert [row[2].split()[0] for row in rows] == ["20", "40", "20"]
    assert rows[1][3].startswith("+20.0 (")


def test_a_clip_depends_on_its_words_and_seed_alone() -> None:
    """And not on how far the untold text is filled up with states that do not count."""
    torch.manual_seed(1)
    network = shaken(Transformer(BASE.config), 0.05)
    told, other = torch.randn(92, 256), torch.randn(92, 256)
    kept: list[torch.Tensor] = []

    def latents(states: torch.Tensor, seed: int, untold: torch.Tensor = NO_WORDS[0]) -> torch.Tensor:
        make(network, lambda z: kept.append(z) or z, (states, 60), (untold, 38), (2, 2, 3), 16.0, seed, Walk(2))  # type: ignore[arg-type,return-value,func-returns-value]
        return kept[-1]

    first = latents(told, 0)
    assert first.shape == (48, 2, 2, 3)
    assert torch.equal(first, latents(told, 0))
    assert torch.equal(first, latents(told, 0, torch.cat([NO_WORDS[0][:38], other[:54]])))
    torch.testing.assert_close(first, latents(told, 0, NO_WORDS[0][:38]))
    assert not torch.allclose(first, latents(other, 0))
    assert not torch.allclose(first, latents(told, 1))


def test_a_study_goes_on_and_refuses_a_side_of_other_settings(tmp_path: Path) -> None:
    side = mixture(BASE)[0]
    said: list[object] = []
    first = outcome(side, clips(), tmp_path, said.append)
    trained = len(said)
    assert trained
    assert outcome(side, clips(), tmp_path, said.append) == first
    assert len(said) == trained, "what is finished is not trained again"
    other = replace(side, recipe=replace(side.recipe, lr=1e-4))
    with pytest.raises(HimmelError, match="--run"):
        outcome(other, clips(), tmp_path, said.append)


def test_differences_are_taken_clip_by_clip() -> None:
    base = np.array([1.0, 2.0, 3.0])
    gap, error = apart((base * 1.0 + 0.1).tolist(), base.tolist())
    assert gap == pytest.approx(5.0)
    assert error == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("what", ["mixture", "compute"])
def test_from_a_pool_to_a_table(what: str, model: Path, words: parts.Reading, tmp_path: Path, monkeypatch) -> None:
    _, sha256 = parts.load_autoencoder(model)
    for number in range(3):
        one, name = shard(number), f"{BUCKET}-{number:05d}"
        frames = {"clips": one.latents[:, :8].contiguous(), "clips.scene": one.scene, "clips.frame": one.frame}
        frames["clips.reference"] = frames["clips"][:, :, :1].contiguous()
        save_file(frames, tmp_path / f"{name}.latents.safetensors", {"autoencoder": sha256})
        told = {"clips.words": one.words, "clips.counts": one.counts}
        save_file(told, tmp_path / f"{name}.words.safetensors", {"words": words[2]})
    sides = study.STUDIES[what]
    monkeypatch.setitem(study.STUDIES, what, lambda base: sides(base)[:2])
    place = ["--folder", str(tmp_path), "--run", str(tmp_path / "run"), "--model", str(model)]
    quick = ["--steps", "1", "--tokens", "128", "--clips", "1"]
    result = CliRunner().invoke(himmel, ["train", "study", what, *quick, *place])
    assert result.exit_code == 2
    assert "3 encoded shards" in result.stderr
    result = CliRunner().invoke(himmel, ["train", "study", what, *quick, "--shards", "1", *place])
    assert result.exit_code == 0, result.output
    text = (tmp_path / f"run/{what}.md").read_text()
    assert text in result.stdout
    kept = json.loads((tmp_path / "run/01/outcome.json").read_text())
    assert f"{np.mean(kept['whole']):.4f}" in text
    assert (tmp_path / f"run/{what}.png").exists()
    assert ("Clips for 1 prompts a side" in text) == (what == "mixture")
    if what == "mixture":
        again = CliRunner().invoke(himmel, ["train", "study", what, *quick, "--shards", "1", *place])
        assert text in again.stdout
        readings = (tmp_path / "run/02/judged/readings.jsonl").read_text().splitlines()
        assert [json.loads(line)["prompt"] for line in readings] == [text for text, _ in evaluation_prompts(1, PROMPTS)]


def test_losses_alone_need_no_clips_and_fewer_than_none_are_refused(tmp_path: Path) -> None:
    told = ["train", "study", "mixture", "--folder", str(tmp_path / "none"), "--run", str(tmp_path / "run")]
    losses, less = (CliRunner().invoke(himmel, [*told, "--clips", count]) for count in ("0", "-1"))
    assert losses.exit_code == less.exit_code == 2
    assert "clips 0" not in losses.output, "only the pool is missing"
    assert "clips -1" in less.output
