"""Every way of prompting through the real pipeline: what is given comes back untouched, and a replay repeats it."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from himmel.footage.write import write_video
from himmel.grammar import read
from himmel.pipeline import Generated, Pipeline, ways
from himmel.pipeline.blend import Blend
from himmel.pipeline.grid import Grid
from himmel.pipeline.marking import marked
from himmel.pipeline.request import check
from himmel.prompting.storyboard import read_storyboard
from himmel.provenance.payload import Payload
from himmel.records import HimmelError
from himmel.records.plan import Given, Plan
from himmel.records.recipe import Recipe

FAST = ways.Settings(size=(32, 48), steps=2, guidance=2.0)


def make(pipeline: Pipeline, task: ways.Task) -> Generated:
    return pipeline.make(task.request, task.media)


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Nineteen frames, no multiple of four, of 16 a second."""
    rng = np.random.default_rng(0)
    frames = np.kron(rng.integers(0, 256, (19, 6, 4, 3)), np.ones((1, 8, 8, 1))).astype(np.uint8)
    path = tmp_path_factory.mktemp("media") / "video.mp4"
    write_video(path, frames, Fraction(16))
    return path


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("media") / "still.png"
    Image.fromarray(np.random.default_rng(1).integers(0, 256, (48, 32, 3), np.uint8)).save(path)
    return path


def test_a_region_is_replaced_and_nothing_else(pipeline: Pipeline, video: Path) -> None:
    task = ways.edit(video, "a blue cube", box=(8, 16, 16, 24), times=(0.25, 0.75), settings=FAST)
    clip, source = make(pipeline, task), task.media[0].frames
    changed = (clip.frames != source).any(-1)
    inside = np.zeros_like(changed)
    inside[4:12, 16:40, 8:24] = True
    assert not changed[~inside].any()
    assert changed[inside].mean() > 0.5
    assert (pipeline.replay(Recipe.from_json(clip.recipe.to_json())).frames == clip.frames).all()


def circle(path: Path, width: int, height: int) -> np.ndarray:
    """A white disc in the middle of a black picture, written to `path`; True where it is white."""
    y, x = np.mgrid[:height, :width] + 0.5
    inside = (x / width - 0.5) ** 2 + (y / height - 0.5) ** 2 < 0.12
    Image.fromarray(np.uint8(inside) * 255).save(path)
    return inside


def test_a_mask_is_replaced_and_nothing_else_and_marked_nowhere_else(
    pipeline: Pipeline, video: Path, tmp_path: Path
) -> None:
    white = circle(tmp_path / "mask.png", 32, 48)
    task = ways.edit(video, "a blue cube", mask=tmp_path / "mask.png", times=(0.25, 0.75), settings=FAST)
    clip, source = make(pipeline, task), task.media[0].frames
    left = np.stack([*marked(clip.frames, clip.recipe, Payload(1, 2, 3))])
    inside = np.zeros(source.shape[:3], bool)
    inside[4:12] = white
    for frames in (clip.frames, left):
        changed = (frames != source).any(-1)
        assert not changed[~inside].any()
        assert changed[inside].mean() > 0.5
    assert (left != clip.frames)[inside].any()
    (tmp_path / "mask.png").unlink()
    again = pipeline.replay(Recipe.from_json(clip.recipe.to_json()))
    assert (again.frames == clip.frames).all(), "the recipe holds the mask"


def test_a_mask_is_fitted_as_its_video_is(pipeline: Pipeline, video: Path, tmp_path: Path) -> None:
    circle(tmp_path / "own.png", 32, 48)
    circle(tmp_path / "clip.png", 64, 64)
    wide = ways.Settings(size=(64, 64), steps=1, fit="pad")
    own, fitted = (ways.edit(video, "a", mask=tmp_path / f"{n}.png", settings=wide) for n in ("own", "clip"))
    assert own.request.plan.region is not None
    assert fitted.request.plan.region is not None
    assert own.request.plan.region.width < fitted.request.plan.region.width, "black bars are at its sides"
    circle(tmp_path / "other.png", 50, 48)
    with pytest.raises(HimmelError, match=r"a mask of 50x48.*32x48, the size of .*, or 64x64"):
        ways.edit(video, "a", mask=tmp_path / "other.png", settings=wide)


def test_a_recipe_with_a_region_that_does_not_fit_is_refused(pipeline: Pipeline, video: Path, tmp_path: Path) -> None:
    circle(tmp_path / "mask.png", 32, 48)
    task = ways.edit(video, "a blue cube", mask=tmp_path / "mask.png", settings=FAST)
    told = pipeline.recipe(task.request, task.media).to_dict()
    for key, value in (("mask", "AAAA"), ("left", 30), ("top", -1), ("width", 7)):
        wrong = {**told, "plan": {**told["plan"], "region": {**told["plan"]["region"], key: value}}}
        with pytest.raises(HimmelError):
            pipeline.replay(Recipe.from_json(json.dumps(wrong)))
    del told["plan"]["region"]["mask"]  # as recipes were before there were masks
    assert Recipe.from_json(json.dumps(told)).plan.region is not None


def test_detail_is_carried_over_a_seam_where_nothing_moves_and_fades(pipeline: Pipeline, video: Path) -> None:
    task = ways.extend(video, seconds=1, settings=FAST)
    given = task.media[0].frames

    class Still:
        """A timeline whose every group is decoded to grey: what is lost of a given frame is all but its grey."""

        grid = Grid(task.request.plan)

        def picture(self, frame: int) -> np.ndarray:
            return given[frame]

    grey = np.full((4, 48, 32, 3), 128, np.uint8)
    blend = Blend(Still(), lambda group: grey)  # pyright: ignore[reportArgumentType]
    near, later, far = (blend.apply(19 + i, grey[0]).astype(int) for i in (0, 6, 12))
    detail = given[18].astype(int) - 128
    assert np.abs(near - 128 - detail * 12 / 13).max() <= 1
    assert np.abs(later - 128 - detail * 6 / 13).max() <= 1
    assert (far == 128).all()
    other = np.full((48, 32, 3), 228, np.uint8)
    assert (blend.apply(19, other) == other).all(), "a place that has changed takes nothing with it"


def test_a_weak_edit_stays_near_its_source(pipeline: Pipeline, video: Path) -> None:
    def edited(strength: float) -> np.ndarray:
        settings = ways.Settings(size=(32, 48), steps=8, guidance=1.0)
        return make(pipeline, ways.edit(video, "a red ball", strength=strength, settings=settings)).frames.astype(int)

    through = edited(0.001)  # next to nothing but encoding and decoding
    assert np.abs(edited(0.05) - through).mean() < np.abs(edited(0.9) - through).mean()


def check_given(clip: Generated, task: ways.Task) -> None:
    """Given frames are there as they came; the others were made."""
    assert len(clip.frames) == task.request.plan.frames
    for frame, source in zip(clip.frames, task.request.plan.sources(), strict=True):
        if source is not None:
            assert (frame == task.media[source[0]].frames[source[1]]).all()


def film(video: Path, still: Path) -> ways.Task:
    """Three scenes, a cut before the last, a video in the first and a still in the second."""
    scenes = [{"prompt": "{ball} rolls"}, {"prompt": "{ball} stops", "seconds": 1}, {"prompt": "", "cut": True}]
    cards = [{"video": video.name, "at": 0.5}, {"still": str(still), "at": 2.6}]
    board = read_storyboard({"subjects": {"ball": "a red ball"}, "scenes": scenes, "cards": cards, "size": "32x48"})
    return ways.storyboard(board, folder=video.parent, settings=ways.Settings(steps=2))


TASKS = {
    "storyboard": film,
    "animate": lambda video, still: ways.animate(still, "a red ball", seconds=1, settings=FAST),
    "animate later": lambda video, still: ways.animate(still, seconds=1, at=0.5, settings=FAST),
    "extend": lambda video, still: ways.extend(video, "a red ball", seconds=1, settings=FAST),
    "extend backward": lambda video, still: ways.extend(video, seconds=0.7, backward=True, settings=FAST),
    "loop": lambda video, still: ways.loop(video, seconds=0.5, settings=FAST),
    "fill": lambda video, still: ways.fill(video, [(0.2, 0.5), (0.8, 1.1)], settings=FAST),
    "connect": lambda video, still: ways.connect(video, video, "a red ball", seconds=0.5, settings=FAST),
    "connect stills": lambda video, still: ways.connect(still, video, seconds=0.5, settings=FAST),
}


@pytest.mark.parametrize("name", TASKS)
def test_given_frames_come_back_as_they_came_and_replay_repeats(
    pipeline: Pipeline, video: Path, still: Path, name: str
) -> None:
    task = TASKS[name](video, still)
    clip = make(pipeline, task)
    check_given(clip, task)
    again = pipeline.replay(Recipe.from_json(clip.recipe.to_json()))
    assert (again.frames == clip.frames).all()


def test_what_is_made_depends_on_what_is_given(pipeline: Pipeline, video: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.mp4"
    write_video(other, np.full((19, 48, 32, 3), 200, np.uint8), Fraction(16))
    clips = [make(pipeline, ways.extend(path, seconds=0.5, settings=FAST)) for path in (video, other)]
    assert (clips[0].frames[19:] != clips[1].frames[19:]).any()
    stills = [make(pipeline, ways.animate(path, seconds=0.5, settings=FAST)) for path in (video, other)]
    assert (stills[0].frames[1:] != stills[1].frames[1:]).any(), "a picture that stands alone is seen too"


def test_a_loops_first_and_last_groups_are_decoded_as_neighbours(pipeline: Pipeline) -> None:
    clip = pipeline.generate("a red ball", width=32, height=32, seconds=1.1, steps=1, loop=True)
    assert len(clip.frames) == 20, "rounded up to whole groups"
    assert clip.recipe.plan.loop


def test_a_long_clip_begins_as_a_shorter_one_does(pipeline: Pipeline) -> None:
    small = {"width": 16, "height": 16, "steps": 1, "guidance": 1.0}
    long, longer = (pipeline.generate("a red ball", seconds=s, **small) for s in (4, 6))
    assert len(longer.frames) == 96
    assert (longer.frames[:32] == long.frames[:32]).all()


def test_media_of_other_size_and_rate_are_fitted_and_it_is_said(pipeline: Pipeline, tmp_path: Path) -> None:
    wide = tmp_path / "wide.mp4"
    write_video(wide, np.zeros((24, 360, 640, 3), np.uint8), Fraction(24))
    task = ways.extend(wide, seconds=0.5, settings=ways.Settings(steps=1))
    assert task.media[0].frames.shape == (16, 96, 176, 3)
    assert len(task.media[0].changes) == 2
    kept = ways.extend(wide, seconds=0.5, settings=ways.Settings(size=(32, 32), rate=Fraction(24), fit="pad"))
    assert kept.media[0].frames.shape == (24, 32, 32, 3)
    assert kept.request.rate == 24


def test_a_changed_medium_is_noticed_by_a_replay(pipeline: Pipeline, still: Path, tmp_path: Path) -> None:
    copy = tmp_path / "still.png"
    copy.write_bytes(still.read_bytes())
    clip = make(pipeline, ways.animate(copy, seconds=0.25, settings=FAST))
    Image.fromarray(np.zeros((48, 32, 3), np.uint8)).save(copy)
    with pytest.raises(HimmelError, match="changed"):
        pipeline.replay(clip.recipe)


def test_without_anything_given_a_prompt_is_needed() -> None:
    with pytest.raises(HimmelError, match="empty"):
        check("")


def test_scenes_after_a_cut_see_nothing_before_it_and_those_without_one_do(pipeline: Pipeline) -> None:
    def made(first: str, cut: bool) -> np.ndarray:
        scenes = [{"prompt": first, "seconds": 1}, {"prompt": "a blue cube falls on sand by day", "cut": cut}]
        return make(pipeline, ways.storyboard(read_storyboard({"scenes": scenes}), settings=FAST)).frames

    words = ("a red ball rolls on sand by day", "a green cone spins on snow at sunset")
    apart, joined = ([made(text, cut) for text in words] for cut in (True, False))
    assert (apart[0][:16] != apart[1][:16]).any()
    assert (apart[0][16:] == apart[1][16:]).all()
    assert (joined[0][16:] != joined[1][16:]).any()


def test_a_scene_keeps_to_what_the_one_before_it_said(pipeline: Pipeline) -> None:
    scenes = [{"prompt": "a ball rolls on sand at sunset", "seconds": 1}, {"prompt": "the ball stops", "seconds": 1}]
    task = ways.storyboard(read_storyboard({"scenes": scenes}), settings=FAST)
    first, second = (read(part.shown) for part in pipeline.recipe(task.request).plan.segments)
    assert second.objects[0].colour == first.objects[0].colour
    assert (second.ground, second.light) == ("sand", "sunset")


def test_a_picture_variations_and_a_larger_clip_from_python(pipeline: Pipeline, tmp_path: Path) -> None:
    picture = make(pipeline, ways.image("a red ball", settings=FAST))
    assert picture.frames.shape == (1, 48, 32, 3)
    clip = pipeline.generate("a red ball rolls", width=32, height=32, seconds=0.5, steps=1, seed=2**63 - 2)
    others = ways.vary(clip.recipe, 3)
    assert [one.seed for one in others] == [2**63 - 1, 0, 1], "seeds go round"
    assert (pipeline.replay(others[1]).frames != clip.frames).any()
    clip.save(tmp_path / "clip.mp4")
    task = ways.enlarge(tmp_path / "clip.mp4", clip.recipe, settings=ways.Settings(steps=1))
    assert make(pipeline, task).frames.shape == (8, 64, 64, 3)
    assert (task.request.seed, task.request.prompt) == (clip.recipe.seed, clip.recipe.expanded)
    for wrong in (lambda: ways.vary(clip.recipe, 0), lambda: ways.image(" "), lambda: small(clip.recipe)):
        with pytest.raises(HimmelError):
            wrong()


def small(recipe: Recipe) -> ways.Task:
    return ways.enlarge("clip.mp4", recipe, size=(16, 16))


def blink(length: int) -> Plan:
    """A way that himmel does not have: every second group of four is made anew."""
    return Plan("blink", length, tuple(Given(0, at, min(4, length - at), at) for at in range(0, length, 8)))


def test_a_new_way_needs_nothing_but_its_plan(pipeline: Pipeline, video: Path) -> None:
    media = ways.extend(video, seconds=0.25, settings=FAST).media
    request = check("a red ball", width=32, height=48, steps=2, plan=blink(len(media[0].frames)))
    clip = pipeline.make(request, media)
    check_given(clip, ways.Task(request, media))
    assert clip.recipe.plan.way == "blink"
    assert (pipeline.replay(Recipe.from_json(clip.recipe.to_json())).frames == clip.frames).all()
