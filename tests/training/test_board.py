"""What a person sees of a run: curves as a picture and as TensorBoard's events, right also after a resume."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from himmel.training import Progress, board
from himmel.training.board import Board, read_log


def progress(steps: int, loss: float) -> Progress:
    return Progress(steps, loss, 2.0, 60.0, 1.0)


def log(folder: Path, points: list[Progress]) -> None:
    (folder / "log.jsonl").write_text("".join(json.dumps(vars(point)) + "\n" for point in points))


def test_curves_and_sheets_reach_tensorboard_and_a_picture(tmp_path: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    points = [progress(10 * i, 1 / i) for i in range(1, 6)]
    log(tmp_path, points)
    shown = Board(tmp_path)
    for point in points:
        shown.report(point)
    Image.fromarray(np.full((8, 12, 3), 90, np.uint8)).save(tmp_path / "samples-000030.png")
    shown.close()
    events = EventAccumulator(str(tmp_path / "tensorboard"))
    events.Reload()
    assert [(e.step, pytest.approx(e.value)) for e in events.Scalars("loss")] == [(p.steps, p.loss) for p in points]
    assert [image.step for image in events.Images("samples")] == [30]
    with Image.open(tmp_path / "curves.png") as image:
        assert image.size[0] > 400
        assert len(image.convert("RGB").getcolors(1 << 20)) > 10


def test_steps_that_a_resumed_run_repeats_count_once(tmp_path: Path) -> None:
    log(tmp_path, [progress(1, 9.0), progress(3, 8.0), progress(5, 7.0), progress(3, 6.0), progress(4, 5.0)])
    assert [(p.steps, p.loss) for p in read_log(tmp_path / "log.jsonl")] == [(1, 9.0), (3, 6.0), (4, 5.0)]


def test_without_the_packages_the_run_goes_on_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(board, "find_spec", lambda name: None)
    said: list[str] = []
    shown = Board(tmp_path, said.append)
    shown.report(progress(1, 1.0))
    shown.close()
    assert "himmel[train]" in said[0]
    assert not list(tmp_path.iterdir())
