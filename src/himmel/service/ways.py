"""How each kind of order finds its media: file parts, data URLs, videos that were made here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from himmel.service.core import ID, Gather, Media
from himmel.service.engine import Order
from himmel.service.errors import ApiError
from himmel.service.fields import Body
from himmel.service.orders import Connect, Create, Edit, Enlarge, Film, Fitted, Image, Remix
from himmel.service.store import Job

Notes = dict[str, Any]


def check_files(body: Body, *names: str) -> None:
    """Raises ApiError for a file part that nothing is done with."""
    for name in body.files:
        if name not in names and not (name.startswith("media[") and "media" in names):
            allowed = f"; known: {', '.join(names)}" if names else ""
            raise ApiError(400, f"unknown file part {name!r:.80}{allowed}", "unknown_parameter", name[:80])


def with_files(body: Body, *names: str) -> dict[str, Any]:
    """The fields, with "" in the place of each file part of `names`, so that it counts as given."""
    check_files(body, *names)
    return {**body.fields, **{name: "" for name in names if name in body.files}}


def create(asked: Create, body: Body) -> Gather:
    """From words, or from words and a picture."""

    def gather(media: Media) -> tuple[Order, Notes]:
        if asked.input_reference is None:
            return Order("generate", asked.prompt, (), asked.settings()), {}
        name = _reference(asked.input_reference, body, media)
        return Order("animate", asked.prompt, (name,), asked.settings()), {}

    return gather


def _reference(given: Any, body: Body, media: Media) -> str:
    if (file := body.files.get("input_reference")) is not None:
        return media.file(file, "input-0", "input_reference")
    if isinstance(given, dict) and set(given) == {"image_url"}:
        return media.inline(given["image_url"], "input-0", "input_reference")
    if isinstance(given, dict) and set(given) == {"id"}:
        return media.video(given["id"], "input_reference", "input-0")
    if isinstance(given, dict) and "file_id" in given:
        raise ApiError(400, "there are no stored files here; send the file itself", "not_available", "input_reference")
    allowed = "a file part, {image_url: data URL} or {id} of a video"
    raise ApiError(400, f"input_reference is none of: {allowed}", "invalid_value", "input_reference")


def image(asked: Image, body: Body) -> Gather:
    """A picture from words."""
    check_files(body)
    return lambda media: (Order("image", asked.prompt, (), asked.settings()), {})


def of_videos(way: str, *names: str) -> Callable[[Fitted | Connect, Body], Gather]:
    """From the videos that the fields `names` give."""

    def make(asked: Fitted, body: Body) -> Gather:
        def gather(media: Media) -> tuple[Order, Notes]:
            files = tuple(_video(getattr(asked, name), name, f"input-{i}", body, media) for i, name in enumerate(names))
            return Order(way, asked.prompt, files, asked.settings()), {}

        return gather

    return make


def edit(asked: Edit, body: Body) -> Gather:
    """From a video, and the mask of what changes where one was sent."""

    def gather(media: Media) -> tuple[Order, Notes]:
        files = [_video(asked.video, "video", "input-0", body, media)]
        settings = asked.settings()
        if (mask := body.files.get("mask")) is not None:
            settings["mask"] = media.file(mask, "mask", "mask")
            files.append(settings["mask"])
        elif asked.mask is not None:
            raise ApiError(400, "mask is no file part", "invalid_value", "mask")
        return Order("edit", asked.prompt, tuple(files), settings), {}

    return gather


def _video(given: Any, name: str, stem: str, body: Body, media: Media) -> str:
    if (file := body.files.get(name)) is not None:
        return media.file(file, stem, name)
    wanted = given.get("id") if isinstance(given, dict) and set(given) == {"id"} else given
    if not isinstance(wanted, str) or not wanted:
        raise ApiError(400, f"{name} is neither a file part nor the id of a video: {name}[id]", "invalid_value", name)
    return media.video(wanted, f"{name}.id", stem)


def remix(source: Job) -> Callable[[Remix, Body], Gather]:
    """A video of the caller's with other words, from its own seed."""

    def make(asked: Remix, body: Body) -> Gather:
        check_files(body)

        def gather(media: Media) -> tuple[Order, Notes]:
            name = media.linked(source, "id", "input-0")
            settings = asked.settings()
            if asked.seed is None:
                settings["seed"] = source.told["seed"]
            return Order("edit", asked.prompt, (name,), settings), {"remixed_from": source.id}

        return gather

    return make


def enlarge(source: Job) -> Callable[[Enlarge, Body], Gather]:
    """A video of the caller's at a larger size, by its recipe."""

    def make(asked: Enlarge, body: Body) -> Gather:
        check_files(body)
        for name in ("seed", "fps"):
            if name in asked.model_fields_set:
                raise ApiError(400, f"{name} is the video's own; leave it away", "invalid_value", name)

        def gather(media: Media) -> tuple[Order, Notes]:
            files = media.linked(source, "id", "input-0"), media.recipe(source, "source.json")
            settings = {**asked.settings(), "seed": source.told["seed"]}
            return Order("enlarge", source.order.prompt, files, settings), {"enlarged_from": source.id}

        return gather

    return make


def storyboard(asked: Film, body: Body) -> Gather:
    """A film. Cards name file parts or videos, never files of this machine."""

    def gather(media: Media) -> tuple[Order, Notes]:
        cards = asked.storyboard.get("cards", [])
        if not isinstance(cards, list) or len(cards) > 200:
            raise ApiError(400, "storyboard.cards: a list of up to 200", "invalid_value", "storyboard.cards")
        files: dict[str, str] = {}
        settled = [_card(card, files, body, media) for card in cards]
        board = {**asked.storyboard, "cards": settled} if "cards" in asked.storyboard else asked.storyboard
        settings = {**asked.settings(), "storyboard": board}
        return Order("storyboard", "", tuple(files.values()), settings), {}

    return gather


def _card(card: Any, files: dict[str, str], body: Body, media: Media) -> Any:
    """A card whose file is one in the folder of the job."""
    if not isinstance(card, dict):
        raise ApiError(400, "storyboard.cards: tables", "invalid_value", "storyboard.cards")
    out = dict(card)
    for kind in ("still", "video"):
        name = card.get(kind)
        if name is None:
            continue
        where = f"storyboard.cards.{kind}"
        if not isinstance(name, str):
            raise ApiError(400, f"{where}: the name of a file part, or the id of a video", "invalid_value", where)
        if name not in files:
            file, stem = body.files.get(f"media[{name}]"), f"input-{len(files)}"
            if file is None and not ID.fullmatch(name):
                raise ApiError(400, f"{where}: no file part media[{name:.40}]", "invalid_value", where)
            files[name] = media.file(file, stem, where) if file else media.video(name, where, stem)
        out[kind] = files[name]
    return out
