"""A storyboard says when each prompt holds; what does not fit is refused in one line that helps."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from himmel.prompting.script import read_script
from himmel.prompting.storyboard import Storyboard, plan, prompts, read_storyboard, times
from himmel.records import HimmelError

RATE = Fraction(16)
BALL = {"prompt": "a ball rolls"}


@given(st.lists(st.floats(0.5, 20), min_size=1, max_size=10), st.sampled_from([8, 12, 16, 24, Fraction(24000, 1001)]))
def test_scenes_follow_each_other_and_begin_at_groups(lengths: list[float], rate: Fraction) -> None:
    board = read_storyboard({"scenes": [{**BALL, "seconds": s} for s in lengths]})
    found = plan(board, Fraction(rate))
    assert [b - a for a, b in times(board)] == pytest.approx(lengths)
    assert len(found.segments) == len(lengths)
    for segment, (begin, _) in zip(found.segments, times(board), strict=True):
        assert segment.start % 4 == 0
        assert abs(segment.start - begin * rate) <= 2
    assert abs(found.frames - sum(lengths) * rate) <= 0.5


def test_times_may_be_said_by_where_scenes_begin() -> None:
    scenes = [BALL, {**BALL, "at": 1.0}, {**BALL, "at": 2.5}]
    assert times(read_storyboard({"scenes": scenes, "seconds": 4.0})) == [(0, 1), (1, 2.5), (2.5, 4)]
    assert times(read_storyboard({"scenes": scenes}))[-1] == (2.5, 4.5), "two seconds where nothing is said"


def test_subjects_and_style_are_put_in() -> None:
    board = read_storyboard(
        {"subjects": {"ball": "a red ball"}, "style": "at night.", "scenes": [{"prompt": "{ball} rolls."}]}
    )
    assert prompts(board) == ["a red ball rolls, at night"]


def test_cards_are_given_frames() -> None:
    cards = [{"still": "a.png", "at": 1.0}, {"video": "b.mp4", "at": 2.0, "start": 0.5, "seconds": 1.0}]
    found = plan(read_storyboard({"scenes": [{**BALL, "seconds": 4}], "cards": cards}), RATE, [1, 40])
    assert [(g.medium, g.first, g.count, g.at) for g in found.given] == [(0, 0, 1, 16), (1, 8, 16, 32)]


WRONG = {
    "no mapping": ([1, 2], "the storyboard"),
    "nothing": (None, "the storyboard"),
    "no scenes": ({"scenes": []}, "scenes"),
    "unknown key": ({"scnes": [BALL], "scenes": [BALL]}, "did you mean 'scenes'"),
    "unknown key of a scene": ({"scenes": [{**BALL, "secnds": 1}]}, "did you mean 'seconds'"),
    "unknown key of a card": ({"scenes": [BALL], "cards": [{"at": 1.0, "stil": "a"}]}, "did you mean 'still'"),
    "a scene without a prompt": ({"scenes": [{"seconds": 1}]}, "scenes[1].prompt"),
    "a number in words": ({"scenes": [{**BALL, "seconds": "two"}]}, "scenes[1].seconds: 'two'"),
    "a truth as a number": ({"scenes": [{**BALL, "seconds": True}]}, "scenes[1].seconds"),
    "endless": ({"scenes": [{**BALL, "seconds": float("inf")}]}, "scenes[1].seconds"),
    "not a number": ({"scenes": [{**BALL, "seconds": float("nan")}]}, "scenes[1].seconds"),
    "negative": ({"scenes": [{**BALL, "seconds": -1}]}, "scenes[1].seconds"),
    "overlapping": ({"scenes": [{**BALL, "seconds": 2}, {**BALL, "at": 1.0}]}, "begins at 1 s"),
    "a gap": ({"scenes": [{**BALL, "seconds": 2}, {**BALL, "at": 3.0}]}, "follow each other"),
    "reversed": ({"scenes": [{**BALL}, {**BALL, "at": 3.0}, {**BALL, "at": 2.0}]}, "scene 2 from 3 to 2"),
    "a late start": ({"scenes": [{**BALL, "at": 1.0}]}, "from 0 on"),
    "another length": ({"scenes": [{**BALL, "seconds": 2}], "seconds": 3.0}, "up to 2 s in 3 s"),
    "too short": ({"scenes": [{**BALL, "seconds": 0.1}, BALL]}, "at least 0.25 s"),
    "no such subject": ({"scenes": [{"prompt": "{boll} rolls"}], "subjects": {"ball": "x"}}, "subjects: ball"),
    "a size in words": ({"scenes": [BALL], "size": "large"}, "size"),
    "a card of two files": ({"scenes": [BALL], "cards": [{"at": 1.0, "still": "a", "video": "b"}]}, "either"),
    "a card outside": ({"scenes": [BALL], "cards": [{"at": 9.0, "still": "a"}]}, "inside the clip"),
    "cards at one time": (
        {"scenes": [BALL], "cards": [{"at": 1.0, "still": "a"}, {"at": 1.0, "still": "b"}]},
        "do not overlap",
    ),
    "past a video's end": ({"scenes": [BALL], "cards": [{"at": 1.0, "video": "a", "start": 9.0}]}, "ends at"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_does_not_fit_is_refused(name: str) -> None:
    plain, says = WRONG[name]

    def use() -> None:
        board = read_storyboard(plain)
        assert all(card.path for card in board.cards)
        plan(board, RATE, [1] * len(board.cards))

    with pytest.raises(HimmelError) as raised:
        use()
    assert says in str(raised.value)
    assert "\n" not in str(raised.value)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
    )
)
def test_anything_else_is_refused_in_words(plain: object) -> None:
    with pytest.raises(HimmelError):
        read_storyboard(plain)
    with pytest.raises(HimmelError):
        read_storyboard({"scenes": [{"prompt": "a ball", "seconds": 2, "extra": plain}]})


def test_the_format_can_be_stored_and_read_again() -> None:
    board = read_storyboard({"scenes": [{**BALL, "cut": True}], "size": "64x64", "seed": 3})
    assert read_storyboard(board.model_dump(exclude_defaults=True)) == board
    assert Storyboard.model_json_schema()["properties"].keys() == Storyboard.model_fields.keys()


SCRIPT = """Title: A ball
Author: nobody

EXT. MEADOW - DAY

A red ball rolls to the left. It stops near a blue cube! [[slowly]]

ANNA
(softly)
What a ball.

CUT TO:

EXT. STORMY SEA - SUNSET

The waves rise.

A boat, {far} away, *sinks*.
"""


def test_a_script_becomes_scenes_and_cuts() -> None:
    found = read_script(SCRIPT)
    scenes = found.storyboard.scenes
    assert [scene.prompt for scene in scenes] == [
        "A red ball rolls to the left, meadow, by day",
        "It stops near a blue cube, meadow, by day",
        "The waves rise, stormy sea, at sunset",
        "A boat, far away, sinks, stormy sea, at sunset",
    ]
    assert [scene.cut for scene in scenes] == [False, False, True, False]
    assert all(2 <= (scene.seconds or 0) <= 8 for scene in scenes)
    assert found.left_out == ["ANNA", "(softly)", "What a ball."]
    assert len(plan(found.storyboard, RATE).segments) == 4


@pytest.mark.parametrize("text", ["", "EXT. MEADOW - DAY", "Title: nothing", "ANNA\nHello."])
def test_a_script_in_which_nothing_happens_is_refused(text: str) -> None:
    with pytest.raises(HimmelError, match="action"):
        read_script(text)


@given(st.text(max_size=300))
def test_any_text_is_a_script_or_refused(text: str) -> None:
    try:
        board = read_script(text).storyboard
    except HimmelError:
        return
    assert len(prompts(board)) == len(board.scenes)
