"""Light, weather, clouds and style: which facts hold, and the numbers that show them."""

from __future__ import annotations

from dataclasses import dataclass

from himmel.world.dice import Dice

LIGHT_WEIGHTS = {"day": 0.45, "sunset": 0.20, "night": 0.15, "overcast": 0.20}
WET_LIGHT_WEIGHTS = {"overcast": 0.7, "day": 0.12, "night": 0.18}
WEATHER_WEIGHTS = {"clear": 0.82, "fog": 0.06, "rain": 0.06, "snowfall": 0.06}
CLOUD_WEIGHTS = {"clear sky": 0.4, "scattered clouds": 0.4, "heavy clouds": 0.2}
STYLE_WEIGHTS = {
    "natural": 0.84,
    "black and white": 0.04,
    "film": 0.05,
    "watercolour": 0.04,
    "silhouette": 0.03,
}
_COVER = {"clear sky": (0.0, 0.04), "scattered clouds": (0.38, 0.5), "heavy clouds": (0.8, 0.95)}
_ELEVATION = {"day": (32.0, 62.0), "sunset": (2.0, 6.0), "night": (-30.0, -18.0), "overcast": (35.0, 60.0)}


@dataclass(frozen=True)
class Sky:
    """Facts and their numbers; azimuth is relative to where the camera looks (90 is straight ahead)."""

    light: str
    weather: str
    clouds: str
    style: str
    elevation: float
    azimuth: float
    overcast: float
    cover: float
    drift: tuple[float, float]
    fog: float
    rain: float
    snowfall: float


def draw_sky(
    dice: Dice,
    objects: int = 1,
    style_weights: dict[str, float] | None = None,
    light_weights: dict[str, float] | None = None,
) -> Sky:
    """Light, weather, clouds and style by chance; styles that hide colours only with few objects.

    light_weights: of dry weather; None is the usual ones.
    """
    weights = dict(style_weights or STYLE_WEIGHTS)
    if objects > 1:
        weights.pop("silhouette", None)
    if objects > 2:
        weights.pop("black and white", None)
    style = dice.fact("style", weights)
    calm = {"clear": 1.0} if style == "silhouette" else WEATHER_WEIGHTS
    weather = dice.fact("weather", calm)
    lights = (light_weights or LIGHT_WEIGHTS) if weather in ("clear", "fog") else WET_LIGHT_WEIGHTS
    if style == "silhouette":
        lights = {"sunset": 0.7, "day": 0.3}
    light = dice.fact("light", lights, also=tuple(LIGHT_WEIGHTS))
    clouds = dice.fact("clouds", CLOUD_WEIGHTS)
    return shine(dice, light, weather, clouds, style)


def shine(dice: Dice, light: str, weather: str, clouds: str, style: str) -> Sky:
    """The numbers of these facts."""
    grey = light == "overcast" or weather in ("rain", "snowfall")
    ahead = style == "silhouette" or (light == "sunset" and dice.chance("sun ahead", 0.4))
    side = dice.sign("sun side") * dice.number("sun angle", 40, 140)
    low, high = _ELEVATION[light]
    cover = dice.number("cover", *_COVER["heavy clouds" if grey or weather == "fog" else clouds])
    speed = dice.number("drift", 0.5, 3.0) * dice.sign("drift side")
    return Sky(
        light=light,
        weather=weather,
        clouds="heavy clouds" if grey else clouds,
        style=style,
        elevation=low + (high - low) * dice.number("sun height", 0, 1),
        azimuth=90 + (dice.number("sun ahead angle", -14, 14) if ahead else side),
        overcast=(1.0 if light == "overcast" else 0.6 if grey and light == "day" else 0.0),
        cover=cover,
        drift=(speed, dice.number("drift depth", -0.5, 0.5)),
        fog=dice.number("fog", 0.16, 0.25) if weather == "fog" else 0.0,
        rain=dice.number("rain", 0.6, 1.0) if weather == "rain" else 0.0,
        snowfall=dice.number("snowfall", 0.6, 1.0) if weather == "snowfall" else 0.0,
    )
