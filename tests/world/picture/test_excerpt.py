"""Some frames of a scene look as they do in the whole."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from himmel.grammar.vocabulary import FAMILIES
from himmel.records import HimmelError
from himmel.world.picture.renderer import Renderer
from himmel.world.scene import TIMED, excerpt
from himmel.world.source import WorldSource

FIXED = {"kind", "half_size", "albedo", "material", "object_index", "road"}


@pytest.mark.parametrize("family", FAMILIES)
def test_an_excerpt_of_any_family_shows_what_the_whole_does(family: str) -> None:
    source = WorldSource({family: 1.0}, width=24, height=24, frames=11, rate=Fraction(6), seed=3, languages=())
    scene = source.scenario(0).scene
    by_frame = {name for name, value in vars(scene).items() if isinstance(value, np.ndarray) and len(value) == 11}
    assert by_frame - set(TIMED) <= FIXED
    part = excerpt(scene, 2, 2)
    assert len(part.seconds) == 2
    renderer = Renderer()
    assert np.array_equal(renderer.render([part], 24, 24)[0].masks, renderer.render([scene], 24, 24)[0].masks[2:4])


def test_frames_that_a_scene_does_not_have_are_refused() -> None:
    source = WorldSource({"single": 1.0}, width=16, height=16, frames=4, rate=Fraction(6), seed=3, languages=())
    with pytest.raises(HimmelError, match="frames 2 to 5 of 4"):
        excerpt(source.scenario(0).scene, 2, 3)
