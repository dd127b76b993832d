"""Signed files are read by c2pa itself, and every way of meddling with one is noticed."""

from __future__ import annotations

import hashlib
import signal
import threading
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import c2pa
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from streams import stream

from himmel.provenance import certificate, identity
from himmel.provenance.certificate import Identity
from himmel.provenance.ingredients import SETTINGS
from himmel.provenance.kinds import sidecar_of, type_of
from himmel.provenance.manifest import COMPOSED, MADE, created, manifest_of
from himmel.provenance.sign import sign, sign_beside
from himmel.provenance.signer import Callback, Signer
from himmel.provenance.verify import ALTERED, MISSING, TRUSTED, VALID, recipe_fits, verify
from himmel.records import HimmelError
from himmel.records.plan import Given, Plan, Region, Segment
from himmel.records.recipe import MediumNote, Recipe

RECIPE = Recipe(
    "a secret ball",
    "a secret red ball",
    seed=1,
    width=48,
    height=32,
    frames=8,
    rate=Fraction(16),
    steps=20,
    guidance=3.0,
    solver="euler",
    model="somewhere/mine",
    model_hash="ab" * 32,
    versions={"himmel": "1.2.3"},
    created="2026-11-25T01:00:00+00:00",
)
INSIDE = (".mp4", ".png", ".gif", ".jpg", ".jpeg")


@pytest.fixture
def signer(tmp_path: Path) -> Identity:
    return identity.of_folder(tmp_path / "identity")


def signed(plain: Path, signer: Signer, recipe: Recipe = RECIPE) -> Path:
    """A signed copy, as the one door makes it."""
    path, sidecar = plain.with_stem("signed"), sidecar_of(plain.with_stem("signed"))
    if sidecar is None:
        sign(plain, path, type_of(plain), manifest_of(recipe), signer)
    else:
        path.write_bytes(plain.read_bytes())
        sidecar.write_bytes(sign_beside(plain, type_of(plain), manifest_of(recipe), signer))
    return path


def note(path: Path) -> MediumNote:
    return MediumNote(str(path), hashlib.sha256(path.read_bytes()).hexdigest(), "crop")


def with_media(plan: Plan, *media: Path) -> Recipe:
    return replace(RECIPE, plan=plan, frames=plan.frames, media=tuple(map(note, media)))


@pytest.mark.parametrize("ending", [*INSIDE, ".webm"])
def test_every_kind_of_file_is_signed_and_says_what_it_is(
    plain: dict[str, Path], signer: Identity, ending: str
) -> None:
    path = signed(plain[ending], signer)
    verdict = verify(path, signer.root)
    assert verdict.state == TRUSTED
    assert (verdict.signer, verdict.maker) == (signer.name, "himmel 1.2.3")
    assert (verdict.actions, verdict.source) == (("c2pa.created",), "trainedAlgorithmicMedia")
    assert verdict.recipe == hashlib.sha256(RECIPE.to_json().encode()).hexdigest()
    assert (verdict.model, verdict.model_hash) == ("mine", "ab" * 32)
    assert verdict.when == RECIPE.created
    assert verdict.beside == (ending == ".webm")
    assert (verify(path).state, verify(path).exit_code) == (VALID, 0), "nobody here vouches for it"
    assert verify(plain[ending], signer.root).state == MISSING
    grown = path.stat().st_size - plain[ending].stat().st_size
    assert (grown == 0) if ending == ".webm" else (3000 < grown < 4500)


@pytest.mark.parametrize("ending", [".mp4", ".png", ".gif", ".webm"])
def test_signing_leaves_the_pictures_as_they_were(plain: dict[str, Path], signer: Identity, ending: str) -> None:
    assert stream(signed(plain[ending], signer)) == stream(plain[ending])


def test_neither_prompt_nor_folders_are_told(plain: dict[str, Path], signer: Identity) -> None:
    plan = Plan("animate", 8, (Given(0, 0, 1, 0),))
    for ending in (".png", ".webm"):
        path = signed(plain[ending], signer, with_media(plan, plain[".png"]))
        told = (sidecar_of(path) or path).read_bytes()
        for secret in ("secret", "somewhere", str(path.parent), "signed."):
            assert secret.encode() not in told
        assert b"plain.png" in told


@pytest.mark.parametrize("ending", [*INSIDE, ".webm"])
def test_one_changed_bit_of_the_picture_is_noticed(plain: dict[str, Path], signer: Identity, ending: str) -> None:
    path = signed(plain[ending], signer)
    content = bytearray(path.read_bytes())
    content[-200] ^= 1
    path.write_bytes(content)
    verdict = verify(path, signer.root)
    assert (verdict.state, verdict.exit_code) == (ALTERED, 1)
    assert verdict.problems == ("the file was changed after it was signed",)


def test_a_changed_manifest_is_noticed(plain: dict[str, Path], signer: Identity) -> None:
    path = signed(plain[".mp4"], signer)
    content = path.read_bytes()
    for said in (b"org.himmel", b"1.2.3", b"jumb", b"abababab"):
        assert said in content
        path.write_bytes(content.replace(said, bytes([said[0] ^ 1]) + said[1:]))
        assert verify(path, signer.root).state == ALTERED, said


def test_a_stripped_manifest_is_missing(plain: dict[str, Path], signer: Identity) -> None:
    path = signed(plain[".webm"], signer)
    (sidecar_of(path) or path).unlink()
    verdict = verify(path)
    assert (verdict.state, verdict.exit_code) == (MISSING, 3)
    assert "signed.webm.c2pa is not there" in verdict.problems[0]
    video = signed(plain[".mp4"], signer)
    content = video.read_bytes()
    at = content.index(b"uuid") - 4
    length = int.from_bytes(content[at : at + 4], "big")
    video.write_bytes(content[:at] + content[at + length :])
    assert verify(video).state == MISSING


def test_the_manifest_of_another_file_does_not_do(plain: dict[str, Path], signer: Identity) -> None:
    path = signed(plain[".webm"], signer)
    other = signed(plain[".png"], signer)
    path.write_bytes(other.read_bytes())
    assert verify(path, signer.root).state != TRUSTED


def test_signed_again_by_another_it_is_valid_and_another_signer(
    plain: dict[str, Path], signer: Identity, tmp_path: Path
) -> None:
    other = identity.of_folder(tmp_path / "other")
    path = signed(plain[".mp4"], other)
    verdict = verify(path, signer.root)
    assert (verdict.state, verdict.signer) == (VALID, other.name)
    assert verify(path, signer.root + other.root).state == TRUSTED


def test_a_name_can_be_taken_but_not_the_trust(
    plain: dict[str, Path], signer: Identity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    label = signer.name.rpartition(" ")[2]
    monkeypatch.setattr(certificate.secrets, "token_hex", lambda size: label)
    thief = identity.of_folder(tmp_path / "thief")
    assert thief.name == signer.name
    verdict = verify(signed(plain[".png"], thief), signer.root)
    assert (verdict.state, verdict.signer) == (VALID, signer.name)


def test_it_does_not_hold_longer_than_its_certificate(
    plain: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import timedelta

    monkeypatch.setattr(certificate, "LASTS", timedelta(days=1, seconds=3))
    short = identity.of_folder(tmp_path / "short")
    path = signed(plain[".png"], short)
    assert verify(path, short.root).state == TRUSTED
    import time

    time.sleep(4)
    verdict = verify(path, short.root)
    assert verdict.state == ALTERED
    assert verdict.problems == ("the certificate has run out",)


def callback(signer: Identity, raw: bool = False, fail: BaseException | None = None) -> Callback:
    """As a key service does it: the function alone knows the key."""
    key = load_pem_private_key(signer.key.encode(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)

    def ask(data: bytes) -> bytes:
        if fail is not None:
            raise fail
        return key.sign(data, ec.ECDSA(hashes.SHA256()))

    return Callback(signer.chain, ask)


@pytest.mark.parametrize("ending", [".mp4", ".webm"])
def test_a_callback_signs(plain: dict[str, Path], signer: Identity, ending: str) -> None:
    assert verify(signed(plain[ending], callback(signer)), signer.root).state == TRUSTED


@pytest.mark.parametrize("error", [ConnectionError("the key service is down"), KeyboardInterrupt()])
def test_what_a_callback_raises_passes_through(plain: dict[str, Path], signer: Identity, error: BaseException) -> None:
    with pytest.raises(type(error)) as raised:
        signed(plain[".mp4"], callback(signer, fail=error))
    assert raised.value is error


def test_ctrl_c_while_a_file_is_signed_comes_after_it(plain: dict[str, Path], signer: Identity) -> None:
    """In the main thread c2pa would take it for the end of the file."""
    ask, threads = callback(signer), []

    def slow(data: bytes) -> bytes:
        threads.append(threading.current_thread())
        signal.raise_signal(signal.SIGINT)
        return ask.sign(data)

    with pytest.raises(KeyboardInterrupt):
        signed(plain[".mp4"], Callback(signer.chain, slow))
    assert threads[0] is not threading.main_thread()
    assert verify(plain[".mp4"].with_stem("signed"), signer.root).state == TRUSTED


def test_a_wrong_signature_is_refused(plain: dict[str, Path], signer: Identity, tmp_path: Path) -> None:
    other = identity.of_folder(tmp_path / "other")
    mixed = Callback(signer.chain, callback(other).sign)
    with pytest.raises(HimmelError, match="could not be signed"):
        signed(plain[".mp4"], mixed)
    with pytest.raises(HimmelError, match="es256"):
        Callback(signer.chain, mixed.sign, "md5")
    with pytest.raises(HimmelError, match="PEM"):
        Callback("", mixed.sign)


VIDEO = tuple(Given(0, i, 1, i) for i in range(4))
WAYS = {
    "extend": (Plan("extend", 8, (Given(0, 0, 4, 0),)), ["c2pa.opened", "c2pa.edited"], COMPOSED),
    "edit": (Plan("edit", 8, (Given(0, 0, 8, 0),), strength=0.6), ["c2pa.opened", "c2pa.edited"], MADE),
    "a region": (
        Plan("edit", 8, (Given(0, 0, 8, 0),), strength=1.0, region=Region(0, 0, 16, 16, 0, 8)),
        ["c2pa.opened", "c2pa.edited"],
        COMPOSED,
    ),
    "animate": (Plan("animate", 8, (Given(0, 0, 1, 0),)), ["c2pa.created", "c2pa.placed"], COMPOSED),
    "storyboard": (
        Plan("storyboard", 8, (Given(0, 0, 4, 0),), segments=(Segment(0, "a ball"),)),
        ["c2pa.created", "c2pa.placed"],
        COMPOSED,
    ),
    "enlarge": (
        Plan("edit", 8, (Given(0, 0, 8, 0),), strength=0.4, segments=(Segment(0, "a ball"),)),
        ["c2pa.opened", "c2pa.edited"],
        MADE,
    ),
}


@pytest.mark.parametrize("name", WAYS)
def test_what_was_done_to_what_came_in(plain: dict[str, Path], signer: Identity, name: str) -> None:
    plan, actions, source = WAYS[name]
    verdict = verify(signed(plain[".mp4"], signer, with_media(plan, plain[".gif"])), signer.root)
    assert verdict.state == TRUSTED
    assert (list(verdict.actions), verdict.source) == (actions, source.rpartition("/")[2])
    (one,) = verdict.sources
    assert (one.name, one.state) == ("plain.gif", MISSING)
    assert one.relation == ("parentOf" if actions[0] == "c2pa.opened" else "componentOf")


def test_two_clips_that_are_joined_are_two_ingredients(plain: dict[str, Path], signer: Identity) -> None:
    plan = Plan("connect", 12, (Given(0, 0, 4, 0), Given(1, 0, 4, 8)))
    verdict = verify(signed(plain[".mp4"], signer, with_media(plan, plain[".gif"], plain[".webm"])))
    assert verdict.actions == ("c2pa.created", "c2pa.placed", "c2pa.placed")
    assert [one.name for one in verdict.sources] == ["plain.gif", "plain.webm"]


@pytest.mark.parametrize("ending", [".mp4", ".webm", ".png"])
def test_the_manifest_of_what_came_in_goes_along(plain: dict[str, Path], signer: Identity, ending: str) -> None:
    before = signed(plain[ending], signer)
    plan = Plan("extend", 8, (Given(0, 0, 4, 0),))
    after = plain[".gif"]
    path = signed(after, signer, with_media(plan, before))
    (one,) = verify(path, signer.root).sources
    assert (one.name, one.state) == (f"signed{ending}", VALID)
    with c2pa.Context.from_dict(SETTINGS) as context, c2pa.Reader(str(path), context=context) as reader:
        told = reader.json()
    assert verify(before).recipe in told, "the whole story can be read in the last file"
    assert note(before).sha256 in told


def test_an_altered_ingredient_is_named_and_a_changed_or_lost_one_is_not_read(
    plain: dict[str, Path], signer: Identity
) -> None:
    before = signed(plain[".mp4"], signer)
    content = bytearray(before.read_bytes())
    content[-200] ^= 1
    before.write_bytes(content)
    recipe = with_media(Plan("extend", 8, (Given(0, 0, 4, 0),)), before)
    verdict = verify(signed(plain[".gif"], signer, recipe), signer.root)
    assert (verdict.state, verdict.sources[0].state) == (TRUSTED, ALTERED)
    before.write_bytes(b"something else")
    assert verify(signed(plain[".gif"], signer, recipe)).sources[0].state == MISSING
    before.unlink()
    assert verify(signed(plain[".gif"], signer, recipe)).sources[0].name == "signed.mp4"


def test_a_manifest_on_a_server_is_not_fetched(plain: dict[str, Path], signer: Identity, tmp_path: Path) -> None:
    path = tmp_path / "remote.png"
    with c2pa.Builder(created("1", MADE).definition) as builder, signer.opened() as native:
        builder.set_no_embed()
        builder.set_remote_url("http://127.0.0.1:9/manifest.c2pa")
        with open(plain[".png"], "rb") as source, open(path, "w+b") as target:
            builder.sign(native, "image/png", source, target)
    verdict = verify(path)
    assert verdict.state == MISSING
    assert "does not go online" in verdict.problems[0]


@pytest.mark.parametrize("content", [b"", b"just words"])
@pytest.mark.parametrize("name", ["note.txt", "clip.mp4", "clip.png", "clip"])
def test_what_is_no_picture_or_video_is_bad_input(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(HimmelError, match=name):
        verify(path)
    with pytest.raises(HimmelError, match="cannot be read"):
        verify(tmp_path / "missing.mp4")
    with pytest.raises(HimmelError, match="cannot be read"):
        verify(tmp_path)


def test_the_recipe_beside_it_is_compared(plain: dict[str, Path], signer: Identity) -> None:
    path = signed(plain[".mp4"], signer)
    assert recipe_fits(path, verify(path)) is None
    beside = Path(f"{path}.json")
    beside.write_text(RECIPE.to_json(), encoding="utf-8")
    assert recipe_fits(path, verify(path)) is True
    beside.write_text(replace(RECIPE, seed=2).to_json(), encoding="utf-8")
    assert recipe_fits(path, verify(path)) is False
