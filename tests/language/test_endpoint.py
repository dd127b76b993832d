"""The settings of an endpoint, and a server that behaves badly: one clear line that names the setting."""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping
from contextlib import suppress

import pytest
from chat_server import ChatServer, Raw, choice
from hypothesis import given
from hypothesis import strategies as st

from himmel.language.chat import LARGEST, chat
from himmel.language.endpoint import Endpoint, endpoint_from
from himmel.records import HimmelError

QUESTION = [{"role": "user", "content": "a ball"}]
KEY = "sk-secret-0123"

BAD_SETTINGS = {
    "no model": ({"HIMMEL_EXPAND_URL": "http://localhost/v1"}, "without HIMMEL_EXPAND_MODEL"),
    "no address": ({"HIMMEL_EXPAND_MODEL": "m"}, "without HIMMEL_EXPAND_URL"),
    "no scheme": ({"HIMMEL_EXPAND_URL": "localhost:11434/v1", "HIMMEL_EXPAND_MODEL": "m"}, "no http://"),
    "a file": ({"HIMMEL_EXPAND_URL": "file:///etc/passwd", "HIMMEL_EXPAND_MODEL": "m"}, "no http://"),
    "no host": ({"HIMMEL_EXPAND_URL": "http:///v1", "HIMMEL_EXPAND_MODEL": "m"}, "no http://"),
    "a strange port": ({"HIMMEL_EXPAND_URL": "http://h:99999/v1", "HIMMEL_EXPAND_MODEL": "m"}, "Port out of range"),
    "a space": ({"HIMMEL_EXPAND_URL": "http://h/v 1", "HIMMEL_EXPAND_MODEL": "m"}, "no address has"),
    "the whole path": ({"HIMMEL_EXPAND_URL": "http://h/v1/chat/completions", "HIMMEL_EXPAND_MODEL": "m"}, "goes on"),
    "a query": ({"HIMMEL_EXPAND_URL": "http://h/v1?key=1", "HIMMEL_EXPAND_MODEL": "m"}, "goes on"),
    "a password": ({"HIMMEL_EXPAND_URL": f"http://me:{KEY}@h/v1", "HIMMEL_EXPAND_MODEL": "m"}, "HIMMEL_EXPAND_KEY"),
    "a model of two lines": ({"HIMMEL_EXPAND_URL": "http://h", "HIMMEL_EXPAND_MODEL": "a\nb"}, "HIMMEL_EXPAND_MODEL"),
    "a key of two lines": (
        {"HIMMEL_EXPAND_URL": "http://h", "HIMMEL_EXPAND_MODEL": "m", "HIMMEL_EXPAND_KEY": f"{KEY}\r\nX: 1"},
        "HIMMEL_EXPAND_KEY",
    ),
}

BAD_REPLIES = {
    "a page": (Raw(b"<html>hello</html>"), "no JSON", "HIMMEL_EXPAND_URL"),
    "nothing": (Raw(), "no JSON", "HIMMEL_EXPAND_URL"),
    "no text": (Raw(b"\xff\xfe\x00"), "no JSON", "HIMMEL_EXPAND_URL"),
    "deep JSON": (Raw(b"[" * 100_000), "no JSON", "HIMMEL_EXPAND_URL"),
    "a list": (Raw(b"[]"), "without choices", "HIMMEL_EXPAND_URL"),
    "no choices": (Raw(b'{"choices": []}'), "without choices", "HIMMEL_EXPAND_URL"),
    "choices of nothing": (Raw(b'{"choices": [null]}'), "without choices", "HIMMEL_EXPAND_URL"),
    "a number": (choice(7), "no text", "HIMMEL_EXPAND_URL"),
    "too much": (Raw(b" " * (LARGEST + 1)), "more than 1 MiB", "HIMMEL_EXPAND_URL"),
    "too much for ever": (Raw(b" " * (LARGEST + 1), after="drip"), "more than 1 MiB", "HIMMEL_EXPAND_URL"),
    "a wrong key": (Raw(b'{"error": {"message": "bad key"}}', 401), "401 (bad key)", "HIMMEL_EXPAND_KEY"),
    "no such model": (Raw(b'{"error": "no model m"}', 404), "404 (no model m)", "HIMMEL_EXPAND_MODEL"),
    "no such page": (Raw(b"<html>", 404), "answered 404", "HIMMEL_EXPAND_URL"),
    "a broken server": (Raw(b"", 500), "answered 500", "--no-expand"),
    "another place": (Raw(b"", 302, {"Location": "/elsewhere"}), "answered 302", "HIMMEL_EXPAND_URL"),
    "silence": (Raw(after="silence"), "no answer in 0.5 seconds", "HIMMEL_EXPAND_URL"),
    "drops": (Raw(after="drip"), "no answer in 0.5 seconds", "HIMMEL_EXPAND_URL"),
    "a lie of its length": (Raw(b"{}", 200, {"Content-Length": "99"}), "", "HIMMEL_EXPAND_URL"),
}


@pytest.mark.parametrize("case", BAD_SETTINGS)
def test_a_bad_setting_is_named(case: str) -> None:
    environment, said = BAD_SETTINGS[case]
    with pytest.raises(HimmelError) as caught:
        endpoint_from(environment)
    assert said in str(caught.value)
    assert KEY not in str(caught.value)


@pytest.mark.parametrize(
    "environment", [{}, {"HIMMEL_EXPAND_URL": "", "HIMMEL_EXPAND_MODEL": " "}, {"HIMMEL_EXPAND_KEY": KEY}]
)
def test_without_settings_there_is_no_endpoint(environment: Mapping[str, str]) -> None:
    assert endpoint_from(environment) is None


def test_the_key_is_never_shown() -> None:
    settings = {"HIMMEL_EXPAND_URL": " http://h/v1/ ", "HIMMEL_EXPAND_MODEL": "m", "HIMMEL_EXPAND_KEY": KEY}
    endpoint = endpoint_from(settings)
    assert endpoint == Endpoint("http://h/v1", "m", KEY)
    assert KEY not in repr(endpoint)


@given(st.text(), st.text(), st.text())
def test_any_settings_are_an_endpoint_or_an_error(url: str, model: str, key: str) -> None:
    for address in (url, f"http://{url}"):
        with suppress(HimmelError):
            endpoint = Endpoint(address, model, key)
            assert endpoint.url.lower().startswith("http")


def test_what_is_sent(server: ChatServer) -> None:
    assert chat(Endpoint(server.url, "m", KEY), QUESTION) == "a ball"
    assert chat(Endpoint(server.url + "/", "m"), QUESTION) == "a ball"
    assert server.asked == [{"model": "m", "messages": QUESTION, "stream": False}] * 2
    assert server.paths == ["/v1/chat/completions"] * 2
    assert server.keys == [f"Bearer {KEY}", None]


@pytest.mark.parametrize("case", BAD_REPLIES)
def test_a_bad_reply_is_one_line_that_names_the_setting(server: ChatServer, case: str) -> None:
    reply, said, setting = BAD_REPLIES[case]
    server.answer = lambda messages: reply
    with pytest.raises(HimmelError) as caught:
        chat(Endpoint(server.url, "m", KEY, patience=0.5 if reply.after and not reply.body else 60), QUESTION)
    line = str(caught.value)
    assert said in line
    assert setting in line
    assert "\n" not in line
    assert len(line) < 500
    assert len(server.asked) == 1


def test_a_server_that_repeats_the_key_does_not_make_us_show_it(server: ChatServer) -> None:
    server.answer = lambda messages: Raw(json.dumps({"error": {"message": f"key {KEY}\n\x1b[31m"}}).encode(), 403)
    with pytest.raises(HimmelError, match=r"403 \(key \.\.\.") as caught:
        chat(Endpoint(server.url, "m", KEY), QUESTION)
    assert KEY not in str(caught.value)
    assert "\x1b" not in str(caught.value)


def test_no_server_and_no_such_host() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    for url in (f"http://127.0.0.1:{port}/v1", f"https://localhost:{port}"):
        with pytest.raises(HimmelError, match=r"cannot be reached.*HIMMEL_EXPAND_URL.*--no-expand"):
            chat(Endpoint(url, "m"), QUESTION)


def test_a_server_on_this_machine_needs_no_proxy(server: ChatServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert chat(Endpoint(server.url, "m"), QUESTION) == "a ball"
