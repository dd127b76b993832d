"""Scenes in, pictures and masks out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from himmel.records import HimmelError
from himmel.world.picture.bodies import bodies_of
from himmel.world.picture.dust import dust_of
from himmel.world.picture.grounds import ground
from himmel.world.picture.kernels import Kernels
from himmel.world.picture.lamps import lamps_of
from himmel.world.picture.light import light_of
from himmel.world.picture.marks import marks_of
from himmel.world.picture.rays import Tiling, cones, coverage, pixel_offsets, ray_directions, tan_half
from himmel.world.picture.road import road_of
from himmel.world.picture.sea import sea_of
from himmel.world.picture.sky import sky_of
from himmel.world.picture.styles import styled
from himmel.world.picture.terrain import PERIOD, land_of
from himmel.world.picture.tracing import depth_along, radiance
from himmel.world.picture.trees import trees_of
from himmel.world.picture.view import Place, View, take_rows
from himmel.world.picture.weather import with_rain, with_snow
from himmel.world.scene import Scene

PROP = 255

_AIR = {"plain": (0.007, 1.0), "sea": (0.0011, 0.3), "mountains": (1.1e-4, 0.012), "desert": (1.6e-4, 0.012)}
_AIR["hills"] = _AIR["mountains"]
"""Extinction of clear air per metre, and the share of `fog` that far views keep, by backdrop."""


@dataclass(frozen=True)
class Rendered:
    """One clip's pictures and masks.

    masks: 0 scenery, i + 1 where objects[i] of the facts is seen, 255 a prop such as a wall.
    """

    frames: NDArray[np.uint8]  # [T, H, W, 3] sRGB
    masks: NDArray[np.uint8]  # [T, H, W]


class Renderer:
    """Draws clips on a processor or GPU; the same seed gives the same bytes on one machine.

    compile: fuse the shading with torch.compile (needs a C++ compiler on a processor): several times faster
    after a minute of compilation. rows: how many tiles of 32 x 32 pixels are worked on at once; None suits
    the device. threads: chunks drawn at the same time on a processor.
    """

    def __init__(
        self,
        device: str | torch.device = "cpu",
        compile: bool = False,
        rows: int | None = None,
        threads: int = 1,
    ) -> None:
        self.device = torch.device(device)
        self.kernels = Kernels(compile)
        self.pool = None
        if threads > 1 and self.device.type == "cpu":
            self.pool = ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,))
        self.rows = rows or (32 if self.device.type == "cpu" else 1024)

    @torch.inference_mode()
    def render(self, scenes: Sequence[Scene], width: int, height: int, samples: int = 1) -> list[Rendered]:
        """Draws each scene at width x height pixels. samples: rays a pixel, 1 or 4 (2 x 2).

        Raises HimmelError for sizes below 8 or other sample counts.
        """
        if samples not in (1, 4):
            raise HimmelError(f"samples={samples}", "1 or 4 samples a pixel", "use 1 to train, 4 to look")
        _check_size(width, height)
        with self._one_thread():
            return [self._render(scene, width, height, 2 if samples == 4 else 1) for scene in scenes]

    @torch.inference_mode()
    def depth(self, scene: Scene, width: int, height: int) -> NDArray[np.float32]:
        """Metres along the optical axis to what each pixel's middle sees first [T, H, W]; `inf` in the sky.

        Raises HimmelError for sizes below 8.
        """
        _check_size(width, height)
        tiling = Tiling(len(scene.seconds), width, height)
        clip = _Clip(scene, tiling, self.device)
        parts = []
        with self._one_thread():
            for start in range(0, tiling.rows, self.rows):
                view, rows = clip.view(np.arange(start, min(start + self.rows, tiling.rows)), self.kernels)
                backward = clip.camera[:, 2, view.frame]
                parts.append(depth_along(clip.place, view, rows, self.kernels, backward))
        return tiling.assemble(torch.cat(parts)[None])[:, 0].cpu().contiguous().numpy()

    @contextmanager
    def _one_thread(self) -> Iterator[None]:
        """On a processor chunks are small: splitting each operation costs more than it gains."""
        before = torch.get_num_threads()
        try:
            if self.device.type == "cpu":
                torch.set_num_threads(1)
            yield
        finally:
            torch.set_num_threads(before)

    def _render(self, scene: Scene, width: int, height: int, finer: int) -> Rendered:
        tiling = Tiling(len(scene.seconds), width * finer, height * finer)
        colour, part = self.trace(scene, tiling)
        if finer > 1:
            colour = F.avg_pool2d(colour, finer)
            part = part[:, finer // 2 :: finer, finer // 2 :: finer]
        things = part >= 0
        colour = styled(colour, scene.style, scene.seed, things)
        frames = (colour * 255).round().to(torch.uint8).permute(0, 2, 3, 1)
        table = np.zeros(len(scene.kind) + 2, np.uint8)
        table[: len(scene.kind)] = np.where(scene.object_index < 0, PROP, scene.object_index + 1)
        masks = torch.from_numpy(table).to(part.device)[part.long()]
        return Rendered(frames.cpu().contiguous().numpy(), masks.cpu().numpy())

    def trace(self, scene: Scene, tiling: Tiling) -> tuple[Tensor, Tensor]:
        """Display colour [T, 3, H, W] 0 to 1 before any style, and part [T, H, W] (primitive index or below 0)."""
        clip = _Clip(scene, tiling, self.device)

        @torch.inference_mode()
        def draw(start: int) -> tuple[Tensor, Tensor]:
            view, rows = clip.view(np.arange(start, min(start + self.rows, tiling.rows)), self.kernels)
            colour, part = radiance(clip.place, view, rows, self.kernels, bounce=True)
            return self.kernels(tone_map)(clip.with_weather(colour, view, start)), part

        starts = range(0, tiling.rows, self.rows)
        done = self.pool.map(draw, starts) if self.pool is not None else map(draw, starts)
        colours, parts = zip(*done, strict=True)
        return tiling.assemble(torch.cat(colours, 1)), tiling.assemble(torch.cat(parts)[None])[:, 0]


def _check_size(width: int, height: int) -> None:
    if min(width, height) < 8:
        raise HimmelError(f"a picture of {width} x {height}", "sides of at least 8", "ask for a larger picture")


def tone_map(colour: Tensor) -> Tensor:
    """Linear light to sRGB display values 0 to 1: the brightest channel rolls off, the hue stays."""
    colour = colour.clamp(0, 30)
    peak = colour.amax(0)
    knee = 0.62
    rolled = torch.where(peak > knee, knee + (1 - knee) * (1 - torch.exp(-(peak - knee) / (1 - knee))), peak)
    mapped = colour * (rolled / peak.clamp(min=1e-4))
    white = ((peak - 1.0) * 0.25).clamp(0, 0.6)
    mapped = mapped + (rolled - mapped) * white
    return torch.where(mapped < 0.0031308, 12.92 * mapped, 1.055 * mapped.clamp(min=1e-4) ** (1 / 2.4) - 0.055)


class _Clip:
    """A scene's tensors on the device, and the rays of any rows of it."""

    def __init__(self, scene: Scene, tiling: Tiling, device: torch.device) -> None:
        self.scene, self.tiling, self.device = scene, tiling, device
        self.light, self.sky = light_of(scene, device), sky_of(scene, device)
        self.cover = coverage(scene, tiling, cones(scene, tiling))
        self.frame, self.left, self.top = tiling.places()
        self.camera = self._put(scene.camera_rotation.transpose(1, 2, 0))[..., None]
        self.origin = self._put(scene.camera_position.T)[..., None]
        self.step = self._put(tan_half(scene, tiling))[:, None]
        clear, share = _AIR[scene.backdrop]
        fog = 0.4 * np.clip(scene.fog.astype(np.float64), 0, 1) ** 1.5
        self.fog = self._put(fog * share + clear)[:, None]
        white = 0.88 * self.sky.horizon.mean(0, keepdim=True) + 0.12 * self.sky.horizon.amax(0, keepdim=True)
        thick = self._put(np.clip(scene.fog * 5, 0, 1))[:, None]
        self.haze = torch.lerp(self.sky.horizon, white.expand_as(self.sky.horizon), 0.85 * thick)
        angle = (scene.seed * 0.618034) % 1.0 * 2 * np.pi
        regular = scene.ground in ("tiles", "brick", "wood", "marble")
        angle = 0.12 * np.sin(angle) if regular else angle
        floor = ground(scene.ground, scene.seed % 3, device) if scene.ground is not None else None
        self.place = Place(
            bodies_of(scene, device),
            floor if scene.backdrop == "plain" else None,
            (float(np.cos(angle)), float(np.sin(angle)), scene.seed % 89 / 89, scene.seed % 83 / 83),
            sea_of(scene, device) if scene.backdrop == "sea" else None,
            land_of(scene, self.light, device) if scene.backdrop in PERIOD else None,
            clear,
            bool((scene.cloud_cover > 0.01).any() or (scene.overcast > 0.01).any()),
            bool((scene.sun_elevation < -5).any()),
            road_of(scene, device),
            trees_of(scene, device),
            dust_of(scene, device),
            lamps_of(scene, device),
            marks_of(scene, device),
        )

    def with_weather(self, colour: Tensor, view: View, start: int) -> Tensor:
        """Rain and snow in front of the rows from `start` on."""
        if not (self.scene.rain.any() or self.scene.snowfall.any()):
            return colour
        count = len(view.frame)
        left, top = (self._put(v[start : start + count])[:, None] for v in (self.left, self.top))
        x, y = pixel_offsets(left, top, self.tiling.width, self.tiling.height)
        side = 1 / min(self.tiling.width, self.tiling.height)
        frame = view.frame.cpu().numpy()
        seconds = self._put(self.scene.seconds[frame])[:, None]
        light = (0.4 * view.light.beam + 0.6 * view.light.sky).mean(0, keepdim=True) * 0.75
        rain, snow = self.scene.rain[frame], self.scene.snowfall[frame]
        if rain.any():
            colour = with_rain(colour, x * side, y * side, seconds, self._put(rain)[:, None], light)
        if snow.any():
            colour = with_snow(colour, x * side, y * side, seconds, self._put(snow)[:, None], light)
        return colour

    def _put(self, values: np.ndarray) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(values, np.float32)).to(self.device)

    def view(self, index: NDArray[np.int64], kernels: Kernels) -> tuple[View, list[Tensor | None]]:
        """Rays of the rows `index` and, for each primitive, which of them may see it."""
        frame = torch.from_numpy(self.frame[index]).to(self.device)
        left, top = self._put(self.left[index])[:, None], self._put(self.top[index])[:, None]
        x, y = pixel_offsets(left, top, self.tiling.width, self.tiling.height)
        camera, step = self.camera[:, :, frame], self.step[frame]
        d = kernels(ray_directions)(x, y, step, camera[:, 0], camera[:, 1], camera[:, 2])
        light, sky = take_rows(self.light, frame), take_rows(self.sky, frame)
        view = View(self.origin[:, frame], d, step, frame, light, sky, self.fog[frame], self.haze[:, frame])
        rows = [torch.from_numpy(np.nonzero(column)[0]).to(self.device) for column in self.cover[index].T]
        return view, list(rows)
