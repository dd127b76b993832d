"""Errors as the Videos API says them: {"error": {message, type, param, code}}."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from himmel.records import HimmelError
from himmel.service.engine import RefusedOrderError

TYPES = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
    500: "server_error",
    503: "server_error",
    507: "server_error",
}
"""The type for each status; all others are "invalid_request_error"."""
ATTEST = "if all who can be recognised in it agree, say so: attest_likeness"


class ApiError(Exception):
    """A reply that is no success. code: for programs. param: the field it is about. retry: whether a client should."""

    def __init__(
        self,
        status: int,
        message: str,
        code: str | None = None,
        param: str | None = None,
        retry: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.message, self.code, self.param = status, message, code, param
        # The official clients repeat 408, 409, 429 and 5xx on their own unless they are told not to.
        self.headers = {"x-should-retry": "true" if retry else "false", **(headers or {})}

    @property
    def body(self) -> dict[str, Any]:
        kind = TYPES.get(self.status, "invalid_request_error")
        # Half a character, which JSON can hold and UTF-8 cannot, may have come in with the name of a field.
        message, param = (None if text is None else _whole(text) for text in (self.message, self.param))
        return {"error": {"message": message, "type": kind, "param": param, "code": self.code}}


def _whole(text: str) -> str:
    return text.encode(errors="replace").decode()


def from_himmel(error: HimmelError, param: str | None = None) -> ApiError:
    """Bad input as a reply. Prompts that are refused have the code that the old service gave."""
    if isinstance(error, RefusedOrderError):
        instead = ATTEST if error.field == "attest_likeness" else ""
        message = "; ".join(part for part in (error.given, error.allowed, instead) if part)
        return ApiError(400, f"{message} (category: {error.category})", "moderation_blocked", error.field or None)
    return ApiError(400, plain(error), "invalid_value", param)


def plain(error: HimmelError) -> str:
    """Its line, without a remedy that speaks of the command line."""
    remedy = "" if re.search(r"(^| )--?[a-z]", error.remedy) or "himmel " in error.remedy else error.remedy
    return "; ".join(part for part in (error.given, error.allowed, remedy) if part)


def not_found(what: str) -> ApiError:
    """The same for what does not exist and for what belongs to somebody else."""
    return ApiError(404, f"no {what} with this id", "not_found")
