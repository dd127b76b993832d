"""A video file, trusted or not, becomes frames: decoded in a child process that cannot take the machine down.

Why so much care: a file of 198 kB was measured to decode to 1.2 GB, and a text file named .mp4 opens as a
playlist that names other local files. So the kind of file is told from its first bytes and given to the
decoder, only known codecs are opened, the number of pixels is limited before anything is decoded, and memory,
processor time, open files and output are limited by the operating system in the child.
"""

from __future__ import annotations

import json
import os
import stat
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import IO, Any, cast

import numpy as np
from numpy.typing import NDArray

from himmel.records import HimmelError

CHILD = Path(__file__).with_name("decode_child.py")
REMEDY = "convert it with your video program to H.264 .mp4 and try again"


@dataclass(frozen=True)
class ReadLimits:
    """What an unknown file may cost at most.

    file_bytes: of the file itself. pixels: of one frame. frames: of the whole clip. decoded_bytes: of all RGB
    frames together, in this process. memory_bytes: address space of the child. seconds: processor time of the
    child; wall time is twice that. most: of a clip with more frames only about so many are kept, evenly spaced;
    0: all.
    """

    file_bytes: int = 4 << 30
    pixels: int = 4096 * 2304
    frames: int = 36_000
    decoded_bytes: int = 2 << 30
    memory_bytes: int = 2 << 30
    seconds: int = 120
    most: int = 0


@dataclass(frozen=True)
class Wanted:
    """Which pictures of a file, and how. side: pixels of the longer side at most, 0 for as they are. spans: frames
    [first, end) in rising order, () for all. square: pixels that are no squares become some. progressive: fields become
    whole frames.
    """

    side: int = 0
    spans: tuple[tuple[int, int], ...] = ()
    square: bool = False
    progressive: bool = False


@dataclass
class Video:
    """A file that is being decoded. told: what it says of itself (`decode_child.told`), with width and height of its
    frames. rate: frames a second, known when `frames` has come to its end.
    """

    told: dict[str, Any]
    frames: Iterator[tuple[float, NDArray[np.uint8]]]
    """(seconds, uint8 [H, W, 3] sRGB), upright; raises HimmelError where the file is damaged or over a limit."""
    rate: Fraction | None = None


@contextmanager
def open_video(
    path: str | os.PathLike[str], *, limits: ReadLimits | None = None, wanted: Wanted | None = None
) -> Iterator[Video]:
    """The frames of a file one after another, so that its length costs no memory.

    Raises HimmelError as `read_video`.
    """
    limits = limits or ReadLimits()
    with _opened(path) as source:
        if (size := os.fstat(source.fileno()).st_size) > limits.file_bytes:
            given, allowed = f"{path} has {size >> 20} MiB", f"at most {limits.file_bytes >> 20} MiB"
            raise HimmelError(given, allowed, "cut it or make it smaller first")
        container = _container(path, source)
        request = json.dumps({"container": container, **asdict(limits), **asdict(wanted or Wanted())})
        environment = {
            "PYTHONPATH": os.pathsep.join(p for p in sys.path if p),
            "PATH": os.environ.get("PATH", ""),
        }
        child = subprocess.Popen(
            [sys.executable, "-P", "-s", str(CHILD), request],
            stdin=source,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
        )
    timer = threading.Timer(2 * limits.seconds, child.kill)
    timer.start()
    try:
        with child:
            try:
                yield _received(path, child)
            finally:
                child.kill()
    finally:
        timer.cancel()


def read_video(path: str | os.PathLike[str], *, limits: ReadLimits | None = None) -> tuple[NDArray[np.uint8], Fraction]:
    """Frames uint8 [T, H, W, 3] sRGB, upright, and the frame rate, of an MP4, MOV, WebM, MKV, AVI, GIF, PNG
    or JPEG.

    A still has one frame and rate 1. Raises HimmelError for a file that is missing, unreadable, of another
    kind, damaged, changes its frame size, or is over a limit.
    """
    with open_video(path, limits=limits) as video:
        frames = np.stack([frame for _, frame in video.frames])
        assert video.rate is not None, "frames have come to their end"
        return frames, video.rate


def _opened(path: str | os.PathLike[str]) -> IO[bytes]:
    try:
        # Without O_NONBLOCK, opening a named pipe would wait for ever.
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise HimmelError(f"{path} cannot be read: {reason}", "", "check the name and your access to it") from error
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise HimmelError(f"{path} is a folder or a device", "a video file", "")
    return os.fdopen(handle, "rb", buffering=0)


def _container(path: str | os.PathLike[str], source: IO[bytes]) -> str:
    """The name of the demuxer for these first bytes; the file's ending is not asked."""
    head = source.read(16)
    source.seek(0)
    kinds = {
        "mp4": head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"),
        "matroska": head[:4] == b"\x1a\x45\xdf\xa3",
        "gif": head[:4] == b"GIF8",
        "avi": head[:4] == b"RIFF" and head[8:12] == b"AVI ",
        "png_pipe": head[:8] == b"\x89PNG\r\n\x1a\n",
        "jpeg_pipe": head[:3] == b"\xff\xd8\xff",
    }
    for kind, matches in kinds.items():
        if matches:
            return kind
    given = f"{path} is empty" if not head else f"{path} is no video or picture that himmel knows"
    raise HimmelError(given, "MP4, MOV, WebM, MKV, AVI, GIF, PNG, JPEG", REMEDY)


def _received(path: str | os.PathLike[str], child: subprocess.Popen[bytes]) -> Video:
    """What the child sends: one line of JSON, frames, one line with the rate."""
    pipe = cast(IO[bytes], child.stdout)
    header = pipe.readline(1000)
    if not header.endswith(b"\n"):
        raise _refusal(path, child)
    told = json.loads(header)
    shape = told["height"], told["width"], 3
    size = shape[0] * shape[1] * 3

    def frames() -> Iterator[tuple[float, NDArray[np.uint8]]]:
        while pipe.read(1) == b"F":
            stamp, data = pipe.read(8), pipe.read(size)
            if len(data) < size:
                raise _refusal(path, child)
            yield struct.unpack("<d", stamp)[0], np.frombuffer(data, np.uint8).reshape(shape)
        end = pipe.readline(1000)
        if not end.endswith(b"\n"):
            raise _refusal(path, child)
        video.rate = Fraction(json.loads(end)["rate"])

    video = Video(told, frames())
    return video


def _refusal(path: str | os.PathLike[str], child: subprocess.Popen[bytes]) -> HimmelError:
    """What the child complained of, or how it ended."""
    child.kill()
    complaint = cast(IO[bytes], child.stderr).read(2000).decode(errors="replace").strip()
    code = child.wait()
    try:
        said = json.loads(complaint.splitlines()[-1])
        return HimmelError(f"{path}: {said['given']}", said["allowed"], said["remedy"])
    except (ValueError, IndexError, KeyError, TypeError):
        return HimmelError(
            f"{path} could not be decoded within the limits of memory and time (exit {code})", "", REMEDY
        )
