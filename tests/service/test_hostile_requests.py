"""Whatever is sent, the answer is in the contract's form, and never an error of the service itself."""

from __future__ import annotations

import json
import socket
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from live_service import BALL, Live, form

SLOW = [HealthCheck.too_slow]  # a slow machine is no failure
ROUTES = {
    "": {"prompt": BALL},
    "/edits": {"prompt": BALL, "video": "x"},
    "/extensions": {"video": "x", "seconds": 1},
    "/loops": {"video": "x"},
    "/fills": {"video": "x", "gaps": [[0, 1]]},
    "/connections": {"first": "x", "second": "x"},
    "/images": {"prompt": BALL},
    "/storyboards": {"storyboard": {"scenes": [{"prompt": BALL}]}},
}
FIELDS = ["prompt", "model", "size", "seconds", "seed", "steps", "guidance", "solver", "expand", "fps", "fit", "at"]
FIELDS += ["loop", "input_reference", "video", "strength", "region", "times", "gaps", "first", "second", "storyboard"]
FIELDS += ["backward", "unknown"]
BRACKETS = ["video[id]", "gaps[0][0]", "gaps[]", "a[b", "[x]", "video[]"]
KINDS = ["application/json", "multipart/form-data; boundary=X", "text/plain", "a/b; q=\xff"]
ODD = ["", "4", "NaN", "inf", "1e999", "\x00", "\ud800", "٤", "16x16", "0x0", "99999x16", "../../x", "²x²"]
NUMBERS = st.one_of(st.integers(), st.floats(), st.sampled_from([2**63, -(2**64), 10**400, 1e308, 1e-320, 0, -1]))
TEXTS = st.one_of(st.text(max_size=40), st.sampled_from(ODD))
PLAIN = st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS)
VALUES = st.recursive(
    PLAIN, lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXTS, inner, max_size=3)), max_leaves=8
)


def is_answer(status: int, headers: dict[str, str], content: bytes) -> None:
    assert status < 500, content
    assert headers["x-request-id"]
    if status >= 400:
        assert set(json.loads(content)["error"]) == {"message", "type", "param", "code"}


@settings(max_examples=60, suppress_health_check=SLOW)
@given(st.sampled_from(list(ROUTES)), st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=3))
def test_no_field_of_json_breaks_it(idle: Live, route: str, fields: dict[str, Any]) -> None:
    status, headers, content = idle.ask("POST", f"/v1/videos{route}", {**ROUTES[route], **fields})
    is_answer(status, headers, content)
    if status == 200:
        idle.ask("DELETE", f"/v1/videos/{json.loads(content)['id']}")


@settings(max_examples=30, suppress_health_check=SLOW)
@given(
    st.dictionaries(
        st.one_of(
            st.sampled_from(FIELDS), st.sampled_from(["video[id]", "gaps[0][0]", "gaps[]", "a[b", "[x]", "video[]"])
        ),
        st.text(st.characters(codec="utf-8"), max_size=20),
        max_size=4,
    ),
    st.binary(max_size=60),
)
def test_no_form_breaks_it(idle: Live, fields: dict[str, str], upload: bytes) -> None:
    answer = form(idle, "/v1/videos/edits", fields, {"video": upload})
    assert set(answer["error"]) == {"message", "type", "param", "code"}


@settings(max_examples=30, suppress_health_check=SLOW)
@given(
    st.binary(max_size=200),
    st.sampled_from(["application/json", "multipart/form-data; boundary=X", "text/plain", "a/b; q=\xff"]),
)
def test_no_bytes_break_it(idle: Live, content: bytes, kind: str) -> None:
    is_answer(*idle.ask("POST", "/v1/videos", content, {"content-type": kind}))


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 100_000,
        b'{"prompt":' + b"[" * 900 + b"]" * 900 + b"}",
        b'{"\\ud800": "\\ud800"}',
        b'{"prompt": "a ball", "seconds": NaN}',
        b'{"prompt": "a ball", "seed": ' + b"9" * 5000 + b"}",
        b"\xff\xfe",
        b"null",
        b"",
    ],
)
def test_no_odd_json_breaks_it(idle: Live, content: bytes) -> None:
    status, headers, answer = idle.ask("POST", "/v1/videos", content)
    is_answer(status, headers, answer)
    assert status == 400


@pytest.mark.parametrize(
    "board",
    [
        {},
        {"scenes": 5},
        {"scenes": []},
        {"scenes": [{}] * 1000},
        {"scenes": [{"prompt": "x" * 100_000}]},
        {"scenes": [{"prompt": BALL, "seconds": -1}]},
        {"scenes": [{"prompt": BALL}], "cards": [{"at": -1, "still": "x"}]},
        {"scenes": [{"prompt": BALL}], "cards": [{}] * 1000},
    ],
)
def test_no_storyboard_breaks_it(idle: Live, board: dict[str, Any]) -> None:
    status, headers, answer = idle.ask("POST", "/v1/videos/storyboards", {"storyboard": board})
    is_answer(status, headers, answer)
    assert (status, len(answer) < 2000) == (400, True)


@pytest.mark.parametrize(
    "path",
    [
        "/v1/videos/..%2f..%2fhimmel.sqlite",
        "/v1/videos/..%2f..%2fhimmel.sqlite/content",
        "/v1/videos/%00/content",
        "/v1/videos/video_000000000000000000000000/content?variant=../../x",
        "/v1/videos/video_000000000000000000000000/events",
        "/v1/videos/..",
        "/v1/../../etc/passwd",
        "/v1/videos/video_000000000000000000000000%0a",
        "/v1/videos?after=' OR 1=1 --",
        "/v1/videos?limit=-1",
        "/v1/videos?limit=1000000000000000000000000",
        "/v1/videos?order=sideways",
    ],
)
def test_no_path_leads_out(idle: Live, path: str) -> None:
    status, headers, content = idle.ask("GET", path.replace(" ", "%20"))
    is_answer(status, headers, content)
    assert status in (400, 404)


def test_uploads_that_lie_are_refused_and_not_kept(idle: Live) -> None:
    kept = set(idle.core.videos.iterdir())
    lies = {
        b"": "no video or picture",
        b"ffconcat version 1.0\nfile /etc/passwd": "no video or picture",
        b"\x89PNG\r\n\x1a\n" + bytes(50): "input-0.png",
        b"\0\0\0\x18ftypmp42" + bytes(99): "input-0.mp4",
    }
    for content, said in lies.items():
        error = form(idle, "/v1/videos/extensions", {}, {"video": content})["error"]
        assert error["type"] == "invalid_request_error"
        assert said in error["message"]
        assert str(idle.core.folder) not in error["message"]
    assert set(idle.core.videos.iterdir()) == kept


def test_large_bodies_are_refused_before_they_are_read(idle: Live) -> None:
    status, headers, content = idle.ask("POST", "/v1/videos", headers={"content-length": str(2 << 20)})
    is_answer(status, headers, content)
    assert (status, json.loads(content)["error"]["code"]) == (413, "body_too_large")
    long = (
        b"POST /v1/videos HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
        b"transfer-encoding: chunked\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", idle.port), timeout=20) as raw:
        raw.sendall(long)
        try:
            for _ in range(40):
                raw.sendall(b"10000\r\n" + b" " * 65536 + b"\r\n")
        except OSError:
            pass  # it has heard enough
        else:
            raw.sendall(b"0\r\n\r\n")
        assert b" 413 " in raw.recv(200)


def test_slow_bodies_are_given_up(idle: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("himmel.service.gate.CHUNK_PATIENCE", 0.1)
    with socket.create_connection(("127.0.0.1", idle.port), timeout=20) as raw:
        raw.sendall(b"POST /v1/videos HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9\r\n\r\n{")
        answer = raw.recv(4000)
        while b"}}" not in answer and (more := raw.recv(4000)):
            answer += more
    assert b" 408 " in answer
    assert b"body_too_slow" in answer


def test_only_this_machine_and_its_own_pages_may_ask(idle: Live) -> None:
    for headers, status in (
        ({"host": "localhost:1"}, 200),
        ({"host": "[::1]:8000"}, 200),
        ({"host": "evil.example"}, 403),
        ({"host": "127.0.0.1.evil.example"}, 403),
        ({"host": "localhost.evil.example:80"}, 403),
        ({"host": ""}, 403),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": f"http://127.0.0.1:{idle.port}"}, 200),
    ):
        assert idle.ask("GET", "/v1/videos", headers=headers)[0] == status, headers


def test_pages_that_are_allowed_may_ask(serve, engine) -> None:
    live = serve(engine, working=False, origins=["https://app.example"])
    asked = {"origin": "https://app.example", "access-control-request-method": "POST"}
    status, headers, _ = live.ask("OPTIONS", "/v1/videos", headers=asked)
    assert (status, headers["access-control-allow-origin"]) == (200, "https://app.example")
    status, headers, _ = live.ask("GET", "/v1/videos", headers={"origin": "https://app.example"})
    assert (status, headers["access-control-allow-origin"]) == (200, "https://app.example")
    assert "x-request-id" in headers["access-control-expose-headers"]
    assert live.ask("GET", "/v1/videos", headers={"origin": "https://other.example"})[0] == 403


def test_the_schema_names_every_route_and_field(idle: Live) -> None:
    schema = idle.told("GET", "/openapi.json")
    assert {f"/v1/videos{route}" for route in ROUTES} <= set(schema["paths"])
    body = schema["paths"]["/v1/videos"]["post"]["requestBody"]["content"]
    assert {"prompt", "seconds", "size", "input_reference"} <= set(body["application/json"]["schema"]["properties"])
    assert body["multipart/form-data"]["schema"]["properties"]["input_reference"]["format"] == "binary"
    for path in schema["paths"].values():
        for method in path.values():
            assert method.get("description"), method


def test_state_for_those_who_run_it(idle: Live) -> None:
    assert idle.ask("GET", "/readyz")[::2] == (200, b"ready\n")
    found = idle.told("GET", "/v1/capabilities")
    assert found["models"]["native"] == "himmel"
    assert len(found["model"]["weights_sha256"]) == 64
    text = idle.ask("GET", "/metrics")[2].decode()
    assert 'himmel_requests_total{method="GET",route="/readyz",status="200"}' in text
    assert 'himmel_jobs{status="queued"}' in text
