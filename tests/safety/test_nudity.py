"""Looks for nudity, without a picture of any: what goes into the network and what its numbers mean, against the
package's own code; photographs raise no alarm; a bared part is refused and never told more of."""

from __future__ import annotations

from fractions import Fraction
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image
from skimage import data

from himmel.pipeline.frames import FrameGuard
from himmel.records import HimmelError
from himmel.safety import engine, frames, nudity
from himmel.safety.frames import Frame, Lookout, lacks, missing, to_install, wanted
from himmel.safety.nudity import BARED, FAINTEST, NUDENET, OVERLAP, PARTS, SIDE, STEP, Nudity, as_input, decoded
from himmel.safety.policy import DEFAULT, OFF, FrameRules, Policy, policy_from

HERE = pytest.mark.skipif(bool(engine.lacking(NUDENET)), reason="nudenet, which is under AGPL-3.0, is not installed")
GREY = np.full((96, 160, 3), 120, np.uint8)


def photograph(name: str) -> Frame:
    picture = getattr(data, name)()
    return np.ascontiguousarray(np.stack([picture] * 3, -1) if picture.ndim == 2 else picture[..., :3])


def said(*parts: tuple[str, float, float, float, float, float]) -> NDArray[np.float32]:
    """An output of the network [22, N]: (name, score, centre x and y, width, height in its input's pixels) each."""
    raw = np.zeros((4 + len(PARTS), len(parts)), np.float32)
    for i, (name, score, *box) in enumerate(parts):
        raw[:4, i], raw[4 + PARTS.index(name), i] = box, score
    return raw


class Said:
    """A network that answers always the same, in place of the installed one."""

    def __init__(self, raw: NDArray[np.float32]) -> None:
        self.raw = raw

    def __call__(self, pictures: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        return {"output0": self.raw[None]}


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if nudenet were installed, and saw a bared part in every picture but grey ones."""
    real = frames.lacking
    monkeypatch.setattr(frames, "lacking", lambda *some: "" if NUDENET in some else real(*some))
    monkeypatch.setattr(nudity, "opened", lambda network, threads: Said(said(("buttocks", 0.9, 100, 60, 40, 30))))
    found = Nudity.bared
    monkeypatch.setattr(Nudity, "bared", lambda self, frame: [] if (frame == 120).all() else found(self, frame))


def test_a_part_lies_where_the_network_says() -> None:
    (part,) = decoded(said(("buttocks", 0.9, 100, 60, 40, 30)), (90, 160))
    assert (part.name, part.score) == ("buttocks", pytest.approx(0.9))
    assert (part.left, part.top, part.width, part.height) == (40, 22.5, 20, 15)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32 - 1), st.sampled_from([(90, 160), (320, 320), (400, 300), (33, 500)]))
def test_boxes_are_those_of_an_independent_suppression(seed: int, shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(seed)
    raw = np.zeros((4 + len(PARTS), 24), np.float32)
    scale = max(shape) / SIDE
    raw[0], raw[1] = rng.uniform(0, shape[1] / scale, 24), rng.uniform(0, shape[0] / scale, 24)
    raw[2:4] = rng.uniform(10, 90, (2, 24))
    raw[4:] = rng.uniform(0, 0.5, (len(PARTS), 24)) * rng.integers(0, 2, 24)
    corner = np.clip((raw[:2] - raw[2:4] / 2) * scale, 0, [[shape[1]], [shape[0]]])
    size = np.minimum(raw[2:4] * scale, np.array([[shape[1]], [shape[0]]]) - corner)
    boxes, scores = np.concatenate([corner, size]).T, raw[4:].max(0)
    kept = np.array(cv2.dnn.NMSBoxes(boxes.tolist(), scores.tolist(), FAINTEST, OVERLAP), int).ravel()
    theirs = [(PARTS[raw[4:, i].argmax()], pytest.approx(float(scores[i]))) for i in kept]
    assert [(part.name, part.score) for part in decoded(raw, shape)] == theirs


@pytest.mark.parametrize("shape", [(144, 256), (128, 128), (720, 1280), (300, 200), (1, 500)])
def test_a_picture_fills_the_longer_side_and_is_black_beyond(shape: tuple[int, int]) -> None:
    given_in = as_input(np.full((*shape, 3), 255, np.uint8))[0]
    assert max(given_in.shape[1:]) == SIDE
    assert not any(side % STEP for side in given_in.shape[1:])
    high, wide = (max(1, round(side * SIDE / max(shape))) for side in shape)
    assert (given_in[:, :high, :wide] == 1).all()
    assert not given_in[:, high:].any()
    assert not given_in[:, :, wide:].any()


@HERE
@pytest.mark.parametrize("name", ["astronaut", "camera", "chelsea", "coffee", "rocket", "horse"])
def test_it_sees_what_the_package_itself_sees(name: str) -> None:
    """It swaps red and blue twice, so it is given RGB to have its network see RGB; and pictures that need no scaling,
    which it does by picking pixels."""
    picture = photograph(name) if name != "horse" else np.where(data.horse()[..., None], 255, 0).repeat(3, -1)
    scale = SIDE / max(picture.shape[:2])
    size = round(picture.shape[1] * scale), round(picture.shape[0] * scale)
    picture = np.asarray(Image.fromarray(picture.astype(np.uint8)).resize(size))
    package = import_module("nudenet")
    theirs = package.NudeDetector().detect(np.ascontiguousarray(picture))
    ours = Nudity(1).parts(picture)
    labels = import_module("nudenet.nudenet").__dict__["__labels"]
    strong = [part for part in ours if part.score > 0.35]
    for part in strong:
        (same,) = [each for each in theirs if each["class"] == labels[PARTS.index(part.name)]]
        assert part.score == pytest.approx(same["score"], abs=0.08)
        assert (part.left, part.top, part.width, part.height) == pytest.approx(same["box"], abs=8)
    assert len([each for each in theirs if each["score"] > 0.43]) <= len(strong)


@HERE
def test_its_classes_are_those_that_the_file_names() -> None:
    labels = import_module("nudenet.nudenet").__dict__["__labels"]
    for ours, theirs in zip(PARTS, labels, strict=True):
        words = set(theirs.lower().replace("exposed", "").replace("_", " ").split())
        assert set(ours.replace(",", "").split()) == words
    named = engine.opened(NUDENET, 1).said("names")
    assert [named.index(f"'{label}'") for label in labels] == sorted(named.index(f"'{label}'") for label in labels)


@HERE
@pytest.mark.parametrize("name", ["astronaut", "camera", "chelsea", "coffee", "rocket", "moon", "coins", "retina"])
def test_photographs_raise_no_alarm(name: str) -> None:
    picture = Image.fromarray(photograph(name))
    for side in (96, 256, 512):
        assert not Nudity(1).bared(np.asarray(picture.resize((side, round(side * picture.height / picture.width)))))


def test_what_counts_is_bare_and_scores_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PARTS:
        for score in (0.3, 0.49, 0.55, 0.9):
            answer = Said(said((name, score, 100, 60, 40, 30)))
            monkeypatch.setattr(nudity, "opened", lambda network, threads, answer=answer: answer)
            assert bool(Nudity(1).bared(GREY)) == (name in BARED and score >= BARED.get(name, 1)), (name, score)


def test_a_bared_part_is_refused_in_one_line_that_names_the_category_alone(bare: None) -> None:
    from himmel.footage.fit import Medium
    from himmel.safety.policy import RefusedError

    clip = np.stack([GREY] * 8 + [GREY // 2] * 8)
    medium = Medium(clip, Fraction(16), "given.mp4", "", "crop", ())
    with pytest.raises(RefusedError) as refused:
        FrameGuard(DEFAULT).media([medium])
    line = str(refused.value)
    assert "given.mp4, at 0.5 s, is refused as sexual by the nudity detector, which can be wrong" in line
    assert "line 2" in line
    assert "buttocks" not in line
    assert "\n" not in line


@pytest.mark.parametrize("count", [1, 2, 9, 24])
def test_first_and_last_frame_and_half_seconds_are_looked_at(count: int, bare: None) -> None:
    for at in {0, count - 1, *range(0, count, 8)}:
        clip = [GREY] * count
        clip[at] = GREY // 2
        found = [(each.verdict.category, each.seconds) for each in Lookout(Fraction(16), DEFAULT, threads=1).all(clip)]
        assert ("sexual", Fraction(at, 16)) in found


def test_policies_say_whether_it_is_looked_for(bare: None) -> None:
    for policy in (OFF, Policy(categories={"sexual": "allow"}), policy_from({"frames": {"nudity": "skip"}})):
        assert "nudity" not in wanted(policy)
        assert not list(Lookout(Fraction(16), policy, threads=1).all([GREY // 2]))
    (finding,) = Lookout(Fraction(16), Policy(frames=FrameRules(nudity="warn")), threads=1).all([GREY // 2])
    assert finding.answer == "warn"


def test_without_it_the_rest_goes_on_and_what_lacks_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "find_spec", lambda name: None if name == "nudenet" else find_spec(name))
    assert missing()["nudity"] == "nudenet"
    guard = FrameGuard(Policy(categories={"likeness": "allow"}))
    assert "nudity" in guard.note
    assert guard.note.endswith(": not installed")
    assert list(Lookout(Fraction(16), DEFAULT, threads=1).all([GREY] * 3)) == []
    strict = FrameGuard(Policy(name="strict", frames=FrameRules(missing="refuse")))
    with pytest.raises(HimmelError, match=r"looked at for .*nudity.*nudenet installed.*pip install --no-deps nudenet"):
        strict.ready()


def test_what_lacks_is_named_once() -> None:
    absent = {"faces": "onnxruntime", "text": "onnxruntime", "nudity": "onnxruntime and nudenet"}
    assert lacks(absent) == "onnxruntime and nudenet"
    assert to_install(absent) == f"{engine.INSTALL} && {NUDENET.install}"
    assert to_install(["nudity"]) == NUDENET.install


def test_another_network_under_its_name_is_one_clear_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "320n.onnx").write_bytes(b"not the network")
    monkeypatch.setattr(engine.Network, "path", property(lambda self: tmp_path / "320n.onnx"))
    engine.opened.cache_clear()
    with pytest.raises(HimmelError, match=r"not the file that himmel was tested with.*nudenet==3") as bad:
        Nudity(1)
    engine.opened.cache_clear()
    assert "\n" not in str(bad.value)


@pytest.mark.parametrize(
    ("policy", "keep", "dropped"),
    [
        (DEFAULT, (), True),
        (DEFAULT, ("nudity",), False),
        (Policy(frames=FrameRules(nudity="warn")), (), False),
        (Policy(categories={"sexual": "allow"}), (), False),
    ],
)
def test_footage_with_a_bared_part_is_dropped(policy: Policy, keep: tuple[str, ...], dropped: bool) -> None:
    from himmel.recipes.pieces import Settings, pieces
    from himmel.recipes.survey import Sample, Survey

    samples = tuple(
        Sample(i, 1.0, (1.0, 1.0) if i else None, (0.0, 0.0), False, None, 0, 0.0, (), int(i == 8), b"")
        for i in range(0, 32, 4)
    )
    survey = Survey({}, Fraction(16), np.arange(32) / 16, True, (), samples)
    (piece,) = pieces(survey, Settings(policy=policy, keep=keep))
    assert piece.scores["nudity"] == 1
    assert ("nudity" in piece.drop) == dropped
