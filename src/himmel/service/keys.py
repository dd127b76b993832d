"""API keys: made, listed, revoked, and recognised. Only their hashes are kept."""

from __future__ import annotations

import hashlib
import secrets
import time
from dataclasses import dataclass

from himmel.records import HimmelError
from himmel.service.database import Database

PREFIX = "hk-"
LOCAL = ""
"""The owner of what is made while there are no keys."""
MONTH = 30 * 86400


@dataclass(frozen=True)
class Key:
    """One key. hint: its first letters. rate: requests a minute, queue: unfinished jobs, storage: bytes; None: no limit
    of its own.
    """

    id: str
    name: str
    hint: str
    created: float
    expires: float | None = None
    revoked: float | None = None
    rate: int | None = None
    queue: int | None = None
    storage: int | None = None

    def valid(self, now: float) -> bool:
        """Whether it opens anything."""
        return self.revoked is None and (self.expires is None or now < self.expires)


class Keys:
    """The table of keys."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def create(
        self,
        name: str,
        *,
        days: int | None = None,
        rate: int | None = None,
        queue: int | None = None,
        storage: int | None = None,
    ) -> tuple[Key, str]:
        """A new key and its secret, which is shown this once. A hash without salt is enough for 256 random bits."""
        if not 1 <= len(name) <= 60 or not name.isprintable():
            raise HimmelError(f"a key named {name!r:.80}", "1 to 60 printable letters", "for example --name studio")
        secret, now = PREFIX + secrets.token_urlsafe(32), time.time()
        expires = None if days is None else now + days * 86400
        made = Key(f"key_{secrets.token_hex(6)}", name, secret[:7], now, expires, None, rate, queue, storage)
        with self.database.writing() as connection:
            connection.execute(
                "INSERT INTO keys (id, name, hash, hint, created, expires, rate, queue, storage) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (made.id, name, _hash(secret), made.hint, now, expires, rate, queue, storage),
            )
        return made, secret

    def all(self) -> list[Key]:
        """Every key that was ever made, oldest first."""
        columns = "id, name, hint, created, expires, revoked, rate, queue, storage"
        rows = self.database.rows(f"SELECT {columns} FROM keys ORDER BY created")
        return [Key(**row) for row in rows]

    def revoke(self, key_id: str) -> None:
        """It opens nothing any more. Raises HimmelError where there is no such key."""
        with self.database.writing() as connection:
            changed = connection.execute(
                "UPDATE keys SET revoked = coalesce(revoked, ?) WHERE id = ?", (time.time(), key_id)
            ).rowcount
        if not changed:
            raise HimmelError(f"no key {key_id!r:.60}", "an id of: himmel keys list", "")

    def any_made(self) -> bool:
        """Whether there ever was one: then only keys open anything, also when all are revoked."""
        return self.database.row("SELECT 1 FROM keys LIMIT 1") is not None

    def find(self, secret: str) -> Key | None:
        """The key that a secret belongs to, valid or not."""
        columns = "id, name, hint, created, expires, revoked, rate, queue, storage"
        row = self.database.row(f"SELECT {columns} FROM keys WHERE hash = ?", (_hash(secret),))
        return None if row is None else Key(**row)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()
