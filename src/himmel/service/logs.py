"""Logs as lines of JSON on standard error. Prompts, keys and names of files never stand in them."""

from __future__ import annotations

import json
import logging
import sys
import time
from typing import Any

FIELDS = ("request", "method", "route", "status", "ms", "key", "job", "code", "seconds", "kind", "tries")
"""What may be said beside the message."""


class Lines(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        when = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03d}Z"
        line: dict[str, Any] = {"time": when, "level": record.levelname.lower(), "message": record.getMessage()}
        line |= {name: value for name in FIELDS if (value := record.__dict__.get(name)) is not None}
        if record.exc_info and record.exc_info[1] is not None:
            line["trace"] = _trace(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False)


def begin() -> None:
    """Sends what himmel and its web server say to standard error, one line of JSON each."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("himmel").setLevel(logging.INFO)


def _trace(error: BaseException) -> list[str]:
    """Where an error came from, without its text, which may hold words of a prompt."""
    places, trace = [], error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"{code.co_filename.rpartition('himmel/')[2]}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return [type(error).__name__, *places[-12:]]
