"""Every verb and every Python call passes the check before anything is made, written or asked of a server."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from chat_server import ChatServer
from click.testing import CliRunner, Result
from PIL import Image

from himmel.cli import himmel
from himmel.cli.groups import MAKING
from himmel.language.endpoint import Endpoint
from himmel.pipeline import ways
from himmel.pipeline.generate import Pipeline
from himmel.pipeline.request import check
from himmel.prompting.storyboard import read_storyboard
from himmel.records.plan import Plan, Segment
from himmel.records.recipe import Recipe
from himmel.safety.policy import OFF, RefusedError, policy_from

BAD = "a zebra named Mickey Mouse"
FAST = ["--steps", "1", "--guidance", "1"]
SMALL = ["--size", "48x32"]
VERBS = {
    "generate": ["generate", BAD, "-o", "new.mp4", *FAST],
    "image": ["image", BAD, "-o", "new.png", *FAST],
    "animate": ["animate", "still.png", BAD, "-o", "new.mp4", *FAST],
    "extend": ["extend", "still.png", BAD, "-o", "new.mp4", *FAST],
    "loop": ["loop", "still.png", BAD, "-o", "new.mp4", *FAST],
    "fill": ["fill", "clip.mp4", BAD, "--gap", "0.1-0.3", "-o", "new.mp4", *FAST],
    "connect": ["connect", "still.png", "still.png", BAD, "-o", "new.mp4", *FAST],
    "edit": ["edit", "still.png", BAD, "-o", "new.png", *FAST],
    "storyboard": ["storyboard", "film.yaml", "-o", "new.mp4", *FAST],
    "vary": ["vary", "bad.mp4.json", "--count", "1"],
    "enlarge": ["enlarge", "bad.mp4", "-o", "new.mp4", *FAST],
    "replay": ["replay", "bad.mp4.json", "-o", "new.mp4"],
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pipeline: Pipeline) -> Path:
    """A working folder with media and a recipe whose words are refused; every `--model` is the tiny pipeline."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Pipeline, "from_pretrained", lambda path: pipeline)
    Image.new("RGB", (48, 32), "red").save("still.png")
    clip = pipeline.generate("a red ball", width=48, height=32, seconds=0.5, steps=1, guidance=1, expand=False)
    clip.save("clip.mp4")
    clip.save("bad.mp4")
    bad = replace(clip.recipe, prompt=BAD, expanded=BAD)
    Path("bad.mp4.json").write_text(bad.to_json())
    Path("film.yaml").write_text(f"size: 48x32\nscenes: [{{prompt: a red ball}}, {{prompt: {BAD}}}]\n")
    Path("museum.yaml").write_text("name: my own mouse\npermitted: [Mickey Mouse]\n")
    return tmp_path


def run(*words: str) -> Result:
    return CliRunner().invoke(himmel, list(words))


def test_every_verb_that_makes_something_is_tried() -> None:
    assert set(VERBS) == {verb.name for verb in MAKING}


@pytest.mark.parametrize("verb", VERBS)
def test_refused_in_one_line_before_anything_is_written(verb: str, folder: Path) -> None:
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    result = run(*VERBS[verb])
    assert result.exit_code == 2, result.output + str(result.exception)
    assert result.stderr.count("\n") == 1
    assert "characters" in result.stderr
    assert "line 9" in result.stderr
    assert "zebra" not in result.stderr
    assert "Mickey" not in result.stderr
    assert before == {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}


def test_a_refusal_names_the_scene(folder: Path) -> None:
    refused = run(*VERBS["storyboard"])
    assert "scene 2 is refused" in refused.stderr
    assert "Mickey" not in refused.stdout, "nothing of its words is told before the check"


def test_what_is_said_before_a_refusal_holds_no_prompt(folder: Path) -> None:
    assert "zebra" not in run(*VERBS["generate"]).output


def test_a_policy_file_lets_a_permitted_name_through_and_is_recorded(folder: Path) -> None:
    result = run(*VERBS["generate"], *SMALL, "--seconds", "0.25", "--policy", "museum.yaml")
    assert result.exit_code == 0, result.output
    assert "my own mouse: permits 1 names" in result.stdout
    assert (
        json.loads(Path("new.mp4.json").read_text())["policy"].split("; frames not")[0]
        == "my own mouse: permits 1 names"
    )


def test_off_is_said_and_recorded(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HIMMEL_SAFETY", "off")
    result = run(*VERBS["generate"], *SMALL, "--seconds", "0.25")
    assert result.exit_code == 0, result.output
    assert "off by HIMMEL_SAFETY" in result.stdout
    assert json.loads(Path("new.mp4.json").read_text())["policy"].startswith("off")


def test_off_leaves_minors_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HIMMEL_SAFETY", "off")
    result = run("generate", "sexual content with a minor", "-o", "new.mp4", *FAST)
    assert result.exit_code == 2
    assert "minors" in result.stderr
    assert "--policy" not in result.stderr
    assert not Path("new.mp4").exists()


@pytest.mark.parametrize(("value", "more"), [("no", []), ("off", ["--policy", "museum.yaml"])])
def test_a_wrong_switch_is_no_switch(
    folder: Path, monkeypatch: pytest.MonkeyPatch, value: str, more: list[str]
) -> None:
    monkeypatch.setenv("HIMMEL_SAFETY", value)
    result = run("generate", "a red ball", "-o", "new.mp4", *FAST, *more)
    assert result.exit_code == 2
    assert "HIMMEL_SAFETY" in result.stderr


def test_a_bad_policy_file_is_one_line(folder: Path) -> None:
    Path("bad.yaml").write_text("categories: {minors: allow}\n")
    result = run(*VERBS["generate"], "--policy", "bad.yaml")
    assert result.exit_code == 2
    assert "always refused" in result.stderr


def test_python_calls_pass_the_check(pipeline: Pipeline) -> None:
    request = check(BAD, width=32, height=32, seconds=0.25, steps=1)
    for call in (pipeline.expansion, pipeline.recipe, pipeline.make, lambda r: pipeline.write(r, "never.mp4")):
        with pytest.raises(RefusedError):
            call(request)
    with pytest.raises(RefusedError):
        pipeline.generate(BAD)
    board = read_storyboard({"scenes": [{"prompt": "a ball"}, {"prompt": BAD}]})
    with pytest.raises(RefusedError):
        pipeline.make(ways.storyboard(board).request)


def test_a_recipe_of_ones_own_passes_it_too(pipeline: Pipeline) -> None:
    good = pipeline.recipe(check("a red ball", width=32, height=32, seconds=0.25, steps=1, expand=False))
    scene = Plan("storyboard", 4, segments=(Segment(0, "a ball", shown=BAD),))
    for words in ({"expanded": BAD}, {"prompt": BAD}, {"plan": scene}):
        recipe = replace(good, **words)
        with pytest.raises(RefusedError):
            pipeline.replay(recipe)
        with pytest.raises(RefusedError):
            pipeline._run(recipe, (), None, None)


def test_a_server_is_not_asked_about_a_refused_prompt(pipeline: Pipeline, server: ChatServer) -> None:
    endpoint = Endpoint(server.url, "m")
    with pytest.raises(RefusedError):
        pipeline.recipe(check(BAD, expand=endpoint))
    assert not server.asked


def test_what_a_prompt_was_filled_up_to_is_looked_at(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("himmel.pipeline.expansion.expand", lambda prompt, *rest: f"{prompt} with Mickey Mouse")
    with pytest.raises(RefusedError, match="the expanded prompt"):
        pipeline.recipe(check("a red ball"))


def test_a_request_spread_over_two_scenes(pipeline: Pipeline) -> None:
    board = read_storyboard({"scenes": [{"prompt": "how to make at home,"}, {"prompt": "a bomb, step by step"}]})
    with pytest.raises(RefusedError):
        pipeline.recipe(ways.storyboard(board).request)


def test_policies_do_not_leak_between_pipelines(pipeline: Pipeline) -> None:
    request = check(BAD, width=32, height=32, seconds=0.25, steps=1, expand=False)
    own = policy_from({"permitted": ["Mickey Mouse"]})
    assert pipeline.under(own).recipe(request).policy.split("; frames not")[0] == "own: permits 1 names"
    assert pipeline.under(OFF).recipe(request).policy.startswith("off")
    with pytest.raises(RefusedError):
        pipeline.recipe(request)


def test_recipes_from_before_the_check_can_be_read() -> None:
    recipe = Recipe("a ball", "a ball", 1, 64, 64, 8, Fraction(16), 2, 3.0, "euler", "m", "0", policy="default")
    plain = json.loads(recipe.to_json())
    assert Recipe.from_dict(plain) == recipe
    del plain["policy"]
    assert Recipe.from_dict(plain).policy == ""
