"""What a manifest claims of a clip: how it was made, from what, by which model. Plain data; nothing signs here.

Neither the prompt nor the name of the clip or of a folder stands in it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from himmel.provenance.payload import CLAIM, Payload
from himmel.records.recipe import Recipe

SOURCES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
MADE, COMPOSED = f"{SOURCES}trainedAlgorithmicMedia", f"{SOURCES}compositeWithTrainedAlgorithmicMedia"
"""IPTC's digital source types: all of it by a model; or what came in and what a model made, side by side."""
RECIPE = "org.himmel.recipe"
"""The label of our own assertion: the SHA-256 of the recipe file, and the model."""
BINDING = "c2pa.soft-binding"
"""C2PA's label for what ties a manifest to pictures that were packed again."""
PARENT, COMPONENT = "parentOf", "componentOf"


@dataclass(frozen=True)
class Ingredient:
    """A file that went into a clip. sha256: that it had then. relation: PARENT, which the clip is a new version of, or
    COMPONENT. label: by which actions name it.
    """

    path: str
    sha256: str
    relation: str
    label: str

    def definition(self) -> dict[str, Any]:
        """As C2PA has it, under the file's own name without its folders."""
        described = f"sha256 {self.sha256}"
        name = Path(self.path).name
        return {"title": name, "relationship": self.relation, "label": self.label, "description": described}


@dataclass(frozen=True)
class Manifest:
    """What is to be signed. definition: as c2pa reads it, without what went in; that is added from the files."""

    definition: dict[str, Any]
    ingredients: tuple[Ingredient, ...] = ()


def manifest_of(recipe: Recipe, payload: Payload | None = None) -> Manifest:
    """The manifest of a clip from its recipe, whose file must hold `recipe.to_json()`. payload: of its watermark."""
    relation = PARENT if _goes_on(recipe) else COMPONENT
    ingredients = tuple(
        Ingredient(note.path, note.sha256, relation, f"medium{number}") for number, note in enumerate(recipe.media)
    )
    claim = {
        "sha256": hashlib.sha256(recipe.to_json().encode()).hexdigest(),
        "model": {"name": Path(recipe.model).name, "sha256": recipe.model_hash},
    }
    actions, claims = _watermarked(payload)
    actions = [*_actions(recipe, ingredients), *actions]
    definition = _definition(recipe.versions.get("himmel", ""), actions, {RECIPE: claim, **claims})
    return Manifest(definition, ingredients)


def created(version: str, source: str, payload: Payload | None = None) -> Manifest:
    """The manifest of something that has no recipe of its own, such as a contact sheet. version: of himmel."""
    actions, claims = _watermarked(payload)
    return Manifest(_definition(version, [_action("c2pa.created", source), *actions], claims))


def _watermarked(payload: Payload | None) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """(actions, claims) that name a watermark, so that a manifest which was taken off can be found again by it."""
    if payload is None:
        return [], {}
    binding = {"alg": CLAIM, "blocks": [{"scope": {}, "value": payload.text}]}
    return [_action("c2pa.watermarked.bound")], {BINDING: binding}


def _goes_on(recipe: Recipe) -> bool:
    """Whether the clip is a new version of the one video or picture that came in, not a new work that shows it."""
    plan = recipe.plan
    given = sum(part.count for part in plan.given)
    return len(recipe.media) == 1 and (given > 1 or plan.frames == 1) and (plan.strength > 0 or not plan.segments)


def source_of(recipe: Recipe) -> str:
    """MADE, or COMPOSED where frames or parts of them that came in are still in the clip."""
    stays = bool(recipe.media) and (recipe.plan.strength == 0 or recipe.plan.region is not None)
    return COMPOSED if stays else MADE


def _actions(recipe: Recipe, ingredients: tuple[Ingredient, ...]) -> list[dict[str, Any]]:
    source = source_of(recipe)
    if _goes_on(recipe):
        opened = _action("c2pa.opened", parameters={"ingredientIds": [ingredients[0].label]})
        return [opened, _action("c2pa.edited", source, when=recipe.created, description=recipe.plan.way)]
    placed = [_action("c2pa.placed", parameters={"ingredientIds": [one.label]}) for one in ingredients]
    return [_action("c2pa.created", source, when=recipe.created, description=recipe.plan.way), *placed]


def _action(name: str, source: str = "", **more: Any) -> dict[str, Any]:
    said = {"digitalSourceType": source, **more}
    return {"action": name, **{key: value for key, value in said.items() if value}}


def _definition(version: str, actions: list[dict[str, Any]], claims: dict[str, Any]) -> dict[str, Any]:
    agent = {"name": "himmel", **({"version": version} if version else {})}
    actions = [{**action, "softwareAgent": agent} for action in actions]
    assertions = [{"label": "c2pa.actions.v2", "data": {"actions": actions}}]
    assertions += [{"label": label, "data": data} for label, data in claims.items()]
    return {
        "claim_generator_info": [agent],
        "assertions": [{**assertion, "created": True} for assertion in assertions],
    }
