"""Attacks on the watermark, each with its expected outcome: what holds, and what is known not to hold."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from skimage import data

from himmel.evaluation.attacks import blurred, h264, noisy
from himmel.evaluation.metrics import psnr
from himmel.provenance import identity
from himmel.provenance.certificate import Identity
from himmel.provenance.detect import Finding, detect
from himmel.provenance.payload import Payload, payload_for
from himmel.provenance.recognise import HERE, HERE_ONLY_BY_NUMBER, NAMED, NOBODY, UNKNOWN, recognise
from himmel.provenance.watermark import Watermark
from himmel.records.recipe import MediumNote, Recipe

RATE = Fraction(16)
RECIPE = Recipe("a ball", "a red ball", 1, 256, 144, 6, RATE, 20, 3.0, "euler", "shipped", "ab" * 32)


@pytest.fixture(scope="module")
def clip() -> NDArray[np.uint8]:
    photograph = Image.fromarray(data.astronaut())
    boxes = [(100 + 2 * i, 60 + i, 164 + 2 * i, 96 + i) for i in range(6)]
    return np.stack([np.asarray(photograph.crop(box).resize((256, 144), Image.Resampling.BICUBIC)) for box in boxes])


@pytest.fixture(scope="module")
def mine(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    return identity.of_folder(tmp_path_factory.mktemp("mine"))


def marked(clip: NDArray[np.uint8], payload: Payload) -> NDArray[np.uint8]:
    watermark = Watermark(payload, clip.shape[2], clip.shape[1])
    return np.stack([watermark.mark(frame) for frame in clip])


def of(payload: Payload) -> Finding:
    return Finding(True, 1e-20, 10.0, 6, payload)


def test_packed_again_without_its_manifest_a_clip_is_still_known(clip: NDArray[np.uint8], mine: Identity) -> None:
    payload = payload_for(RECIPE, mine)
    found = recognise(detect(h264(28)(marked(clip, payload), RATE)), mine, recipe=RECIPE)
    assert (found.finding.payload, found.whose, found.fits_recipe) == (payload, HERE, True)


def test_noise_that_spoils_a_clip_and_a_blur_do_not_remove_it(clip: NDArray[np.uint8]) -> None:
    payload = Payload(1, 2, 3)
    once = marked(clip, payload)
    noise = noisy(6)(once, RATE)
    assert psnr(clip, noise) < 36
    assert detect(noise).payload == payload
    assert detect(blurred(1)(once, RATE)).payload == payload


def test_whoever_has_the_code_and_the_payload_takes_it_off(clip: NDArray[np.uint8]) -> None:
    """Known and said in docs/safety.md: the pattern is public."""
    payload = Payload(1, 2, 3)
    once = marked(clip, payload)
    assert detect(once).payload == payload
    cleaned = np.clip(2 * once.astype(np.int16) - marked(once, payload), 0, 255).astype(np.uint8)
    assert psnr(clip, cleaned) > 45
    assert not detect(cleaned).found


def test_whoever_has_the_code_marks_what_himmel_did_not_make(clip: NDArray[np.uint8], mine: Identity) -> None:
    """Known: a number of a certificate is public. What a stranger cannot make is the tag of its key."""
    theirs = payload_for(RECIPE, mine)
    forged = replace(theirs, clip=theirs.clip ^ 1)
    assert detect(marked(clip, forged)).payload == forged
    assert recognise(of(forged), mine).whose == HERE_ONLY_BY_NUMBER
    assert recognise(of(theirs), mine).whose == HERE, "copied from a clip that is mine: the tag cannot tell"
    assert recognise(of(theirs), mine, recipe=replace(RECIPE, seed=2)).fits_recipe is False, "the recipe can"


def test_a_mark_and_a_manifest_of_different_clips_do_not_agree(mine: Identity) -> None:
    said = payload_for(RECIPE, mine)
    assert recognise(of(said), mine, claimed=said.text).fits_manifest is True
    other = payload_for(replace(RECIPE, seed=2), mine)
    assert recognise(of(said), mine, claimed=other.text).fits_manifest is False


def test_replaying_anothers_recipe_makes_the_same_clip_by_another_key(mine: Identity, tmp_path: Path) -> None:
    other = identity.of_folder(tmp_path / "other")
    again = replace(RECIPE, created="2030-01-01", versions={"himmel": "9"}, threads=7, precision="bfloat16", policy="x")
    first, second = payload_for(RECIPE, mine), payload_for(again, other)
    assert (first.clip, first.key != second.key, first.tag != second.tag) == (second.clip, True, True)
    assert payload_for(again, mine) == first, "a replay at home has the same mark, bit for bit"
    assert recognise(of(second), mine).whose == UNKNOWN
    assert recognise(of(second), mine, trusted=other.chain).whose == NAMED
    assert recognise(of(payload_for(RECIPE, None)), mine).whose == NOBODY


def test_a_clip_is_another_by_any_part_of_its_making(mine: Identity) -> None:
    clips = {
        payload_for(recipe, mine).clip
        for recipe in (
            RECIPE,
            replace(RECIPE, prompt="a cube"),
            replace(RECIPE, expanded="a blue ball"),
            replace(RECIPE, seed=2),
            replace(RECIPE, steps=21),
            replace(RECIPE, model_hash="cd" * 32),
            replace(RECIPE, media=(MediumNote("a.mp4", "ef" * 32, "crop"),)),
        )
    }
    assert len(clips) == 7
    moved = [replace(RECIPE, media=(MediumNote(name, "ef" * 32, "crop"),)) for name in ("a.mp4", "b/c.mp4")]
    assert len({payload_for(recipe, mine).clip for recipe in moved}) == 1, "where a medium lay is no matter"
