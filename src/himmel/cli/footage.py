"""`himmel footage`: real video becomes shards of clips, and these what the transformer reads."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click

from himmel.cli.options import PATH, RATE, SIZE, attest_option, model_option, policy_option
from himmel.cli.terminal import say, spoken
from himmel.cli.train import words_option
from himmel.language.endpoint import CAPTIONING
from himmel.records import HimmelError

if TYPE_CHECKING:
    from himmel.footage.shards import Shard
    from himmel.footage.sources import Source
    from himmel.recipes.encode import Shapes, Work
    from himmel.recipes.ingest import Job
    from himmel.recipes.pieces import Settings
    from himmel.safety.policy import Policy

REASONS = ("short", "flat", "letterbox", "blurred", "static", "text", "faces", "words", "nudity", "duplicate")

ray_option = click.option(
    "--ray",
    "address",
    default=None,
    metavar="ADDRESS",
    help="Work on the machines of a Ray cluster, which see the same folders; local starts one here. "
    "Example: --ray 10.0.0.1:6379",
)


@click.group(short_help="Your own footage: cut, judged, stored to train on.")
def footage() -> None:
    """Real video becomes clips to train on. In order:

    \b
    himmel footage ingest FOLDER --out SHARDS   shots, scores, duplicates; shards and a report page
    himmel footage encode SHARDS                latents and word states

    A run that was stopped goes on where it was when it is started again. docs/footage.md explains all of it.
    """


@footage.command(short_help="Real video of any kind to shards of clips.")
@click.argument("given", metavar="DIR|LIST", type=PATH)
@click.option(
    "--out",
    type=PATH,
    required=True,
    metavar="SHARDS",
    help="Folder for shards, manifest and report/index.html; made if it isn't there. Example: --out runs/shards",
)
@click.option(
    "--licence",
    default="",
    metavar="TEXT",
    help="Licence of footage that states none beside it. Example: --licence CC-BY-4.0",
)
@click.option(
    "--source",
    "origin",
    default="",
    metavar="TEXT",
    help="Where footage is from that states nothing beside it. Example: --source 'our own camera'",
)
@click.option(
    "--min-seconds",
    type=float,
    default=1.0,
    show_default=True,
    metavar="S",
    help="Shortest shot that is kept, 1 to 60. Example: --min-seconds 2",
)
@click.option(
    "--max-seconds",
    type=float,
    default=10.0,
    show_default=True,
    metavar="S",
    help="Longer shots are cut evenly, 2 to 120. Example: --max-seconds 5",
)
@click.option(
    "--min-sharpness",
    type=float,
    default=0.0007,
    show_default=True,
    metavar="X",
    help="Variance of the Laplacian over that of brightness; below it a clip is blurred. Example: --min-sharpness 0.01",
)
@click.option(
    "--min-motion",
    type=float,
    default=0.01,
    show_default=True,
    metavar="X",
    help="Speed of the fastest hundredth of the picture, in sides a second; below it a clip is static. "
    "Example: --min-motion 0.05",
)
@click.option(
    "--max-text",
    type=float,
    default=0.1,
    show_default=True,
    metavar="X",
    help="Share of the picture under lines of text; above it a clip is dropped. Example: --max-text 0.05",
)
@click.option(
    "--keep",
    multiple=True,
    type=click.Choice(REASONS),
    help="A reason for which nothing is dropped; may be repeated. Example: --keep static --keep duplicate",
)
@click.option(
    "--captions",
    default=None,
    metavar="own|URL",
    help="Who describes clips that have no caption: himmel's own captioner, which knows the synthetic world only, or "
    f"the vision-language model {CAPTIONING.model} behind an OpenAI-compatible server. "
    "Example: --captions http://localhost:11434/v1",
)
@click.option(
    "--clips-a-shard",
    type=int,
    default=100,
    show_default=True,
    metavar="N",
    help="Clips in one tar, 1 to 100000. Example: --clips-a-shard 500",
)
@click.option(
    "--workers",
    type=int,
    default=None,
    metavar="N",
    help="Files that are worked on at a time; one a core if not said. Shards don't depend on it. Example: --workers 4",
)
@ray_option
@policy_option
@attest_option
def ingest(
    given: str,
    out: str,
    licence: str,
    origin: str,
    min_seconds: float,
    max_seconds: float,
    min_sharpness: float,
    min_motion: float,
    max_text: float,
    keep: tuple[str, ...],
    captions: str | None,
    clips_a_shard: int,
    workers: int | None,
    address: str | None,
    policy: Policy,
    attest_likeness: bool,
) -> None:
    """Cut real video into shots, judge them, and write those worth training on as WebDataset shards.

    \b
    himmel footage ingest holiday --out runs/shards --licence CC-BY-4.0 --source 'our own camera'
    himmel footage ingest list.csv --out runs/shards --max-seconds 5 --keep static
    """
    _within("min-seconds", min_seconds, 1, 60, 2)
    _within("max-seconds", max_seconds, max(2, 2 * min_seconds), 120, 10)
    _within("clips-a-shard", clips_a_shard, 1, 100_000, 100)
    _within("workers", 1 if workers is None else workers, 1, 4096, 4)
    for name, value in (("min-sharpness", min_sharpness), ("min-motion", min_motion), ("max-text", max_text)):
        _within(name, value, 0, 10, 1)
    need("cv2", "scenedetect", "matplotlib")
    from himmel.footage.sources import sources_of
    from himmel.recipes.pieces import Settings

    if Path(given).is_dir() and Path(out).resolve().is_relative_to(Path(given).resolve()):
        raise HimmelError(f"--out {out} inside {given}", "a folder outside of the footage", "choose another with --out")
    root, sources = sources_of(given, licence, origin)
    attested = attest_likeness or policy.attest_likeness
    settings = Settings(
        min_seconds, max_seconds, min_sharpness, min_motion, max_text, clips_a_shard, keep, attested, policy
    )
    if captions is not None:
        _described_by(captions)
        settings = replace(settings, captions=captions)
    if workers is None:
        from himmel.pipeline.machine import cores

        workers = cores()
    _take_in(root, sources, Path(out), settings, workers, address)


def _described_by(captions: str) -> None:
    """Checks who is to describe clips, before anything is looked at, and says what that means."""
    from himmel.recipes.telling import server_of

    server = server_of(captions)
    if server is not None:
        say("captions", f"frames of clips without one are sent to {server.model} at {server.url}")
        return
    say("captions", "by our own captioner, which knows the synthetic world only: of real footage it is wrong")


def _take_in(
    root: Path, sources: Sequence[Source], folder: Path, settings: Settings, workers: int, address: str | None
) -> None:
    from himmel.recipes.ingest_run import ingest as run
    from himmel.recipes.workers import over_processes, over_ray

    def work(jobs: Sequence[Job]) -> Iterator[int]:
        return over_processes(jobs, workers) if address is None else over_ray(jobs, address, workers)

    began = time.monotonic()
    manifest = run(root.resolve(), sources, folder.resolve(), settings, work, click.echo)
    seconds = time.monotonic() - began
    dropped = sum(manifest["dropped"].values())
    say("files", f"{manifest['files']}, of which {manifest['aside']} set aside (aside.jsonl)")
    for name, number in manifest["dropped"].items():
        say("dropped", f"{number} as {name}")
    for kind, what in manifest["unseen"].items():
        say("unseen", f"{kind}: {what} is not installed")
    say("kept", f"{manifest['clips']} clips, {spoken(manifest['seconds'])}, in {len(manifest['shards'])} shards")
    found = manifest["clips"] + dropped
    say("speed", f"{found / max(seconds, 1e-9):.2f} clips/s looked at ({found} in {spoken(seconds)})")
    say("report", str(folder / "report/index.html"))
    say("try next", f"himmel footage encode {folder}")


@footage.command(short_help="Shards of clips as the transformer reads them.")
@click.argument("shards", metavar="SHARDS", type=PATH)
@click.option(
    "--area",
    type=SIZE,
    metavar="WxH",
    default="128x128",
    show_default=True,
    help="Pixels of a frame; each clip gets the nearest of a few shapes of about this area. Example: --area 256x144",
)
@click.option("--fps", type=RATE, default="16", show_default=True, help="Frames a second, whole. Example: --fps 24")
@click.option(
    "--seconds",
    type=float,
    default=2.0,
    show_default=True,
    metavar="S",
    help="Longest piece, 0.25 to 60; longer clips are cut, shorter ones get half of it or a quarter. "
    "Example: --seconds 4",
)
@click.option(
    "--workers",
    type=int,
    default=None,
    metavar="N",
    help="With --ray, shards that are worked on at a time; one a core of this machine if not said. "
    "Example: --workers 16",
)
@ray_option
@model_option
@words_option
def encode(
    shards: str,
    area: tuple[int, int],
    fps: Fraction,
    seconds: float,
    workers: int | None,
    address: str | None,
    model: str,
    words_from: str | None,
) -> None:
    """Encode the clips of shards into SHARDS/latents, and their captions into word states; what is there is kept.

    \b
    himmel footage encode runs/shards
    himmel footage encode runs/shards --area 256x144 --seconds 4 --model runs/autoencoder/export
    himmel footage encode /shared/shards --ray 10.0.0.1:6379 --workers 16
    """
    _within("seconds", seconds, 0.25, 60, 2)
    _within("workers", 1 if workers is None else workers, 1, 4096, 4)
    if workers is not None and address is None:
        raise HimmelError(f"--workers {workers}", "it goes with --ray", "leave it away, or add --ray local")
    if fps.denominator != 1 or not 1 <= fps <= 60:
        raise HimmelError(f"--fps {fps}", "a whole number, 1 to 60", "for example --fps 16")
    from himmel.recipes.encode import Shapes, encode_shards

    shapes, folder = Shapes(area[0] * area[1], int(fps), seconds), Path(shards).resolve()
    made_by, work = _encoding(folder, shapes, model, words_from, address, workers)
    began = time.monotonic()
    said = encode_shards(folder, made_by, work, click.echo)
    for bucket, number in said["buckets"].items():
        say("bucket", f"{bucket}: {number} clips")
    if said["uncaptioned"]:
        say("captions", f"{said['uncaptioned']} pieces have none and are told no words; KEY.txt beside a file is one")
    if said["aside"]:
        say("aside", f"{len(said['aside'])} clips could not be encoded: latents/manifest.json says why")
    say("latents", f"{Path(shards) / 'latents'}  {spoken(time.monotonic() - began)}")
    say("try next", f"himmel train transformer --data {shards}")


def _encoding(
    folder: Path, shapes: Shapes, model: str, words_from: str | None, address: str | None, workers: int | None
) -> tuple[tuple[str, str], Work]:
    """Hashes of the networks, and what encodes shards with them: here, or on the machines of a Ray cluster."""
    from himmel.pipeline.folder import SHIPPED
    from himmel.pipeline.machine import cores
    from himmel.pipeline.parts import best_dtype, load_autoencoder, load_words
    from himmel.recipes.encode import Encoded, ShardJob, encode_elsewhere, encode_shard
    from himmel.recipes.workers import over_ray

    network, sha256 = load_autoencoder(model)
    words = load_words(Path(words_from) if words_from else None)
    made_by = sha256, words[2]

    def here(shards: Sequence[Shard]) -> Iterator[Encoded]:
        autoencoder = network.to(best_dtype()), sha256
        return (encode_shard(folder, shard, shapes, autoencoder, words) for shard in shards)

    def elsewhere(shards: Sequence[Shard]) -> Iterator[Encoded]:
        assert address is not None, "asked only where there is one"
        own = model if model == SHIPPED else str(Path(model).resolve())
        read = str(Path(words_from).resolve()) if words_from else None
        jobs = [ShardJob(folder, shard, shapes, own, read, made_by) for shard in shards]
        return over_ray(jobs, address, workers or cores(), encode_elsewhere, on_gpus=True)

    return made_by, here if address is None else elsewhere


def need(*modules: str) -> None:
    """Raises HimmelError where something of the extra is not installed."""
    if absent := [module for module in modules if find_spec(module) is None]:
        raise HimmelError(f"footage needs {', '.join(absent)}", "", "pip install 'himmel[footage]'")


def _within(name: str, value: float, least: float, most: float, example: float) -> None:
    if not least <= value <= most:
        raise HimmelError(f"--{name} {value:g}", f"{least:g} to {most:g}", f"for example --{name} {example:g}")
