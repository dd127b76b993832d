"""Whatever the plan: every frame is shown once and in order, groups begin at the seam, and are given whole or not."""

from hypothesis import given
from hypothesis import strategies as st

from himmel.pipeline.grid import Grid
from himmel.prompting import animate, connect, edit, extend, fill, loop, looped
from himmel.records.plan import Given, Plan, Region, Segment
from himmel.sampling.windows import windows

N = st.integers(1, 70)


def told(prompts: list[tuple[int, bool]], given_groups: set[int]) -> Plan:
    """A storyboard with scenes of so many groups, some after a cut, and some groups given."""
    starts = [4 * sum(groups for groups, _ in prompts[:i]) for i in range(len(prompts))]
    frames = 4 * sum(groups for groups, _ in prompts)
    segments = tuple(Segment(start, "a ball", cut) for start, (_, cut) in zip(starts, prompts, strict=True))
    cards = tuple(Given(0, 0, 4, 4 * group) for group in sorted(given_groups) if 4 * group < frames)
    return Plan("storyboard", frames, cards, segments=segments)


SCENES = st.lists(st.tuples(st.integers(1, 20), st.booleans()), min_size=1, max_size=5)
STORYBOARDS = st.builds(told, SCENES, st.sets(st.integers(0, 60), max_size=6))
PLANS = st.one_of(
    STORYBOARDS,
    st.builds(lambda frames: Plan("generate", frames), N),
    st.builds(looped, N),
    st.builds(lambda frames, at: animate(frames, at % frames), N, N),
    st.builds(extend, N, N, st.booleans()),
    st.builds(loop, N, N),
    st.builds(connect, N, N, N),
    st.builds(lambda a, b, c: fill(a + b + c, [(a, a + b)]), N, N, N),
    st.builds(lambda n, cut: edit(n, 0.5, Region(0, 0, 8, 8, cut % n, n)), N, N),
)


@given(PLANS)
def test_every_frame_is_shown_once_and_in_order(plan: Plan) -> None:
    grid = Grid(plan)
    before = range(-grid.offset if plan.loop else 0)
    shown = [*before, *(frame for group in range(grid.groups) for _, frame in grid.shown(group))]
    assert shown == list(range(plan.frames))
    assert all(grid.sources[frame] is not None for frame in before), "a loop's first frames are given"


@given(PLANS)
def test_groups_begin_at_the_seam_and_are_known_only_if_given_whole(plan: Plan) -> None:
    grid = Grid(plan)
    for group in range(grid.groups):
        frames = [frame for frame in grid.frames(group) if frame is not None]
        assert (frames[0] - plan.seam) % 4 == 0 or frames[0] == 0 or plan.loop
        assert grid.known[group] == all(grid.kept(frame) for frame in frames)
        for inside in grid.references(group):
            frame = grid.frames(group)[inside]
            assert frame is not None
            assert grid.kept(frame)
            assert not grid.known[group]


@given(PLANS)
def test_neighbours_are_mutual(plan: Plan) -> None:
    grid = Grid(plan)
    for group in range(grid.groups):
        before, after = grid.beside(group)
        assert before is None or grid.beside(before)[1] == group
        assert after is None or grid.beside(after)[0] == group
        assert plan.loop or (before is None) == (group == 0)


@given(STORYBOARDS)
def test_windows_keep_to_one_scene_and_look_over_no_cut(plan: Plan) -> None:
    grid, there = Grid(plan), list(Grid(plan).known)
    for number, window in grid.walk(grid.known):
        made = [group for group in window if not there[group]]
        assert made
        assert len(window) <= 8
        assert set(made) <= set(grid.segments[number])
        shot = next(shot for shot in grid.shots if window[0] in shot)
        assert set(window) <= set(shot)
        for group in window:
            there[group] = True
    assert all(there)
    for group in range(grid.groups):
        for beside in grid.beside(group):
            assert beside is None or any(group in shot and beside in shot for shot in grid.shots)


@given(STORYBOARDS, st.integers(0, 100))
def test_a_walk_that_was_stopped_goes_on_as_it_would_have(plan: Plan, stop: int) -> None:
    grid = Grid(plan)
    whole = list(grid.walk(grid.known))
    done = whole[: stop % (len(whole) + 1)]
    there = list(grid.known)
    for _, window in done:
        for group in window:
            there[group] = True
    assert done + list(grid.walk(there)) == whole


def test_without_scenes_all_is_one() -> None:
    grid = Grid(extend(10, 30))
    assert grid.segments == [range(grid.groups)]
    assert [window for _, window in grid.walk(grid.known)] == list(windows(grid.known))
