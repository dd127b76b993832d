"""One door out: whatever asks for a clip, it leaves signed, or says that it was asked not to be."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image
from streams import stream

from himmel.cli import doctor, groups, himmel
from himmel.evaluation.metrics import psnr
from himmel.footage.read import read_video
from himmel.pipeline import Pipeline
from himmel.pipeline.generate import Pipeline as Whole
from himmel.pipeline.journal import Journal
from himmel.pipeline.request import check
from himmel.provenance import identity
from himmel.provenance.payload import clip_of, key_of
from himmel.provenance.settings import anchors_from, own_from
from himmel.provenance.signer import Callback
from himmel.provenance.verify import MISSING, TRUSTED, Verdict, verify
from himmel.records import HimmelError
from himmel.records.recipe import Recipe

BALL = "a red ball rolls to the left on grass"
WORK = ["--steps", "1", "--guidance", "1"]
SMALL = ["--size", "48x32"]
TINY = {"width": 48, "height": 32, "seconds": 0.5, "steps": 1, "guidance": 1.0}
FILM = "scenes:\n  - {prompt: a red ball, seconds: 0.5}\n  - {prompt: the sea, seconds: 0.5, cut: true}\n"
CLIP, PICTURE = "clip.mp4", "clip.png"
WAYS = {
    "generate": [BALL, "-o", "out.mp4", *SMALL, "--seconds", "0.5", *WORK],
    "generate as webm": [BALL, "-o", "out.webm", *SMALL, "--seconds", "0.5", *WORK],
    "generate as gif": [BALL, "-o", "out.gif", *SMALL, "--seconds", "0.5", *WORK],
    "generate as png": [BALL, "-o", "out.png", *SMALL, *WORK],
    "generate in a loop": [BALL, "-o", "out.mp4", "--loop", *SMALL, "--seconds", "0.5", *WORK],
    "generate several": [BALL, "-o", "out.mp4", "--count", "2", "--sheet", *SMALL, "--seconds", "0.5", *WORK],
    "image": [BALL, "-o", "out.png", *SMALL, *WORK],
    "animate": [PICTURE, BALL, "-o", "out.mp4", "--seconds", "0.5", *WORK],
    "extend": [CLIP, "-o", "out.mp4", "--seconds", "0.25", *WORK],
    "extend with a sheet": [CLIP, "-o", "out.mp4", "--seconds", "0.25", "--sheet", *WORK],
    "loop": [CLIP, "-o", "out.gif", "--seconds", "0.25", *WORK],
    "fill": [CLIP, "-o", "out.mp4", "--gap", "0.1-0.3", *WORK],
    "connect": [CLIP, CLIP, "-o", "out.mp4", "--seconds", "0.25", *WORK],
    "edit": [CLIP, "a blue cube", "-o", "out.mp4", *WORK],
    "storyboard": ["film.yaml", "-o", "out.mp4", *SMALL, *WORK],
    "vary": ["clip.mp4.json", "--count", "1"],
    "enlarge": [CLIP, "-o", "out.mp4", "--strength", "0.15", *WORK],
    "replay": ["clip.mp4.json", "-o", "out.webm"],
}
SHEETS = {"out.png": ("generate several", "extend with a sheet"), "clip-vary.png": ("vary",)}


def run(*words: str) -> Result:
    return CliRunner().invoke(himmel, list(words))


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory, pipeline: Pipeline) -> Path:
    """A folder with a signed clip and a signed picture to go on from."""
    folder = tmp_path_factory.mktemp("begun")
    for name, seconds in ((CLIP, 0.5), (PICTURE, 1 / 16)):
        pipeline.generate(BALL, **{**TINY, "seconds": seconds}).save(folder / name)
    return folder


@pytest.fixture
def folder(begun: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pipeline: Pipeline) -> Path:
    """A working folder that holds the same; every `--model` gives the tiny pipeline."""
    for file in begun.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "film.yaml").write_text(FILM)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Whole, "from_pretrained", lambda path: pipeline)
    return tmp_path


def anchors_chain() -> str:
    """The certificates of the tests' own identity."""
    own = own_from()
    assert own is not None
    return own.chain


def checked(path: Path) -> Verdict:
    """The verdict on a file, which must be trusted and fit the recipe beside it."""
    verdict = verify(path, anchors_from())
    assert verdict.state == TRUSTED, (path.name, verdict)
    beside = Path(f"{path}.json")
    if beside.exists():
        assert verdict.recipe == hashlib.sha256(beside.read_bytes()).hexdigest()
        assert Recipe.from_json(beside.read_text()).marks == ("c2pa", "watermark")
    return verdict


def test_no_verb_that_makes_clips_is_forgotten_here() -> None:
    assert {verb.name for verb in groups.MAKING} == {name.split()[0] for name in WAYS}


@pytest.mark.parametrize("name", WAYS)
def test_every_path_out_signs(folder: Path, name: str) -> None:
    before = {path.name for path in folder.iterdir()}
    result = run(name.split()[0], *WAYS[name])
    assert result.exit_code == 0, result.output
    made = [p for p in folder.iterdir() if p.name not in before and p.suffix in (".mp4", ".webm", ".gif", ".png")]
    assert made
    for path in made:
        verdict = checked(path)
        assert verdict.actions[-1] == "c2pa.watermarked.bound"
        assert verdict.watermark.startswith(f"{key_of(anchors_chain()):04x}-")
        if name not in SHEETS.get(path.name, ()):
            recipe = Recipe.from_json(Path(f"{path}.json").read_text())
            assert verdict.recipe
            assert f"-{clip_of(recipe):08x}-" in verdict.watermark
    assert "signed " in result.stdout
    assert not [p.name for p in folder.iterdir() if p.name.endswith(".part")]
    said = run("verify", made[0].name)
    assert (said.exit_code, said.stdout.split()[0]) == (0, "trusted")


def test_the_story_of_a_signed_clip_goes_on(folder: Path) -> None:
    assert run("extend", CLIP, "-o", "longer.mp4", "--seconds", "0.25", *WORK).exit_code == 0
    verdict = checked(folder / "longer.mp4")
    assert verdict.actions == ("c2pa.opened", "c2pa.edited", "c2pa.watermarked.bound")
    assert verdict.source == "compositeWithTrainedAlgorithmicMedia"
    assert [(one.name, one.state) for one in verdict.sources] == [(CLIP, "valid")]


def test_python_signs_as_well(pipeline: Pipeline, tmp_path: Path) -> None:
    clip = pipeline.generate(BALL, **TINY)
    checked(clip.save(tmp_path / "saved.mp4"))
    pipeline.write(check(BALL, **TINY), tmp_path / "written.webm")
    checked(tmp_path / "written.webm")
    assert stream(tmp_path / "saved.mp4")
    assert (read_video(tmp_path / "saved.mp4")[0].shape) == clip.frames.shape


def test_a_resumed_clip_is_signed(pipeline: Pipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    request, kept = check(BALL, **{**TINY, "width": 32, "height": 16, "seconds": 4}), Journal.keep

    def keep(self: Journal, window: list[int], made: object) -> None:
        kept(self, window, made)  # pyright: ignore[reportArgumentType]
        raise KeyboardInterrupt

    monkeypatch.setattr(Journal, "keep", keep)
    with pytest.raises(KeyboardInterrupt):
        pipeline.write(request, tmp_path / "long.mp4")
    assert [p.name for p in tmp_path.iterdir()] == [".long.mp4.himmel"]
    monkeypatch.setattr(Journal, "keep", kept)
    pipeline.write(request, tmp_path / "long.mp4", resume=True)
    checked(tmp_path / "long.mp4")


def test_the_signer_of_a_pipeline_signs_everything_it_makes(pipeline: Pipeline, tmp_path: Path) -> None:
    own = identity.of_folder(tmp_path / "own")
    other = Pipeline(pipeline.parts, threads=1, signer=own)
    clip = other.generate(BALL, **TINY)
    other.write(check(BALL, **TINY), tmp_path / "written.mp4")
    for path in (clip.save(tmp_path / "saved.gif"), tmp_path / "written.mp4"):
        assert verify(path, own.root).signer == own.name


def test_unsigned_is_possible_when_asked_for_and_the_recipe_says_so(
    pipeline: Pipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "clip.webm"
    pipeline.generate(BALL, **TINY).save(path)
    assert Path(f"{path}.c2pa").exists()
    Pipeline(pipeline.parts, threads=1, signer=False).generate(BALL, **TINY).save(path, overwrite=True)
    assert not Path(f"{path}.c2pa").exists(), "a manifest of what was replaced would say that this is altered"
    monkeypatch.setenv("HIMMEL_UNSIGNED", "1")
    for name in ("clip.webm", "clip.mp4"):
        saved = pipeline.generate(BALL, **TINY).save(tmp_path / name, overwrite=True)
        assert verify(saved).state == MISSING
        assert json.loads(Path(f"{saved}.json").read_text())["marks"] == ["watermark"]


def test_the_command_line_says_that_a_clip_is_unsigned(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HIMMEL_UNSIGNED", "1")
    result = run("replay", "clip.mp4.json", "-o", "again.mp4")
    assert "HIMMEL_UNSIGNED" in result.stdout
    assert verify(folder / "again.mp4").state == MISSING
    monkeypatch.setenv("HIMMEL_UNSIGNED", "0")
    assert run("replay", "again.mp4.json", "-o", "third.mp4").exit_code == 0
    checked(folder / "third.mp4")


def test_doctor_says_who_signs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "identity"
    monkeypatch.setenv("HIMMEL_IDENTITY", str(folder))
    (found,) = doctor._identity()
    assert "none yet" in found.found
    assert not folder.exists(), "looking makes nothing"
    own = identity.of_folder(folder)
    (found,) = doctor._identity()
    assert own.name in found.found
    monkeypatch.setenv("HIMMEL_UNSIGNED", "1")
    off, _ = doctor._identity()
    assert (off.state, off.remedy) == ("note", "unset HIMMEL_UNSIGNED")
    (folder / "identity.pem").write_text("")
    *_, broken = doctor._findings(doctor._identity)
    assert broken.state == "PROBLEM"


def broken_signer() -> Callback:
    def ask(data: bytes) -> bytes:
        raise ConnectionError("the key service is down")

    return Callback("-----BEGIN CERTIFICATE-----", ask)


@pytest.mark.parametrize("ending", [".mp4", ".webm", ".gif", ".png"])
def test_what_cannot_be_signed_is_not_written(pipeline: Pipeline, tmp_path: Path, ending: str) -> None:
    clip = pipeline.generate(BALL, **{**TINY, "seconds": 1 / 16})
    path = tmp_path / f"clip{ending}"
    with pytest.raises(HimmelError, match="could not be signed"):
        replace(clip, signer=broken_signer()).save(path)
    assert not list(tmp_path.iterdir())
    clip.save(path)
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    with pytest.raises(HimmelError):
        replace(clip, signer=broken_signer(), frames=clip.frames[:, ::-1]).save(path, overwrite=True)
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before


@pytest.mark.parametrize("line", [["generate", BALL, "-o", "new.mp4"], ["image", BALL, "-o", "new.png"]])
def test_an_identity_that_cannot_be_made_is_said_before_any_work(
    folder: Path, line: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HIMMEL_IDENTITY", str(folder / "film.yaml" / "identity"))
    monkeypatch.setattr(Whole, "from_pretrained", lambda path: pytest.fail("it has begun"))
    result = run(*line)
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert "HIMMEL_IDENTITY" in result.stderr
    assert run("verify", CLIP).exit_code == 0, "to verify one needs no identity"


def test_verify_for_scripts(folder: Path, tmp_path: Path) -> None:
    told = json.loads(run("verify", CLIP, "--json").stdout)
    assert (told["state"], told["recipe_beside_fits"]) == ("trusted", True)
    assert told["actions"] == ["c2pa.created", "c2pa.watermarked.bound"]
    assert told["watermark"]["frames"] == 8
    content = bytearray((folder / CLIP).read_bytes())
    content[-100] ^= 1
    (folder / "altered.mp4").write_bytes(content)
    assert run("verify", "altered.mp4").exit_code == 1
    assert json.loads(run("verify", "altered.mp4", "--json").stdout)["problems"]
    (folder / "plain.png").write_bytes(b"")
    assert run("verify", "plain.png").exit_code == 2
    assert run("verify", "nothing.mp4").exit_code == 2
    Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save("plain.png")
    assert run("verify", "plain.png").exit_code == 3


def test_another_installations_certificate_can_be_trusted(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = Path(folder / "theirs.pem")
    certificate.write_text(anchors_from())
    monkeypatch.setenv("HIMMEL_IDENTITY", str(tmp_path / "mine"))
    assert run("verify", CLIP).stdout.startswith("valid")
    assert not (tmp_path / "mine").exists(), "to verify makes no identity"
    assert run("verify", CLIP, "--trust", "theirs.pem").stdout.startswith("trusted")
    assert run("verify", CLIP, "--trust", "film.yaml").exit_code == 2
    assert run("verify", CLIP, "--trust", "nothing.pem").exit_code == 2


def test_a_picture_that_lost_its_manifest_is_still_recognised(pipeline: Pipeline, tmp_path: Path) -> None:
    clip = pipeline.generate(BALL, width=128, height=128, seconds=1 / 16, steps=1, guidance=1.0)
    down, across = np.mgrid[:128, :128]
    smooth = np.where(np.hypot(down - 70, across - 50) < 25, 200, 60 + 0.7 * down)  # the tiny model makes but noise
    clip = replace(clip, frames=np.repeat(smooth[None, ..., None], 3, 3).astype(np.uint8))
    path = clip.save(tmp_path / "large.png")
    marked = np.asarray(Image.open(path).convert("RGB"))
    assert 41 < psnr(clip.frames[0], marked) < 50, "what is in memory is unmarked, what is in a file is marked"
    (tmp_path / "other").mkdir()
    Image.fromarray(marked).save(tmp_path / "other" / "bare.png")
    result = run("verify", str(tmp_path / "other" / "bare.png"), "--json")
    told = json.loads(result.stdout)
    assert (result.exit_code, told["state"], told["watermark"]["found"]) == (4, "missing", True)
    assert (told["watermark"]["whose"], told["watermark"]["payload"]["clip"]) == ("here", clip_of(clip.recipe))
    whole = run("verify", str(path))
    assert whole.exit_code == 0
    for line in ("made by this installation", "of the recipe beside the file", "as the manifest says"):
        assert line in whole.stdout
    Image.fromarray(clip.frames[0]).save(tmp_path / "other" / "never.png")
    assert run("verify", str(tmp_path / "other" / "never.png")).exit_code == 3


def test_an_unknown_ending_hides_nothing(folder: Path) -> None:
    (folder / "clip.xyz").write_bytes((folder / CLIP).read_bytes())
    result = run("verify", "clip.xyz", "--json")
    told = json.loads(result.stdout)
    assert (result.exit_code, told["state"], told["watermark"]["frames"]) == (0, "trusted", 8)
