"""The identity of an installation: made once, for its owner's eyes, and named when it will not do."""

from __future__ import annotations

import re
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat

from himmel.provenance import certificate, identity, settings
from himmel.records import HimmelError


def test_it_is_made_once_and_kept(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    assert not identity.exists(folder)
    first, again = identity.of_folder(folder), identity.of_folder(folder)
    assert first == again
    assert stat.S_IMODE((folder / "identity.pem").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert sorted(p.name for p in folder.iterdir()) == ["certificate.pem", "identity.pem"]
    assert "PRIVATE" not in (folder / "certificate.pem").read_text()
    assert first.ends - datetime.now(UTC) > timedelta(days=3640)


def test_two_installations_are_two(tmp_path: Path) -> None:
    first, second = (identity.of_folder(tmp_path / name) for name in "ab")
    assert first.name != second.name
    assert first.root != second.root


def test_the_key_never_is_readable_by_others_not_even_for_a_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    modes, opened = [], identity.os.open

    def watched(path: Path, flags: int, mode: int = 0o777) -> int:
        handle = opened(path, flags, mode)
        modes.append(stat.S_IMODE(Path(path).stat().st_mode))
        return handle

    monkeypatch.setattr(identity.os, "open", watched)
    identity.of_folder(tmp_path / "id")
    assert modes == [0o600]


def test_processes_that_start_at_once_end_with_one_identity(tmp_path: Path) -> None:
    script = (
        "import sys, pathlib; from himmel.provenance import identity\n"
        "print(end='ready\\n', flush=True); sys.stdin.readline()\n"
        f"print(identity.of_folder(pathlib.Path({str(tmp_path / 'id')!r})).name)"
    )
    run = [sys.executable, "-c", script]
    pipe = subprocess.PIPE
    processes = [subprocess.Popen(run, stdin=pipe, stdout=pipe, text=True) for _ in range(4)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    said = {process.communicate(timeout=60)[0] for process in processes}
    assert len(said) == 1
    assert said.pop().startswith("himmel installation ")
    assert sorted(p.name for p in (tmp_path / "id").iterdir()) == ["certificate.pem", "identity.pem"]


def test_what_others_can_read_is_refused(tmp_path: Path) -> None:
    identity.of_folder(tmp_path)
    (tmp_path / "identity.pem").chmod(0o640)
    with pytest.raises(HimmelError, match=r"chmod 600 .*identity\.pem"):
        identity.of_folder(tmp_path)


@pytest.mark.parametrize("damage", ["", "no PEM at all", "cut", "other key"])
def test_a_damaged_identity_is_one_line_that_says_what_to_do(tmp_path: Path, damage: str) -> None:
    identity.of_folder(tmp_path)
    path = tmp_path / "identity.pem"
    content = path.read_text()
    key, chain = content[: (at := content.index("-----BEGIN CERT"))], content[at:]
    path.write_text({"cut": key + chain[:200], "other key": certificate.made()[0] + chain}.get(damage, damage))
    with pytest.raises(HimmelError, match=r"identity\.pem.*HIMMEL_IDENTITY") as raised:
        identity.of_folder(tmp_path)
    assert "\n" not in str(raised.value)
    assert key.splitlines()[1] not in str(raised.value)


def test_an_expired_one_is_named_with_its_date(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(certificate, "LASTS", timedelta(hours=1))
    with pytest.raises(HimmelError, match=r"ran out on 20\d\d-"):
        identity.of_folder(tmp_path)


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(HimmelError, match=r"no identity .* could be made in .*HIMMEL_IDENTITY") as raised:
        identity.of_folder(tmp_path / "file" / "identity")
    assert "\n" not in str(raised.value)


def test_where_it_lies() -> None:
    assert settings.folder_of({"HIMMEL_IDENTITY": "/a/b"}) == Path("/a/b")
    assert settings.folder_of({"XDG_DATA_HOME": "/data"}) == Path("/data/himmel/identity")
    assert settings.folder_of({}) == Path("~/.local/share/himmel/identity").expanduser()


def own(folder: Path, **files: str) -> dict[str, str]:
    key, chain = certificate.made()
    for name, content in {"key": key, "chain": chain, **files}.items():
        (folder / name).write_text(content)
    return {"HIMMEL_CERTIFICATE": str(folder / "chain"), "HIMMEL_KEY": str(folder / "key")}


def test_a_certificate_of_ones_own_takes_its_place(tmp_path: Path) -> None:
    environment = own(tmp_path) | {"HIMMEL_IDENTITY": str(tmp_path / "unused")}
    signer = settings.signer_from(environment)
    assert isinstance(signer, certificate.Identity)
    assert signer.root == settings.anchors_from(environment)
    assert not (tmp_path / "unused").exists()


def test_half_a_setting_names_the_other_half() -> None:
    with pytest.raises(HimmelError, match="HIMMEL_KEY without HIMMEL_CERTIFICATE"):
        settings.signer_from({"HIMMEL_KEY": "key.pem"})


def unfit() -> str:
    """A chain whose certificate may sign anything but claims: a root signing for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    return certificate._root(certificate._name("root"), key).public_bytes(Encoding.PEM).decode() + _pem(key)


def _pem(key: ec.EllipticCurvePrivateKey, password: bytes = b"") -> str:
    how = BestAvailableEncryption(password) if password else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, how).decode()


def test_what_cannot_sign_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    chain = unfit()
    with pytest.raises(HimmelError, match="C2PA refuses it"):
        settings.signer_from(own(tmp_path, key=chain, chain=chain))
    with pytest.raises(HimmelError, match="a key with a password"):
        settings.signer_from(own(tmp_path, key=_pem(ec.generate_private_key(ec.SECP256R1()), b"secret")))
    with pytest.raises(HimmelError, match="cannot be read: No such file"):
        settings.signer_from({"HIMMEL_CERTIFICATE": str(tmp_path / "x"), "HIMMEL_KEY": str(tmp_path / "y")})


def test_unsigned_is_yes_or_no() -> None:
    assert [settings.unsigned({"HIMMEL_UNSIGNED": value}) for value in ("", "0", "1")] == [False, False, True]
    with pytest.raises(HimmelError, match="HIMMEL_UNSIGNED 'yes'"):
        settings.unsigned({"HIMMEL_UNSIGNED": "yes"})


def test_certificates_say_nothing_of_the_machine(tmp_path: Path) -> None:
    chain = x509.load_pem_x509_certificates(identity.of_folder(tmp_path).chain.encode())
    said = [one.subject.rfc4514_string() for one in chain]
    assert [re.sub("[0-9a-f]{8}", "X", text) for text in said] == [
        "O=himmel\\, self-made certificate,CN=himmel installation X",
        "O=himmel\\, self-made certificate,CN=himmel installation X\\, root",
    ]
