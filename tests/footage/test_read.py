"""Files from anyone: lies, bombs, playlists and damage are refused with one line."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from himmel.footage.read import ReadLimits, read_video
from himmel.footage.write import write_video
from himmel.records import HimmelError


@pytest.fixture
def mp4(make_clip, tmp_path: Path) -> Path:
    return write_video(tmp_path / "clip.mp4", make_clip(24, 64, 48), Fraction(24))


def test_the_ending_is_not_believed(mp4: Path) -> None:
    renamed = mp4.rename(mp4.with_suffix(".gif"))
    frames, rate = read_video(renamed)
    assert (frames.shape, rate) == ((24, 48, 64, 3), 24)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"x",
        b"ffconcat version 1.0\nfile clip.mp4\n",
        b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nclip.mp4\n",
        b"\0\0\0\x20ftypisom" + bytes(200),
        b"GIF89a" + bytes(50),
        b"\x1a\x45\xdf\xa3" + os.urandom(500),
        b"\x89PNG\r\n\x1a\n" + bytes(30),
    ],
)
def test_what_is_no_video_is_refused(mp4: Path, content: bytes) -> None:
    path = mp4.with_name("strange.mp4")
    path.write_bytes(content)
    with pytest.raises(HimmelError):
        read_video(path)


@pytest.mark.parametrize("kept", [0.3, 0.7])
def test_a_file_that_was_cut_off_is_refused(mp4: Path, kept: float) -> None:
    mp4.write_bytes(mp4.read_bytes()[: int(kept * mp4.stat().st_size)])
    with pytest.raises(HimmelError, match="clip"):
        read_video(mp4)


def test_too_many_pixels_are_refused_before_decoding(tmp_path: Path) -> None:
    path = write_video(tmp_path / "large.png", np.zeros((1, 700, 900, 3), np.uint8), Fraction(1))
    assert read_video(path)[0].shape == (1, 700, 900, 3)
    with pytest.raises(HimmelError, match="pixels"):
        read_video(path, limits=ReadLimits(pixels=600_000))


def test_a_small_file_cannot_fill_the_memory(tmp_path: Path) -> None:
    black = (np.zeros((480, 640, 3), np.uint8) for _ in range(120))
    path = write_video(tmp_path / "bomb.webm", black, Fraction(30))
    assert path.stat().st_size < 20_000
    with pytest.raises(HimmelError, match="decoded"):
        read_video(path, limits=ReadLimits(decoded_bytes=20 << 20))
    with pytest.raises(HimmelError, match="100 frames"):
        read_video(path, limits=ReadLimits(frames=100))


def test_too_little_memory_in_the_child_is_an_error_here(mp4: Path) -> None:
    with pytest.raises(HimmelError, match="within the limits"):
        read_video(mp4, limits=ReadLimits(memory_bytes=64 << 20))


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    for name in ("pipe.mp4", ".", "missing.mp4"):
        with pytest.raises(HimmelError):
            read_video(tmp_path / name)


def test_frames_that_change_size_are_refused(tmp_path: Path, make_clip) -> None:
    path = tmp_path / "changing.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mjpeg", rate=10)
        stream.width, stream.height, stream.pix_fmt = 32, 32, "yuvj420p"
        for i, size in enumerate((32, 48)):
            encoder = av.CodecContext.create("mjpeg", "w")
            encoder.width = encoder.height = size
            encoder.pix_fmt, encoder.time_base = "yuvj420p", Fraction(1, 10)
            picture = av.VideoFrame.from_ndarray(make_clip(1, size, size)[0], format="rgb24")
            for packet in encoder.encode(picture.reformat(format="yuvj420p")):
                packet.pts = packet.dts = i
                packet.stream, packet.time_base = stream, Fraction(1, 10)
                container.mux(packet)
    with pytest.raises(HimmelError, match="change size"):
        read_video(path)


def test_a_file_that_is_too_large_is_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "large.mp4"
    with path.open("wb") as file:
        file.truncate(3 << 20)
    with pytest.raises(HimmelError, match="has 3 MiB; at most 2 MiB"):
        read_video(path, limits=ReadLimits(file_bytes=2 << 20))
