"""What is seen of events, on tracks whose events are known, and how it is counted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.evaluation.test_timing import FRAMES, RATE, THINGS, struck, track

from himmel.evaluation.event_table import chance, counted, markdown, scores, to_json
from himmel.evaluation.events import (
    GENERATED,
    ORDER,
    RECONSTRUCTED,
    RENDERS,
    SEEN,
    SIDE,
    TIMES,
    VIEWS,
    Happened,
    Moment,
    asked_of,
    changes_of,
    seen_of,
    verdicts,
)
from himmel.evaluation.report import tables_of
from himmel.evaluation.tracker import Track
from himmel.records import Event, SceneFacts

T = np.arange(FRAMES)


def mirrored(tracks: list[Track]) -> list[Track]:
    """The same in a mirror."""
    return [
        replace(one, centre=one.centre * [-1, 1] + [1, 0], box=one.box[:, [2, 1, 0, 3]] * [-1, 1, -1, 1] + [1, 0, 1, 0])
        for one in tracks
    ]


@pytest.mark.parametrize("hit", [8, 12, 20])
def test_a_hit_and_what_follows_are_seen_when_they_happen(hit: int) -> None:
    found = seen_of("collision", struck(hit), RATE)
    assert found["hits"].side == "left"
    assert found["is pushed away"].side == "right"
    for name in ("hits", "is pushed away"):
        time = found[name].time
        assert time is not None
        assert abs(time - hit / RATE) <= 0.125  # the two of `struck` go on closing for two frames
    other = {"left": "right", "right": "left", None: None}
    for name, one in seen_of("collision", mirrored(struck(hit)), RATE).items():
        assert one.time == pytest.approx(found[name].time)
        assert one.side == other[found[name].side]


def test_only_who_stops_has_stopped() -> None:
    comes = np.minimum(0.1 + 0.04 * T, 0.5)
    stops = seen_of("collision", [track(comes), track(np.full(FRAMES, 0.8), "blue")], RATE)
    assert set(stops) == {"stops"}
    assert stops["stops"].time == pytest.approx(10 / RATE, abs=0.1)
    goes = seen_of("collision", [track(0.1 + 0.02 * T), track(np.full(FRAMES, 0.95), "blue")], RATE)
    assert "stops" not in goes


def test_behind_a_wall_is_not_out_of_the_frame() -> None:
    away = (T >= 10) & (T < 20)
    path = 0.2 + 0.02 * T
    behind = seen_of("hidden", [track(path, seen=~away)], RATE)
    assert behind == {"disappears behind": Moment(10 / RATE), "comes out": Moment(20 / RATE, "right")}
    assert seen_of("hidden", [track(path, seen=T < 10)], RATE) == {
        "disappears behind": Moment(10 / RATE),
        "stays hidden": Moment(None),
    }
    out = track(0.95 - 0.09 * T, seen=~away)
    at_edge = replace(out, border=T == 9, centre=np.where(T[:, None] < 20, out.centre, [0.2, 0.5]))
    assert seen_of("hidden", [at_edge], RATE) == {
        "leaves the frame": Moment(10 / RATE, "left"),
        "comes back": Moment(20 / RATE, "left"),
    }
    assert seen_of("hidden", [track(path)], RATE) == {}
    assert seen_of("hidden", [track(path, seen=T < 0)], RATE) == {}


HIT = (Event("hits", 0.75, 0, 1, "left"), Event("is pushed away", 0.75, 1, side="right"))
COLLISION = SceneFacts("collision", objects=THINGS, events=HIT)


def test_what_is_asked_for() -> None:
    assert asked_of(COLLISION) == (("hits", Moment(0.75, "left")), ("is pushed away", Moment(0.75, "right")))
    changing = SceneFacts("weather", light="day", light_to="night", weather="clear")
    assert changes_of(changing) == ("day to night",)
    assert asked_of(changing, 0.9) == (("day to night", Moment(0.9)),)
    stays = SceneFacts("hidden", events=(Event("disappears behind", 0.5, 0), Event("stays hidden", 1.9, 0)))
    assert asked_of(stays)[1] == ("stays hidden", Moment(None))


def test_each_row_can_be_broken_alone() -> None:
    asked, names = asked_of(COLLISION), ["hits", "is pushed away"]
    right = {"hits": Moment(0.75, "left"), "is pushed away": Moment(0.81, "right")}
    assert verdicts(asked, right, names, RATE) == {SEEN: True, SIDE: True, ORDER: True, TIMES: True}
    other_side = {**right, "hits": Moment(0.75, "right")}
    assert verdicts(asked, other_side, names, RATE) == {SEEN: True, SIDE: False, ORDER: True, TIMES: True}
    before = {**right, "is pushed away": Moment(0.56, "right")}
    assert verdicts(asked, before, names, RATE) == {SEEN: True, SIDE: True, ORDER: False, TIMES: True}
    late = {"hits": Moment(1.2, "left"), "is pushed away": Moment(1.3, "right")}
    assert verdicts(asked, late, names, RATE) == {SEEN: True, SIDE: True, ORDER: True, TIMES: False}
    assert not any(verdicts(asked, {}, names, RATE).values())
    assert verdicts(asked, late, ["is pushed away"], RATE) == {SEEN: True, SIDE: True, TIMES: False}
    assert verdicts(asked, right, ["comes out"], RATE) == {}


def happened(time: float, late: float = 0.0, render_late: float = 0.0, kept: bool = True) -> Happened:
    """Something is out of sight from `time` on; seen `late` in the made clip. kept: by the autoencoder."""
    asked = (("disappears behind", Moment(time)), ("stays hidden", Moment(None)))

    def at(delay: float) -> dict[str, Moment]:
        return {"disappears behind": Moment(time + delay), "stays hidden": Moment(None)}

    seen = {GENERATED: at(late), RENDERS: at(render_late), RECONSTRUCTED: at(0.0) if kept else {}}
    return Happened("hidden", "a caption", asked, seen)


def test_lines_come_back_as_they_were() -> None:
    one = happened(0.5, late=0.1)
    assert Happened.from_json(one.to_json()) == one


def test_shares_and_chance_are_counted() -> None:
    clips = [happened(0.2 + 0.3 * i, late=0.5 * (i == 0)) for i in range(6)]
    names = ["disappears behind", "stays hidden"]
    assert scores(clips, RENDERS, names, RATE)[TIMES].share == 1
    made = scores(clips, GENERATED, names, RATE)
    assert (made[SEEN].share, made[TIMES].right, made[TIMES].trials) == (1.0, 5, 6)
    by_chance = chance(clips, names, RATE)
    assert by_chance[TIMES].share < 0.3 < by_chance[SEEN].share == 1
    assert counted(clips, RATE) == dict.fromkeys(names, True)
    plain = to_json(clips, RATE)
    assert plain["clips"]["hidden"]["chance"][TIMES]["trials"] == by_chance[TIMES].trials
    assert set(plain["events"]["stays hidden"]["renders"]) == {"seen", "late by"}


def test_what_is_not_found_on_renders_is_left_out_and_named() -> None:
    clips = [happened(0.3 * i, render_late=0.6) for i in range(4)]
    assert counted(clips, RATE) == {"disappears behind": False, "stays hidden": True}
    text = markdown(clips, RATE)
    assert "Left out, since the measure does not find them well on renders: disappears behind." in text
    (head, rows), (_, events) = tables_of(text)
    assert head[1:4] == [f"{view} %" for view in VIEWS]
    assert TIMES not in {row[0].partition(": ")[2] for row in rows}
    assert [row[:2] for row in events] == [["disappears behind", "no"], ["stays hidden", "yes"]]


def test_what_the_autoencoder_loses_is_named() -> None:
    assert "autoencoder" not in markdown([happened(0.3 * i) for i in range(4)], RATE)
    text = markdown([happened(0.3 * i, kept=i == 0) for i in range(4)], RATE)
    assert text.endswith("whatever a transformer makes: disappears behind, stays hidden.\n")
