"""What is finished of a long clip, on disk while it is made, so that a run that was stopped goes on where it was.

The folder `.NAME.himmel` beside the output holds the recipe and one file a window; it is removed when the clip is done.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from himmel.footage.atomic import whole_file
from himmel.records import HimmelError
from himmel.records.recipe import Recipe

_RECIPE = "recipe.json"


def journal_of(path: Path) -> Path:
    """The folder for an output."""
    return path.with_name(f".{path.name}.himmel")


class Journal:
    """Finished windows of one clip. recipe: of the clip, as it was when the run began.

    Make it with `begin` or `resume`.
    """

    def __init__(self, folder: Path, recipe: Recipe) -> None:
        self.folder, self.recipe = folder, recipe

    @classmethod
    def begin(cls, path: Path, recipe: Recipe) -> Journal:
        """An empty one for the output `path`; what an earlier run left there is removed."""
        folder = journal_of(path)
        shutil.rmtree(folder, ignore_errors=True)
        try:
            folder.mkdir()
        except OSError as error:
            raise HimmelError(f"{folder} could not be made: {error.strerror}", "", "choose another with -o") from error
        with whole_file(folder / _RECIPE) as partial:
            partial.write_text(recipe.to_json(), encoding="utf-8")
        return cls(folder, recipe)

    @classmethod
    def resume(cls, path: Path, recipe: Recipe) -> Journal:
        """The one that a stopped run left, else an empty one.

        Raises HimmelError where what was left is of another clip: the same words, media, seed, sizes, sampler, weights
        and threads are needed. How the words were expanded is taken from the stopped run.
        """
        folder = journal_of(path)
        try:
            found = Recipe.from_json((folder / _RECIPE).read_text(encoding="utf-8"))
        except (OSError, HimmelError, UnicodeDecodeError):
            return cls.begin(path, recipe)
        if _asked(found) != _asked(recipe):
            other = next(name for name, value in _asked(found).items() if _asked(recipe)[name] != value)
            raise HimmelError(
                f"what was finished of {path.name} is of a clip with another {other}",
                "the same request as before",
                "leave --resume away to begin again",
            )
        return cls(folder, found)

    def keep(self, window: Sequence[int], made: Tensor) -> None:
        """Stores what was made [C, W, h, w] for the groups of a window."""
        number = len(self._files())
        with whole_file(self.folder / f"{number:05d}.safetensors") as partial:
            save_file({"groups": torch.tensor(list(window)), "latents": made.contiguous()}, partial)

    def finished(self) -> Iterator[tuple[list[int], Tensor]]:
        """(groups, latents) of each finished window in order, up to the first that cannot be read."""
        for number, file in enumerate(self._files()):
            try:
                stored = load_file(file)
                if file.name != f"{number:05d}.safetensors":
                    raise KeyError(file.name)
                groups, latents = stored["groups"].tolist(), stored["latents"]
            except (SafetensorError, KeyError, OSError):
                for rest in self._files()[number:]:
                    rest.unlink(missing_ok=True)
                return
            yield groups, latents

    def remove(self) -> None:
        """The clip is done."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _files(self) -> list[Path]:
        return sorted(self.folder.glob("[0-9]*.safetensors"))


def kept_windows(path: Path) -> int:
    """How many finished windows of an output a stopped run has left."""
    return len(list(journal_of(path).glob("[0-9]*.safetensors")))


def _asked(recipe: Recipe) -> dict[str, object]:
    """What was asked for, without how its words were expanded, when, and what marks it is to leave with."""
    plan = replace(recipe.plan, segments=tuple(replace(part, shown="") for part in recipe.plan.segments))
    plain = replace(recipe, expanded="", created="", plan=plan, marks=()).to_dict()
    return {**plain, "model": ""}
