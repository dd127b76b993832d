"""A run over prompts: its table, its resume, its refusal to mix runs, its files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from known import KnowingReader, marked_clip, some_facts
from PIL import Image

from himmel.evaluation.prompts import READINGS, evaluate_prompts
from himmel.records import HimmelError, SceneFacts

FACTS = some_facts(12, seed=9)
PROMPTS = [(f"prompt {i}", facts) for i, facts in enumerate(FACTS)]


class Generator:
    """Makes the clip of the prompt's number, counts calls, and stops like a killed run after `most`."""

    def __init__(self, most: int = 1000, offset: int = 0) -> None:
        self.calls: list[int] = []
        self.most, self.offset = most, offset

    def __call__(self, text: str, seed: int) -> np.ndarray:
        if len(self.calls) == self.most:
            raise KeyboardInterrupt
        self.calls.append(seed)
        return marked_clip((int(text.split()[1]) + self.offset) % len(FACTS))


def real_render(facts: SceneFacts, seed: int) -> np.ndarray | None:
    return None if facts.family == "sea" else marked_clip(FACTS.index(facts))


def test_right_clips_score_everything_and_files_are_written(tmp_path: Path) -> None:
    judge = KnowingReader(FACTS)
    table = evaluate_prompts(Generator(), PROMPTS, judge, tmp_path, reference=real_render, seed=40, pictures=3)
    assert all(score.share == 1 for score in table.scores.values())
    assert all(score.share == 1 for score in table.reference.values())
    assert table.chance["nothing else"] < 0.6
    assert table.sharpness == pytest.approx(1.0, rel=0.05)
    shown = sum(facts.family != "sea" for facts in FACTS)
    assert table.within is not None
    assert (table.within.prompts, table.prompts) == (shown, len(FACTS))
    assert table.within.within is None
    text = (tmp_path / "prompts.md").read_text()
    assert "| colour | 100.0 |" in text
    assert "judge on plain %" in text
    rows = json.loads((tmp_path / "prompts.json").read_text())["rows"]
    assert rows["colour"]["interval"][1] == 1.0
    assert Image.open(tmp_path / "contact.png").height > 100
    assert Image.open(tmp_path / "prompts.png").width > 400


def test_wrong_clips_score_less(tmp_path: Path) -> None:
    table = evaluate_prompts(Generator(offset=5), PROMPTS, KnowingReader(FACTS), tmp_path)
    assert table.scores["shape"].share < 0.5
    assert table.reference == {}
    assert table.sharpness is None


def test_a_killed_run_goes_on_and_ends_alike(tmp_path: Path) -> None:
    judge, cut, rest, whole = KnowingReader(FACTS), Generator(most=5), Generator(), Generator()
    with pytest.raises(KeyboardInterrupt):
        evaluate_prompts(cut, PROMPTS, judge, tmp_path / "cut", seed=3)
    readings = tmp_path / "cut" / READINGS
    readings.write_text(readings.read_text() + '{"index": 5, "prom')
    table = evaluate_prompts(rest, PROMPTS, judge, tmp_path / "cut", seed=3)
    assert cut.calls + rest.calls == list(range(3, 15))
    assert table == evaluate_prompts(whole, PROMPTS, judge, tmp_path / "whole", seed=3)
    assert readings.read_text() == (tmp_path / "whole" / READINGS).read_text()
    nothing_left = Generator(most=0)
    assert evaluate_prompts(nothing_left, PROMPTS, judge, tmp_path / "cut", seed=3) == table


def test_another_run_is_not_continued(tmp_path: Path) -> None:
    judge = KnowingReader(FACTS)
    evaluate_prompts(Generator(), PROMPTS[:2], judge, tmp_path, about={"model": "a"})
    with pytest.raises(HimmelError, match="another run"):
        evaluate_prompts(Generator(), PROMPTS[:2], judge, tmp_path, about={"model": "b"})
    with pytest.raises(HimmelError, match="another run"):
        evaluate_prompts(Generator(), PROMPTS[:3], judge, tmp_path, about={"model": "a"})
