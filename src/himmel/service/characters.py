"""Characters: what was seen in a clip of somebody's, under a name that stands for it in later prompts."""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from himmel.service.database import Database
from himmel.service.engine import Order, Seen
from himmel.service.errors import not_found

ID = re.compile(r"char_[0-9a-f]{24}")
MOST = 1000
"""Characters of one owner; beyond, the oldest are not found by name."""


@dataclass(frozen=True)
class Character:
    """One of an owner's. words: as the model reads it in an English prompt. created: seconds since 1970."""

    id: str
    name: str
    words: str
    seen: Seen
    created: float


class Characters:
    """The table of characters."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def add(self, owner: str, name: str, seen: Seen) -> Character:
        """A new one. Of two with the same name the newer is meant."""
        made = Character(f"char_{secrets.token_hex(12)}", name, seen.words, seen, time.time())
        with self.database.writing() as connection:
            connection.execute(
                "INSERT INTO characters (id, owner, name, words, notes, created) VALUES (?, ?, ?, ?, ?, ?)",
                (made.id, owner, name, made.words, json.dumps(asdict(seen)), made.created),
            )
        return made

    def get(self, owner: str, character_id: str) -> Character:
        """One. Raises ApiError 404 for others' and none."""
        columns = "SELECT * FROM characters WHERE id = ? AND owner = ?"
        row = self.database.row(columns, (character_id, owner)) if ID.fullmatch(character_id) else None
        if row is None:
            raise not_found("character")
        return _character(row)

    def all(self, owner: str) -> list[Character]:
        """All of an owner, newest first."""
        statement = "SELECT * FROM characters WHERE owner = ? ORDER BY created DESC LIMIT ?"
        return [_character(row) for row in self.database.rows(statement, (owner, MOST))]

    def delete(self, owner: str, character_id: str) -> None:
        """Takes one away; clips that are ordered already keep it. Raises ApiError 404 as `get`."""
        self.get(owner, character_id)
        with self.database.writing() as connection:
            connection.execute("DELETE FROM characters WHERE id = ? AND owner = ?", (character_id, owner))

    def named_in(self, owner: str, texts: Iterable[str], wanted: Iterable[str] | None) -> dict[str, dict[str, Any]]:
        """Facts by name of the characters that may be named in the texts. wanted: ids; None for all of the owner.

        Raises ApiError 404 for an id that is not the owner's.
        """
        found = self.all(owner) if wanted is None else [self.get(owner, one) for one in wanted]
        whole = "\n".join(texts)
        return {one.name: dict(one.seen.facts) for one in reversed(found) if one.name in whole}


def texts_of(order: Order) -> list[str]:
    """Everything in an order that somebody wrote for the model to read."""
    board = order.settings.get("storyboard")
    if not isinstance(board, dict):
        return [order.prompt]
    scenes, subjects = board.get("scenes"), board.get("subjects")
    texts = [scene.get("prompt") for scene in scenes if isinstance(scene, dict)] if isinstance(scenes, list) else []
    texts += [*(subjects.values() if isinstance(subjects, dict) else ()), board.get("style")]
    return [text for text in texts if isinstance(text, str)]


def _character(row: Any) -> Character:
    plain = json.loads(row["notes"])
    return Character(row["id"], row["name"], row["words"], Seen(**plain), row["created"])
