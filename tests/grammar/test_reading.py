"""What people type is read as they mean it."""

import pytest

from himmel.grammar import read
from himmel.records import Event, ObjectFacts, Relation, SceneFacts


def _scene(facts: SceneFacts) -> dict[str, str]:
    names = ("scenery", "ground", "light", "light_to", "weather", "weather_to", "clouds", "sea", "season")
    found = {name: getattr(facts, name) for name in (*names, "camera", "style")}
    return {name: value for name, value in found.items() if value is not None and value != "plain"}


@pytest.mark.parametrize(
    ("text", "scene"),
    [
        ("Drone shot over a stormy ocean, golden hour", {"scenery": "sea", "sea": "rough", "light": "sunset"}),
        ("snowy mountains in winter", {"scenery": "mountains", "season": "winter"}),
        ("the light changes from day to night and it starts to rain", {"light": "day", "light_to": "night"}),
        ("the fog lifts", {"weather": "fog", "weather_to": "clear"}),
        ("Black-and-white, zoom in", {"style": "black and white", "camera": "zooms in"}),
        ("en öken på natten, kameran panorerar åt höger", {"scenery": "desert", "light": "night"}),
        ("平静的大海，日落，镜头向左摇", {"scenery": "sea", "sea": "calm", "camera": "pans left"}),
        ("", {}),
    ],
)
def test_settings_are_read(text: str, scene: dict[str, str]) -> None:
    assert scene.items() <= _scene(read(text)).items()


@pytest.mark.parametrize(
    ("text", "objects"),
    [
        ("a red ball rolls to the left", (ObjectFacts("ball", "red", motion="rolls", direction="left"),)),
        ("RED BALL, rolling left", (ObjectFacts("ball", "red", motion="rolls", direction="left"),)),
        ("three tiny blue glass cubes", (ObjectFacts("cube", "blue", "small", "glass", count=3),)),
        ("a sphere made of wood", (ObjectFacts("ball", "", material="wood"),)),
        ("the ball is green", (ObjectFacts("ball", "green"),)),
        ("ett litet rött metallklot snurrar", (ObjectFacts("ball", "red", "small", "metal", "spins"),)),
        ("一个红色的小金属球向左滚动", (ObjectFacts("ball", "red", "small", "metal", "rolls", "left"),)),
        (
            "a red ball and a blue cube slide away from us",
            (
                ObjectFacts("ball", "red", motion="slides", direction="away from the camera"),
                ObjectFacts("cube", "blue", motion="slides", direction="away from the camera"),
            ),
        ),
        (
            "a red ball rests, a blue cube spins",
            (
                ObjectFacts("ball", "red", motion="rests"),
                ObjectFacts("cube", "blue", motion="spins"),
            ),
        ),
        ("a dragon and a castle", ()),
    ],
)
def test_objects_are_read(text: str, objects: tuple[ObjectFacts, ...]) -> None:
    assert read(text).objects == objects


@pytest.mark.parametrize(
    "text",
    [
        "a red ball is to the left of a blue cube",
        "red ball left of the blue cube",
        "en röd boll till vänster om en blå kub",
        "一个红球在蓝色方块的左边",
    ],
)
def test_relations_are_read(text: str) -> None:
    assert read(text).relations == (Relation("left of", 0, 1),)


@pytest.mark.parametrize(
    ("text", "event"),
    [
        ("a red ball hits a blue cube from the left", Event("hits", 1.0, 0, 1, "left")),
        ("a red ball is struck by a blue cube", Event("hits", 1.0, 1, 0)),
        ("sedan försvinner den röda bollen bakom en vägg", Event("disappears behind", 1.0, 0)),
        ("a red ball disappears behind a blue cube", Event("disappears behind", 1.0, 0, 1)),
        ("a ball leaves the frame on the right", Event("leaves the frame", 1.0, 0, None, "right")),
        ("红球被蓝色方块从右边撞到", Event("hits", 1.0, 1, 0, "right")),
    ],
)
def test_events_are_read(text: str, event: Event) -> None:
    assert read(text).events == (event,)
