"""`himmel keys`: who may use the service."""

from __future__ import annotations

import time

import click

from himmel.cli.serve import data_option, database_option, open_data
from himmel.cli.terminal import say


@click.group(short_help="Make, list and revoke API keys of the service.")
def keys() -> None:
    """API keys of `himmel serve`. As soon as one was made, nobody is let in without one.

    \b
    himmel keys create --name studio
    himmel keys list
    himmel keys revoke key_0123456789ab
    """


@keys.command(short_help="Make a key; it is shown this once.")
@click.option("--name", default="key", show_default=True, help="What it is called in lists. Example: --name studio")
@click.option(
    "--days",
    type=click.IntRange(1, 36500),
    default=None,
    help="For how many days it opens; for ever if not said. Example: --days 90",
)
@click.option(
    "--rate",
    type=click.IntRange(1, 1_000_000),
    default=None,
    help="Requests a minute; no limit if not said. Example: --rate 120",
)
@click.option(
    "--queue",
    type=click.IntRange(1, 100_000),
    default=None,
    help="Unfinished jobs at a time; 100 if not said. Example: --queue 4",
)
@click.option(
    "--storage",
    type=click.IntRange(1, 1 << 30),
    default=None,
    metavar="MIB",
    help="How much is kept, uploads included; no limit if not said. Example: --storage 2000",
)
@data_option
@database_option
def create(
    name: str,
    days: int | None,
    rate: int | None,
    queue: int | None,
    storage: int | None,
    data: str | None,
    database: str | None,
) -> None:
    """Make a key and print it. Only its hash is kept, so it cannot be shown again.

    \b
    himmel keys create --name studio --days 90 --queue 4
    """
    from himmel.service.keys import Keys

    _, tables = open_data(data, alone=False, database=database)
    limit = None if storage is None else storage << 20
    made, secret = Keys(tables).create(name, days=days, rate=rate, queue=queue, storage=limit)
    say("key", secret)
    say("id", f"{made.id}  ({made.name})")
    say("", "it is shown this once; send it as: Authorization: Bearer KEY")


@keys.command("list", short_help="Which keys there are.")
@data_option
@database_option
def list_keys(data: str | None, database: str | None) -> None:
    """List all keys that were ever made, by id, with their first letters.

    \b
    himmel keys list
    """
    from himmel.service.keys import Keys

    _, tables = open_data(data, alone=False, database=database)
    now = time.time()
    for key in Keys(tables).all():
        state = "revoked" if key.revoked is not None else "valid" if key.valid(now) else "expired"
        until = "" if key.expires is None else f", until {time.strftime('%Y-%m-%d', time.gmtime(key.expires))}"
        say(state, f"{key.id}  {key.hint}...  {key.name}{until}")


@keys.command(short_help="Let a key open nothing any more.")
@click.argument("key_id")
@data_option
@database_option
def revoke(key_id: str, data: str | None, database: str | None) -> None:
    """Revoke the key with the id KEY_ID, at once, also for a service that runs. Its videos stay.

    \b
    himmel keys revoke key_0123456789ab
    """
    from himmel.service.keys import Keys

    _, tables = open_data(data, alone=False, database=database)
    Keys(tables).revoke(key_id)
    say("revoked", key_id)
