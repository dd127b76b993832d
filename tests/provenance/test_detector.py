"""Traces are what they are said to be, and the detector knows when to be silent."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import numpy as np
import pytest
from av.audio.stream import AudioStream
from av.video.stream import VideoStream
from numpy.typing import NDArray

from himmel.footage.write import write_video
from himmel.pipeline.detector import guess, shipped_detector
from himmel.provenance.detector import CANNOT_TELL, LIKELY, NAMES, UNLIKELY, Detector
from himmel.provenance.traces import BEATS, GRIDS, LEAST_FRAMES, LEAST_SIDE, WINDOW, traces, windows
from himmel.records import HimmelError

Frames = NDArray[np.uint8]
DICE = np.random.default_rng(8)


def clip(count: int = 16, height: int = 64, width: int = 80) -> Frames:
    """A drifting cloud of noise with soft edges."""
    whole = DICE.normal(0, 1, (height, width + count, 3))
    for _ in range(3):
        whole = (whole + np.roll(whole, 1, 0) + np.roll(whole, 1, 1)) / 1.8
    whole = np.clip(128 + 40 * whole / whole.std(), 0, 255)
    return np.stack([whole[:, i : i + width] for i in range(count)]).astype(np.uint8)


def beats(frames: Frames) -> NDArray[np.float32]:
    """The beat of change by BEATS."""
    return traces(frames)[-4 * (len(BEATS) + 1) :][: len(BEATS)]


def grids(frames: Frames) -> NDArray[np.float32]:
    end = -4 * (len(BEATS) + 1)
    return traces(frames)[end - len(GRIDS) - 1 : end][: len(GRIDS)]


def test_traces_are_the_same_each_time_and_for_every_size() -> None:
    frames = clip()
    once = traces(frames)
    assert np.array_equal(once, traces(frames.copy()))
    shapes = [(LEAST_FRAMES, LEAST_SIDE, LEAST_SIDE), (33, 50, 300), (9, 300, 48)]
    assert {traces(clip(*shape)).shape for shape in shapes} == {once.shape}
    assert np.isfinite(traces(np.zeros((8, 48, 48, 3), np.uint8))).all()


def test_change_in_groups_of_four_is_heard_at_four() -> None:
    steady = clip(32)
    jumping = steady[np.repeat(np.arange(0, 32, 4), 4)]
    four = BEATS.index(4.0)
    assert beats(jumping)[four] > beats(steady)[four] + 1
    assert beats(jumping)[four] > beats(jumping)[BEATS.index(3.0)]


@pytest.mark.parametrize("every", [8, 16])
def test_a_grid_is_seen_at_its_pixels(every: int) -> None:
    before, after = [], []
    for _ in range(4):
        plain = (96 + clip(8, 192, 192) / 4).astype(np.uint8)
        steps = np.kron(DICE.integers(-20, 21, (192 // every, 192 // every)), np.ones((every, every)))
        before.append(grids(plain))
        after.append(grids((plain + steps[..., None]).astype(np.uint8)))
    at, beside = GRIDS.index(float(every)), GRIDS.index(12.0)
    assert np.mean(after, 0)[at] > np.mean(before, 0)[at] + 0.5
    assert np.mean(after, 0)[at] > np.mean(after, 0)[beside] + 0.5, "and at no others"


def test_only_the_middle_of_large_pictures_counts() -> None:
    frames = clip(8, 300, 320)
    other = frames.copy()
    other[:, :20], other[:, :, -30:] = 0, 255
    assert np.array_equal(traces(frames), traces(other))


def test_windows_leave_out_only_a_short_rest() -> None:
    for count in (8, WINDOW, WINDOW + 3, 2 * WINDOW, 2 * WINDOW + 20):
        parts = windows(np.zeros((count, 1, 1, 3), np.uint8))
        assert all(LEAST_FRAMES <= len(part) <= WINDOW for part in parts)
        assert count - LEAST_FRAMES < sum(map(len, parts)) <= count


def made_up(slope: float = 1.0, likely: float = 1.0, unlikely: float = -1.0) -> Detector:
    """A detector with any weights."""
    size = len(traces(clip()))
    shapes = {"mean": (size,), "scale": (size,), "hidden.weight": (4, size), "hidden.bias": (4,), "out.weight": (1, 4)}
    tensors = {name: np.full(shape, 0.01, np.float32) for name, shape in shapes.items()}
    tensors["scale"] += 1
    return Detector({**tensors, "out.bias": np.zeros(1, np.float32)}, likely, unlikely, slope, 0.0)


def test_a_verdict_is_a_matter_of_two_thresholds() -> None:
    frames = clip()
    score = made_up().guess(frames).score
    assert score is not None
    for likely, unlikely, verdict in (
        (score, score - 1, LIKELY),
        (score + 1, score, UNLIKELY),
        (score + 0.1, score - 0.1, CANNOT_TELL),
    ):
        assert made_up(1.0, likely, unlikely).guess(frames).verdict == verdict


def test_a_probability_rises_with_the_score_and_is_never_a_certainty() -> None:
    said = [made_up(2.0).probability(score) for score in np.linspace(-40, 40, 81)]
    assert said == sorted(said)
    assert (said[0], said[40], said[-1]) == (0.01, 0.5, 0.99)


@pytest.mark.parametrize(
    ("frames", "why"),
    [(clip(7), "7 frames"), (clip(1), "1 frame;"), (clip(8, 40, 80), "80x40"), (np.full_like(clip(), 9), "nothing")],
)
def test_where_there_is_too_little_nothing_is_said(frames: Frames, why: str) -> None:
    told = made_up().guess(frames)
    assert (told.verdict, told.probability, told.score) == (CANNOT_TELL, None, None)
    assert why in told.why


def test_weights_that_do_not_fit_are_refused() -> None:
    with pytest.raises(HimmelError):
        Detector({}, 1.0, -1.0, 1.0, 0.0)
    with pytest.raises(HimmelError):
        made_up(1.0, -1.0, 1.0)
    with pytest.raises(HimmelError):
        made_up(-1.0)


def test_the_shipped_detector_reads_the_traces_of_this_version() -> None:
    detector = shipped_detector()
    scores = detector.scores(np.stack([traces(clip()), traces(clip())]))
    assert np.isfinite(scores).all()
    assert len(NAMES) == 6


def test_sound_and_claims_of_a_file_change_no_score(tmp_path: Path) -> None:
    plain = write_video(tmp_path / "plain.mp4", clip(), Fraction(16))
    dressed = tmp_path / "by himmel.mp4"
    with av.open(str(plain)) as source, av.open(str(dressed), "w") as target:
        target.metadata.update({"title": "made by himmel", "comment": "a camera"})
        video = cast(VideoStream, target.add_stream_from_template(source.streams.video[0]))
        sound = cast(AudioStream, target.add_stream("aac", rate=16000))
        for packet in source.demux(source.streams.video[0]):
            if packet.dts is not None:
                packet.stream = video
                target.mux(packet)
        tone = (8000 * np.sin(np.arange(16000) / 9)).astype(np.int16)[None]
        frame = av.AudioFrame.from_ndarray(tone, "s16", "mono")
        frame.sample_rate = 16000
        target.mux([*sound.encode(frame), *sound.encode(None)])
    assert plain.read_bytes() != dressed.read_bytes()
    first, second, third = (guess(path) for path in (plain, dressed, plain))
    assert first == second == third
    assert first.score is not None
