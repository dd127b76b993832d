"""Footage becomes shards. Command: ``himmel footage ingest DIR --out SHARDS`` (docs/footage.md has clips a second).

Files are done by any number of processes in any order; what becomes of their clips is decided here, in the order of the
plan, so that the shards do not depend on who did what when. Everything is written whole or not at all, and what exists
is kept: a run that was killed goes on where it was, and gives the same bytes.
"""

from __future__ import annotations

import json
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from himmel import __version__
from himmel.footage.neighbours import Neighbours, shared
from himmel.footage.shards import (
    FORMAT,
    MANIFEST,
    Shard,
    is_whole,
    make_folder,
    read_manifest,
    shard_name,
    write_json,
    write_shard,
    write_text,
)
from himmel.footage.sources import Source
from himmel.recipes.ingest import Job, process, read_record, told_of
from himmel.recipes.ingest_report import Samples, write_report
from himmel.recipes.pieces import REASONS, Settings
from himmel.records import HimmelError
from himmel.safety.frames import missing, to_install, wanted

PLAN = "plan.json"
Work = Callable[[Sequence[Job]], Iterator[int]]


@dataclass
class Found:
    """What has become of footage so far: files that were set aside, clips that were dropped and kept."""

    aside: list[dict[str, Any]] = field(default_factory=list)
    dropped: list[dict[str, Any]] = field(default_factory=list)
    kept: list[dict[str, Any]] = field(default_factory=list)

    def drops(self) -> dict[str, int]:
        """How many clips were dropped for each reason, the first of their reasons."""
        counts = Counter(row["drop"][0] for row in self.dropped)
        return {name: counts[name] for name in REASONS if counts[name]}


def ingest(
    root: Path,
    sources: Sequence[Source],
    folder: Path,
    settings: Settings,
    work: Work,
    report: Callable[[str], None] = print,
) -> dict[str, Any]:
    """Takes in all sources and writes shards, manifest and report into `folder`; returns the manifest.

    work: does jobs, in any order (`himmel.recipes.workers`). Raises HimmelError for a folder that holds something else,
    and StoreError where something could not be written: then the same call goes on from what is there.
    """
    if settings.policy.frames.missing == "refuse" and (absent := unseen(settings)):
        given = f"frames cannot be looked at for {', '.join(absent)}"
        raise HimmelError(given, "all checks installed", to_install(absent))
    jobs = [Job(index, root, source, folder, settings) for index, source in enumerate(sources)]
    _begin(folder, jobs, settings)
    before = _finished_shards(folder)
    packer = Packer(folder, jobs, settings, before)
    done, began, following = {job.index for job in jobs if job.record.is_file()}, time.monotonic(), 0
    if done:
        report(f"{len(done)} of {len(jobs)} files were done before")
    for index in _and_first(work([job for job in jobs if job.index not in done])):
        if index is not None:
            done.add(index)
        while following in done:
            packer.take(jobs[following])
            following += 1
            if following % 20 == 0 or following == len(jobs):
                seconds = time.monotonic() - began
                report(f"{following} of {len(jobs)} files, {len(packer.found.kept)} clips kept, {seconds:.0f} s")
    return packer.end()


def unseen(settings: Settings) -> dict[str, str]:
    """Each kind of look that the policy asks for and this installation cannot do, and what it lacks."""
    absent = missing()
    return {kind: absent[kind] for kind in wanted(settings.policy) if kind in absent}


def _and_first(indices: Iterator[int]) -> Iterator[int | None]:
    """None before all others: what is there already is taken before anything is waited for."""
    yield None
    yield from indices


def _begin(folder: Path, jobs: Sequence[Job], settings: Settings) -> None:
    """Writes down what is to be done, or checks that it is what was begun here."""
    plan = {"format": FORMAT, "settings": settings.told(), "sources": [told_of(job.source) for job in jobs]}
    path = folder / PLAN
    if path.is_file():
        try:
            same = json.loads(path.read_text(encoding="utf-8")) == json.loads(json.dumps(plan))
        except (OSError, ValueError):
            same = False
        if not same:
            given = f"{folder} was begun with other footage, notes or settings"
            raise HimmelError(given, "the same again, or a new folder", "choose another with --out")
        return
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise HimmelError(f"{folder} holds something else", "a new or empty folder", "choose another with --out")
    make_folder(folder)
    write_json(path, plan)


def _finished_shards(folder: Path) -> dict[str, Shard]:
    """The shards that an earlier run has written, by name, as it wrote them down."""
    with suppress(HimmelError):
        return {shard.name: shard for shard in read_manifest(folder)["shards"]}
    found = {}
    for path in sorted((folder / "work").glob("*.shard.json")):
        with suppress(OSError, ValueError, TypeError):
            shard = Shard(**json.loads(path.read_text(encoding="utf-8")))
            found[shard.name] = shard
    return found


class Packer:
    """Takes finished files in the order of the plan and fills shards with their clips."""

    def __init__(self, folder: Path, jobs: Sequence[Job], settings: Settings, before: dict[str, Shard]) -> None:
        self.folder, self.jobs, self.settings, self.before = folder, jobs, settings, before
        self.found, self.samples = Found(), Samples(folder / "report")
        self.shards: list[Shard] = []
        self._open: list[tuple[Job, dict[str, Any]]] = []
        self._files: dict[str, str] = {}
        self._index = Neighbours()
        self._seen: list[tuple[str, int, str]] = []  # file, shot and key of each clip in the index

    def take(self, job: Job) -> None:
        """The next file."""
        record = read_record(job.record)
        twin = self._files.get(record.get("sha256", ""))
        if "aside" not in record and twin is not None:
            record = {**record, "aside": f"the same file as {twin}"}
        if "aside" in record:
            self.found.aside.append({"path": job.source.path, "reason": record["aside"]})
            shutil.rmtree(job.clips, ignore_errors=True)
            return
        self._files[record["sha256"]] = job.source.path
        for clip in record["clips"]:
            self._take_clip(job, clip)

    def _take_clip(self, job: Job, clip: dict[str, Any]) -> None:
        if not clip["drop"] and (twin := self._twin(clip)):
            clip = {**clip, "drop": ["duplicate"], "of": twin}
        slim = {name: value for name, value in clip.items() if name not in ("hashes", "more", "captions")}
        if clip["pictures"]:
            self.samples.offer(slim, job.index)
        if clip["drop"]:
            self.found.dropped.append(slim)
            (job.clips / f"{clip['key']}.mp4").unlink(missing_ok=True)
            return
        self.found.kept.append(slim)
        self._open.append((job, clip))
        if len(self._open) == self.settings.clips_a_shard:
            self._close()

    def _twin(self, clip: dict[str, Any]) -> str:
        """The key of an earlier clip that shows the same; "". Parts of one shot may be alike."""
        if "duplicate" in self.settings.keep:
            return ""
        hashes = [int(value, 16) for value in clip["hashes"]]
        for label in shared(self._index, hashes):
            path, shot, key = self._seen[label]
            if (path, shot) != (clip["path"], clip["shot"]):
                return key
        for value in hashes:
            self._index.add(value, len(self._seen))
        self._seen.append((clip["path"], clip["shot"], clip["key"]))
        return ""

    def _there(self, job: Job, name: str) -> Path:
        """A file that a job has made; where it is gone, the job is done again."""
        path = job.clips / name
        if not path.is_file():
            process(job)
        if not path.is_file():
            given = f"{job.source.path} is not what it was when it was taken in"
            raise HimmelError(given, "the same file", "begin again in a new folder, with --out")
        return path

    def _close(self) -> None:
        """Writes the open shard, unless it is there, and lets go of its clips."""
        name = shard_name(len(self.shards))
        note = self.folder / "work" / f"{name}.shard.json"
        known = self.before.get(name)
        if known is None or not is_whole(self.folder, known):
            known = write_shard(self.folder / name, map(self._members, self._open), [c["key"] for _, c in self._open])
            make_folder(note.parent)
            write_json(note, asdict(known))
        self.shards.append(known)
        for job, clip in self._open:
            (job.clips / f"{clip['key']}.mp4").unlink(missing_ok=True)
        self._open = []

    def _members(self, entry: tuple[Job, dict[str, Any]]) -> dict[str, bytes | Path]:
        job, clip = entry
        note = {name: value for name, value in clip.items() if name not in ("drop", "pictures")}
        files: dict[str, bytes | Path] = {
            "json": (json.dumps(note, sort_keys=True, ensure_ascii=False) + "\n").encode(),
            "mp4": self._there(job, f"{clip['key']}.mp4"),
        }
        if clip["captions"]:
            files["txt"] = (clip["captions"][0] + "\n").encode()
        return files

    def end(self) -> dict[str, Any]:
        """The last shard, the lists, the report, and last of all the manifest, which says that all is there."""
        if self._open:
            self._close()
        found = self.found
        write_text(self.folder / "aside.jsonl", _lines(found.aside))
        write_text(self.folder / "dropped.jsonl", _lines(found.dropped))
        manifest = {
            "format": FORMAT,
            "made_by": f"himmel {__version__}",
            "settings": self.settings.told(),
            "files": len(self.jobs),
            "aside": len(found.aside),
            "clips": len(found.kept),
            "seconds": round(sum(clip["seconds"] for clip in found.kept), 3),
            "dropped": found.drops(),
            "licences": dict(sorted(Counter(clip["licence"] for clip in found.kept).items())),
            "unseen": unseen(self.settings),
            "shards": [asdict(shard) for shard in self.shards],
        }
        pictures = self.samples.stored(lambda index, name: self._there(self.jobs[index], name))
        write_report(self.folder, manifest, (found.kept, found.dropped, found.aside), pictures)
        write_json(self.folder / MANIFEST, manifest)
        shutil.rmtree(self.folder / "work", ignore_errors=True)
        return manifest


def _lines(rows: Sequence[dict[str, Any]]) -> str:
    return "".join(json.dumps(row, sort_keys=True, ensure_ascii=False) + "\n" for row in rows)
