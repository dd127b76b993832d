"""Written files: what comes back, equal bytes, and nothing left behind when writing fails."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from himmel.footage.read import read_video
from himmel.footage.target import ENDINGS, check_target
from himmel.footage.write import write_video
from himmel.records import HimmelError


def psnr(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> float:
    error = float(np.mean((a.astype(float) - b) ** 2))
    return 99.0 if error == 0 else 10 * np.log10(255**2 / error)


@pytest.mark.parametrize(("ending", "least"), [(".mp4", 30), (".webm", 30), (".gif", 26)])
def test_what_is_written_is_read_back(make_clip, tmp_path: Path, ending: str, least: float) -> None:
    clip = make_clip(33, 96, 64)
    frames, rate = read_video(write_video(tmp_path / f"clip{ending}", iter(clip), Fraction(16)))
    assert frames.shape == clip.shape
    assert rate == 16
    # yuv420p halves the resolution of colour, which costs most at the edge of the red ball.
    assert min(psnr(a, b) for a, b in zip(frames, clip, strict=True)) > least
    # Colours are not shifted as a whole: a wrong matrix or range would move these means by 5 and more.
    assert np.abs(frames.mean((0, 1, 2)) - clip.mean((0, 1, 2))).max() < 1.5


def test_png_is_exact(make_clip, tmp_path: Path) -> None:
    clip = make_clip(1, 51, 37)
    frames, rate = read_video(write_video(tmp_path / "still.png", clip, Fraction(16)))
    assert (frames == clip).all()
    assert rate == 1


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    width=st.integers(8, 70),
    height=st.integers(8, 70),
    frames=st.integers(1, 9),
    rate=st.sampled_from([Fraction(1), Fraction(8), Fraction(24000, 1001), Fraction(25), Fraction(60)]),
    ending=st.sampled_from([".mp4", ".webm", ".gif"]),
)
def test_any_size_length_and_rate(make_clip, tmp_path, width, height, frames, rate, ending) -> None:
    clip, path = make_clip(frames, width, height), tmp_path / f"any{ending}"
    if (ending == ".mp4" and (width % 2 or height % 2)) or (ending == ".gif" and rate > 50):
        with pytest.raises(HimmelError):
            write_video(path, clip, rate)
        return
    write_video(path, clip, rate)
    with av.open(str(path)) as container:
        decoded = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert np.stack(decoded).shape == clip.shape


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("size", [(64, 48), (50, 70)])
def test_same_frames_same_bytes(make_clip, tmp_path: Path, ending: str, size: tuple[int, int]) -> None:
    clip = make_clip(1 if ending == ".png" else 18, *size)
    contents = set()
    for i in range(4):
        # Dirty memory shows encoders that read what they never wrote.
        dirt = [np.full(100_000 * (i + 1), 31 * j + i, np.uint8) for j in range(8)]
        del dirt
        contents.add(write_video(tmp_path / f"{i}{ending}", iter(clip), Fraction(16)).read_bytes())
    assert len(contents) == 1


def test_mp4_plays_everywhere(make_clip, tmp_path: Path) -> None:
    path = write_video(tmp_path / "clip.mp4", make_clip(5, 32, 32), Fraction(16))
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        tags = (
            stream.codec_context.color_primaries,
            stream.codec_context.color_trc,
            stream.codec_context.colorspace,
        )
        assert (tags, stream.codec_context.color_range) == ((1, 1, 1), 1)
    content = path.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")


def test_progress_counts_every_frame(make_clip, tmp_path: Path) -> None:
    seen: list[int] = []
    write_video(tmp_path / "clip.webm", make_clip(7, 32, 32), Fraction(16), on_frame=seen.append)
    assert seen == list(range(7))


@pytest.mark.parametrize("ending", [".mp4", ".webm", ".gif"])
@pytest.mark.parametrize("failure", [RuntimeError("broken"), KeyboardInterrupt()])
def test_a_failure_on_the_way_leaves_nothing_new(make_clip, tmp_path: Path, ending: str, failure) -> None:
    clip, path = make_clip(20, 32, 32), tmp_path / f"clip{ending}"
    path.write_bytes(b"older")

    def broken() -> Iterator[NDArray[np.uint8]]:
        yield from clip[:12]
        raise failure

    with pytest.raises(type(failure)):
        write_video(path, broken(), Fraction(16))
    assert path.read_bytes() == b"older"
    assert os.listdir(tmp_path) == [path.name]


@pytest.mark.parametrize("ending", [".mp4", ".webm", ".gif"])
def test_a_full_disk_is_one_clear_line_and_leaves_nothing(tmp_path: Path, ending: str) -> None:
    script = f"""
        import resource, numpy as np
        from fractions import Fraction
        from himmel.footage.write import write_video
        from himmel.records import HimmelError
        frames = np.random.default_rng(0).integers(0, 256, (12, 64, 64, 3), dtype=np.uint8)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
        try:
            write_video({str(tmp_path / "clip")!r} + {ending!r}, frames, Fraction(16))
        except HimmelError as error:
            print(error)
    """
    result = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=True)
    assert "could not be written" in result.stdout
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("name", "size", "frames", "rate", "said"),
    [
        ("clip.mov", (32, 32), 8, 16, ".mp4, .webm, .gif, .png"),
        ("clip", (32, 32), 8, 16, "no ending"),
        ("clip.mp4", (31, 32), 8, 16, "--size 32x32"),
        ("clip.png", (32, 32), 8, 16, "one frame"),
        ("clip.gif", (32, 32), 8, 60, "50 frames a second"),
        ("missing/clip.mp4", (32, 32), 8, 16, "mkdir -p"),
        ("folder.mp4", (32, 32), 8, 16, "a folder or a device"),
        ("old.mp4", (32, 32), 8, 16, "--force"),
        ("x" * 250 + ".mp4", (32, 32), 8, 16, "240 bytes"),
    ],
)
def test_what_cannot_be_written_is_said_before_any_work(tmp_path: Path, name, size, frames, rate, said) -> None:
    (tmp_path / "folder.mp4").mkdir()
    (tmp_path / "old.mp4").write_bytes(b"older")
    with pytest.raises(HimmelError, match=said):
        check_target(tmp_path / name, size[0], size[1], frames, Fraction(rate), overwrite=False)


def test_frames_must_be_pictures_of_one_size(make_clip, tmp_path: Path) -> None:
    clip = make_clip(3, 32, 32)
    for frames in ([], [clip[0], clip[1, :16]], [clip[0].astype(np.float32)], [clip[0, ..., :1]]):
        with pytest.raises(HimmelError):
            write_video(tmp_path / "clip.webm", iter(frames), Fraction(16))
    assert os.listdir(tmp_path) == []
