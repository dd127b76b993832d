"""English phrases for place, light, weather, camera and style. The first entry of a row is chosen most often."""

from __future__ import annotations

from himmel.grammar.tables import Changes, Glue, Place, Said, Settings

THEN = ("then", "afterwards", "after that")
_NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
MOMENTS = (
    "after half a second",
    "after one second",
    *(
        f"after {number} {'seconds' if whole else 'and a half seconds'}"
        for number, whole in [(n, w) for n in _NUMBERS for w in (True, False)][1:]
    ),
)
LIGHT = {
    "day": Said(
        ("in daylight", "by day", "during the day", "in broad daylight", "in the daytime"),
        ("day", "daylight", "daytime"),
        ("it is day", "daylight fills the scene", "it is daytime", "the scene is lit by daylight"),
    ),
    "sunset": Said(
        ("at sunset", "at dusk", "in the light of the setting sun", "as the sun sets", "in the sunset light"),
        ("sunset", "dusk", "golden hour", "setting sun"),
        ("the sun is setting", "it is sunset", "the setting sun lights the scene", "it is dusk"),
    ),
    "night": Said(
        ("at night", "in the moonlight", "by night", "after dark", "in the dark of night"),
        ("night", "nighttime", "moonlight", "at night"),
        ("it is night", "night has fallen", "the moon lights the scene", "it is night-time"),
    ),
    "overcast": Said(
        ("under an overcast sky", "on an overcast day", "in flat grey light", "in overcast light"),
        ("overcast", "overcast sky", "grey light", "overcast light"),
        ("the sky is overcast", "the light is flat and grey", "it is an overcast day"),
    ),
}
WEATHER = {
    "clear": Said(
        ("in clear weather", "in clear air", "in fine weather"),
        ("clear weather", "clear air", "fine weather"),
        ("the weather is clear", "the air is clear", "the weather is fine"),
    ),
    "fog": Said(
        ("in fog", "in the fog", "in the mist", "in a haze", "in foggy weather"),
        ("fog", "foggy", "mist", "misty", "haze", "hazy"),
        ("it is foggy", "fog hangs in the air", "the air is misty", "there is fog"),
    ),
    "rain": Said(
        ("in the rain", "in rain", "in rainy weather", "while it rains"),
        ("rain", "rainy", "raining"),
        ("it is raining", "rain is falling", "it rains"),
    ),
    "snowfall": Said(
        ("in falling snow", "in snowfall", "while it snows", "in a snowfall"),
        ("snowfall", "falling snow", "snowing"),
        ("it is snowing", "snow is falling", "snowflakes drift down", "it snows"),
    ),
}
CLOUDS = {
    "clear sky": Said(
        ("under a clear sky", "under a cloudless sky", "beneath a clear sky"),
        ("clear sky", "cloudless sky", "no clouds"),
        ("the sky is clear", "there are no clouds", "the sky is cloudless"),
    ),
    "scattered clouds": Said(
        ("under scattered clouds", "with a few clouds in the sky", "under a few clouds"),
        ("scattered clouds", "a few clouds", "some clouds"),
        (
            "scattered clouds drift across the sky",
            "there are a few clouds in the sky",
            "some clouds dot the sky",
        ),
    ),
    "heavy clouds": Said(
        ("under heavy clouds", "under thick clouds", "beneath a sky full of clouds"),
        ("heavy clouds", "thick clouds", "dense clouds"),
        ("heavy clouds hang in the sky", "thick clouds cover the sky", "the sky is full of clouds"),
    ),
}
SEASON = {
    "summer": Said(
        ("in summer", "in the summer", "in summertime"),
        ("summer", "summertime"),
        ("it is summer", "it is summertime"),
    ),
    "autumn": Said(
        ("in autumn", "in the autumn", "in the fall season"),
        ("autumn", "fall season", "autumn colours"),
        ("it is autumn", "the land wears its autumn colours"),
    ),
    "winter": Said(
        ("in winter", "in the winter", "in wintertime"),
        ("winter", "wintertime"),
        ("it is winter", "winter has come"),
    ),
}
STYLE = {
    "natural": Said(
        ("in natural colours", "in a natural style", "in a realistic style"),
        ("natural", "realistic", "natural colours"),
        ("the colours are natural", "it looks natural", "it looks realistic"),
    ),
    "black and white": Said(
        ("in black and white", "in monochrome", "in greyscale"),
        ("black and white", "monochrome", "greyscale"),
        ("the footage is black and white", "everything is in black and white", "it is filmed in monochrome"),
    ),
    "film": Said(
        ("shot on film", "on 35 mm film", "on grainy film", "with a vintage film look"),
        ("35 mm film", "film look", "film grain", "shot on film"),
        ("it is shot on film", "it has the grain of 35 mm film", "it looks like old film"),
    ),
    "watercolour": Said(
        ("in watercolour", "as a watercolour painting", "in the style of a watercolour"),
        ("watercolour", "watercolour painting", "watercolor"),
        ("it looks like a watercolour", "everything is painted in watercolour"),
    ),
    "hand-held": Said(
        ("filmed with a hand-held camera", "in hand-held footage", "on a hand-held phone"),
        ("hand-held", "hand-held footage", "phone footage"),
        ("the footage is hand-held", "it is filmed by hand", "the picture shakes a little"),
    ),
    "silhouette": Said(
        ("in silhouette", "as a silhouette", "seen in silhouette"),
        ("silhouette", "silhouettes", "in silhouette"),
        ("everything is seen in silhouette", "only silhouettes can be seen"),
    ),
}
STYLE_PREFIX = {
    "natural": ("realistic footage of", "a realistic video of"),
    "black and white": ("black and white footage of", "a black-and-white video of", "a monochrome clip of"),
    "film": ("35 mm film of", "film footage of", "vintage film of"),
    "watercolour": ("a watercolour of", "a watercolour painting of", "a watercolour animation of"),
    "silhouette": ("a silhouette of", "the silhouette of"),
    "hand-held": ("hand-held footage of", "a hand-held video of", "phone footage of"),
}
PLACE = {
    "sea": Place(("the sea", "the ocean", "the open sea"), ("with the sea in view", "with the ocean in view")),
    "mountains": Place(
        ("mountains", "a mountain range", "mountain peaks", "a mountain landscape"),
        ("in the mountains", "with mountains in view", "in a mountain landscape"),
    ),
    "desert": Place(
        ("a desert", "the desert", "desert dunes", "a desert landscape"),
        ("in the desert", "in a desert", "among desert dunes"),
    ),
    "hills": Place(
        ("hills", "rolling hills", "a hilly landscape", "gentle hills"),
        ("among hills", "in the hills", "in a hilly landscape"),
    ),
    "dirt road": Place(
        ("a dirt road between trees", "a dirt road", "a dirt track", "a country road"),
        ("on a dirt road between trees", "on a dirt road", "along a dirt track", "on a country road"),
    ),
    "street": Place(
        ("a street", "a city street", "a street between houses"),
        ("on a street", "on a city street", "down a street", "on a street between houses"),
    ),
}
SEA = {
    "calm": Place(
        ("a calm sea", "a still sea", "the calm ocean", "a calm sea with small waves", "a smooth sea"),
        ("with a calm sea in view", "with the calm ocean in view"),
    ),
    "rough": Place(
        ("a rough sea", "a stormy sea", "the rough ocean", "a rough sea with high waves", "a choppy sea"),
        ("with a rough sea in view", "with the stormy ocean in view"),
    ),
}
EMPTY_GROUND = {
    "grass": ("an empty lawn", "an empty field of grass", "empty grass"),
    "sand": ("empty sandy ground", "an empty stretch of sand", "bare sand"),
    "wood": ("an empty wooden floor", "bare floorboards"),
    "marble": ("an empty marble floor", "a bare marble floor"),
    "brick": ("an empty brick floor", "bare brick paving"),
    "snow": ("an empty snowy field", "empty snowy ground"),
    "tiles": ("an empty tiled floor", "bare tiles"),
    "asphalt": ("empty asphalt", "an empty tarmac road"),
}
NOTHING = ("an empty scene", "an empty place", "an open space")
LIGHT_CHANGES = Changes(
    noun={
        "day": ("day", "daylight", "the daylight"),
        "sunset": ("sunset", "dusk", "the sunset"),
        "night": ("night", "the night", "moonlight"),
        "overcast": ("overcast light", "flat grey light", "an overcast sky"),
    },
    both=(
        "{a} turns to {b}",
        "{a} gives way to {b}",
        "{a} fades into {b}",
        "the light changes from {a} to {b}",
    ),
    to={
        "day": ("the sky turns to daylight", "day breaks", "it becomes day", "daylight comes"),
        "sunset": ("the sky turns to sunset", "the sun begins to set", "sunset comes", "the sun goes down"),
        "night": ("the sky turns to night", "night falls", "it gets dark", "darkness falls"),
        "overcast": ("the sky becomes overcast", "the sky turns overcast", "the light turns flat and grey"),
    },
    special={},
)
WEATHER_CHANGES = Changes(
    noun={
        "clear": ("clear weather", "clear air", "fine weather"),
        "fog": ("fog", "the fog", "mist"),
        "rain": ("rain", "the rain"),
        "snowfall": ("snowfall", "falling snow", "the snowfall"),
    },
    both=("{a} turns to {b}", "{a} gives way to {b}", "the weather changes from {a} to {b}"),
    to={
        "clear": ("the weather clears up", "the weather clears", "the air clears"),
        "fog": ("fog rolls in", "mist rises", "it becomes foggy", "fog comes up"),
        "rain": ("it starts to rain", "rain sets in", "rain begins to fall", "it begins to rain"),
        "snowfall": (
            "it starts to snow",
            "snow begins to fall",
            "snowflakes begin to fall",
            "it begins to snow",
        ),
    },
    special={
        ("fog", "clear"): ("the fog lifts", "the fog clears", "the mist thins out"),
        ("rain", "clear"): ("the rain stops", "it stops raining"),
        ("snowfall", "clear"): ("it stops snowing", "the snowfall ends"),
    },
)
CAMERA = {
    "still": (
        ("stays still", "staying still"),
        ("does not move", "not moving"),
        ("is locked off", "locked off"),
        ("remains fixed", "remaining fixed"),
        ("holds still", "holding still"),
    ),
    "pans left": (
        ("pans left", "panning left"),
        ("pans to the left", "panning to the left"),
        ("turns to the left", "turning to the left"),
        ("swings left", "swinging left"),
    ),
    "pans right": (
        ("pans right", "panning right"),
        ("pans to the right", "panning to the right"),
        ("turns to the right", "turning to the right"),
        ("swings right", "swinging right"),
    ),
    "tilts up": (
        ("tilts up", "tilting up"),
        ("tilts upwards", "tilting upwards"),
        ("looks up", "looking up"),
    ),
    "tilts down": (
        ("tilts down", "tilting down"),
        ("tilts downwards", "tilting downwards"),
        ("looks down", "looking down"),
    ),
    "orbits left": (
        ("orbits left", "orbiting left"),
        ("orbits to the left", "orbiting to the left"),
        ("circles around to the left", "circling around to the left"),
        ("arcs left", "arcing left"),
    ),
    "orbits right": (
        ("orbits right", "orbiting right"),
        ("orbits to the right", "orbiting to the right"),
        ("circles around to the right", "circling around to the right"),
        ("arcs right", "arcing right"),
    ),
    "moves in": (
        ("moves in", "moving in"),
        ("pushes in", "pushing in"),
        ("dollies in", "dollying in"),
        ("moves closer", "moving closer"),
    ),
    "moves out": (
        ("moves out", "moving out"),
        ("pulls back", "pulling back"),
        ("dollies out", "dollying out"),
        ("backs away", "backing away"),
    ),
    "rises": (
        ("rises", "rising"),
        ("cranes up", "craning up"),
        ("goes up", "going up"),
        ("lifts up", "lifting up"),
    ),
    "sinks": (("sinks", "sinking"), ("cranes down", "craning down"), ("goes down", "going down")),
    "zooms in": (("zooms in", "zooming in"), ("zooms in closer", "zooming in closer")),
    "zooms out": (("zooms out", "zooming out"), ("zooms back out", "zooming back out")),
    "flies forward": (
        ("flies forward", "flying forward"),
        ("flies over the scene", "flying over the scene"),
        ("flies ahead", "flying ahead"),
        ("glides forward through the air", "gliding forward through the air"),
    ),
    "follows": (
        ("follows along", "following along"),
        ("follows the movement", "following the movement"),
        ("tracks the movement", "tracking the movement"),
        ("follows the action", "following the action"),
    ),
}
CAMERA_TAG = {
    "still": ("static shot", "still camera", "locked-off shot", "fixed camera", "static camera"),
    "pans left": ("pan left", "camera pans left", "panning left", "pan to the left"),
    "pans right": ("pan right", "camera pans right", "panning right", "pan to the right"),
    "tilts up": ("tilt up", "camera tilts up", "tilting up"),
    "tilts down": ("tilt down", "camera tilts down", "tilting down"),
    "orbits left": ("orbit left", "camera orbits left", "arc left", "orbit shot to the left"),
    "orbits right": ("orbit right", "camera orbits right", "arc right", "orbit shot to the right"),
    "moves in": ("push in", "dolly in", "camera moves in", "push-in"),
    "moves out": ("pull back", "dolly out", "camera moves out", "pull-out shot"),
    "rises": ("crane up", "camera rises", "rising camera", "crane shot up"),
    "sinks": ("crane down", "camera sinks", "sinking camera", "crane shot down"),
    "zooms in": ("zoom in", "camera zooms in", "zooming in"),
    "zooms out": ("zoom out", "camera zooms out", "zooming out"),
    "flies forward": (
        "flyover",
        "camera flies forward",
        "aerial shot flying forward",
        "drone shot flying forward",
    ),
    "follows": ("tracking shot", "follow shot", "camera follows"),
}
SETTINGS = Settings(
    light=LIGHT,
    weather=WEATHER,
    clouds=CLOUDS,
    season=SEASON,
    style=STYLE,
    style_prefix=STYLE_PREFIX,
    place=PLACE,
    sea=SEA,
    empty_ground=EMPTY_GROUND,
    nothing=NOTHING,
    light_changes=LIGHT_CHANGES,
    weather_changes=WEATHER_CHANGES,
    camera=CAMERA,
    camera_tag=CAMERA_TAG,
    glue=Glue(
        comma=", ",
        both=" and ",
        last=", and ",
        while_=" while ",
        then=THEN,
        moments=MOMENTS,
        see=("we see {x}", "the scene shows {x}", "there is a view of {x}"),
        camera=("the camera {0}", (", the camera {0}", " as the camera {0}", ", with the camera {1}")),
    ),
)
