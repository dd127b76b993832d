"""What the command line says of open weights before anything is made with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from himmel.cli.terminal import say, size_of
from himmel.records import HimmelError

if TYPE_CHECKING:
    from himmel.openweights.placement import Placement
    from himmel.pipeline.request import Request


def about(path: str) -> None:
    """What the model in a folder can do and cannot, its parts, and where it would compute. HimmelError for a folder
    that is not used.
    """
    from himmel.openweights import read_folder
    from himmel.pipeline.passes import spoken, ways_of

    folder = read_folder(path)
    can = folder.abilities
    say("model", f"{path}  ({folder.pipeline}, open weights)")
    say("makes", spoken(can))
    ways = ways_of(can)
    say("verbs", ", ".join(name for name, able in ways.items() if able))
    say("cannot", ", ".join(name for name, able in ways.items() if not able))
    usual = can.usual
    sizes = f"{usual.width}x{usual.height} alone" if can.one_size else f"multiples of {can.cell} pixels"
    say("size", f"{sizes}; it was trained at {usual.width}x{usual.height} or about as many pixels")
    longer = "longer clips go on from their last frame" if can.first else "no longer ones: it goes on from no picture"
    say("frames", f"1, {1 + can.step}, {1 + 2 * can.step} ... {can.most} at once (others are cut to length); {longer}")
    told = "and is told it" if can.told_rate else "and is not told: at others, things move faster or slower"
    say("rate", f"{usual.rate} a second, {told}")
    say("asked", f"{usual.steps} steps, guidance {usual.guidance:g}, by its own {folder.scheduler}")
    say("reads", f"{can.words} pieces of a prompt")
    say("", "")
    for part, name in folder.parts.items():
        size = f", {size_of(folder.sizes[part])}" if part in folder.sizes else ""
        say("part", f"{part}: {name}{size}")
    say("hash", f"{folder.fingerprint[:12]}  (of all JSON, and of samples of all weights)")
    _say_place(path)


def plan_passes(path: str, request: Request) -> None:
    """In how many passes a clip would be made, and where. HimmelError where it could not be."""
    from himmel.openweights import read_folder
    from himmel.pipeline.passes import passes

    can = read_folder(path).abilities
    can.check_size(request.width, request.height)
    found = passes(request.plan, can)
    say(
        "clip",
        f"{request.frames} frames, {request.seconds:.2f} s, {request.width}x{request.height}, {request.steps} steps",
    )
    lengths = " + ".join(str(part.made) for part in found)
    each = ", each from the last frame of the one before" if len(found) > 1 else ""
    say("passes", f"{len(found)}, of {lengths} frames{each}")
    say("time", "not predicted: even a small probe of such weights takes minutes")
    _say_place(path)


def _say_place(path: str) -> None:
    from himmel.pipeline.open_weights import load

    try:
        model = load(path)
        place: Placement = model.placement
    except HimmelError as error:
        say("here", f"not on this machine: {error}")
        return
    where = "the GPU" if place.device == "cuda" else "the processor, which is slow: these weights want a GPU"
    say("here", f"{size_of(model.folder.bytes)} of weights, {place.way}, in {model.precision}, on {where}")
