"""What a file holds besides its manifest: signatures differ from run to run, what is signed must not."""

from __future__ import annotations

import os
from pathlib import Path

import av
import numpy as np
from PIL import Image

GIF_MANIFEST = b"\x21\xff\x0bC2PA_GIF"


def stream(path: str | os.PathLike[str]) -> list[bytes]:
    """The bytes of a GIF without its manifest, the pixels of a PNG, the packets of a video as it was encoded."""
    path = Path(path)
    if path.suffix == ".gif":
        return [_gif_without_manifest(path.read_bytes())]
    if path.suffix == ".png":
        return [np.asarray(Image.open(path)).tobytes()]
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        return [video.codec_context.extradata or b"", *(bytes(packet) for packet in container.demux(video))]


def _gif_without_manifest(content: bytes) -> bytes:
    """An application extension is 14 bytes, then blocks with their length first, the last of length 0."""
    start = content.find(GIF_MANIFEST)
    if start < 0:
        return content
    end = start + 14
    while length := content[end]:
        end += length + 1
    return content[:start] + content[end + 1 :]
