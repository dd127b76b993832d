"""A clip described by a vision-language model behind an OpenAI-compatible server: a few frames, sent as data URLs."""

from __future__ import annotations

import base64
import io
import unicodedata

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from himmel.language.chat import chat
from himmel.language.endpoint import Endpoint
from himmel.records import HimmelError

FRAMES = 6
"""Frames of a clip that are sent, evenly spaced, with first and last."""
SIDE = 512  # pixels of their longer side
LONGEST = 1200  # characters of a description
QUESTION = """\
{shown}
Describe it in one paragraph of plain sentences, for training a text-to-video model: what is there, with number, \
colour, size and material; what moves, how and where to, left and right as seen in the picture; what happens, in \
order; place, light and weather; and what the camera does. Say only what can be seen. Do not mention frames or \
pictures, and do not guess names of people. Answer with the paragraph alone."""


def question(stills: int, seconds: float) -> str:
    """What the model is asked about so many pictures of a clip of so many seconds; 0 seconds: of a still."""
    if stills == 1 or not seconds:
        return QUESTION.format(shown="This is one picture; nothing can be said of movement.")
    return QUESTION.format(shown=f"These are {stills} frames of one video of {seconds:.1f} seconds, in order.")


def describe_frames(frames: NDArray[np.uint8], seconds: float, endpoint: Endpoint) -> str:
    """The endpoint's description of a clip [T, H, W, 3] on one line; one frame is a still.

    Raises HimmelError as `chat` does, and for an answer that is empty or too long.
    """
    at = np.unique(np.round(np.linspace(0, len(frames) - 1, min(FRAMES, len(frames)))).astype(int))
    parts: list[dict[str, object]] = [{"type": "text", "text": question(len(at), seconds)}]
    parts += [{"type": "image_url", "image_url": {"url": data_url(frames[i])}} for i in at]
    answer = _on_one_line(chat(endpoint, [{"role": "user", "content": parts}]))
    if not 0 < len(answer) <= LONGEST:
        given = f"{endpoint.model} described a clip in {len(answer)} characters"
        raise HimmelError(given, f"1 to {LONGEST}", f"choose another {endpoint.names.model}, {endpoint.names.without}")
    return answer


def data_url(frame: NDArray[np.uint8]) -> str:
    """A frame [H, W, 3] as a JPEG of at most SIDE pixels, in an address."""
    picture = Image.fromarray(frame)
    picture.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=90)
    return "data:image/jpeg;base64," + base64.b64encode(file.getvalue()).decode()


def _on_one_line(text: str) -> str:
    """Without thoughts, line ends and characters that are not printed."""
    text = " ".join(text.rpartition("</think>")[2].split())
    return "".join(c for c in text if unicodedata.category(c)[0] != "C").strip()
