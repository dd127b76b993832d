"""The body of a request, however it was sent, becomes plain fields and files.

Forms (`prompt`, `video[id]`, `gaps[0][1]`), file parts and plain JSON all are read. Names of uploaded files are not.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from itertools import pairwise
from typing import IO, Any

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException

from himmel.service.errors import ApiError
from himmel.service.uploads import stored

MOST_PARTS, MOST_FILES = 500, 210
LARGEST_FIELD = 1 << 20  # bytes of one field that is no file, and of a body of JSON
DEEPEST, DEEPEST_JSON = 4, 20
KINDS = ("multipart/form-data", "application/x-www-form-urlencoded", "application/json")
_BRACKETS = re.compile(r"\[([^\[\]]{0,80})\]")


@dataclass
class Body:
    """fields: plain values by name. files: the file parts by name, in the order in which they came."""

    fields: dict[str, Any] = field(default_factory=dict)
    files: dict[str, IO[bytes]] = field(default_factory=dict)

    def fingerprint(self) -> str:
        """A hash of all that was sent. How the parts are divided, which differs from try to try, is not in it."""
        digest = hashlib.sha256(json.dumps(self.fields, sort_keys=True).encode())
        for name in sorted(self.files):
            file = self.files[name]
            file.seek(0)
            digest.update(f"\0{name}\0".encode(errors="surrogatepass"))
            while block := file.read(1 << 20):
                digest.update(block)
            file.seek(0)
        return digest.hexdigest()


async def read_body(request: Request) -> Body:
    """The fields and files of a request. Raises ApiError for a body that is none of the three kinds, or damaged."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in KINDS[:2]:
        return await _form(request)
    if kind not in ("", "application/json") and not kind.endswith("+json"):
        raise ApiError(415, f"content type {kind!r:.60}; allowed: {', '.join(KINDS)}", "unsupported_media_type")
    return Body(_json(await _limited(request)))


async def _limited(request: Request) -> bytes:
    content = bytearray()
    async for part in request.stream():
        content += part
        if len(content) > LARGEST_FIELD:
            raise ApiError(413, f"more than {LARGEST_FIELD} bytes of JSON", "body_too_large")
    return bytes(content)


def _json(content: bytes) -> dict[str, Any]:
    plain = _loaded(content or b"{}", "the body")
    if not isinstance(plain, dict):
        raise ApiError(400, "the body is no JSON object", "invalid_json")
    return plain


def _loaded(text: bytes | str, what: str, param: str | None = None) -> Any:
    """The values of JSON that is not too deeply nested. Raises ApiError for any other text."""
    try:
        plain = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise ApiError(400, f"{what} is no JSON", "invalid_json", param) from None
    level = [plain]
    for _ in range(DEEPEST_JSON):
        level = [inner for value in level if isinstance(value, dict | list) for inner in _inside(value)]
    if level:
        raise ApiError(400, f"{what} is nested more than {DEEPEST_JSON} deep", "invalid_json", param)
    return plain


def _inside(value: dict[str, Any] | list[Any]) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else value


def _no_number(name: str) -> Any:
    raise ValueError(name)


async def _form(request: Request) -> Body:
    body = Body()
    try:
        with stored():  # files wait in temporary ones
            form = await request.form(max_files=MOST_FILES, max_fields=MOST_PARTS, max_part_size=LARGEST_FIELD)
    except (HTTPException, MultiPartException, ValueError, KeyError) as error:
        said = getattr(error, "detail", None) or getattr(error, "message", None) or "it cannot be taken apart"
        raise ApiError(400, f"the form is damaged: {said!s:.200}", "invalid_form") from None
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            if name in body.files:
                raise ApiError(400, f"two file parts {name!r:.60}", "invalid_form")
            body.files[name] = value.file
        elif value != "":
            _put(body.fields, name, value)
    body.fields = {name: _settled(value) for name, value in body.fields.items()}
    return body


def _put(fields: dict[str, Any], name: str, value: str) -> None:
    """Puts `value` where a name such as `gaps[0][1]` or `region[]` says."""
    head = name.partition("[")[0]
    keys = [head, *_BRACKETS.findall(name[len(head) :])]
    if head + "".join(f"[{key}]" for key in keys[1:]) != name or len(keys) > DEEPEST:
        raise ApiError(400, f"the field name {name!r:.80} cannot be read", "invalid_form")
    place = fields
    for key, following in pairwise(keys):
        inner = place.setdefault(key or str(len(place)), {})
        # `region[]` several times is one list, each time its next place.
        if not isinstance(inner, dict) or (following == "" and len(inner) >= MOST_PARTS):
            raise ApiError(400, f"the field {name!r:.80} stands beside another of its name", "invalid_form")
        place = inner
    last = keys[-1] or str(len(place))
    if last in place:
        raise ApiError(400, f"the field {name!r:.80} stands there twice", "invalid_form")
    place[last] = value


def _settled(value: Any) -> Any:
    """Tables whose keys are 0, 1, 2, ... are lists."""
    if not isinstance(value, dict):
        return value
    inner = {key: _settled(one) for key, one in value.items()}
    numbered = [str(i) for i in range(len(inner))]
    return [inner[key] for key in numbered] if inner and set(inner) == set(numbered) else inner


def structured(fields: dict[str, Any], *names: str) -> dict[str, Any]:
    """The fields with those of `names` taken apart that came as text of JSON, as they do in forms."""
    out = dict(fields)
    for name in names:
        if isinstance(value := out.get(name), str):
            out[name] = _loaded(value, name, name)
    return out
