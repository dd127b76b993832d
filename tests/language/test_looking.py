"""A vision-language model behind a real server on this machine: what it is sent, and what becomes of bad answers."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from chat_server import ChatServer, Raw
from PIL import Image

from himmel.language.endpoint import CAPTIONING, Endpoint, endpoint_from
from himmel.language.looking import FRAMES, SIDE, describe_frames
from himmel.records import HimmelError

KEY = "sk-secret-0123"


def clip(count: int, width: int = 48) -> np.ndarray:
    """Frame i is grey of level 10 i."""
    levels = np.arange(count, dtype=np.uint8) * 10
    return np.broadcast_to(levels[:, None, None, None], (count, 32, width, 3)).copy()


def pictures(server: ChatServer) -> list[Image.Image]:
    """What the server was sent, decoded."""
    parts = server.asked[-1]["messages"][0]["content"]
    assert parts[0]["type"] == "text"
    urls = [part["image_url"]["url"] for part in parts[1:]]
    assert all(url.startswith("data:image/jpeg;base64,") for url in urls)
    return [Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))) for url in urls]


def test_frames_are_sent_in_order_with_first_and_last(server: ChatServer) -> None:
    server.answer = lambda messages: "<think>hm</think>  A grey\nwall. \x1b"
    endpoint = Endpoint(server.url, "m", KEY, names=CAPTIONING)
    assert describe_frames(clip(20), 2.0, endpoint) == "A grey wall."
    levels = [int(np.asarray(picture).mean().round()) for picture in pictures(server)]
    assert len(levels) == FRAMES
    assert levels == sorted(levels)
    assert (levels[0], levels[-1]) == (0, 190)
    assert server.asked[-1]["model"] == "m"
    assert "6 frames of one video of 2.0 seconds" in server.asked[-1]["messages"][0]["content"][0]["text"]
    assert server.keys == [f"Bearer {KEY}"]


def test_a_still_is_asked_about_as_one_and_large_frames_are_made_smaller(server: ChatServer) -> None:
    server.answer = lambda messages: "A wall."
    assert describe_frames(clip(1, width=2000), 0.0, Endpoint(server.url, "m", names=CAPTIONING)) == "A wall."
    assert [max(picture.size) for picture in pictures(server)] == [SIDE]
    assert "one picture" in server.asked[-1]["messages"][0]["content"][0]["text"]


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        ("", "0 characters"),
        ("word " * 400, "characters"),
        (Raw(b'{"error": {"message": "bad key"}}', 401), "HIMMEL_CAPTION_KEY"),
        (Raw(b'{"error": "no model m"}', 404), "HIMMEL_CAPTION_MODEL"),
        (Raw(b"", 500), "own captioner"),
    ],
)
def test_a_bad_answer_is_one_line_that_names_the_setting(server: ChatServer, reply: str | Raw, said: str) -> None:
    server.answer = lambda messages: reply
    with pytest.raises(HimmelError, match=said) as caught:
        describe_frames(clip(4), 1.0, Endpoint(server.url, "m", KEY, names=CAPTIONING))
    assert "\n" not in str(caught.value)
    assert KEY not in str(caught.value)
    assert "EXPAND" not in str(caught.value)


def test_settings_of_captions_are_not_those_of_prompts() -> None:
    settings = {"HIMMEL_CAPTION_URL": "http://h/v1", "HIMMEL_CAPTION_MODEL": "see", "HIMMEL_EXPAND_MODEL": "write"}
    assert endpoint_from(settings, CAPTIONING) == Endpoint("http://h/v1", "see", names=CAPTIONING)
    with pytest.raises(HimmelError, match="HIMMEL_CAPTION_MODEL without HIMMEL_CAPTION_URL"):
        endpoint_from({"HIMMEL_CAPTION_MODEL": "see"}, CAPTIONING)
