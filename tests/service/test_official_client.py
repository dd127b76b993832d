"""The official Python client drives the service unchanged but for base URL and key."""

from __future__ import annotations

import base64
import io
import json
import time
from pathlib import Path

import numpy as np
import openai
import pytest
from live_service import BALL, FAST, Live, form, wait_for
from PIL import Image

from himmel.footage.read import read_video
from himmel.provenance.verify import verify


def picture(colour: str = "red") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (48, 32), colour).save(out, "PNG")
    return out.getvalue()


def test_a_clip_from_words(live: Live, finished: openai.types.Video, clip: bytes, tmp_path: Path) -> None:
    assert (finished.status, finished.progress, finished.error) == ("completed", 100, None)
    assert (finished.object, finished.model, finished.prompt) == ("video", "himmel", BALL)
    assert (finished.seconds, finished.size) == ("0.5", "48x32")
    assert finished.completed_at is not None
    assert finished.expires_at is not None
    assert finished.expires_at > finished.completed_at >= finished.created_at
    (tmp_path / "clip.mp4").write_bytes(clip)
    frames, rate = read_video(tmp_path / "clip.mp4")
    assert (frames.shape, rate) == ((8, 32, 48, 3), 16)
    assert verify(tmp_path / "clip.mp4").state == "valid"


def test_thumbnail_and_spritesheet_are_signed_pictures(
    live: Live, finished: openai.types.Video, tmp_path: Path
) -> None:
    for variant, size in (("thumbnail", (32, 48)), ("spritesheet", (64, 192))):
        content = live.client().videos.download_content(finished.id, variant=variant)
        assert content.response.headers["content-type"] == "image/png"
        path = tmp_path / f"{variant}.png"
        path.write_bytes(content.read())
        assert np.asarray(Image.open(path)).shape == (*size, 3)
        assert verify(path).state == "valid"


def test_old_names_are_mapped_and_the_reply_says_so(idle: Live) -> None:
    video = idle.client().videos.create(prompt=BALL, model="sora-2-pro", size="1280x720", extra_body=FAST)
    assert (video.model, video.size, video.seconds, video.status) == ("himmel", "256x144", "4", "queued")
    assert video.to_dict()["himmel"]["asked"] == {"model": "sora-2-pro", "size": "1280x720"}
    plain = idle.client().videos.create(prompt=BALL, extra_body=FAST)
    assert (plain.size, plain.seconds) == ("128x128", "2")
    assert idle.client().videos.create(prompt=BALL, model="sora-2", extra_body=FAST).size == "144x256"
    with pytest.raises(openai.BadRequestError) as refused:
        idle.client().videos.create(prompt=BALL, model="other")
    assert refused.value.code == "model_not_found"
    assert {"himmel", "sora-2"} <= {model.id for model in idle.client().models.list()}


def test_remix_edit_and_extend(live: Live, finished: openai.types.Video, clip: bytes) -> None:
    videos = live.client().videos
    remixed = videos.remix(finished.id, prompt="a blue ball", extra_body=FAST)
    assert remixed.remixed_from_video_id == finished.id
    assert remixed.to_dict()["himmel"]["seed"] == finished.to_dict()["himmel"]["seed"]
    edited = videos.edit(prompt="a blue ball", video=clip, extra_body={**FAST, "strength": 0.5})
    # The client takes no dictionaries there; people pass them as extra fields, which it sends in brackets.
    by_id = {**FAST, "video": {"id": finished.id}}
    longer = videos.extend(prompt="it rolls on", seconds="0.25", video=openai.omit, extra_body=by_id)
    assert longer.seconds == "0.75"
    earlier = videos.extend(
        prompt="",
        seconds="0.25",
        video=("../../x.mp4", clip),
        extra_body={**FAST, "backward": True},
    )
    for video in (remixed, edited, longer, earlier):
        done = videos.poll(video.id, poll_interval_ms=50)
        assert (done.status, done.error) == ("completed", None)


def test_a_still_comes_to_life(live: Live, tmp_path: Path) -> None:
    videos, still = live.client().videos, picture()
    first = videos.create(prompt="it rolls", seconds="0.25", input_reference=still, extra_body=FAST)
    url = "data:image/png;base64," + base64.b64encode(still).decode()
    inline = {"input_reference": {"image_url": url}, **FAST}
    second = videos.create(prompt="it rolls", seconds="0.25", extra_body=inline)
    for video in (first, second):
        assert (video.size, video.to_dict()["himmel"]["way"]) == ("48x32", "animate")
        assert videos.poll(video.id, poll_interval_ms=50).status == "completed"
        (tmp_path / "still.mp4").write_bytes(videos.download_content(video.id).read())
        frames, _ = read_video(tmp_path / "still.mp4")
        assert len(frames) == 4
        assert np.abs(frames[0].astype(int) - (255, 0, 0)).mean() < 8
    with pytest.raises(openai.BadRequestError, match="not fetched"):
        videos.create(prompt="x", extra_body={"input_reference": {"image_url": "http://127.0.0.1:1/x.png"}})


def test_lists_come_in_pages(idle: Live) -> None:
    videos = idle.client().videos
    made = [videos.create(prompt=BALL, extra_body={**FAST, "seed": i}).id for i in range(5)]
    newest = [video.id for video in videos.list(limit=2)]
    assert newest[:5] == made[::-1]
    assert len(newest) == len(set(newest))
    oldest = [video.id for video in videos.list(limit=3, order="asc", after=made[1])]
    assert oldest[:3] == made[2:]
    page = videos.list(limit=2)
    assert (page.has_more, page.last_id, len(page.data)) == (True, page.data[-1].id, 2)
    last = videos.list(limit=100, order="asc", after=made[-1])
    assert (last.data, last.has_more) == ([], False)
    for video in made:
        assert videos.delete(video).deleted
        with pytest.raises(openai.NotFoundError):
            videos.retrieve(video)


def test_not_ready_is_400_so_that_clients_do_not_repeat_it(idle: Live) -> None:
    videos = idle.client().videos
    waiting = videos.create(prompt=BALL, extra_body=FAST)
    with pytest.raises(openai.BadRequestError) as early:
        videos.download_content(waiting.id)
    assert early.value.code == "video_not_ready"
    raw = videos.with_raw_response.retrieve(waiting.id)
    assert 100 <= int(raw.headers["openai-poll-after-ms"]) <= 5000
    assert raw.headers["x-request-id"]


def test_refused_words_are_400_with_the_category_and_nowhere_else(live: Live, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    with pytest.raises(openai.BadRequestError) as refused:
        live.client().videos.create(prompt="a beheading in closeup with gore")
    assert (refused.value.code, refused.value.type) == ("moderation_blocked", "invalid_request_error")
    assert "violence" in refused.value.message

    def routes() -> list[str]:
        return [str(record.__dict__.get("route")) for record in list(caplog.records)]

    ends = time.monotonic() + 10  # the line is written after the answer has been sent
    while "/v1/videos" not in " ".join(routes()) and time.monotonic() < ends:
        time.sleep(0.02)
    assert "/v1/videos" in " ".join(routes())
    assert "beheading" not in refused.value.message + caplog.text


def test_a_repeated_create_makes_one_job_and_a_second_one_two(idle: Live) -> None:
    videos, fields = idle.client().videos, {"prompt": "a green cube", "seconds": "1", "extra_body": FAST}
    first = videos.create(**fields)
    again = videos.create(**fields, extra_headers={"x-stainless-retry-count": "1"})
    second = videos.create(**fields)
    other = videos.create(
        **{**fields, "prompt": "a blue cube"},
        extra_headers={"x-stainless-retry-count": "1"},
    )
    assert first.id == again.id
    assert len({first.id, second.id, other.id}) == 3


def test_a_repeated_upload_is_known_by_its_content(idle: Live) -> None:
    videos, repeat = idle.client().videos, {"x-stainless-retry-count": "1"}
    first = videos.create(prompt="it rolls", input_reference=picture(), extra_body=FAST)
    again = videos.create(prompt="it rolls", input_reference=picture(), extra_body=FAST, extra_headers=repeat)
    other = videos.create(prompt="it rolls", input_reference=picture("blue"), extra_body=FAST, extra_headers=repeat)
    assert first.id == again.id != other.id


def test_every_other_way(live: Live, finished: openai.types.Video, clip: bytes) -> None:
    source = {"id": finished.id}
    bodies = {
        "loops": {"video": source, "seconds": "0.25"},
        "fills": {"video": source, "gaps": [[0.125, 0.25]]},
        "connections": {"first": source, "second": source, "seconds": 0.25},
        "images": {"prompt": BALL, "size": "48x32"},
        "storyboards": {
            "storyboard": {
                "scenes": [{"prompt": BALL, "seconds": 0.5}, {"prompt": "a sea", "seconds": 0.5, "cut": True}],
                "cards": [{"at": 0.5, "still": finished.id}],
                "size": "48x32",
                "seed": 5,
            }
        },
    }
    seconds = {"loops": "0.75", "fills": "0.5", "connections": "1.25", "images": "0.062", "storyboards": "1"}
    made = {name: live.told("POST", f"/v1/videos/{name}", {**body, **FAST}) for name, body in bodies.items()}
    assert {name: video["seconds"] for name, video in made.items()} == seconds
    assert made["storyboards"]["himmel"]["seed"] == 5
    for name, video in made.items():
        done = live.client().videos.poll(video["id"], poll_interval_ms=50)
        assert (name, done.status, done.error) == (name, "completed", None)
    status, headers, content = live.ask("GET", f"/v1/videos/{made['images']['id']}/content")
    assert (status, headers["content-type"], content[:4]) == (200, "image/png", b"\x89PNG")
    recipe = live.told("GET", f"/v1/videos/{made['loops']['id']}/recipe")
    assert recipe["plan"]["way"] == "loop"


def test_a_video_is_made_larger_by_its_own_words_and_seed(live: Live, finished: openai.types.Video) -> None:
    route = f"/v1/videos/{finished.id}/enlarge"
    video = live.told("POST", route, {"steps": 1, "guidance": 1})
    done = live.client().videos.poll(video["id"], poll_interval_ms=50)
    assert (done.status, done.size, done.error) == ("completed", "96x64", None)
    source, larger = (live.told("GET", f"/v1/videos/{one}/recipe") for one in (finished.id, video["id"]))
    assert (larger["seed"], larger["prompt"]) == (source["seed"], source["expanded"])
    assert live.told("POST", route, {"seed": 4})["error"]["param"] == "seed"
    assert "at least its own" in live.told("POST", route, {"size": "16x16"})["error"]["message"]


def test_forms_say_lists_and_tables_in_brackets(idle: Live, clip: bytes) -> None:
    parts = {"gaps[0][0]": "0.125", "gaps[0][1]": "0.25", "steps": "1"}
    video = form(idle, "/v1/videos/fills", parts, {"video": clip})
    assert video["himmel"]["settings"]["gaps"] == [[0.125, 0.25]]
    video = form(idle, "/v1/videos/edits", {"prompt": "blue", "region[]": "[0,0,16,16]"}, {"video": clip})
    assert video["error"]["param"].startswith("region")
    video = form(idle, "/v1/videos/edits", {"prompt": "blue", "region": "[0,0,16,16]"}, {"video": clip})
    assert video["himmel"]["settings"]["region"] == [0, 0, 16, 16]
    video = form(idle, "/v1/videos/edits", {"prompt": "blue"}, {"video": clip, "mask": picture("white")})
    assert video["himmel"]["settings"]["mask"] == "mask.png"
    board = {"scenes": [{"prompt": "a ball", "seconds": 0.5}], "cards": [{"at": 0, "still": "../../etc/passwd"}]}
    video = form(
        idle, "/v1/videos/storyboards", {"storyboard": json.dumps(board)}, {"media[../../etc/passwd]": picture()}
    )
    assert video["himmel"]["settings"]["storyboard"]["cards"][0]["still"] == "input-0.png"


def test_events_tell_progress_and_pictures_until_the_end(
    live: Live, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("himmel.pipeline.glance.GAP", 0.0)
    video = live.told("POST", "/v1/videos", {"prompt": BALL, "size": "48x32", "seconds": 4, "steps": 8})
    status, headers, content = live.ask("GET", f"/v1/videos/{video['id']}/events")
    assert (status, headers["content-type"].split(";")[0]) == (200, "text/event-stream")
    events = [part.splitlines() for part in content.decode().split("\n\n") if part.startswith("event: ")]
    told = [(event[0].removeprefix("event: "), json.loads(event[1].removeprefix("data: "))) for event in events]
    shares = [plain["progress"] for kind, plain in told if kind != "preview"]
    assert told[-1][0] == "completed"
    assert {kind for kind, _ in told[:-1]} == {"progress", "preview"}
    assert shares == sorted(shares)
    assert shares[-1] == 100
    picture = next(plain for kind, plain in told if kind == "preview")
    assert picture["id"] == video["id"]
    (tmp_path / "preview.png").write_bytes(base64.b64decode(picture["picture"].removeprefix("data:image/png;base64,")))
    assert verify(tmp_path / "preview.png").state == "valid"
    assert not list((live.core.videos / video["id"]).glob(".*"))


def test_verify_tells_what_a_file_says_of_itself(live: Live, clip: bytes) -> None:
    assert form(live, "/v1/videos/verifications", {}, {"file": clip})["state"] in ("valid", "trusted")
    assert form(live, "/v1/videos/verifications", {}, {"file": picture()})["state"] == "missing"
    spoilt = clip[:-200] + bytes(200)
    assert form(live, "/v1/videos/verifications", {}, {"file": spoilt})["state"] == "altered"
    assert not list((live.core.folder / "incoming").iterdir())


def test_parts_of_a_file_can_be_asked_for(live: Live, finished: openai.types.Video, clip: bytes) -> None:
    path = f"/v1/videos/{finished.id}/content"
    for wanted, part in (("bytes=0-9", clip[:10]), ("bytes=-7", clip[-7:]), ("bytes=100-", clip[100:])):
        status, headers, content = live.ask("GET", path, headers={"range": wanted})
        assert (status, content) == (206, part)
        assert headers["content-range"].endswith(f"/{len(clip)}")
    assert live.ask("GET", path, headers={"range": f"bytes={len(clip)}-"})[0] == 416
    assert live.ask("GET", path, headers={"range": "lines=1-2"})[2] == clip


def test_cancel_stops_within_two_seconds(live: Live) -> None:
    video = live.told("POST", "/v1/videos", {"prompt": BALL, "size": "96x96", "seconds": 60, "steps": 60})
    path = f"/v1/videos/{video['id']}"
    wait_for(lambda: live.told("GET", path)["status"] == "in_progress")
    assert live.told("POST", f"{path}/cancel")["id"] == video["id"]
    stopped = wait_for(lambda: (now := live.told("GET", path))["status"] == "failed" and now, 2.0)
    assert stopped["error"]["code"] == "cancelled"
    assert live.told("POST", f"{path}/cancel")["error"]["code"] == "cancelled"
    wait_for(lambda: not list((live.core.videos / video["id"]).iterdir()))
