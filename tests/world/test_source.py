"""The stream of clips, its splits, and contrast pairs."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from himmel.records import HimmelError
from himmel.world.contrast import fact, pair
from himmel.world.gallery import facts_line, sheet
from himmel.world.source import LENGTHS, WorldSource
from himmel.world.splits import SPLITS, clip_seed, combinations, shows_held_out

RATE = Fraction(8)


def source(split: str = "train", **families: float) -> WorldSource:
    return WorldSource(
        families or {"single": 1.0},
        width=24,
        height=16,
        frames=4,
        rate=RATE,
        seed=7,
        split=split,
        languages=("en", "sv"),
    )


def test_clips_are_the_same_in_any_order_and_batch() -> None:
    first, again = source().clips([3, 8]), source().clips([8])
    assert first[1].facts == again[0].facts
    assert first[1].captions == again[0].captions
    np.testing.assert_array_equal(first[1].frames, again[0].frames)
    assert first[0].frames.shape == (4, 16, 24, 3)
    assert first[0].masks is not None
    assert first[0].masks.shape == (4, 16, 24)
    assert [(c.language, c.length) for c in first[0].captions] == [(g, n) for g in ("en", "sv") for n in LENGTHS]


def test_masks_are_where_the_facts_say() -> None:
    clip = WorldSource({"single": 1.0}, width=48, height=48, frames=6, rate=RATE, seed=2).clips([0])[0]
    assert clip.masks is not None
    for t in range(6):
        rows, columns = np.nonzero(clip.masks[t] == 1)
        told = clip.extras["object_pixel"][t, 0]
        np.testing.assert_allclose((columns.mean() / 48, rows.mean() / 48), told, atol=0.06)


def test_splits_share_no_seed() -> None:
    seeds = {split: {clip_seed(1, split, i, a) for i in range(200) for a in range(3)} for split in SPLITS}
    assert len(set().union(*seeds.values())) == 600 * len(SPLITS)


def test_held_out_combinations_are_only_in_their_split() -> None:
    train, held = source(camera=1.0, collision=0.3), source("test_held_out", camera=1.0)
    assert not any(shows_held_out(train.scenario(i).facts) for i in range(40))
    assert all(shows_held_out(held.scenario(i).facts) for i in range(4))


def test_held_out_combinations_leave_every_value_to_training() -> None:
    held = combinations()
    assert 0.04 < len(held) / (9 * 4 * 7 * 8) < 0.13
    for place in range(4):
        assert len({combination[place] for combination in held}) == (9, 4, 7, 8)[place]


def test_outside_clips_differ_from_the_trained_range_only_there() -> None:
    scenario = source("test_outside").scenario(1)
    assert scenario.changes == {"range": "outside sizes"}


def test_wrong_sources_say_so() -> None:
    for families, split in (({"opera": 1.0}, "train"), ({"single": 0.0}, "train"), ({"single": 1.0}, "dev")):
        with pytest.raises(HimmelError):
            WorldSource(families, width=16, height=16, frames=1, rate=RATE, seed=1, split=split)
    with pytest.raises(HimmelError):
        source("test_held_out", sea=1.0).scenario(0)


@pytest.mark.parametrize(
    ("family", "kind"),
    [
        ("single", "direction"),
        ("single", "shape"),
        ("camera", "relation"),
        ("camera", "camera"),
        ("collision", "colours swapped"),
        ("hidden", "ground"),
        ("landscape", "season"),
        ("sea", "sea"),
    ],
)
def test_pairs_differ_in_what_was_asked(family: str, kind: str) -> None:
    found = pair(family, 11, kind, frames=12, rate=RATE)
    for name, value in found.changes.items():
        assert fact(found.second.facts, name) == value != fact(found.first.facts, name)
    assert found.first.facts.light == found.second.facts.light
    np.testing.assert_array_equal(found.first.scene.sun_azimuth, found.second.scene.sun_azimuth)


def test_a_pair_that_cannot_be_says_so() -> None:
    with pytest.raises(HimmelError):
        pair("sea", 1, "shape", frames=4, rate=RATE)


def test_a_sheet_has_a_row_a_clip() -> None:
    one, two = (sheet(["single"], seeds, columns=2, width=16, height=16, frames=2) for seeds in ([1], [1, 2]))
    assert one.width == two.width
    assert two.height > 1.7 * one.height
    facts = source().scenario(0).facts
    assert f"{facts.objects[0].colour} " in facts_line(facts)
    assert facts.light is not None
    assert facts.light in facts_line(facts)
