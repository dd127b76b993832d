"""One file of footage becomes clips: looked at, judged, cut, and written down. `himmel.recipes.ingest_run` does many.

What is done to a file depends on nothing but its bytes, what is said of it and the settings, so it may be done by any
process of any machine, and again.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from himmel.footage.read import Wanted, open_video
from himmel.footage.scores import within_bars
from himmel.footage.shards import StoreError, digest, make_folder, stored, write_json
from himmel.footage.sources import Source
from himmel.footage.write import write_video
from himmel.recipes.pieces import Piece, Settings, pieces
from himmel.recipes.survey import FILM, LIMITS, Looks, Survey, survey, within
from himmel.recipes.telling import server_of, tell
from himmel.records import HimmelError
from himmel.safety.policy import Policy

Frame = NDArray[np.uint8]
PICTURES = 6
"""Small pictures of each clip for the report, side by side."""


@dataclass(frozen=True)
class Job:
    """A file that is to be done. index: its place in the plan. folder: of the shards."""

    index: int
    root: Path
    source: Source
    folder: Path
    settings: Settings

    @property
    def record(self) -> Path:
        """Where it is written down what became of the file; it is there when the file is done."""
        return self.folder / "sources" / f"{self.index:06d}.json"

    @property
    def clips(self) -> Path:
        """Where its clips wait for their shard."""
        return self.folder / "work" / f"{self.index:06d}"


class _UnreadableError(Exception):
    """Carries an error of reading through a block that writes, where a HimmelError would be one of writing."""


def process(job: Job) -> int:
    """Does one file, whatever is in it; returns its index. Raises StoreError where something could not be written."""
    try:
        record = _taken_apart(job)
    except StoreError:
        raise
    except HimmelError as error:
        record = {"aside": _without(str(error), job.root)}
    except Exception as error:  # whatever a file does to a library, the others are still to be done
        record = {"aside": _without(f"himmel failed at it: {type(error).__name__}: {error}", job.root)}
    set_down(job, record)
    return job.index


def set_down(job: Job, record: dict[str, Any]) -> None:
    """Writes down what became of a file."""
    make_folder(job.record.parent)
    write_json(job.record, {"path": job.source.path, **record})


def _without(text: str, root: Path) -> str:
    """Paths as they are called in the plan, not where they lie on this machine."""
    return " ".join(text.replace(f"{root}/", "").split())[:500]


@lru_cache(maxsize=1)
def _looks(policy: str) -> Looks:
    return Looks(Policy.model_validate_json(policy))


def _taken_apart(job: Job) -> dict[str, Any]:
    source, path = job.source, job.root / job.source.path
    if source.fault:
        raise HimmelError(source.fault, "", "")
    if not path.is_file():
        raise HimmelError(f"{source.path} is missing or no file", "", "")
    try:
        sha256, size = digest(path), path.stat().st_size
    except OSError as error:
        raise HimmelError(f"{source.path} cannot be read: {error.strerror}", "", "") from error
    seen = survey(path, _looks(job.settings.policy.model_dump_json()))
    found = pieces(seen, job.settings)
    clips = [_clip(job, seen, piece, sha256) for piece in found]
    _clear(job.clips)
    make_folder(job.clips)
    sizes = _cut(path, [(p, c["key"]) for p, c in zip(found, clips, strict=True) if not p.drop], job, seen.rate)
    for piece, clip in zip(found, clips, strict=True):
        clip |= sizes.get(clip["key"], {})
        if not piece.drop and not clip["captions"] and job.settings.captions:
            clip |= _described(job.clips / f"{clip['key']}.mp4", job.settings.captions)
        clip["pictures"] = _strip(job.clips / f"{clip['key']}.jpg", seen, piece)
    return {"sha256": sha256, "bytes": size, "clips": clips}


def _clear(folder: Path) -> None:
    """What a run that was stopped has left of this file."""
    shutil.rmtree(folder, ignore_errors=True)


def _clip(job: Job, seen: Survey, piece: Piece, sha256: str) -> dict[str, Any]:
    """What is known of a clip, as it stands in its KEY.json; sizes come when it is cut."""
    source, told = job.source, seen.told
    return {
        "key": f"{sha256[:16]}-{piece.first:07d}",
        "path": source.path,
        "source": source.origin,
        "licence": source.licence,
        "captions": list(source.captions),
        "more": dict(source.more),
        "shot": piece.shot,
        "first": piece.first,
        "start": piece.start,
        "seconds": piece.scores["seconds"],
        "rate": str(seen.rate),
        "frames": len(piece.frames),
        "native": told["native"],
        "codec": f"{told['codec']} {told['format']}",
        "turned": told["rotation"],
        "interlaced": told["interlaced"],
        "aspect": told["aspect"],
        "variable": piece.variable or not seen.steady,
        "bars": list(piece.crop),
        "scores": {name: value for name, value in piece.scores.items() if name != "seconds"},
        "words": list(piece.words),
        "hashes": [f"{value:016x}" for value in piece.hashes],
        "drop": list(piece.drop),
    }


def _described(path: Path, by: str) -> dict[str, Any]:
    """The caption of a clip that has none, and who wrote it. A server that gives no answer stops the run: no file is
    to blame for it, and what is done is kept.
    """
    try:
        told = tell(path, server_of(by))
    except HimmelError as error:
        raise StoreError(error.given, error.allowed, error.remedy) from error
    wrote = {name: told[name] for name in ("by", "sure") if name in told}
    return {"captions": [told["caption"]] if told["caption"] else [], "captioned": wrote}


def _cut(path: Path, kept: list[tuple[Piece, str]], job: Job, rate: Fraction) -> dict[str, dict[str, Any]]:
    """Writes the clips that are kept, decoding the file once more; gives the width and height of each by key."""
    sizes: dict[str, dict[str, Any]] = {}
    spans = _joined([(piece.first, piece.end) for piece, _ in kept])
    if not kept:
        return sizes
    wanted = Wanted(spans=spans, square=FILM.square, progressive=FILM.progressive)
    with open_video(path, limits=LIMITS, wanted=wanted) as video:
        frames = (frame for _, frame in video.frames)
        for piece, key in kept:
            size: dict[str, Any] = {}
            target = job.clips / f"{key}.mp4"
            try:
                with stored(target) as partial:
                    write_video(target, _pictures(frames, piece, size), rate, into=partial, light=True)
            except _UnreadableError as error:
                raise HimmelError(str(error), "", "") from error
            sizes[key] = size
    return sizes


def _joined(spans: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Spans in rising order without those that begin where another ends."""
    out: list[tuple[int, int]] = []
    for first, end in spans:
        out[-1:] = [(out[-1][0], end)] if out and out[-1][1] == first else [*out[-1:], (first, end)]
    return tuple(out)


def _pictures(frames: Iterator[Frame], piece: Piece, size: dict[str, Any]) -> Iterator[Frame]:
    """The pictures of a clip: the frames of its piece at the ticks of its rate, between the bars."""
    shown = list(reversed(piece.frames))
    for number in range(piece.first, piece.end):
        try:
            frame = next(frames, None)
        except HimmelError as error:
            raise _UnreadableError(str(error)) from error
        if frame is None:
            raise _UnreadableError("it gave fewer frames when it was decoded again")
        inner = within_bars(frame, piece.crop)
        size |= {"width": inner.shape[1], "height": inner.shape[0]}
        while shown and shown[-1] == number:
            shown.pop()
            yield inner


def _strip(path: Path, seen: Survey, piece: Piece) -> bool:
    """A row of small pictures of a clip, as JPEG; whether there are any."""
    import cv2

    samples = [s.picture for s in within(seen.samples, piece.first, piece.end) if s.picture]
    if not samples:
        return False
    chosen = np.unique(np.linspace(0, len(samples) - 1, min(PICTURES, len(samples))).round().astype(int))
    row = [cv2.imdecode(np.frombuffer(samples[i], np.uint8), cv2.IMREAD_COLOR) for i in chosen]
    content = cv2.imencode(".jpg", np.concatenate([np.asarray(p) for p in row], 1), [cv2.IMWRITE_JPEG_QUALITY, 80])[1]
    with stored(path) as partial:
        partial.write_bytes(content.tobytes())
    return True


def read_record(path: Path) -> dict[str, Any]:
    """What became of a file, from its record."""
    return json.loads(path.read_text(encoding="utf-8"))


def told_of(source: Source) -> dict[str, Any]:
    """A source as the plan has it."""
    return asdict(source)
