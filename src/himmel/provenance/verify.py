"""What the manifest of a file says, whether it is whole, and whose it is. Goes never online."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import c2pa

from himmel.provenance.ingredients import LARGEST_SIDECAR, SETTINGS, read_store
from himmel.provenance.kinds import sidecar_of
from himmel.provenance.manifest import BINDING, RECIPE
from himmel.provenance.payload import CLAIM
from himmel.provenance.undisturbed import undisturbed
from himmel.records import HimmelError

TRUSTED, VALID, ALTERED, MISSING = "trusted", "valid", "altered", "missing"
"""trusted: whole, by a certificate that leads to one that is trusted here. valid: whole, by some certificate.
altered: file or manifest are not what was signed, or the certificate is not fit. missing: no manifest.
"""
EXIT_CODES = {TRUSTED: 0, VALID: 0, ALTERED: 1, MISSING: 3}
LONGEST = 200  # characters that are shown of anything in a manifest
UNTRUSTED = "signingCredential.untrusted"
PROBLEMS = {
    "assertion.bmffHash.mismatch": "the file was changed after it was signed",
    "assertion.dataHash.mismatch": "the file was changed after it was signed",
    "assertion.hashedURI.mismatch": "what the manifest says was changed after it was signed",
    "claimSignature.mismatch": "the signature does not belong to this manifest",
    "claimSignature.outsideValidity": "the certificate was not valid when the file was signed",
    "signingCredential.expired": "the certificate has run out",
    "signingCredential.invalid": "the certificate is not one that may sign media",
}


@dataclass(frozen=True)
class Source:
    """A file that went into another. name: that it had. relation: as in `manifest`. state: of its own manifest.

    watermark: what its pictures carry by that, as in `Verdict`.
    """

    name: str
    relation: str
    state: str
    watermark: str = ""


@dataclass(frozen=True)
class Verdict:
    """What was found of a file. state: TRUSTED, VALID, ALTERED or MISSING; the rest is "" or () where it is not said.

    signer, certificate: name and serial number of the certificate. maker: program and version. actions: C2PA's names,
    in order. source: digital source type. when: that the maker gives, ISO 8601; nobody else vouches for it. recipe:
    SHA-256. model, model_hash: name and SHA-256. sources: what went in. problems: sentences. beside: whether the
    manifest lay beside the file. watermark: what the pictures carry by the manifest, as `Payload.text`.
    """

    state: str
    signer: str = ""
    certificate: str = ""
    maker: str = ""
    actions: tuple[str, ...] = ()
    source: str = ""
    when: str = ""
    recipe: str = ""
    model: str = ""
    model_hash: str = ""
    sources: tuple[Source, ...] = ()
    problems: tuple[str, ...] = ()
    beside: bool = False
    watermark: str = ""

    @property
    def exit_code(self) -> int:
        """0 for valid and trusted, 1 for altered, 3 for missing."""
        return EXIT_CODES[self.state]


def verify(path: str | os.PathLike[str], anchors: str = "") -> Verdict:
    """What is found of the manifest in a file, or beside one that cannot carry it.

    anchors: certificates, PEM, that are trusted: see `settings.anchors_from`. Raises HimmelError for a file that cannot
    be read, cannot be taken apart, or is of a kind that C2PA does not know.
    """
    path, sidecar = Path(path), sidecar_of(path)
    _readable(path)
    if sidecar is not None and not sidecar.is_file():
        return Verdict(MISSING, problems=(f"a {path.suffix} cannot carry a manifest, and {sidecar.name} is not there",))
    try:
        store = None if sidecar is None else sidecar.read_bytes()[:LARGEST_SIDECAR]
        settings = {**SETTINGS, "trust": {"user_anchors": anchors}} if anchors else SETTINGS
        told = undisturbed(lambda: read_store(path, store, settings))
    except c2pa.C2paError as error:
        return _without(path, error)
    except OSError as error:
        raise HimmelError(f"{path} cannot be read: {error.strerror}", "a picture or a video", "") from error
    return _verdict(told, beside=sidecar is not None)


def recipe_fits(path: str | os.PathLike[str], verdict: Verdict) -> bool | None:
    """Whether the recipe beside a file is the one that was signed; None where there is none, or none was signed."""
    beside = Path(f"{path}.json")
    if not verdict.recipe or not beside.is_file():
        return None
    return hashlib.sha256(beside.read_bytes()).hexdigest() == verdict.recipe


def _readable(path: Path) -> None:
    try:
        with open(path, "rb") as file:
            empty = not file.read(1)
    except OSError as error:
        raise HimmelError(f"{path} cannot be read: {error.strerror}", "a picture or a video", "") from error
    if empty:
        raise HimmelError(f"{path} is empty", "a picture or a video", "")


def _without(path: Path, error: c2pa.C2paError) -> Verdict:
    """What it means that c2pa could not read a manifest."""
    said = str(error)
    kind = said.partition(":")[0]  # its subclasses are not public
    if kind == "ManifestNotFound":
        return Verdict(MISSING)
    if kind.startswith("Remote"):
        return Verdict(MISSING, problems=("its manifest lies on a server, and himmel does not go online",))
    if kind in ("NotSupported", "Io") or "could not be parsed" in said:
        allowed = "for example .mp4, .png, .gif, .jpg or .webm"
        raise HimmelError(f"{path} is no file of a kind that carries a manifest", allowed, "") from error
    return Verdict(ALTERED, problems=(f"the manifest is damaged: {said}",))


def _verdict(told: dict[str, Any], *, beside: bool) -> Verdict:
    active = _table(told["manifests"][told["active_manifest"]])
    signed, generators = _table(active.get("signature_info")), _tables(active.get("claim_generator_info"))
    said = {_text(a.get("label")).partition("__")[0]: _table(a.get("data")) for a in _tables(active.get("assertions"))}
    actions = _tables((said.get("c2pa.actions.v2") or said.get("c2pa.actions", {})).get("actions"))
    claim = said.get(RECIPE, {})
    model = _table(claim.get("model"))
    return Verdict(
        state={"Trusted": TRUSTED, "Valid": VALID}.get(told["state"], ALTERED),
        signer=_text(signed.get("common_name")) or _text(signed.get("issuer")),
        certificate=_text(signed.get("cert_serial_number")),
        maker=" ".join(_text(generators[0].get(key)) for key in ("name", "version")).strip() if generators else "",
        actions=tuple(_text(action.get("action")) for action in actions),
        source=_first(actions, "digitalSourceType").rpartition("/")[2],
        when=_first(actions, "when") or _text(signed.get("time")),
        recipe=_text(claim.get("sha256")),
        model=_text(model.get("name")),
        model_hash=_text(model.get("sha256")),
        sources=tuple(_source(one, told) for one in _tables(active.get("ingredients"))),
        problems=_problems(told),
        beside=beside,
        watermark=_binding(said.get(BINDING, {})),
    )


def _problems(told: dict[str, Any]) -> tuple[str, ...]:
    """Why c2pa does not take a file as it is, each reason once; that nobody vouches for the certificate is none."""
    said = [PROBLEMS.get(f["code"], f"{f['code']}: {_text(f.get('explanation'))}") for f in _failures(told)]
    return tuple(dict.fromkeys(said))


def _binding(said: dict[str, Any]) -> str:
    """The payload in an assertion of C2PA on a watermark; "" where it is not about himmel's."""
    blocks = _tables(said.get("blocks"))
    return _text(blocks[0].get("value")) if blocks and said.get("alg") == CLAIM else ""


def _source(one: dict[str, Any], told: dict[str, Any]) -> Source:
    """An ingredient, and what was found of its own manifest when it came in."""
    state = ALTERED if _failures(one) else VALID
    own = told["manifests"].get(str(one.get("active_manifest")))
    said = {_text(a.get("label")).partition("__")[0]: _table(a.get("data")) for a in _claims(own)}
    mark = _binding(said.get(BINDING, {}))
    return Source(_text(one.get("title")), _text(one.get("relationship")), MISSING if own is None else state, mark)


def _claims(manifest: object) -> list[dict[str, Any]]:
    return _tables(_table(manifest).get("assertions"))


def _failures(told: dict[str, Any]) -> list[dict[str, Any]]:
    results = _table(_table(told.get("validation_results")).get("activeManifest"))
    return [failure for failure in _tables(results.get("failure")) if failure.get("code") != UNTRUSTED]


# Manifests come from anybody: nothing in them need be of the kind, length or letters that it should.


def _table(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _tables(value: object) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _text(value: object) -> str:
    return "".join(letter for letter in value if letter.isprintable())[:LONGEST] if isinstance(value, str) else ""


def _first(actions: list[dict[str, Any]], name: str) -> str:
    return next((text for action in actions if (text := _text(action.get(name)))), "")
