"""Requests made from the published schema, true to it and not, are all answered: never with an error of the service."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from live_service import Live
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from scripted_engine import Scripted

from himmel.service.routes import whole

FEW = settings(max_examples=5, deadline=None, database=None, suppress_health_check=list(HealthCheck))


def references(value: Any) -> Iterator[str]:
    """Every $ref in a schema."""
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
        if key == "$ref":
            yield inner
        elif isinstance(inner, dict | list):
            yield from references(inner)


def test_every_reference_of_the_schema_leads_somewhere(idle: Live) -> None:
    schema = idle.told("GET", "/openapi.json")
    found = set(references(schema))
    assert found
    for reference in found:
        place = schema
        for part in reference.removeprefix("#/").split("/"):
            place = place[part]
    assert "$defs" not in json.dumps(schema)


def test_the_storyboard_of_the_schema_is_that_of_the_file(idle: Live) -> None:
    found = idle.told("GET", "/openapi.json")["paths"]["/v1/videos/storyboards"]["post"]["requestBody"]["content"]
    file = json.loads((Path(__file__).parents[2] / "docs/storyboard.schema.json").read_text())
    for content in found.values():
        board = content["schema"]["properties"]["storyboard"]
        assert board == {**whole(json.loads(json.dumps(file))), "description": board["description"]}
        assert (
            board["properties"]["scenes"]["items"]["properties"].keys() == file["$defs"]["Scene"]["properties"].keys()
        )


def test_nothing_that_the_schema_allows_or_forbids_breaks_the_service(serve: Callable[..., Live]) -> None:
    live = serve(Scripted(), working=False)
    schema = schemathesis.openapi.from_url(f"http://127.0.0.1:{live.port}/openapi.json")
    answers: defaultdict[str, list[int]] = defaultdict(list)
    for found in schema.get_all_operations():
        assert isinstance(found, Ok), found
        operation = found.ok()
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):

            @FEW
            @given(case=operation.as_strategy(generation_mode=mode))
            def ask(case: schemathesis.Case) -> None:
                answer = case.call(timeout=30)
                assert answer.status_code < 500, (case.as_curl_command(), answer.text)
                answers[f"{case.method.upper()} {case.path}"].append(answer.status_code)

            try:
                ask()
            except Unsatisfiable:
                assert mode == GenerationMode.NEGATIVE, operation.label  # where nothing is asked, nothing can be wrong
    statuses = Counter(status for told in answers.values() for status in told)
    print(f"{statuses.total()} requests to {len(answers)} operations, by status: {dict(sorted(statuses.items()))}")
    assert len(answers) >= 25
    # Both kinds arrived: orders that were taken, and others that were refused.
    assert {200, 400} <= set(answers["POST /v1/videos"])
