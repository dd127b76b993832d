"""One setting puts the jobs into a Postgres. Several worker processes share them; all end right if one is killed."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import openai
import psycopg
import pytest
from click.testing import CliRunner
from live_service import Live, wait_for
from scripted_engine import PICTURE, Scripted, add

from himmel.cli import himmel
from himmel.cli.serve import open_data
from himmel.records import HimmelError
from himmel.service.claims import Claims
from himmel.service.hooks import Hooks
from himmel.service.keys import Keys
from himmel.service.store import Job, Jobs
from himmel.service.worker import Worker
from himmel.service.workers import Workers


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_two_worker_processes_share_the_jobs_and_one_that_is_killed_loses_none(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    address = request.getfixturevalue("postgres")() if kind == "postgres" else None
    folder, database = open_data(str(tmp_path / "data"), database=address)
    table = Worker(Claims(database, "none"), Scripted(), folder / "videos")
    jobs = [add(table, f"slow {number}") for number in range(16)]
    workers = Workers(Scripted, folder, database, None, 2)
    workers.start()

    def state(job: Job) -> Job:
        found = Jobs(database).get(job.id, "")
        assert found is not None
        return found

    def under_way() -> list[Job]:
        return [job for job in map(state, jobs) if job.status == "in_progress" and (mark(job)).exists()]

    def mark(job: Job) -> Path:
        return folder / "videos" / job.id / "worker"

    try:
        both = wait_for(lambda: len(now := under_way()) == 2 and now)
        assert len({job.worker for job in both}) == 2
        os.kill(int(mark(both[0]).read_text()), signal.SIGKILL)
        wait_for(lambda: all(state(job).status == "completed" for job in jobs))
        wait_for(lambda: workers.starts == 3)
    finally:
        workers.close()
    assert state(both[0]).tries == 2
    for job in jobs:
        assert (folder / "videos" / job.id / "times").read_text() == "made\n"
        assert not list((folder / "videos" / job.id).glob(".*"))
    assert len(database.rows("SELECT id FROM deliveries")) == len(jobs)


def test_a_database_that_restarts_is_used_again(postgres: Callable[[], str], tmp_path: Path) -> None:
    folder, database = open_data(str(tmp_path / "data"), database=postgres())
    worker = Worker(Claims(database, "one"), Scripted(), folder / "videos")
    job = add(worker, "fine")
    server = postgres.__self__  # pyright: ignore[reportFunctionMemberAccess]
    server.restart()
    assert Jobs(database).get(job.id, "") is not None
    server.restart()
    assert worker.once()
    assert [row["status"] for row in database.rows("SELECT status FROM jobs")] == ["completed"]


def test_a_transaction_that_fails_leaves_nothing(postgres: Callable[[], str], tmp_path: Path) -> None:
    _, database = open_data(str(tmp_path / "data"), database=postgres())
    keys = Keys(database)
    made, secret = keys.create("100% ours?")

    def half() -> None:
        with database.writing() as connection:
            connection.execute("UPDATE keys SET name = ? WHERE id = ?", ("other", made.id))
            connection.execute("UPDATE keys SET nothing = 1")

    with pytest.raises(psycopg.Error):
        half()
    found = keys.find(secret)
    assert found is not None
    assert (found.id, found.name) == (made.id, "100% ours?")


def test_two_services_tell_of_a_job_once(postgres: Callable[[], str], tmp_path: Path) -> None:
    folder, database = open_data(str(tmp_path / "data"), database=postgres())
    worker = Worker(Claims(database, "one"), Scripted(), folder / "videos")
    add(worker, "fine")
    worker.once()
    told: list[str] = []
    first, second = (Hooks(database, "http://127.0.0.1:1/", "whsec_AAAA") for _ in range(2))

    def tell(event: str, *_: object) -> bool:
        told.append(event)
        second.deliver()  # just while the first one tells it
        return True

    first._tell = second._tell = tell  # pyright: ignore[reportAttributeAccessIssue]
    first.deliver()
    second.deliver()
    assert len(told) == 1


def test_an_address_that_leads_nowhere_is_said_without_its_password(tmp_path: Path) -> None:
    with pytest.raises(HimmelError) as error:
        open_data(str(tmp_path / "data"), database="postgresql://himmel:secret@127.0.0.1:1/himmel")
    assert "secret" not in str(error.value)
    words = ["serve", "--data", str(tmp_path / "other"), "--port", "0", "--database"]
    for address in ("mysql://himmel:secret@127.0.0.1/himmel", "postgresql://himmel:secret@127.0.0.1:1/himmel"):
        said = CliRunner().invoke(himmel, [*words, address])
        assert said.exit_code == 2
        assert "--database" in said.output
        assert "secret" not in said.output


def test_the_api_is_the_same_over_a_postgres(serve: Callable[..., Live], postgres: Callable[[], str]) -> None:
    live = serve(Scripted(), address=postgres())
    videos = live.client().videos
    made = [videos.create(prompt=f"clip {number}").id for number in range(3)]
    wait_for(lambda: all(videos.retrieve(one).status == "completed" for one in made))
    assert [video.id for video in videos.list(limit=2, order="asc")] == made
    assert videos.download_content(made[0]).read() == b"half"
    again = videos.create(prompt="clip 0", extra_headers={"x-stainless-retry-count": "1"})
    assert again.id == made[0]
    rolly = videos.create_character(name="Rolly", video=PICTURE)
    named = videos.create(prompt="Rolly bounces").to_dict()["himmel"]["settings"]["characters"]
    assert named == {"Rolly": {"shape": "ball", "colour": "red"}}
    assert videos.get_character(rolly.id or "").name == "Rolly"
    assert videos.delete(made[1]).deleted
    wait_for(lambda: live.janitor.sweep() or not (live.core.videos / made[1]).exists())
    wait_for(lambda: 'himmel_jobs{status="completed"} 3' in live.ask("GET", "/metrics")[2].decode())
    _, secret = live.core.keys.create("studio", queue=1)
    with pytest.raises(openai.AuthenticationError):
        videos.list()
    assert live.client(secret).videos.list().data == []


def test_keys_lie_in_the_database_that_is_named(postgres: Callable[[], str], tmp_path: Path) -> None:
    words, address = ["--data", str(tmp_path / "data"), "--database"], postgres()
    made = CliRunner().invoke(himmel, ["keys", "create", "--name", "studio", *words, address])
    assert made.exit_code == 0, made.output
    listed = CliRunner().invoke(himmel, ["keys", "list"], env={"HIMMEL_DATABASE": address})
    assert "studio" in listed.output
