"""The part of a clip that is worked on at once: rays of some rows, with the light and air of their frames.

Shapes as in rays.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TypeVar

from torch import Tensor

from himmel.world.picture.bodies import Body
from himmel.world.picture.dust import Dust
from himmel.world.picture.grounds import Ground
from himmel.world.picture.lamps import Lamps
from himmel.world.picture.light import Light
from himmel.world.picture.marks import Marks
from himmel.world.picture.road import Road
from himmel.world.picture.sea import Sea
from himmel.world.picture.sky import Sky
from himmel.world.picture.terrain import Land
from himmel.world.picture.trees import Trees

Fields = TypeVar("Fields", Light, Sky)


def take_rows(values: Fields, rows: Tensor) -> Fields:
    """The same record for some rows (or for the rows of some frames)."""
    return type(values)(**{f.name: getattr(values, f.name).index_select(-2, rows) for f in fields(values)})


@dataclass(frozen=True)
class View:
    """Some rows of a clip: rays, and the light and air of their frames."""

    origin: Tensor  # [3, R, 1] or [3, R, P]
    direction: Tensor  # [3, R, P]
    pixel: Tensor  # [R, 1] angle of a pixel, radians
    frame: Tensor  # [R]
    light: Light
    sky: Sky
    fog: Tensor  # [R, 1] extinction per metre
    haze: Tensor  # [3, R, 1] colour of fog


@dataclass(frozen=True)
class Place:
    """What holds for a whole clip."""

    bodies: list[Body]
    ground: Ground | None
    turn: tuple[float, float, float, float]  # cosine, sine and offset (periods) of the ground's texture
    sea: Sea | None
    land: Land | None
    clear: float  # extinction per metre of clear air: hides the edge of the world
    clouds: bool
    stars: bool
    road: Road | None = None
    trees: Trees | None = None
    dust: Dust | None = None
    lamps: Lamps | None = None
    marks: Marks | None = None


def sub_view(view: View, rows: Tensor, origin: Tensor | None = None, direction: Tensor | None = None) -> View:
    """Some rows of a view, with their own rays or with other ones (given for those rows only)."""
    own = view.origin.expand(-1, view.direction.shape[1], -1)
    return View(
        own[:, rows] if origin is None else origin,
        view.direction[:, rows] if direction is None else direction,
        view.pixel[rows],
        view.frame[rows],
        take_rows(view.light, rows),
        take_rows(view.sky, rows),
        view.fog[rows],
        view.haze[:, rows],
    )


def rows_with(mask: Tensor) -> Tensor:
    """Rows of mask [R, P] with any True pixel."""
    return mask.any(1).nonzero()[:, 0]
