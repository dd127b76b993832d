"""What happens to clips on their way: packed again, resized, cut, mirrored, photographed from a screen.

Each attack takes frames, uint8 [T, H, W, 3], and their rate, and gives the frames that arrive.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import cast

import av
import numpy as np
from av.video.stream import VideoStream
from numpy.typing import NDArray
from PIL import Image, ImageFilter

Frames = NDArray[np.uint8]
Attack = Callable[[Frames, Fraction], Frames]

PAGE = 40
"""Grey level of what is around a clip on a screen."""
X265_SIDE = 64
"""The smallest side that x265 is given."""


def packed(frames: Frames, rate: Fraction, codec: str, options: Mapping[str, str]) -> Frames:
    """Frames as they come back from a video codec, through 4:2:0; odd sides lose a pixel."""
    frames = frames[:, : frames.shape[1] // 2 * 2, : frames.shape[2] // 2 * 2]
    content = io.BytesIO()
    with av.open(content, "w", format="matroska") as container:
        stream = cast(VideoStream, container.add_stream(codec, rate=rate, options=dict(options)))
        stream.height, stream.width, stream.pix_fmt = *frames.shape[1:3], "yuv420p"
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")))
        container.mux(stream.encode(None))
    content.seek(0)
    with av.open(content, "r", format="matroska") as container:
        return np.stack([np.asarray(f.to_ndarray(format="rgb24"), np.uint8) for f in container.decode(video=0)])


def h264(crf: int) -> Attack:
    """x264 at a constant rate factor."""
    return lambda frames, rate: packed(frames, rate, "libx264", {"crf": str(crf), "preset": "medium"})


def h265(crf: int) -> Attack:
    """x265. It writes where it may not, and the process ends, for pictures of fewer than X265_SIDE pixels a side: those
    are filled up with their own edges, and cut out again.
    """
    options = {"crf": str(crf), "preset": "medium", "x265-params": "log-level=none"}

    def attack(frames: Frames, rate: Fraction) -> Frames:
        height, width = (side // 2 * 2 for side in frames.shape[1:3])
        right, below = max(0, X265_SIDE - width), max(0, X265_SIDE - height)
        filled = np.pad(frames[:, :height, :width], ((0, 0), (0, below), (0, right), (0, 0)), mode="edge")
        return packed(filled, rate, "libx265", options)[:, :height, :width]

    return attack


def av1(crf: int) -> Attack:
    os.environ.setdefault("SVT_LOG", "1")  # errors only: by itself it prints a page for every clip
    return lambda frames, rate: packed(frames, rate, "libsvtav1", {"crf": str(crf), "preset": "8"})


def vp9(crf: int) -> Attack:
    options = {"crf": str(crf), "b": "0", "deadline": "good", "cpu-used": "4"}
    return lambda frames, rate: packed(frames, rate, "libvpx-vp9", options)


def resized(scale: float) -> Attack:
    return lambda frames, rate: _resized(frames, round(frames.shape[2] * scale), round(frames.shape[1] * scale))


def cut(share: float) -> Attack:
    """The middle of the picture, without `share` of its width and height."""

    def attack(frames: Frames, rate: Fraction) -> Frames:
        height, width = frames.shape[1:3]
        top, left = round(height * share / 2), round(width * share / 2)
        return frames[:, top : height - top, left : width - left]

    return attack


def corner(share: float) -> Attack:
    """The picture without `share` of its width and height, taken off at the left and the bottom."""

    def attack(frames: Frames, rate: Fraction) -> Frames:
        height, width = frames.shape[1:3]
        return frames[:, : height - round(height * share), round(width * share) :]

    return attack


def light(gain: float, lift: float) -> Attack:
    """Contrast around middle grey, then brightness, of 255."""

    def attack(frames: Frames, rate: Fraction) -> Frames:
        return np.clip((frames.astype(np.float32) - 128) * gain + 128 + lift, 0, 255).astype(np.uint8)

    return attack


def gamma(power: float) -> Attack:
    table = np.rint(255 * (np.arange(256) / 255) ** power).astype(np.uint8)
    return lambda frames, rate: table[frames]


def retimed(rate: Fraction) -> Attack:
    """The same duration at another rate, by the nearest frame."""

    def attack(frames: Frames, own: Fraction) -> Frames:
        places = np.arange(max(1, round(len(frames) * rate / own))) * float(own / rate)
        return frames[np.minimum(len(frames) - 1, places.astype(int))]

    return attack


def mirrored(frames: Frames, rate: Fraction) -> Frames:
    return frames[:, :, ::-1]


def trimmed(first: float, seconds: float) -> Attack:
    return lambda frames, rate: frames[int(first * rate) :][: max(1, round(seconds * rate))]


def still(frames: Frames, rate: Fraction) -> Frames:
    """A frame from the middle."""
    return frames[len(frames) // 2 :][:1]


def jpeg(quality: int) -> Attack:
    def attack(frames: Frames, rate: Fraction) -> Frames:
        return np.stack([_through(frame, "JPEG", quality=quality) for frame in frames])

    return attack


def gif(frames: Frames, rate: Fraction) -> Frames:
    """256 colours of its own for each frame, dithered."""
    pictures = [Image.fromarray(frame).quantize(256, dither=Image.Dither.FLOYDSTEINBERG) for frame in frames]
    return np.stack([np.asarray(picture.convert("RGB")) for picture in pictures])


def screenshot(scale: float) -> Attack:
    """One frame, shown larger in a grey page, with its edges of 30 and 50 pixels, as JPEG."""

    def attack(frames: Frames, rate: Fraction) -> Frames:
        (shown,) = resized(scale)(still(frames, rate), rate)
        page = np.full((shown.shape[0] + 80, shown.shape[1] + 80, 3), PAGE, np.uint8)
        page[30 : 30 + shown.shape[0], 50 : 50 + shown.shape[1]] = shown
        return jpeg(85)(page[None], rate)

    return attack


def squeezed(share: float) -> Attack:
    """Narrower, at the same height."""
    return lambda frames, rate: _resized(frames, round(frames.shape[2] * share), frames.shape[1])


def turned(degrees: float) -> Attack:
    def attack(frames: Frames, rate: Fraction) -> Frames:
        pictures = [Image.fromarray(frame).rotate(degrees, Image.Resampling.BICUBIC) for frame in frames]
        return np.stack([np.asarray(picture) for picture in pictures])

    return attack


def blurred(sigma: float) -> Attack:
    def attack(frames: Frames, rate: Fraction) -> Frames:
        pictures = [Image.fromarray(frame).filter(ImageFilter.GaussianBlur(sigma)) for frame in frames]
        return np.stack([np.asarray(picture) for picture in pictures])

    return attack


def noisy(level: float) -> Attack:
    def attack(frames: Frames, rate: Fraction) -> Frames:
        noise = np.random.default_rng(0).normal(0, level, frames.shape)
        return np.clip(np.rint(frames + noise), 0, 255).astype(np.uint8)

    return attack


def after(*attacks: Attack) -> Attack:
    """One attack after the other."""

    def attack(frames: Frames, rate: Fraction) -> Frames:
        for one in attacks:
            frames = one(frames, rate)
        return frames

    return attack


def back(attack: Attack) -> Attack:
    """An attack, and then the picture brought to the size that it had."""
    return lambda frames, rate: _resized(attack(frames, rate), frames.shape[2], frames.shape[1])


ATTACKS: dict[str, Attack] = {
    "as written, H.264 CRF 13": h264(13),
    "H.264 CRF 28": h264(28),
    "H.264 CRF 34": h264(34),
    "H.265 CRF 28": h265(28),
    "AV1 CRF 35": av1(35),
    "VP9 CRF 36": vp9(36),
    "half size, H.264 CRF 23": after(resized(0.5), h264(23)),
    "half size, H.264 CRF 28": after(resized(0.5), h264(28)),
    "twice the size, H.264 CRF 28": after(resized(2.0), h264(28)),
    "10 % cut off around, H.264 CRF 28": after(cut(0.1), h264(28)),
    "10 % cut off at a corner, H.264 CRF 28": after(corner(0.1), h264(28)),
    "20 % cut off around, size as before, H.264 CRF 28": after(back(cut(0.2)), h264(28)),
    "mirrored, H.264 CRF 28": after(mirrored, h264(28)),
    "24 frames a second, H.264 CRF 28": after(retimed(Fraction(24)), h264(28)),
    "10 frames a second, H.264 CRF 28": after(retimed(Fraction(10)), h264(28)),
    "half a second of it, H.264 CRF 28": after(trimmed(0.7, 0.5), h264(28)),
    "brighter by 30, H.264 CRF 28": after(light(1, 30), h264(28)),
    "contrast x 1.3, H.264 CRF 28": after(light(1.3, 0), h264(28)),
    "contrast x 0.7, H.264 CRF 28": after(light(0.7, 0), h264(28)),
    "gamma 1.4, H.264 CRF 28": after(gamma(1.4), h264(28)),
    "256 colours, dithered (GIF)": gif,
    "one frame, JPEG 75": after(still, jpeg(75)),
    "one frame of H.264 CRF 28": after(h264(28), still),
    "screenshot, x 1.7 in a page, JPEG 85": screenshot(1.7),
    "mirrored, cut by 10 %, x 0.7, H.264 CRF 28": after(mirrored, cut(0.1), resized(0.7), h264(28)),
    "noise of 8 levels, H.264 CRF 28": after(noisy(8), h264(28)),
    "blurred by 2 pixels, H.264 CRF 28": after(blurred(2), h264(28)),
    "turned by 2 degrees": turned(2),
    "squeezed to 80 % of its width": squeezed(0.8),
}
"""By what they are called in tables."""


def _resized(frames: Frames, width: int, height: int) -> Frames:
    size = max(2, width // 2 * 2), max(2, height // 2 * 2)
    pictures = [Image.fromarray(frame).resize(size, Image.Resampling.BICUBIC) for frame in frames]
    return np.stack([np.asarray(picture) for picture in pictures])


def _through(frame: Frames, kind: str, **options: int) -> Frames:
    content = io.BytesIO()
    Image.fromarray(frame).save(content, format=kind, **options)
    return np.asarray(Image.open(content).convert("RGB"))
