"""The child process of ``himmel.footage.read``: decodes its standard input and writes raw frames to its
output.

It is run as a file, never imported by himmel, and imports nothing of himmel, so that it starts fast and so
that a decoder that is taken over holds nothing but one open file. Usage: python decode_child.py
REQUEST_AS_JSON < FILE Output: a line {"width", "height"}, then "F" and H * W * 3 bytes a frame, then "E" and
a line {"rate"}.
"""

from __future__ import annotations

import itertools
import json
import resource
import sys
from collections.abc import Iterator
from fractions import Fraction
from typing import Any, NoReturn, cast

CODECS = {
    "h264",
    "hevc",
    "vp8",
    "vp9",
    "av1",
    "mpeg4",
    "mpeg2video",
    "mjpeg",
    "gif",
    "png",
    "prores",
    "theora",
}
DAMAGED = "convert it with your video program to H.264 .mp4 and try again"


def refuse(given: str, allowed: str = "", remedy: str = "") -> NoReturn:
    """Say why on standard error, as JSON, and leave."""
    print(json.dumps({"given": given, "allowed": allowed, "remedy": remedy}), file=sys.stderr, flush=True)
    sys.exit(3)


def limit(request: dict[str, Any]) -> None:
    """Let the operating system stop what a decoder may be talked into."""
    resource.setrlimit(resource.RLIMIT_AS, (request["memory_bytes"], request["memory_bytes"]))
    resource.setrlimit(resource.RLIMIT_CPU, (request["seconds"], request["seconds"] + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16))


def decode(request: dict[str, Any]) -> None:
    """Decode the first picture stream and send every frame."""
    import av
    import av.logging
    from av.error import FFmpegError

    limit(request)
    av.logging.set_level(None)
    try:
        with av.open(sys.stdin.buffer, "r", format=request["container"]) as container:
            if not container.streams.video:
                refuse("it holds no picture", "", DAMAGED)
            stream = container.streams.video[0]
            context = stream.codec_context
            if context.name not in CODECS and not context.name.startswith("lib"):
                refuse(f"its pictures are {context.name}", f"allowed: {', '.join(sorted(CODECS))}", DAMAGED)
            if context.width * context.height > request["pixels"]:
                allowed = f"at most {request['pixels']} pixels a frame"
                refuse(f"frames of {context.width}x{context.height}", allowed, "make it smaller first")
            context.options = {"max_pixels": str(request["pixels"])}
            context.thread_count = 1
            send(container.decode(stream), stream, request)
    except FFmpegError as error:
        refuse(f"it is damaged ({error.strerror or type(error).__name__})", "", DAMAGED)


def send(frames: Iterator[Any], stream: Any, request: dict[str, Any]) -> None:
    """Write the header, each frame as upright sRGB and the rate; refuse what goes over a limit."""
    out = sys.stdout.buffer
    first = next(frames, None)
    if first is None:
        refuse("it holds no frame that can be decoded", "", DAMAGED)
    convert, kind = converter(first), kind_of(first)
    height, width, _ = upright(convert(first), first).shape
    out.write(json.dumps({"width": width, "height": height}).encode() + b"\n")
    times: list[Fraction] = []
    stride = stride_for(stream, request["most"])
    for number, frame in enumerate(itertools.chain([first], frames)):
        if number % stride:
            continue
        if request["most"] and len(times) >= 2 * request["most"]:
            break  # the header said that there are fewer
        if kind_of(frame) != kind:
            refuse("its frames change size on the way", "frames of one size", DAMAGED)
        times.append(Fraction(frame.pts or 0) * (frame.time_base or Fraction(1)))
        if len(times) > request["frames"] or len(times) * width * height * 3 > request["decoded_bytes"]:
            allowed = f"at most {request['frames']} frames and {request['decoded_bytes'] >> 20} MiB decoded"
            refuse(
                f"{len(times)} frames of {width}x{height} and more",
                allowed,
                "cut it or make it smaller first",
            )
        out.write(b"F")
        out.write(upright(convert(frame), frame).tobytes())
    out.write(b"E" + json.dumps({"rate": str(rate_of(times, stream))}).encode() + b"\n")
    out.flush()


def stride_for(stream: Any, most: int) -> int:
    """Which of the frames are kept, every first or second or so, so that about `most` are; all where that is 0."""
    if not most:
        return 1
    count, rate = stream.frames, stream.average_rate or stream.guessed_rate
    if not count and stream.duration and rate:
        count = int(stream.duration * stream.time_base * rate)
    if not count and stream.container.duration and rate:
        count = int(stream.container.duration * rate / 1_000_000)
    return max(1, -(-count // most))


def kind_of(frame: Any) -> tuple[int, int, str, int]:
    """What must not change within a clip."""
    return frame.width, frame.height, frame.format.name, frame.rotation


def rate_of(times: list[Fraction], stream: Any) -> Fraction:
    """Frames a second: as declared if the times agree, else what the times give; 1 for a still."""
    if len(times) < 2:
        return Fraction(1)
    span = times[-1] - times[0]
    declared = Fraction(stream.guessed_rate or stream.average_rate or 0)
    if span <= 0:
        return declared if 0 < declared <= 240 else Fraction(25)
    measured = (len(times) - 1) / span
    if declared > 0 and abs(measured / declared - 1) < Fraction(1, 200):
        return declared
    nearest = Fraction(round(measured))
    # GIF counts in hundredths of a second, so its times are up to one hundredth off at either end.
    if nearest > 0 and abs((len(times) - 1) / nearest - span) <= Fraction(2, 100):
        return nearest
    return measured.limit_denominator(1001)


def converter(first: Any) -> Any:
    """A function frame -> uint8 [H, W, 3], by the colour matrix that the file states (BT.601 or 709 where it
    is silent).
    """
    import av
    from av.filter import Graph

    unspecified = 2
    matrix = "auto" if first.colorspace != unspecified else ("bt709" if first.height >= 720 else "bt601")
    graph = Graph()
    base = first.time_base or Fraction(1, 25)
    source = graph.add(
        "buffer",
        f"width={first.width}:height={first.height}:pix_fmt={first.format.name}:time_base={base.numerator}/{base.denominator}"
        f":colorspace={int(first.colorspace)}:range={int(first.color_range)}",
    )
    flags = f"in_color_matrix={matrix}:flags=bicubic+accurate_rnd+full_chroma_int+full_chroma_inp"
    graph.link_nodes(source, graph.add("scale", flags), graph.add("format", "rgb24"), graph.add("buffersink"))
    graph.configure()

    def convert(frame: Any) -> Any:
        graph.vpush(frame)
        return cast(av.VideoFrame, graph.vpull()).to_ndarray(format="rgb24")

    return convert


def upright(picture: Any, frame: Any) -> Any:
    """Turn a picture by the quarter turns that a telephone noted instead of turning the pixels."""
    import numpy as np

    return np.ascontiguousarray(np.rot90(picture, round((frame.rotation or 0) / 90) % 4))


if __name__ == "__main__":
    decode(json.loads(sys.argv[1]))
