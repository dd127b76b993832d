"""Keys: made once, kept as hashes, and each sees only its own."""

from __future__ import annotations

from pathlib import Path

import openai
import pytest
from click.testing import CliRunner
from live_service import BALL, FAST, Live, disc, wait_for

from himmel.cli import himmel
from himmel.cli.engine import PipelineEngine
from himmel.service.keys import Key, Keys
from himmel.service.limits import Rates


@pytest.fixture
def keyed(serve, engine: PipelineEngine) -> Live:
    return serve(engine, working=False)


def test_without_keys_anybody_is_let_in_and_with_one_only_it(keyed: Live) -> None:
    assert keyed.client("anything").videos.list().data == []
    assert keyed.ask("GET", "/v1/videos")[0] == 200
    made, secret = Keys(keyed.core.database).create("studio")
    assert keyed.client(secret).videos.list().data == []
    for header in (
        None,
        "Bearer ",
        "Bearer hk-wrong",
        f"Basic {secret}",
        secret,
        f"Bearer {secret}x",
        f"Bearer {made.id}",
    ):
        status, headers, _ = keyed.ask("GET", "/v1/videos", headers={"authorization": header} if header else {})
        assert (status, headers["www-authenticate"]) == (401, "Bearer")
    with pytest.raises(openai.AuthenticationError) as refused:
        keyed.client("other").videos.create(prompt=BALL)
    assert refused.value.code == "invalid_api_key"
    assert keyed.ask("GET", "/healthz")[0] == 200
    assert keyed.ask("GET", "/metrics")[0] == 401


def test_keys_are_kept_as_hashes(keyed: Live) -> None:
    _, secret = Keys(keyed.core.database).create("studio")
    keyed.core.database.connection.execute("PRAGMA wal_checkpoint(FULL)")
    stored = b"".join(file.read_bytes() for file in keyed.core.folder.glob("himmel.sqlite*"))
    assert secret.encode() not in stored
    assert secret[7:].encode() not in stored
    assert keyed.core.database.path.stat().st_mode & 0o077 == 0


def test_revoked_and_expired_keys_open_nothing(keyed: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = Keys(keyed.core.database)
    made, secret = keys.create("first")
    _, short = keys.create("second", days=1)
    assert keyed.client(short).videos.list().data == []
    keys.revoke(made.id)
    with pytest.raises(openai.AuthenticationError):
        keyed.client(secret).videos.list()
    monkeypatch.setattr("himmel.service.core.time.time", lambda: 4e9)
    with pytest.raises(openai.AuthenticationError):
        keyed.client(short).videos.list()


def test_others_ids_do_not_exist(keyed: Live, live: Live, finished: openai.types.Video) -> None:
    keys = Keys(keyed.core.database)
    mine, theirs = (keyed.client(keys.create(name)[1]) for name in ("mine", "theirs"))
    video = mine.videos.create(prompt=BALL, extra_body=FAST)
    named = str(mine.videos.create_character(name="Rolly", video=disc()).id)
    assert mine.videos.retrieve(video.id).id == video.id
    asks = (
        lambda: theirs.videos.retrieve(video.id),
        lambda: theirs.videos.delete(video.id),
        lambda: theirs.videos.download_content(video.id),
        lambda: theirs.videos.remix(video.id, prompt=BALL),
        lambda: theirs.videos.list(after=video.id),
        lambda: theirs.videos.extend(prompt="", seconds="1", video=openai.omit, extra_body={"video": {"id": video.id}}),
        lambda: theirs.post(f"/videos/{video.id}/cancel", cast_to=object),
        lambda: theirs.get(f"/videos/{video.id}/events", cast_to=object),
        lambda: theirs.get(f"/videos/{video.id}/recipe", cast_to=object),
        lambda: theirs.videos.download_content(video.id, variant="thumbnail"),
        *(lambda p=path, b=body: theirs.post(p, body={**FAST, **b}, cast_to=object) for path, body in used(video.id)),
        lambda: theirs.videos.get_character(named),
        lambda: theirs.delete(f"/videos/characters/{named}", cast_to=object),
        lambda: theirs.videos.create(prompt="Rolly", extra_body={"characters": [{"id": named}]}),
        lambda: theirs.post(
            "/videos/previews", body={"prompt": "Rolly", "characters": [{"id": named}]}, cast_to=object
        ),
    )
    for ask in asks:
        with pytest.raises(openai.NotFoundError):
            ask()
    assert mine.videos.retrieve(video.id).status == "queued"
    assert theirs.videos.list().data == []
    assert theirs.get("/videos/characters", cast_to=object) == {"object": "list", "data": []}
    unknown = theirs.videos.create(prompt="Rolly bounces", extra_body=FAST).to_dict()["himmel"]["unknown"]
    assert "Rolly" in unknown[0]
    assert mine.videos.get_character(named).name == "Rolly"


def used(video_id: str) -> list[tuple[str, dict[str, object]]]:
    """Orders that say a video as what they are made from."""
    it = {"id": video_id}
    board = {"scenes": [{"prompt": BALL}], "cards": [{"at": 0, "video": video_id}]}
    return [
        ("/videos", {"prompt": BALL, "input_reference": it}),
        ("/videos/edits", {"prompt": BALL, "video": it}),
        (f"/videos/{video_id}/enlarge", {}),
        ("/videos/loops", {"video": it}),
        ("/videos/fills", {"video": it, "gaps": [[0, 1]]}),
        ("/videos/connections", {"first": it, "second": it}),
        ("/videos/storyboards", {"storyboard": board}),
    ]


def test_each_key_has_limits_of_its_own(keyed: Live) -> None:
    keys = Keys(keyed.core.database)
    few = keyed.client(keys.create("few", queue=2)[1])
    small = keyed.client(keys.create("small", storage=10)[1])
    slow = keyed.client(keys.create("slow", rate=1)[1])
    for _ in range(2):
        few.videos.create(prompt=BALL, extra_body=FAST)
    with pytest.raises(openai.RateLimitError) as full:
        few.videos.create(prompt=BALL, extra_body=FAST)
    assert (full.value.code, full.value.response.headers["x-should-retry"]) == ("queue_full", "false")
    first = small.videos.create(prompt=BALL, extra_body=FAST)
    with keyed.core.database.writing() as connection:
        connection.execute("UPDATE jobs SET bytes = 11 WHERE id = ?", (first.id,))
    with pytest.raises(openai.RateLimitError) as heavy:
        small.videos.create(prompt=BALL, extra_body=FAST)
    assert heavy.value.code == "storage_full"
    small.videos.delete(first.id)
    assert small.videos.create(prompt=BALL, extra_body=FAST).status == "queued"
    slow.videos.list()
    with pytest.raises(openai.RateLimitError) as fast:
        slow.videos.list()
    assert 1 <= int(fast.value.response.headers["retry-after"]) <= 60


def test_a_rate_comes_back_with_time() -> None:
    now, key = [0.0], Key("k", "k", "", 0.0, rate=60)
    rates = Rates(clock=lambda: now[0])

    def allowed(asked: int) -> int:
        count = 0
        for _ in range(asked):
            try:
                rates.take(key)
            except Exception:
                continue
            count += 1
        return count

    assert allowed(100) == 60
    now[0] = 10.0
    assert allowed(100) == 10
    now[0] = 1000.0
    assert allowed(100) == 60


def test_the_verbs(tmp_path: Path) -> None:
    def run(*words: str) -> str:
        result = CliRunner().invoke(himmel, ["keys", *words, "--data", str(tmp_path)])
        assert result.exit_code == 0, result.output
        return result.stdout

    made = run("create", "--name", "studio", "--days", "3", "--storage", "5")
    secret, key_id = made.split()[1], made.split()[3]
    listed = run("list")
    assert listed.startswith("valid")
    assert key_id in listed
    assert secret not in listed
    run("revoke", key_id)
    assert run("list").startswith("revoked")
    assert CliRunner().invoke(himmel, ["keys", "revoke", "key_x", "--data", str(tmp_path)]).exit_code == 2


def test_what_was_deleted_leaves_the_disk_also_while_it_is_downloaded(live: Live, finished: openai.types.Video) -> None:
    client = live.client()
    again = client.videos.create_and_poll(prompt=BALL, size="48x32", seconds="0.5", extra_body=FAST)
    folder = live.core.videos / again.id
    whole = (folder / "video.mp4").read_bytes()
    open_file = live.core.content(live.core.job(None, again.id), "video.mp4")
    client.videos.delete(again.id)
    live.janitor.sweep()
    assert not folder.exists()
    assert open_file.read() == whole
    open_file.close()
    with pytest.raises(openai.NotFoundError):
        client.videos.download_content(again.id)


def test_a_job_in_progress_can_be_deleted(live: Live) -> None:
    client = live.client()
    video = client.videos.create(prompt=BALL, size="96x96", seconds="60", extra_body={"steps": 60})
    wait_for(lambda: client.videos.retrieve(video.id).status == "in_progress")
    client.videos.delete(video.id)
    with pytest.raises(openai.NotFoundError):
        client.videos.retrieve(video.id)
    wait_for(lambda: live.janitor.sweep() or not (live.core.videos / video.id).exists(), 3.0)
