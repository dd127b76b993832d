"""Shards are plain tars that other programs read, always the same bytes, and never half there."""

from __future__ import annotations

import errno
import json
import tarfile
from pathlib import Path

import pytest

from himmel.footage import shards
from himmel.footage.shards import StoreError, check_shards, is_whole, read_manifest, read_shard, write_shard
from himmel.records import HimmelError

CLIPS = [{"json": b'{"a": 1}', "mp4": b"film" * 999, "txt": b"a red ball\n"}, {"json": b"{}", "mp4": b"another"}]
KEYS = ["0123-0000000", "0123-0000090"]


@pytest.fixture
def shard(tmp_path: Path) -> Path:
    write_shard(tmp_path / "000000.tar", CLIPS, KEYS)
    return tmp_path / "000000.tar"


def test_what_is_written_is_read_again_and_is_always_the_same(shard: Path, tmp_path: Path) -> None:
    assert list(read_shard(shard)) == list(zip(KEYS, CLIPS, strict=True))
    with tarfile.open(shard) as tar:
        assert tar.getnames() == [f"{KEYS[0]}.{e}" for e in ("json", "txt", "mp4")] + [
            f"{KEYS[1]}.{e}" for e in ("json", "mp4")
        ]
    again = write_shard(tmp_path / "again.tar", CLIPS, KEYS)
    assert (tmp_path / "again.tar").read_bytes() == shard.read_bytes()
    assert is_whole(tmp_path, again)


@pytest.mark.parametrize("kept", [0.0, 0.3, 0.6, 0.72])
def test_a_shard_that_was_cut_off_is_refused(shard: Path, kept: float) -> None:
    whole = write_shard(shard, CLIPS, KEYS)
    content = shard.read_bytes()
    shard.write_bytes(content[: int(kept * (512 * 6 + 4096))])
    assert not is_whole(shard.parent, whole)
    with pytest.raises(HimmelError, match="the manifest says"):
        check_shards(shard.parent, [whole])
    with pytest.raises(HimmelError, match="cut off or damaged"):
        list(read_shard(shard))


def test_a_changed_byte_is_noticed(shard: Path) -> None:
    whole = write_shard(shard, CLIPS, KEYS)
    content = bytearray(shard.read_bytes())
    content[600] ^= 1
    shard.write_bytes(content)
    check_shards(shard.parent, [whole])  # the size is right
    assert not is_whole(shard.parent, whole)


@pytest.mark.parametrize(
    "text", ["", "[]", '{"shards": []}', '{"format": 2, "shards": []}', '{"format": 1, "shards": [{"name": "x"}]}']
)
def test_a_manifest_of_another_version_or_none_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(HimmelError, match="no manifest"):
        read_manifest(tmp_path)
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(HimmelError, match="manifest"):
        read_manifest(tmp_path)


def test_a_manifest_of_this_version_is_read(tmp_path: Path, shard: Path) -> None:
    whole = write_shard(shard, CLIPS, KEYS)
    (tmp_path / "manifest.json").write_text(json.dumps({"format": shards.FORMAT, "shards": [vars(whole)]}))
    assert read_manifest(tmp_path)["shards"] == [whole]


def test_a_full_disk_leaves_the_old_shard_and_nothing_half(shard: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = shard.read_bytes()

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tarfile.TarFile, "addfile", full)
    with pytest.raises(StoreError, match="No space left"):
        write_shard(shard, CLIPS[:1], KEYS[:1])
    assert shard.read_bytes() == before
    assert [path.name for path in shard.parent.iterdir()] == [shard.name]
