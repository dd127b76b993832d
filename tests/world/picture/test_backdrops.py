"""Laws of sky, sea, land, weather, styles and textures."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from picture_scenes import THINGS, make_scene

from himmel.grammar.vocabulary import GROUNDS, STYLES
from himmel.world.picture.grounds import ground
from himmel.world.picture.rays import Tiling
from himmel.world.picture.renderer import Renderer
from himmel.world.picture.sea import sea_of
from himmel.world.picture.styles import styled
from himmel.world.picture.textures import fractal_noise, look_up, pack, seeded
from himmel.world.scene import BACKDROPS

LIGHTS = {"day": 40.0, "sunset": 4.0, "dusk": -4.0, "night": -20.0}
WEATHERS = ({}, {"fog": 0.5}, {"rain": 1.0, "overcast": 1.0}, {"snowfall": 1.0, "cloud_cover": 0.9})
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def renderer() -> Iterator[Renderer]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield Renderer()
    torch.set_num_threads(before)


@pytest.mark.parametrize("backdrop", BACKDROPS)
def test_every_light_and_weather_is_finite_and_not_blank(renderer, backdrop):
    for elevation, weather in zip(LIGHTS.values(), WEATHERS, strict=True):
        place = {"ground": "marble"} if backdrop == "plain" else {"ground": None, "season": "winter"}
        scene = make_scene(1, THINGS, backdrop=backdrop, sun_elevation=elevation, **place, **weather)
        with torch.inference_mode():
            colour, _ = renderer.trace(scene, Tiling(1, 32, 32))
        assert torch.isfinite(colour).all()
        assert colour.min() >= 0
        assert colour.max() <= 1.001
        assert 0.02 < colour.mean() < 0.98


@pytest.mark.parametrize("name", GROUNDS)
def test_grounds_differ_and_fade_to_their_mean(name):
    floor = ground(name, 0, CPU)
    point = torch.full((1, 1), 0.31)
    far = look_up(floor.atlas, point, point, torch.full((1, 1), 4.0))[:3, 0, 0]
    torch.testing.assert_close(far, floor.mean, atol=2e-3, rtol=0)


def test_textures_repeat_without_a_seam():
    atlas = pack(fractal_noise(64, 4, 4, seeded(1))[None])
    line = torch.linspace(-0.02, 0.02, 41)[None]
    for width in (0.001, 0.05, 0.3):
        along = look_up(atlas, line, torch.full_like(line, 0.4), torch.full_like(line, width))[0, 0]
        assert along.diff().abs().max() < 0.05
        again = look_up(atlas, line + 3, torch.full_like(line, 0.4) - 2, torch.full_like(line, width))[0, 0]
        torch.testing.assert_close(along, again, atol=1e-4, rtol=0)


def test_sea_slopes_are_the_gradient_of_its_height():
    sea = sea_of(make_scene(2, (), backdrop="sea", wave_height=0.8), CPU)
    side = sea.swell.side
    field = sea.swell.image[0, :, 1 : side + 1, 1 : side + 1]
    texel = sea.period / side
    slope = (field[0].roll(-1, 1) - field[0].roll(1, 1)) / (2 * texel)
    assert torch.corrcoef(torch.stack((slope.flatten(), field[1].flatten())))[0, 1] > 0.98
    assert abs(4 * float(field[0].std()) - 0.8) < 0.05


def test_rough_sea_is_steeper_than_calm():
    calm, rough = (sea_of(make_scene(1, (), backdrop="sea", wave_height=h), CPU) for h in (0.1, 1.0))
    assert float(rough.spread) > 2 * float(calm.spread)
    assert float(rough.highest) > 5 * float(calm.highest)


def test_snow_whitens_winter_hills(renderer):
    def brightness(season: str) -> float:
        high = np.tile(np.float32([0, 0, 25]), (1, 1))
        scene = make_scene(1, (), backdrop="hills", ground=None, season=season, camera_position=high)
        return float(renderer.render([scene], 48, 48)[0].frames[0, 30:].mean())

    assert brightness("winter") > 1.3 * brightness("summer")


def test_fog_hides_what_is_far(renderer):
    clear, thick = (renderer.render([make_scene(1, fog=f)], 48, 48)[0].frames[0] for f in (0.0, 1.0))
    assert thick[20:26].astype(float).std((0, 1)).max() < clear[20:26].astype(float).std((0, 1)).max()


def test_rain_falls_downwards(renderer):
    scene = make_scene(4, (), rain=1.0, seconds=np.arange(4, dtype=np.float32) / 64)
    dry = renderer.render([make_scene(4, ())], 128, 128)[0].frames.astype(float).mean(3)
    streaks = renderer.render([scene], 128, 128)[0].frames.astype(float).mean(3) - dry

    def match(shift: int) -> float:
        return float((streaks[0] * np.roll(streaks[1], -shift, 0))[8:-16].mean())

    moved = max(range(-10, 11), key=match)
    assert moved > 0


@pytest.mark.parametrize("style", STYLES)
def test_styles_keep_shape_range_and_seed(style):
    pictures = torch.rand(2, 3, 40, 56, generator=seeded(3))
    mask = torch.zeros(2, 40, 56, dtype=torch.bool)
    mask[:, 10:20, 10:20] = True
    one, two = styled(pictures, style, 4, mask), styled(pictures, style, 4, mask)
    assert one.shape == pictures.shape
    assert torch.equal(one, two)
    assert one.min() >= -0.08
    assert one.max() <= 1.08
    if style == "black and white":
        assert torch.equal(one[:, 0], one[:, 2])
    if style == "silhouette":
        assert one[:, :, 10:20, 10:20].max() < 0.15
