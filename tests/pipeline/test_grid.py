"""Whatever the plan: every frame is shown once and in order, groups begin at the seam, and are given whole or not."""

from hypothesis import given
from hypothesis import strategies as st

from himmel.pipeline.grid import Grid
from himmel.prompting import animate, connect, edit, extend, fill, loop, looped
from himmel.records.plan import Plan, Region

N = st.integers(1, 70)
PLANS = st.one_of(
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
