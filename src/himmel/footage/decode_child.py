"""The child process of ``himmel.footage.read``: decodes its standard input and writes raw frames to its
output.

It is run as a file, never imported by himmel, and imports nothing of himmel, so that it starts fast and so
that a decoder that is taken over holds nothing but one open file. Usage: python decode_child.py
REQUEST_AS_JSON < FILE Output: a line of JSON ("width", "height" and what the file says of itself), then for each
frame "F", its time in seconds as a double and H * W * 3 bytes, then "E" and a line {"rate"}.
"""

from __future__ import annotations

import json
import resource
import struct
import sys
from collections.abc import Iterator
from fractions import Fraction
from typing import Any, NoReturn

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
    times: list[Fraction] = []
    for time, picture, first in pictures(frames, stream, request):
        height, width, _ = picture.shape
        if not times:
            header = {"width": width, "height": height, **told(first, stream)}
            out.write(json.dumps(header).encode() + b"\n")
        times.append(time)
        if len(times) > request["frames"] or len(times) * width * height * 3 > request["decoded_bytes"]:
            allowed = f"at most {request['frames']} frames and {request['decoded_bytes'] >> 20} MiB decoded"
            refuse(
                f"{len(times)} frames of {width}x{height} and more",
                allowed,
                "cut it or make it smaller first",
            )
        out.write(b"F" + struct.pack("<d", time))
        out.write(picture.tobytes())
    if not times:
        refuse("it holds no frame that can be decoded", "", DAMAGED)
    out.write(b"E" + json.dumps({"rate": str(rate_of(times, stream))}).encode() + b"\n")
    out.flush()


def pictures(frames: Iterator[Any], stream: Any, request: dict[str, Any]) -> Iterator[tuple[Fraction, Any, Any]]:
    """(time, upright picture, the stream's first frame) of each frame that is wanted."""
    stride, spans = stride_for(stream, request["most"]), request["spans"]
    last = spans[-1][1] if spans else None
    converter: Converter | None = None
    kept = 0
    for number, frame in enumerate(frames):
        if (request["most"] and kept >= 2 * request["most"]) or number == last:
            break  # for `most`: the header said that there are fewer
        if converter is None:
            converter = Converter(frame, stream, request)
        elif kind_of(frame) != converter.kind:
            refuse("its frames change size on the way", "frames of one size", DAMAGED)
        if number % stride == 0 and (converter.fields or wanted(number, spans)):
            for time, picture, place in converter(frame, number):
                kept += 1
                if wanted(place, spans):
                    yield time, picture, converter.first
    if converter is not None and converter.fields:
        for time, picture, place in converter.rest():
            if wanted(place, spans):
                yield time, picture, converter.first


def wanted(number: int, spans: list[list[int]]) -> bool:
    """Whether a frame lies in one of the spans [first, end); all do where there are none."""
    return not spans or any(first <= number < end for first, end in spans)


def told(first: Any, stream: Any) -> dict[str, Any]:
    """What a file says of its pictures."""
    context = stream.codec_context
    return {
        "native": [context.width, context.height],
        "rate": str(Fraction(stream.guessed_rate or stream.average_rate or 0)),
        "codec": context.name,
        "format": first.format.name,
        "rotation": round(first.rotation or 0),
        "interlaced": interlaced(first, stream),
        "aspect": str(aspect_of(stream)),
        "transfer": int(context.color_trc or 0),
    }


def interlaced(first: Any, stream: Any) -> bool:
    """Whether frames are two fields of different moments."""
    return bool(first.interlaced_frame) or int(getattr(stream.codec_context, "field_order", 0) or 0) > 1


def aspect_of(stream: Any) -> Fraction:
    """Width over height of one stored pixel; 1 where the file says nothing sensible."""
    aspect = Fraction(stream.sample_aspect_ratio or stream.codec_context.sample_aspect_ratio or 1)
    return aspect if Fraction(1, 4) <= aspect <= 4 else Fraction(1)


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


class Converter:
    """Frames to upright uint8 [H, W, 3], by the colour matrix that the file states (BT.601 or 709 where it is silent).

    As asked for: of square pixels, made smaller, and of whole frames where the file has fields. That last needs the
    frame after it, so pictures come one call late then.
    """

    def __init__(self, first: Any, stream: Any, request: dict[str, Any]) -> None:
        from av.filter import Graph

        self.first, self.kind = first, kind_of(first)
        self.fields = request["progressive"] and interlaced(first, stream)
        unspecified = 2
        matrix = "auto" if first.colorspace != unspecified else ("bt709" if first.height >= 720 else "bt601")
        graph, base = Graph(), first.time_base or Fraction(1, 25)
        source = graph.add(
            "buffer",
            f"width={first.width}:height={first.height}:pix_fmt={first.format.name}:time_base={base.numerator}/{base.denominator}"
            f":colorspace={int(first.colorspace)}:range={int(first.color_range)}",
        )
        flags = f"in_color_matrix={matrix}:flags=bicubic+accurate_rnd+full_chroma_int+full_chroma_inp"
        size = scaled(first, aspect_of(stream) if request["square"] else Fraction(1), request["side"])
        chain = [graph.add("bwdif", "mode=send_frame:deint=interlaced")] if self.fields else []
        chain += [graph.add("scale", f"{size[0]}:{size[1]}:{flags}"), graph.add("format", "rgb24")]
        graph.link_nodes(source, *chain, graph.add("buffersink"))
        graph.configure()
        self._graph, self._pulled = graph, 0

    def __call__(self, frame: Any, number: int) -> Iterator[tuple[Fraction, Any, int]]:
        """(time, picture, number of the frame) of what is ready once this frame is known."""
        self._graph.vpush(frame)
        if self.fields:
            yield from self.rest(flush=False)
        else:
            yield time_of(frame), self._upright(self._graph.vpull()), number

    def rest(self, flush: bool = True) -> Iterator[tuple[Fraction, Any, int]]:
        """What waits inside for a frame that may not come."""
        from av.error import BlockingIOError, EOFError

        if flush:
            self._graph.vpush(None)
        while True:
            try:
                out = self._graph.vpull()
            except (BlockingIOError, EOFError):
                return
            self._pulled += 1
            yield time_of(out), self._upright(out), self._pulled - 1

    def _upright(self, frame: Any) -> Any:
        return upright(frame.to_ndarray(format="rgb24"), self.first)


def time_of(frame: Any) -> Fraction:
    """Seconds."""
    return Fraction(frame.pts or 0) * (frame.time_base or Fraction(1))


def scaled(first: Any, aspect: Fraction, side: int) -> tuple[int, int]:
    """The size of a picture of square pixels, with a longer side of at most `side` where that is not 0."""
    width = first.width if aspect == 1 else max(2, round(first.width * aspect / 2) * 2)
    scale = min(1.0, side / max(width, first.height)) if side else 1.0
    return max(1, round(width * scale)), max(1, round(first.height * scale))


def upright(picture: Any, frame: Any) -> Any:
    """Turn a picture by the quarter turns that a telephone noted instead of turning the pixels."""
    import numpy as np

    return np.ascontiguousarray(np.rot90(picture, round((frame.rotation or 0) / 90) % 4))


if __name__ == "__main__":
    decode(json.loads(sys.argv[1]))
