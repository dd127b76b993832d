"""English phrases for objects and events. The first entry of a row is the commonest word and is chosen most often."""

from __future__ import annotations

NOUNS = {
    "ball": (("ball", "balls"), ("sphere", "spheres"), ("orb", "orbs")),
    "cube": (("cube", "cubes"), ("block", "blocks"), ("box", "boxes")),
    "cylinder": (("cylinder", "cylinders"), ("drum", "drums")),
    "capsule": (("capsule", "capsules"), ("pill", "pills")),
    "domino": (("domino", "dominoes"), ("domino tile", "domino tiles")),
    "tower": (("tower", "towers"),),
    "car": (("car", "cars"), ("SUV", "SUVs"), ("jeep", "jeeps")),
    "truck": (("truck", "trucks"), ("lorry", "lorries")),
    "bus": (("bus", "buses"), ("coach", "coaches")),
    "bowl": (("bowl", "bowls"), ("basin", "basins")),
    "stairs": (("staircase", "staircases"), ("flight of stairs", "flights of stairs")),
    "ramp": (("ramp", "ramps"), ("slope", "slopes")),
    "pendulum": (("pendulum", "pendulums"),),
    "cradle": (("cradle", "cradles"), ("Newton's cradle", "Newton's cradles")),
    "seesaw": (("seesaw", "seesaws"), ("teeter-totter", "teeter-totters")),
    "two-legged creature": (("two-legged creature", "two-legged creatures"), ("biped", "bipeds")),
    "four-legged creature": (("four-legged creature", "four-legged creatures"), ("quadruped", "quadrupeds")),
    "six-legged creature": (("six-legged creature", "six-legged creatures"), ("six-legged bug", "six-legged bugs")),
    "apple": (("apple", "apples"),),
    "brush": (("brush", "brushes"), ("paintbrush", "paintbrushes")),
}
PARTS = {"tower": ("of {n} blocks",), "cradle": ("of {n} balls", "with {n} balls")}
"""What things are stacked or strung of."""
COLOURS = {
    "red": ("red", "bright red", "crimson", "scarlet"),
    "orange": ("orange", "bright orange", "tangerine"),
    "yellow": ("yellow", "bright yellow", "lemon-yellow"),
    "green": ("green", "bright green", "emerald"),
    "blue": ("blue", "bright blue", "cobalt blue"),
    "purple": ("purple", "violet"),
    "pink": ("pink", "rosy pink", "bright pink"),
    "white": ("white", "pure white"),
    "black": ("black", "jet-black"),
}
SIZES = {"small": ("small", "little", "tiny"), "large": ("large", "big", "huge")}
MATERIALS = {
    "matte": ("matte", "dull"),
    "metal": ("metal", "metallic", "shiny metal", "steel"),
    "glass": ("glass", "clear glass", "see-through"),
    "wood": ("wooden", "wood"),
}
MADE_OF = {
    "matte": ("with a matte surface", "with a matte finish"),
    "metal": ("made of metal", "of polished metal", "made from metal"),
    "glass": ("made of glass", "of clear glass", "made from glass"),
    "wood": ("made of wood", "of wood", "made from wood"),
}
NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")

# (he, they, participle)
MOTIONS = {
    "rests": (
        ("rests", "rest", "resting"),
        ("lies still", "lie still", "lying still"),
        ("sits", "sit", "sitting"),
        ("stands still", "stand still", "standing still"),
    ),
    "falls": (
        ("falls", "fall", "falling"),
        ("drops", "drop", "dropping"),
        ("falls down", "fall down", "falling down"),
    ),
    "bounces": (
        ("bounces", "bounce", "bouncing"),
        ("bounces up and down", "bounce up and down", "bouncing up and down"),
        ("hops", "hop", "hopping"),
    ),
    "rolls": (("rolls", "roll", "rolling"), ("rolls along", "roll along", "rolling along")),
    "slides": (("slides", "slide", "sliding"), ("glides", "glide", "gliding"), ("skids", "skid", "skidding")),
    "spins": (
        ("spins", "spin", "spinning"),
        ("spins around", "spin around", "spinning around"),
        ("whirls", "whirl", "whirling"),
        ("twirls", "twirl", "twirling"),
    ),
    "topples": (
        ("topples", "topple", "toppling"),
        ("topples over", "topple over", "toppling over"),
        ("tips over", "tip over", "tipping over"),
        ("falls over", "fall over", "falling over"),
    ),
    "drives": (
        ("drives", "drive", "driving"),
        ("drives along", "drive along", "driving along"),
        ("is driving", "are driving", "driving"),
    ),
    "swings": (
        ("swings from side to side", "swing from side to side", "swinging from side to side"),
        ("swings left and right", "swing left and right", "swinging left and right"),
    ),
    "swings to and fro": (
        ("swings towards us and away", "swing towards us and away", "swinging towards us and away"),
        ("swings to and fro", "swing to and fro", "swinging to and fro"),
    ),
}
MOTIONS |= {
    "walks": (("walks", "walk", "walking"), ("strides", "stride", "striding"), ("strolls", "stroll", "strolling")),
    "hops": (
        ("hops along", "hop along", "hopping along"),
        ("goes in hops", "go in hops", "going in hops"),
        ("leaps along", "leap along", "leaping along"),
    ),
    "paints": (
        ("paints a stroke", "paint a stroke", "painting a stroke"),
        ("draws a line of paint", "draw a line of paint", "drawing a line of paint"),
    ),
}
MOVES = (("moves", "move", "moving"), ("travels", "travel", "travelling"), ("goes", "go", "going"))
DIRECTIONS = {
    "left": ("to the left", "left", "leftwards", "from right to left", "towards the left"),
    "right": ("to the right", "right", "rightwards", "from left to right", "towards the right"),
    "towards the camera": ("towards the camera", "toward the camera", "towards us", "towards the viewer"),
    "away from the camera": (
        "away from the camera",
        "into the distance",
        "away from us",
        "away from the viewer",
    ),
}
GROUNDS = {
    "grass": ("the grass", "grass", "a lawn", "a grassy field"),
    "sand": ("the sand", "sand", "sandy ground"),
    "wood": ("a wooden floor", "floorboards", "the wooden floor", "a parquet floor"),
    "marble": ("a marble floor", "marble", "the marble floor", "polished marble"),
    "brick": ("a brick floor", "brick paving", "bricks", "a brick pavement"),
    "snow": ("the snow", "snow", "snowy ground", "a snowy field"),
    "tiles": ("a tiled floor", "tiles", "the tiles", "floor tiles"),
    "asphalt": ("asphalt", "the asphalt", "a tarmac road", "tarmac"),
}
GROUND_TAGS = {
    "grass": ("grass", "lawn", "on grass"),
    "sand": ("sand", "on sand", "sandy ground"),
    "wood": ("wooden floor", "floorboards", "on a wooden floor"),
    "marble": ("marble floor", "marble", "on marble"),
    "brick": ("brick floor", "bricks", "on bricks"),
    "snow": ("snow", "on snow", "snowy ground"),
    "tiles": ("tiles", "tiled floor", "on tiles"),
    "asphalt": ("asphalt", "tarmac", "on asphalt"),
}
ON = ("on",)
ACROSS = ("across", "over", "on", "along")
GROUND_PREPOSITIONS = {"rolls": ACROSS, "slides": ACROSS, "falls": ("onto", "on", "down onto")}
RELATIONS = {
    "left of": ("to the left of", "left of", "on the left of", "on the left side of"),
    "right of": ("to the right of", "right of", "on the right of", "on the right side of"),
    "behind": ("behind", "in back of", "at the back of"),
    "in front of": ("in front of", "just in front of"),
    "on": ("on top of", "on", "atop"),
}
CARRIES = ("with {other} on top", "carrying {other} on top")
FROM_SIDE = {
    "left": ("from the left", "from the left side", "from the left-hand side"),
    "right": ("from the right", "from the right side", "from the right-hand side"),
}
AWAY_SIDE = {"left": ("to the left", "leftwards"), "right": ("to the right", "rightwards")}
ON_SIDE = {
    "left": ("on the left", "on the left side", "at the left"),
    "right": ("on the right", "on the right side", "at the right"),
}
HITS = (
    ("hits", "hit", "hitting"),
    ("strikes", "strike", "striking"),
    ("bumps into", "bump into", "bumping into"),
    ("collides with", "collide with", "colliding with"),
    ("crashes into", "crash into", "crashing into"),
    ("knocks into", "knock into", "knocking into"),
)
IS_HIT = (("is hit by", "are hit by"), ("is struck by", "are struck by"), ("gets hit by", "get hit by"))
# (he, they, tag); {p} is the patient or a wall, {side} where there is one
EVENTS = {
    "stops": (
        ("stops", "stop"),
        ("comes to a stop", "come to a stop"),
        ("comes to a halt", "come to a halt"),
    ),
    "is pushed away": (
        ("is pushed away", "are pushed away"),
        ("is knocked away", "are knocked away"),
        ("is sent away", "are sent away"),
    ),
    "disappears behind": (
        ("disappears behind", "disappear behind"),
        ("vanishes behind", "vanish behind"),
        ("goes behind", "go behind"),
    ),
    "comes out": (("comes out", "come out"), ("reappears", "reappear"), ("emerges", "emerge")),
    "stays hidden": (
        ("stays hidden", "stay hidden"),
        ("remains hidden", "remain hidden"),
        ("does not come out again", "do not come out again"),
        ("stays out of sight", "stay out of sight"),
    ),
    "leaves the frame": (
        ("leaves the frame", "leave the frame"),
        ("leaves the picture", "leave the picture"),
        ("moves out of view", "move out of view"),
        ("exits the frame", "exit the frame"),
    ),
    "comes back": (
        ("comes back", "come back"),
        ("returns", "return"),
        ("comes back into the frame", "come back into the frame"),
        ("returns into view", "return into view"),
    ),
    "all fall": (
        ("falls down to the last one", "all fall down"),
        ("is all down", "all topple over"),
        ("falls one after the other", "fall one after the other"),
    ),
    "collapses": (("collapses", "collapse"), ("falls apart", "fall apart"), ("tumbles down", "tumble down")),
    "breaks": (
        ("breaks into pieces", "break into pieces"),
        ("shatters", "shatter"),
        ("breaks apart", "break apart"),
    ),
    "stays standing": (
        ("stays standing", "stay standing"),
        ("remains standing", "remain standing"),
        ("does not fall", "do not fall"),
    ),
    "raises dust": (
        ("kicks up dust", "kick up dust"),
        ("raises a cloud of dust", "raise a cloud of dust"),
        ("leaves dust in the air behind", "leave dust in the air behind"),
    ),
    "lands in": (("lands in", "land in"), ("tumbles into", "tumble into"), ("ends up in", "end up in")),
    "bounces down": (("bounces down", "bounce down"), ("hops down", "hop down")),
    "rolls down": (("rolls down", "roll down"), ("runs down", "run down")),
    "slides down": (("slides down", "slide down"), ("glides down", "glide down")),
    "is let go": (("is let go", "are let go"), ("is released", "are released")),
    "swings out": (("swings out", "swing out"), ("flies out", "fly out")),
    "lands on": (("lands on", "land on"), ("comes down on", "come down on")),
    "is flung up": (
        ("is flung up", "are flung up"),
        ("is thrown into the air", "are thrown into the air"),
        ("flies up into the air", "fly up into the air"),
    ),
}
EVENTS |= {
    "meets": (("meets", "meet"), ("comes up to", "come up to"), ("walks up to", "walk up to")),
    "turns around": (("turns back", "turn back"), ("turns round", "turn round"), ("makes a turn", "make a turn")),
    "jumps for joy": (("jumps for joy", "jump for joy"), ("leaps for joy", "leap for joy")),
    "runs away": (("runs away", "run away"), ("flees", "flee"), ("takes flight", "take flight")),
    "chases": (("chases", "chase"), ("runs after", "run after"), ("goes after", "go after")),
    "is happy": (("is happy", "are happy"), ("looks happy", "look happy"), ("is in a good mood", "are in a good mood")),
    "is afraid": (("is afraid", "are afraid"), ("looks frightened", "look frightened"), ("is scared", "are scared")),
    "is angry": (("is angry", "are angry"), ("looks angry", "look angry"), ("is furious", "are furious")),
    "leaves a track": (("leaves a track", "leave a track"), ("presses a furrow", "press a furrow")),
    "leaves footprints": (("leaves footprints", "leave footprints"), ("makes footprints", "make footprints")),
    "paints a stripe": (("paints a stripe", "paint a stripe"), ("leaves a stripe of paint", "leave a stripe of paint")),
    "bites into": (("bites into", "bite into"), ("takes a bite out of", "take a bite out of")),
}
CUTS = {
    "close shot": (("the scene", "cuts", "to a close shot"), ("the picture", "cuts", "to a close-up")),
    "wide shot": (("the scene", "cuts", "to a wide shot"), ("the picture", "cuts", "to a long shot")),
    "other side": (("the scene", "cuts", "to the other side"), ("the picture", "cuts", "to a view from behind")),
}
"""(subject, verb, rest) of a cut."""
REMAINS = {
    "trace stays": (
        ("the trace", "stays", ""),
        ("what it left", "remains", "to be seen"),
        ("the mark", "stays", "behind"),
    ),
    "bite is missing": (("a bite", "is missing", ""), ("a piece", "is missing", "now")),
}
"""(subject, verb, rest) of what is there afterwards."""
UNOWNED = CUTS | REMAINS
"""Events that are nobody's."""
WALL = ("a wall", "the wall")
