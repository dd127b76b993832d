"""Frames become a video file that plays everywhere; the same frames always become the same bytes.

| ending | what it is |
|---|---|
| .mp4  | H.264 High, yuv420p, BT.709 limited range, index at the front; even sizes only |
| .webm | VP9 profile 0, yuv420p, BT.709 limited range; any size |
| .gif  | one palette of 256 colours for the whole clip, dithered; any size, at most 50 frames a second |
| .png  | a single frame, lossless |

yuv420p keeps one colour sample for 2 x 2 pixels, and H.264 cannot crop to an odd size, so an odd size is
refused for .mp4 rather than silently widened. Encoders run with a fixed number of threads and without time
stamps or random ids.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import IO, cast

import av
import numpy as np
from av.container import OutputContainer
from av.filter import Graph
from av.filter.context import FilterContext
from av.video.stream import VideoStream
from numpy.typing import NDArray
from PIL import Image

from himmel.footage.atomic import whole_file
from himmel.footage.target import check_target
from himmel.records import HimmelError

Frame = NDArray[np.uint8]  # [H, W, 3] sRGB
OnFrame = Callable[[int], None]

BT709 = 1  # the value of primaries, transfer and matrix alike in ITU-T H.273
LIMITED = 1  # AVCOL_RANGE_MPEG
SCALER = "flags=bicubic+accurate_rnd+full_chroma_int+full_chroma_inp+bitexact"


@dataclass(frozen=True)
class _Codec:
    """How one ending is encoded. threads is fixed because libx264 cuts its slices by it: it decides the
    bytes.
    """

    name: str
    container: str
    pixels: str
    options: dict[str, str]
    container_options: dict[str, str] = field(default_factory=dict)
    threads: int = 2


CODECS = {
    ".mp4": _Codec(
        "libx264",
        "mp4",
        "yuv420p",
        # Without no-mbtree, x264 looks at memory it has not written when a side is no multiple of 16, and the
        # bytes differ from run to run: 12 different files in 12 runs at 94 x 126; 1 in 108 with it.
        {"crf": "13", "preset": "medium", "profile": "high", "x264-params": "no-mbtree=1"},
        {"movflags": "+faststart"},
    ),
    ".webm": _Codec(
        "libvpx-vp9",
        "webm",
        "yuv420p",
        {"crf": "20", "b": "0", "deadline": "good", "cpu-used": "2", "row-mt": "0"},
    ),
    ".gif": _Codec("gif", "gif", "pal8", {}, threads=1),
}

LIGHT = replace(CODECS[".mp4"], options={**CODECS[".mp4"].options, "preset": "veryfast", "crf": "15"}, threads=1)


def write_video(
    path: str | os.PathLike[str],
    frames: Iterable[Frame] | Frame,
    rate: Fraction,
    *,
    on_frame: OnFrame | None = None,
    into: Path | None = None,
    light: bool = False,
) -> Path:
    """Write uint8 frames [T, H, W, 3] (an array, or an iterator of [H, W, 3] that is read once) by file
    ending.

    rate: frames a second, above 0. on_frame(i) is called when frame i has been handed to the encoder. The
    file appears under its name only when it is whole; memory does not grow with the number of frames. into: a file
    that is written in its place, for more to be done to it; `path` then only says of which kind. light: an .mp4
    by one core at a quarter of the work, a little larger. Returns the absolute path. Raises
    HimmelError where `check_target` does, for no frames, frames of unequal or
    impossible shape, and when the system refuses to write; whatever `frames` raises passes through.
    """
    stream = _checked(frames)
    first = next(stream, None)
    if first is None:
        raise HimmelError("no frames", "at least one", "")
    rate, (height, width, _) = Fraction(rate), first.shape
    if rate <= 0:
        raise HimmelError(f"{rate} frames a second", "above 0", "")
    second = next(stream, None)
    target = check_target(path, width, height, 1 if second is None else 2, rate)
    report = on_frame or (lambda _: None)
    with whole_file(target) if into is None else nullcontext(into) as partial:
        everything = _chain(first, second, stream)
        if target.suffix.lower() == ".png":
            Image.fromarray(first).save(partial, format="PNG", optimize=True)
            report(0)
        elif target.suffix.lower() == ".gif":
            _write_gif(partial, everything, rate, width, height, report)
        else:
            codec = LIGHT if light and target.suffix.lower() == ".mp4" else CODECS[target.suffix.lower()]
            _write_yuv(partial, codec, everything, rate, width, height, report)
    return target


def _checked(frames: Iterable[Frame]) -> Iterator[Frame]:
    """The frames one by one, each uint8 [H, W, 3] of the first one's size."""
    shape: tuple[int, ...] | None = None
    for i, frame in enumerate(frames):
        if frame.dtype != np.uint8 or frame.ndim != 3 or frame.shape[2] != 3 or 0 in frame.shape:
            raise HimmelError(f"frame {i} is {frame.dtype} {list(frame.shape)}", "uint8 [height, width, 3]", "")
        if shape is not None and frame.shape != shape:
            raise HimmelError(f"frame {i} is {list(frame.shape)}", f"{list(shape)} as the first one", "")
        shape = frame.shape
        yield np.ascontiguousarray(frame)


def _chain(first: Frame, second: Frame | None, rest: Iterator[Frame]) -> Iterator[Frame]:
    yield first
    if second is not None:
        yield second
    yield from rest


@contextmanager
def _encoder(
    path: Path, codec: _Codec, rate: Fraction, width: int, height: int
) -> Iterator[tuple[OutputContainer, VideoStream]]:
    """An open container with one stream. A failure inside the block closes the file without hiding that
    failure.
    """
    options = {"fflags": "+bitexact", **codec.container_options}
    container = cast(OutputContainer, av.open(str(path), "w", format=codec.container, options=options))
    try:
        stream = cast(VideoStream, container.add_stream(codec.name, rate=rate, options=dict(codec.options)))
        stream.width, stream.height, stream.pix_fmt = width, height, codec.pixels
        stream.codec_context.thread_count = codec.threads
        yield container, stream
        for packet in stream.encode(None):
            container.mux(packet)
    except BaseException:
        with suppress(Exception):
            container.close()
        raise
    container.close()


def _write_yuv(
    path: Path,
    codec: _Codec,
    frames: Iterator[Frame],
    rate: Fraction,
    width: int,
    height: int,
    report: OnFrame,
) -> None:
    with _encoder(path, codec, rate, width, height) as (container, stream):
        context = stream.codec_context
        context.color_primaries = context.color_trc = context.colorspace = BT709
        context.color_range = LIMITED
        graph = Graph()
        source = graph.add_buffer(
            width=width, height=height, format=av.VideoFormat("rgb24", width, height), time_base=1 / rate
        )
        graph.link_nodes(
            source,
            graph.add("scale", f"out_color_matrix=bt709:out_range=tv:{SCALER}"),
            graph.add("format", codec.pixels),
            _sink(graph),
        )
        graph.configure()
        for i, frame in enumerate(frames):
            graph.vpush(_picture(frame, i, rate))
            for packet in stream.encode(cast(av.VideoFrame, graph.vpull())):
                container.mux(packet)
            report(i)


def _write_gif(path: Path, frames: Iterator[Frame], rate: Fraction, width: int, height: int, report: OnFrame) -> None:
    """Two passes, since the palette depends on every frame; the frames wait in an unnamed file, not in
    memory.
    """
    with ExitStack() as stack:
        spool = stack.enter_context(tempfile.TemporaryFile(dir=path.parent))
        palette = _palette(_spooled(frames, spool), rate, width, height)
        spool.seek(0)
        container, stream = stack.enter_context(_encoder(path, CODECS[".gif"], rate, width, height))
        graph, pictures, colours = _palette_graph(rate, width, height)
        colours.push(palette)
        colours.push(None)
        size = width * height * 3
        for i, data in enumerate(iter(lambda: spool.read(size), b"")):
            pictures.push(_picture(np.frombuffer(data, np.uint8).reshape(height, width, 3), i, rate))
            for packet in stream.encode(cast(av.VideoFrame, graph.vpull())):
                container.mux(packet)
            report(i)


def _spooled(frames: Iterator[Frame], spool: IO[bytes]) -> Iterator[Frame]:
    for frame in frames:
        spool.write(frame.tobytes())
        yield frame


def _palette(frames: Iterator[Frame], rate: Fraction, width: int, height: int) -> av.VideoFrame:
    """The 256 colours that serve all frames best, as the 16 x 16 picture that ffmpeg's palettegen makes."""
    graph = Graph()
    source = graph.add_buffer(
        width=width, height=height, format=av.VideoFormat("rgb24", width, height), time_base=1 / rate
    )
    graph.link_nodes(
        source, graph.add("format", "bgra"), graph.add("palettegen", "reserve_transparent=0"), _sink(graph)
    )
    graph.configure()
    for i, frame in enumerate(frames):
        source.push(_picture(frame, i, rate))
    source.push(None)
    return cast(av.VideoFrame, graph.vpull())


def _palette_graph(rate: Fraction, width: int, height: int) -> tuple[Graph, FilterContext, FilterContext]:
    """paletteuse with its two entrances: pictures and palette."""
    graph = Graph()
    pictures = graph.add_buffer(
        width=width, height=height, format=av.VideoFormat("rgb24", width, height), time_base=1 / rate
    )
    colours = graph.add_buffer(width=16, height=16, format=av.VideoFormat("bgra", 16, 16), time_base=1 / rate)
    use = graph.add("paletteuse", "dither=bayer:bayer_scale=3:diff_mode=rectangle")
    convert = graph.add("format", "bgra")
    pictures.link_to(convert)
    convert.link_to(use, 0, 0)
    colours.link_to(use, 0, 1)
    use.link_to(_sink(graph))
    graph.configure()
    return graph, pictures, colours


def _sink(graph: Graph) -> FilterContext:
    return graph.add("buffersink")


def _picture(frame: Frame, index: int, rate: Fraction) -> av.VideoFrame:
    picture = av.VideoFrame.from_ndarray(frame, format="rgb24")
    picture.pts, picture.time_base = index, 1 / rate
    return picture
