"""What the service asks about orders and files: answered by a pipeline that makes nothing."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, replace
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

from himmel.evaluation.judge import Judge
from himmel.evaluation.subject import READER, subject_of
from himmel.footage.fit import read_media
from himmel.grammar.subject import check_name, spoken_of, with_things
from himmel.language.endpoint import Endpoint
from himmel.pipeline import Pipeline, ways
from himmel.pipeline.expansion import shown_words
from himmel.pipeline.open_weights import OpenWeights
from himmel.pipeline.parts import Parts, outline
from himmel.pipeline.request import check
from himmel.pipeline.targets import check_output
from himmel.pipeline.ways import Settings, Task
from himmel.prompting import looped
from himmel.prompting.storyboard import read_storyboard
from himmel.provenance import settings as provenance
from himmel.provenance.verify import verify
from himmel.records import HimmelError, ObjectFacts
from himmel.records.recipe import Recipe
from himmel.safety.policy import Policy, RefusedError
from himmel.service.engine import Facts, Order, RefusedOrderError, Seen, main_file

NAME = "himmel"


class Desk:
    """`service.engine.Answers` by a pipeline. expand: who fills up prompts: True for the grammar, or an endpoint."""

    def __init__(self, looker: Pipeline, expand: bool | Endpoint = True) -> None:
        self.looker, self.expand = looker, expand

    def describe(self) -> dict[str, Any]:
        """Name, hash of the weights, and what it was trained on."""
        parts = self.looker.parts
        told: dict[str, Any] = {} if not isinstance(parts, OpenWeights) else {"usual": usual_of(parts)}
        return {
            **told,
            "model": NAME,
            "weights": Path(parts.name).name,
            "weights_sha256": parts.fingerprint,
            "policy": self.looker.guard.policy.note,
            "best_sizes": [f"{width}x{height}" for width, height, _, _ in parts.shapes],
            "best_fps": sorted({rate for _, _, _, rate in parts.shapes}),
            "best_seconds": max((frames / rate for _, _, frames, rate in parts.shapes), default=None),
        }

    def check(self, order: Order, folder: Path) -> Facts:
        """What an order comes to. Looks at its words, reads its media, counts what it will cost."""
        with plain_errors(folder):
            task = self.task(order, folder)
            request, target = task.request, folder / main_file(order.way)
            check_output(target, request.width, request.height, request.frames, request.rate, overwrite=True)
            looker = attested(self.looker, order)
            recipe = looker.recipe(request, task.media)
            looker.engine.check(recipe)
            return dataclasses.replace(facts_of(recipe), filled=unsaid_by(order, looker.parts))

    def see(self, name: str, path: Path, attested: bool) -> Seen:
        """What a clip is about, by the judge that reads subjects, and whether it can be called so."""
        with plain_errors(path.parent):
            check_name(name)
            looker = _attested(self.looker, attested)
            looker.guard.given(check(name))
            media = read_media([path], None, None)
            looker.guard.frames.media(media)
            found = subject_of(self.reader.read(media[0].frames))
            if found is None:
                raise HimmelError("nothing is seen in the clip that the model knows", "a ball, cube or other solid", "")
            facts = {key: str(value) for key, value in asdict(found.thing).items() if value is not None}
            return Seen(spoken_of(found.thing)[0], facts, found.sure, found.others)

    @cached_property
    def reader(self) -> Judge:
        """The judge that reads subjects."""
        return Judge.load(READER)

    def verify(self, path: Path) -> dict[str, Any]:
        """What the manifest in a file says, and whether it holds."""
        with plain_errors(path.parent):
            return dataclasses.asdict(verify(path, provenance.anchors_from()))

    def task(self, order: Order, folder: Path) -> Task:
        """The request of an order, with its media read."""
        order = in_words(order)
        order = dataclasses.replace(order, settings={**order.settings, **unsaid_by(order, self.looker.parts)})
        told, prompt = order.settings, order.prompt
        settings = _settings(order, self.expand)
        files = [folder / name for name in order.media]
        match order.way:
            case "generate" | "image":
                return _from_words(order, settings)
            case "animate":
                return ways.animate(files[0], prompt, seconds=told["seconds"], at=told["at"], settings=settings)
            case "extend":
                back = told["backward"]
                return ways.extend(files[0], prompt, seconds=told["seconds"], backward=back, settings=settings)
            case "loop":
                return ways.loop(files[0], prompt, seconds=told["seconds"], settings=settings)
            case "fill":
                return ways.fill(files[0], [(a, b) for a, b in told["gaps"]], prompt, settings=settings)
            case "connect":
                return ways.connect(files[0], files[1], prompt, seconds=told["seconds"], settings=settings)
            case "edit":
                return _edit(order, folder, settings)
            case "enlarge":
                return self._enlarged(order, folder, settings)
            case "storyboard":
                board = read_storyboard(told["storyboard"])
                return ways.storyboard(board, folder=folder, settings=settings)
        raise HimmelError(f"way {order.way!r:.40}", "one that the service knows", "")

    def _enlarged(self, order: Order, folder: Path, settings: Settings) -> Task:
        clip, recipe = (folder / name for name in order.media)
        source = Recipe.from_json(recipe.read_text(encoding="utf-8"))
        parts, share = self.looker.parts, order.settings["strength"]
        doubling = isinstance(parts, Parts) and parts.upsampler is not None
        size = settings.size
        return ways.enlarge(clip, source, size=size, strength=share, doubling=doubling, settings=settings)


def build_desk(model: str, policy: Policy, expand: bool | Endpoint) -> Desk:
    """What answers in the desk's process: it knows what the networks are, and holds none but those that read words."""
    looker = Pipeline(dataclasses.replace(outline(model), name=Path(model).name), policy=policy)
    begin(looker)
    return Desk(looker, expand)


def begin(pipeline: Pipeline) -> None:
    """Has everything read that is read when it is first needed: the next question shall not wait for it."""
    pipeline.recipe(check("an unheard of ball"))


def usual_of(model: OpenWeights) -> dict[str, Any]:
    """What open weights were trained for, in plain values; seconds in quarters, as people choose them."""
    usual = model.folder.abilities.usual
    told: dict[str, Any] = {"size": f"{usual.width}x{usual.height}", "fps": usual.rate, "steps": usual.steps}
    return {**told, "guidance": usual.guidance, "seconds": max(0.25, 4 * usual.frames // usual.rate / 4)}


def unsaid_by(order: Order, model: Parts | OpenWeights) -> dict[str, Any]:
    """Settings of open weights for what an order does not say; the size of the service that ended is what it was."""
    if not isinstance(model, OpenWeights):
        return {}
    told, usual = order.settings, usual_of(model)
    board, unsaid = told.get("storyboard", {}), set(told.get("unsaid", ()))
    filled = {name: usual[name] for name in ("steps", "guidance") if name in unsaid}
    if "fps" in unsaid and not board.get("rate"):
        filled["fps"] = usual["fps"]
    if size := told.get("named") or (usual["size"] if "size" in unsaid and not board.get("size") else None):
        filled["size"] = [int(side) for side in size.split("x")]
    return filled


def facts_of(recipe: Recipe) -> Facts:
    """A recipe as the service tells it."""
    return Facts(
        model=NAME,
        width=recipe.width,
        height=recipe.height,
        frames=recipe.frames,
        rate=float(recipe.rate),
        seed=recipe.seed,
        known=recipe.known,
        unknown=recipe.unknown,
        read_as=tuple(text for text in shown_words(recipe) if text),
    )


def attested(pipeline: Pipeline, order: Order) -> Pipeline:
    """The pipeline under what was said of the people in the media of an order."""
    return _attested(pipeline, bool(order.settings.get("attest_likeness")))


def _attested(pipeline: Pipeline, said: bool) -> Pipeline:
    if not said:
        return pipeline
    return pipeline.under(pipeline.guard.policy.model_copy(update={"attest_likeness": True}))


def in_words(order: Order) -> Order:
    """The order with what they are in the place of the characters that it names."""
    things = {name: _thing(facts) for name, facts in order.settings.get("characters", {}).items()}
    if not things:
        return order
    settings = dict(order.settings)
    if (board := settings.get("storyboard")) is not None:
        settings["storyboard"] = _board_in_words(board, things)
    return replace(order, prompt=with_things(order.prompt, things), settings=settings)


def _board_in_words(board: Mapping[str, Any], things: Mapping[str, ObjectFacts]) -> dict[str, Any]:
    """The same of a storyboard: in its scenes, its subjects and its style. What is no text is left for its reader."""

    def put(part: Any, *keys: str) -> Any:
        if not isinstance(part, dict):
            return part
        return {
            key: with_things(value, things) if isinstance(value, str) and key in (keys or part) else value
            for key, value in part.items()
        }

    told = put(dict(board), "style")
    if isinstance(scenes := told.get("scenes"), list):
        told["scenes"] = [put(scene, "prompt") for scene in scenes]
    if "subjects" in told:
        told["subjects"] = put(told["subjects"])
    return told


def _thing(facts: Mapping[str, str]) -> ObjectFacts:
    count = int(facts.get("count", 1))
    return ObjectFacts(facts["shape"], facts["colour"], facts.get("size"), facts.get("material"), count=count)


@contextmanager
def plain_errors(folder: Path) -> Iterator[None]:
    """Errors in the service's terms, without the names of folders here."""
    try:
        yield
    except HimmelError as error:
        given, allowed, remedy = (part.replace(f"{folder}/", "") for part in (error.given, error.allowed, error.remedy))
        if isinstance(error, RefusedError):
            field = {"list": "prompt", "classifier": "prompt", "face": "attest_likeness"}.get(error.verdict.why, "")
            raise RefusedOrderError(given, allowed, remedy, error.verdict.category, field) from error
        raise HimmelError(given, allowed, remedy) from error.__cause__ or error


def _settings(order: Order, expand: bool | Endpoint) -> Settings:
    told = order.settings
    size, rate = told.get("size"), told.get("fps")
    return Settings(
        size=None if size is None else (size[0], size[1]),
        rate=None if rate is None else Fraction(rate).limit_denominator(1001),
        fit=told.get("fit", "crop"),
        seed=told.get("seed", 0),
        steps=told["steps"],
        guidance=told["guidance"],
        solver=told["solver"],
        expand=expand if told["expand"] else False,
        cache=told.get("cache", 0.0),
        drafts=told.get("drafts", 1),
        reader_guidance=told.get("reader_guidance", 0.0),
    )


def _from_words(order: Order, settings: Settings) -> Task:
    assert settings.size is not None, "the service says a size where nothing is given"
    rate = settings.rate or Fraction(16)
    request = check(
        order.prompt,
        seconds=float(1 / rate) if order.way == "image" else order.settings["seconds"],
        width=settings.size[0],
        height=settings.size[1],
        rate=rate,
        seed=settings.seed,
        steps=settings.steps,
        guidance=settings.guidance,
        solver=settings.solver,
        expand=settings.expand,
        cache=settings.cache,
        drafts=settings.drafts,
        reader_guidance=settings.reader_guidance,
    )
    return Task(request.with_plan(looped(request.frames)) if order.settings.get("loop") else request, [])


def _edit(order: Order, folder: Path, settings: Settings) -> Task:
    told = order.settings
    box, mask, times = (told.get(name) for name in ("region", "mask", "times"))
    return ways.edit(
        folder / order.media[0],
        order.prompt,
        strength=told.get("strength"),
        box=None if box is None else (box[0], box[1], box[2], box[3]),
        mask=None if mask is None else folder / mask,
        times=None if times is None else (times[0], times[1]),
        settings=settings,
    )
