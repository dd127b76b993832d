"""Requests made from the published schema, true to it and not, are all answered: never with an error of the service."""

from __future__ import annotations

from collections.abc import Callable

import schemathesis
from hypothesis import HealthCheck, given, settings
from live_service import Live
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from scripted_engine import Scripted

ANY = settings(max_examples=6, deadline=None, database=None, suppress_health_check=list(HealthCheck))


def test_nothing_that_the_schema_allows_or_forbids_breaks_the_service(serve: Callable[..., Live]) -> None:
    live = serve(Scripted(), working=False)
    schema = schemathesis.openapi.from_url(f"http://127.0.0.1:{live.port}/openapi.json")
    asked: set[str] = set()
    for found in schema.get_all_operations():
        assert isinstance(found, Ok), found
        operation = found.ok()
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):

            @ANY
            @given(case=operation.as_strategy(generation_mode=mode))
            def ask(case: schemathesis.Case) -> None:
                answer = case.call(timeout=30)
                assert answer.status_code < 500, (case.as_curl_command(), answer.text)
                asked.add(f"{case.method} {case.path}")

            ask()
    assert len(asked) >= 25
