"""What a language model makes of a prompt is taken if it is faithful, asked for once more if not, and else left."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from chat_server import ChatServer, Raw, choice
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from himmel.grammar import LANGUAGES, departures, describe_with_facts, expand, imagine, phrases
from himmel.language.endpoint import Endpoint
from himmel.language.rewrite import EXAMPLES, SYSTEM, example, rewrite, tidied

BALL = "a red ball on grass"
GOOD = "A red ball rests on grass at sunset, the camera stays still."
BAD = "A blue ball rests on grass at sunset, the camera stays still."


@pytest.fixture
def endpoint(server: ChatServer) -> Endpoint:
    return Endpoint(server.url, "m")


def say(server: ChatServer, replies: Sequence[str | Raw]) -> None:
    left = iter(replies)
    server.answer = lambda messages: next(left)


def test_a_faithful_answer_is_taken(server: ChatServer, endpoint: Endpoint) -> None:
    say(server, [GOOD])
    expansion = rewrite(BALL, endpoint)
    assert (expansion.text, expansion.notice) == (GOOD, "")
    messages = server.asked[0]["messages"]
    assert [messages[0]["role"], messages[0]["content"]] == ["system", SYSTEM]
    assert messages[-1] == {"role": "user", "content": BALL}


def test_an_unfaithful_answer_is_asked_for_once_more_saying_what_was_lost(
    server: ChatServer, endpoint: Endpoint
) -> None:
    say(server, [BAD, GOOD])
    assert rewrite(BALL, endpoint).text == GOOD
    *_, said, complaint = server.asked[1]["messages"]
    assert said == {"role": "assistant", "content": BAD}
    assert "lost: red ball" in complaint["content"]
    assert BALL in complaint["content"]


@pytest.mark.parametrize(
    ("bad", "named"),
    [
        (BAD, "lost: red ball"),
        ("", "empty"),
        ("<think>hm, a red ball", "empty"),
        (choice(None), "empty"),
        (f"Sure! {GOOD}", "Sure"),
        (GOOD + " It rests on grass." * 200, "600 are allowed"),
    ],
)
def test_after_two_bad_answers_it_says_why(server: ChatServer, endpoint: Endpoint, bad: str | Raw, named: str) -> None:
    say(server, [bad, bad])
    expansion = rewrite(BALL, endpoint)
    assert expansion.text == ""
    assert expansion.notice.startswith("the answer of m is not used (")
    assert named in expansion.notice
    assert len(server.asked) == 2


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**32), st.integers(0, 2**32), st.sampled_from(LANGUAGES))
def test_only_faithful_answers_come_through(
    server: ChatServer, endpoint: Endpoint, seed: int, other: int, language: str
) -> None:
    """A server that describes another scene is believed only where the prompt says nothing else."""
    prompt, _ = describe_with_facts(imagine(random.Random(seed)), random.Random(seed), language, "short")
    lie, _ = describe_with_facts(imagine(random.Random(other)), random.Random(other), language, "full")
    server.answer = lambda messages: lie
    expansion = rewrite(prompt, endpoint)
    assert expansion.text == "" or not departures(prompt, expansion.text)
    server.answer = lambda messages: expand(prompt, seed)
    assert rewrite(prompt, endpoint).text == expand(prompt, seed)


@pytest.mark.parametrize(
    "answer",
    [
        f'"{GOOD}"',
        f"<think>red? <b>ball</b>\n</think>\n\n{GOOD}",
        f"no opening</think>{GOOD}",
        f"<thinking>a</thinking><think>b</think>{GOOD}<think>c",
        GOOD.replace(" ", " \n\t "),
        f"\u202e{GOOD}\x07\x1b\u200b",
        f"```\n{GOOD}\n```",
    ],
)
def test_thoughts_quotes_and_control_characters_go(answer: str) -> None:
    assert tidied(answer) == GOOD


@given(st.text(st.sampled_from("ab <>/think\n\x00\u202e\"'"), max_size=80))
def test_tidied_is_one_printable_line_and_final(text: str) -> None:
    tidy = tidied(text)
    assert tidy.isprintable()
    assert tidied(tidy) == tidy or "<" in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_examples_keep_to_the_rules(language: str) -> None:
    for seed in EXAMPLES:
        short, full = example(seed, language)
        assert short != full
        assert departures(short, full) == []
        assert all(phrase.known for phrase in phrases(full))
