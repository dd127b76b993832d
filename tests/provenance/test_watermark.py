"""Laws of the watermark: it changes little, always in the same way, is found where it is and not where it is not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image
from skimage import data

from himmel.evaluation.attacks import ATTACKS, gif
from himmel.evaluation.metrics import psnr
from himmel.provenance.detect import RARE, detect, payloads
from himmel.provenance.pattern import TILE, field, pattern, unit_of
from himmel.provenance.payload import Payload
from himmel.provenance.recognise import recognise
from himmel.provenance.watermark import Watermark

PAYLOAD = Payload(0xBEEF, 0x01234567, 0x89AB)
RATE = Fraction(16)


def pan(picture: NDArray[np.uint8], frames: int = 8, width: int = 256, height: int = 144) -> NDArray[np.uint8]:
    """A camera that moves over a photograph, enlarged four times: about as soft as the model's clips."""
    whole = Image.fromarray(picture[..., :3])
    boxes = [(100 + 2 * i, 60 + i, 100 + 2 * i + width // 4, 60 + i + height // 4) for i in range(frames)]
    return np.stack([np.asarray(whole.crop(box).resize((width, height), Image.Resampling.BICUBIC)) for box in boxes])


@pytest.fixture(scope="module")
def clip() -> NDArray[np.uint8]:
    return pan(data.astronaut())


@pytest.fixture(scope="module")
def marked(clip: NDArray[np.uint8]) -> NDArray[np.uint8]:
    watermark = Watermark(PAYLOAD, 256, 144)
    return np.stack([watermark.mark(frame) for frame in clip])


@given(st.integers(0, 2**64 - 1))
def test_payloads_survive_their_bits(number: int) -> None:
    payload = Payload(number >> 48, number >> 16 & 0xFFFFFFFF, number & 0xFFFF)
    assert (Payload.from_bits(payload.bits), payload.number) == (payload, number)


@settings(max_examples=10)
@given(st.integers(16, 200), st.integers(16, 200), st.integers(0, 2**32 - 1))
def test_frames_of_any_size_change_little_and_always_alike(width: int, height: int, seed: int) -> None:
    frame = np.random.default_rng(seed).integers(0, 256, (height, width, 3)).astype(np.uint8)
    once, again = (Watermark(PAYLOAD, width, height).mark(frame) for _ in range(2))
    assert np.array_equal(once, again)
    assert psnr(frame, once) >= 41
    assert not np.array_equal(once, Watermark(replace(PAYLOAD, clip=1), width, height).mark(frame))


def test_every_frame_is_marked_by_itself(clip: NDArray[np.uint8], marked: NDArray[np.uint8]) -> None:
    """So a resumed clip, or one whose frames come in another order, has the same bytes."""
    assert np.array_equal(Watermark(PAYLOAD, 256, 144).mark(clip[7]), marked[7])
    assert min(psnr(a, b) for a, b in zip(clip, marked, strict=True)) >= 41


def test_nothing_changes_where_nothing_should(clip: NDArray[np.uint8]) -> None:
    where = np.zeros((144, 256), np.float32)
    where[20:90, 30:200] = 1
    changed = (Watermark(PAYLOAD, 256, 144).mark(clip[0], where) != clip[0]).any(-1)
    assert changed[20:90, 30:200].mean() > 0.5
    changed[20:90, 30:200] = False
    assert not changed.any()


def test_the_pattern_grows_with_the_picture_and_repeats() -> None:
    waves = pattern().signs
    small, large = field(waves, 256, 144), field(waves, 768, 432)
    middles = large.reshape(144, 3, 256, 3)[:, 1, :, 1]
    assert np.abs(middles - small).max() < 0.02
    assert abs(float(np.square(small).mean()) - 1) < 0.1
    assert unit_of(256, 144) == 1
    assert np.abs(small[:, :128] - small[:, TILE:]).max() < 0.01


@pytest.mark.parametrize(
    "name",
    [
        "H.264 CRF 28",
        "half size, H.264 CRF 23",
        "10 % cut off around, H.264 CRF 28",
        "mirrored, H.264 CRF 28",
        "screenshot, x 1.7 in a page, JPEG 85",
    ],
)
def test_it_is_read_after(marked: NDArray[np.uint8], name: str) -> None:
    finding = detect(ATTACKS[name](marked, RATE))
    assert finding.payload == PAYLOAD
    assert finding.chance <= RARE
    assert (finding.flip == "left and right") == ("mirrored" in name)


def test_a_still_and_a_gif_are_recognised() -> None:
    clip = pan(data.coffee(), 2, 128, 128)
    marked = np.stack([Watermark(PAYLOAD, 128, 128).mark(frame) for frame in clip])
    assert detect(marked[:1]).found
    assert detect(gif(marked, RATE)).found


def test_marks_in_a_part_of_a_clip_are_found(clip: NDArray[np.uint8], marked: NDArray[np.uint8]) -> None:
    """As in a clip that was extended: what was given is unmarked."""
    finding = detect(np.concatenate([clip, np.roll(clip, 1, 0), marked]))
    assert finding.payload == PAYLOAD


@pytest.mark.parametrize("photograph", [data.coffee, data.chelsea, data.rocket])
def test_the_unmarked_are_not_taken_for_marked(photograph: Callable[[], NDArray[np.uint8]]) -> None:
    clip = pan(photograph(), 4)
    for frames in (clip, clip[:1]):
        finding = detect(frames)
        assert not finding.found
        assert finding.payload is None


@pytest.mark.parametrize("level", [0, 128, 255])
def test_an_empty_picture_is_no_trouble(level: int) -> None:
    finding = detect(np.full((1, 64, 64, 3), level, np.uint8))
    assert (finding.found, finding.chance) == (False, 1.0)


@pytest.mark.parametrize(("width", "height"), [(1, 1), (3, 200), (2000, 8)])
def test_any_shape_can_be_looked_at(width: int, height: int) -> None:
    frame = np.random.default_rng(1).integers(0, 256, (1, height, width, 3)).astype(np.uint8)
    assert not detect(frame).found


def test_a_clip_that_goes_on_from_another_carries_both_marks_and_neither_is_called_moved() -> None:
    frames = pan(data.astronaut(), 32)
    other = Payload(0xBEEF, 0x89ABCDEF, 0x4567)
    marks = {payload: Watermark(payload, 256, 144) for payload in (PAYLOAD, other)}
    both = np.stack([marks[PAYLOAD if i < 20 else other].mark(frame) for i, frame in enumerate(frames)])
    assert payloads(both) == {PAYLOAD, other}
    finding = detect(both)
    assert finding.payload is not None
    said = {PAYLOAD: other, other: PAYLOAD}[finding.payload]  # the one that was not read first is the clip's own
    first = {finding.payload.text: "first.mp4"}
    found = recognise(finding, None, claimed=said.text, sources=first, parts=payloads(both))
    assert (found.source, found.fits_manifest) == ("first.mp4", True)
    assert recognise(finding, None, claimed=said.text, sources=first).fits_manifest is None, "cannot be told"
    assert recognise(finding, None, claimed=said.text).fits_manifest is False, "nothing says where it comes from"
    assert recognise(finding, None, claimed="other", sources={"x": "y"}, parts=payloads(both)).fits_manifest is False
