"""Who fills up prompts: the grammar, nobody, or a server by two settings; through every verb, and by one place."""

from __future__ import annotations

import importlib
import json
import random
import socket
from dataclasses import replace
from pathlib import Path

import pytest
from chat_server import ChatServer, Raw
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from himmel.cli import himmel
from himmel.grammar import LANGUAGES, describe, describe_with_facts, expand, imagine
from himmel.grammar.expand import filled
from himmel.language.endpoint import Endpoint
from himmel.pipeline.expansion import KEPT, Expander
from himmel.pipeline.generate import Pipeline
from himmel.pipeline.request import check
from himmel.records import HimmelError, SceneFacts

BALL = "a red ball on grass"
GOOD = "A red ball rests on grass at sunset, the camera stays still."
BAD = "A blue ball rests on grass at sunset, the camera stays still."
FAST = ["--size", "48x32", "--steps", "1", "--guidance", "1"]
doctor = importlib.import_module("himmel.cli.doctor")  # the package has the command by this name
SHORT = [*FAST, "--seconds", "0.25"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pipeline: Pipeline) -> Path:
    """A working folder without settings; every `--model` gives the tiny pipeline, as if it were newly loaded."""
    monkeypatch.chdir(tmp_path)
    for name in ("URL", "MODEL", "KEY"):
        monkeypatch.delenv(f"HIMMEL_EXPAND_{name}", raising=False)
    monkeypatch.setattr(Pipeline, "from_pretrained", lambda path: Pipeline(pipeline.parts, threads=1))
    return tmp_path


@pytest.fixture
def endpoint(folder: Path, server: ChatServer, monkeypatch: pytest.MonkeyPatch) -> Endpoint:
    """The server as the environment names it; it answers well."""
    server.answer = lambda messages: GOOD
    monkeypatch.setenv("HIMMEL_EXPAND_URL", server.url)
    monkeypatch.setenv("HIMMEL_EXPAND_MODEL", "tiny-llm")
    return Endpoint(server.url, "tiny-llm")


def run(*words: str) -> Result:
    return CliRunner().invoke(himmel, list(words))


def words_of(clip: str) -> str:
    return json.loads(Path(f"{clip}.json").read_text())["expanded"]


def test_every_verb_shows_and_records_what_the_server_wrote(endpoint: Endpoint, server: ChatServer) -> None:
    result = run("generate", BALL, "-o", "a.mp4", "--count", "2", *SHORT)
    assert result.exit_code == 0, result.output
    assert f"asking    tiny-llm at {endpoint.url}" in result.stdout
    assert f"read as   {GOOD}" in result.stdout
    assert len(server.asked) == 1  # once for all clips
    assert (words_of("a-1.mp4"), words_of("a-2.mp4")) == (GOOD, GOOD)
    assert run("image", BALL, "-o", "b.png", *FAST).exit_code == 0
    assert run("animate", "b.png", BALL, "-o", "c.mp4", *SHORT).exit_code == 0
    assert run("extend", "c.mp4", BALL, "-o", "d.mp4", *SHORT).exit_code == 0
    assert [words_of(clip) for clip in ("b.png", "c.mp4", "d.mp4")] == [GOOD] * 3
    assert len(server.asked) == 4
    assert run("extend", "c.mp4", "-o", "e.mp4", *SHORT).exit_code == 0  # without words there is nothing to ask
    assert run("vary", "b.png.json", "--count", "1", "--no-sheet").exit_code == 0
    assert run("replay", "a-1.mp4.json", "-o", "f.mp4").exit_code == 0
    assert words_of("f.mp4") == words_of("b-1.png") == GOOD
    assert len(server.asked) == 4


def test_an_answer_that_is_no_use_is_a_note(endpoint: Endpoint, server: ChatServer) -> None:
    server.answer = lambda messages: BAD
    result = run("generate", BALL, "-o", "a.mp4", "--seed", "3", *SHORT)
    assert result.exit_code == 0, result.output
    notes = [line for line in result.stdout.splitlines() if line.startswith("note")]
    assert len(notes) == 1
    assert "the answer of tiny-llm is not used (lost: red ball" in notes[0]
    assert "built-in" in notes[0]
    assert words_of("a.mp4") == expand(BALL, 3)


def test_no_answer_is_one_line_and_no_file(endpoint: Endpoint, server: ChatServer, folder: Path) -> None:
    server.answer = lambda messages: Raw(b"", 503)
    result = run("generate", BALL, "-o", "a.mp4", *SHORT)
    assert result.exit_code == 2
    assert result.stderr.startswith("himmel: error: the server of HIMMEL_EXPAND_URL")
    assert result.stderr.count("\n") == 1
    assert list(folder.iterdir()) == []


def test_half_a_setting_is_one_line(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HIMMEL_EXPAND_MODEL", "tiny-llm")
    result = run("generate", BALL, "-o", "a.mp4", *SHORT)
    assert result.exit_code == 2
    assert "HIMMEL_EXPAND_MODEL without HIMMEL_EXPAND_URL" in result.stderr
    assert run("generate", BALL, "-o", "a.mp4", "--no-expand", *SHORT).exit_code == 0


def test_nothing_is_sent_unless_both_are_set_and_it_is_wanted(
    endpoint: Endpoint, server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def connect(self: socket.socket, address: object) -> None:
        raise AssertionError(f"a connection to {address}")

    monkeypatch.setattr(socket.socket, "connect", connect)
    assert run("generate", BALL, "-o", "a.mp4", "--no-expand", *SHORT).exit_code == 0
    assert words_of("a.mp4") == BALL
    monkeypatch.delenv("HIMMEL_EXPAND_URL")
    monkeypatch.delenv("HIMMEL_EXPAND_MODEL")
    assert run("generate", BALL, "-o", "b.mp4", *SHORT).exit_code == 0
    assert words_of("b.mp4") == expand(BALL, 0)
    assert server.asked == []


def test_python_reads_no_environment_and_takes_an_endpoint(endpoint: Endpoint, server: ChatServer) -> None:
    pipeline = Pipeline.from_pretrained("tiny")
    shape = {"width": 48, "height": 32, "seconds": 0.25, "steps": 1}
    assert pipeline.generate(BALL, **shape).recipe.expanded == expand(BALL, 0)
    assert server.asked == []
    clip = pipeline.generate(BALL, expand=endpoint, **shape)
    assert clip.recipe.expanded == GOOD
    assert (pipeline.replay(clip.recipe).frames == clip.frames).all()
    assert len(server.asked) == 1
    server.answer = lambda messages: BAD
    with pytest.warns(UserWarning, match="not used"):
        pipeline.generate("a red cube on sand", expand=endpoint, **shape)


def test_an_endpoint_is_asked_once_for_a_prompt_and_errors_are_not_kept(endpoint: Endpoint, server: ChatServer) -> None:
    expander = Expander()
    server.answer = lambda messages: Raw(b"", 503)
    with pytest.raises(HimmelError):
        expander(check(BALL, expand=endpoint))
    server.answer = lambda messages: GOOD
    assert [expander(check(BALL, seed=seed, expand=endpoint)).text for seed in range(3)] == [GOOD] * 3
    assert len(server.asked) == 2
    server.answer = lambda messages: messages[-1]["content"]
    for i in range(KEPT + 1):
        expander(check(f"{BALL} in scene{i}", expand=endpoint))
    assert len(expander._asked) == KEPT


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**32), st.sampled_from(LANGUAGES), st.sampled_from(("tags", "short")), st.integers(0, 9))
def test_a_server_that_drops_a_fact_is_not_used(
    endpoint: Endpoint, server: ChatServer, seed: int, language: str, length: str, which: int
) -> None:
    prompt, stated = describe_with_facts(imagine(random.Random(seed)), random.Random(seed), language, length)
    less = dropped(stated)
    told = describe(filled(less[which % len(less)], random.Random(seed)), random.Random(seed), language)
    server.answer = lambda messages: told
    expansion = Expander()(check(prompt, seed=seed, expand=endpoint))
    assert expansion.text == expand(prompt, seed)
    assert "not used" in expansion.notice


def dropped(facts: SceneFacts) -> list[SceneFacts]:
    """The same facts, each time without one that no expansion would fill in again."""
    names = [name for name in ("weather_to", "light_to", "season", "clouds") if getattr(facts, name)]
    found = [replace(facts, **{name: None}) for name in names]
    for i, thing in enumerate(facts.objects):
        lost = [name for name in ("size", "material", "motion", "direction") if getattr(thing, name)]
        less = [replace(thing, **{name: None}) for name in lost]
        found += [replace(facts, objects=(*facts.objects[:i], other, *facts.objects[i + 1 :])) for other in less]
    other = "hills" if facts.scenery == "mountains" else "mountains"
    return found or [SceneFacts("landscape", other)]


def test_doctor_says_where_prompts_go(endpoint: Endpoint, server: ChatServer, monkeypatch: pytest.MonkeyPatch) -> None:
    (finding,) = doctor._findings(doctor._expansion)
    assert finding.found == f"tiny-llm at {endpoint.url}: your prompts are sent there"
    monkeypatch.delenv("HIMMEL_EXPAND_MODEL")
    (finding,) = doctor._findings(doctor._expansion)
    assert finding.state == doctor.PROBLEM
    assert "without HIMMEL_EXPAND_MODEL" in finding.what
    monkeypatch.delenv("HIMMEL_EXPAND_URL")
    (finding,) = doctor._findings(doctor._expansion)
    assert (finding.state, finding.found) == (doctor.GOOD, "built in")
    assert server.asked == []
