"""What was aimed at beside what is reached: the first table of the page of `himmel evaluate all`.

Everything is read from what the evaluations left in their folder; one that was not run has no rows. Aims are those that
the project set itself before it measured.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from himmel.evaluation.events import ORDER, TIMES
from himmel.evaluation.page import Section
from himmel.evaluation.report import markdown_table

INSIDE, SIDES, OUTSIDE, NEAR, BACK, SUV = 95.0, 98.0, 85.0, 5.0, 95.0, 90.0
"""Per cent, and points between languages."""
BALLS_INSIDE, BALLS_OUTSIDE = 0.0021, 0.15
"""World units a second: above the floor of the renders, and at held-out speeds and sizes."""
WHOLE_DB, INSIDE_DB, FOOTAGE_DB = 33.0, 30.0, 30.0
ENOUGH = 20
"""Trials from which a share says whether an aim is met."""
LESS = ("motion (moving)", "camera")
"""Rows of a table of prompts that are parts of another, or hold another."""


@dataclass(frozen=True)
class Aim:
    """A line. reached, interval, aim, most: as they are shown; most: what renders or a floor reach by the same measure.
    met: None where it cannot be said.
    """

    what: str
    reached: str
    interval: str
    aim: str
    met: bool | None
    most: str = "–"

    @property
    def row(self) -> list[str]:
        """Cells of the table."""
        verdict = "–" if self.met is None else "yes" if self.met else "no"
        return [self.what, self.reached, self.interval, self.aim, verdict, self.most]


def aims(folder: Path) -> list[Aim]:
    """A line for each aim whose evaluation has left something in the folder."""
    return [aim for name, read in _READERS.items() if (plain := _json(folder / name)) for aim in read(plain)]


def aims_section(folder: Path) -> list[Section]:
    """The section, or nothing where nothing was run."""
    found = aims(folder)
    if not found:
        return []
    told = [aim for aim in found if aim.met is not None]
    text = f"{sum(bool(aim.met) for aim in told)} of {len(told)} are met.\n\n"
    text += markdown_table(
        ["what", "reached", "95 % interval", "aim", "met", "renders, or the floor"], [a.row for a in found]
    )
    return [Section("aims", "What was aimed at before anything was measured, and what is reached.", text)]


def _json(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def _percent(share: float | None) -> str:
    return "–" if share is None or share != share else f"{100 * share:.1f}"


def _between(interval: Any) -> str:
    low, high = interval
    return f"{_percent(low)} to {_percent(high)}"


def _share(what: str, one: Mapping[str, Any], aim: float, lower: bool, most: float | None = None) -> Aim:
    """A share {"right", "trials", "interval"}. lower: whether the lower end of its interval is to reach the aim. Of
    fewer than ENOUGH trials nothing is said.
    """
    if not one["trials"]:
        return Aim(what, "–", "–", f"{aim:g} %", None, _percent(most))
    share, low = one["right"] / one["trials"], one["interval"][0]
    met = 100 * (low if lower else share) >= aim if one["trials"] >= ENOUGH else None
    told = f"{aim:g} %, lower end" if lower else f"{aim:g} %"
    return Aim(what, f"{_percent(share)} % of {one['trials']}", _between(one["interval"]), told, met, _percent(most))


def _prompts(plain: Mapping[str, Any]) -> Iterator[Aim]:
    for row, one in plain["rows"].items():
        if row not in LESS:
            aim = SIDES if row == "direction left/right" else INSIDE
            yield _share(f"prompts: {row}", one, aim, True, one.get("real_renders"))


def _held_out(plain: Mapping[str, Any]) -> Iterator[Aim]:
    for row, one in plain["rows"].items():
        if row not in LESS:
            yield _share(f"combinations never trained: {row}", one, OUTSIDE, False, one.get("real_renders"))


def _language(name: str) -> Callable[[Mapping[str, Any]], Iterator[Aim]]:
    def read(plain: Mapping[str, Any]) -> Iterator[Aim]:
        one = plain["all facts"]
        low, high = (100 * end for end in one["interval"])
        points = 100 * one["difference"]
        met = abs(points) <= NEAR
        yield Aim(f"{name} less English, all facts", f"{points:+.1f} points", f"{low:+.1f} to {high:+.1f}", "±5", met)

    return read


def _paths(plain: Mapping[str, Any]) -> Iterator[Aim]:
    head, *_ = plain["tables"]
    for row in head["rows"]:
        cells = dict(zip(head["head"], row, strict=True))
        if cells["what"] in ("thing goes", "stands", "camera"):
            right = float(cells["asked way %"])
            renders = cells.get("renders the asked way %", "–")
            reached = f"{right:.1f} % of {cells['clips']}"
            what = f"on pixels, the asked way: {cells['what']}"
            yield Aim(what, reached, cells["95 % interval"], f"{SIDES:g} %", right >= SIDES, renders)


def _events(plain: Mapping[str, Any]) -> Iterator[Aim]:
    kinds = plain["clips"]["all"]
    for row in (ORDER, TIMES):
        if row in kinds["generated"]:
            most = kinds["renders"].get(row, {}).get("share")
            yield _share(f"events: {row}", kinds["generated"][row], INSIDE, False, most)


def _permanence(plain: Mapping[str, Any]) -> Iterator[Aim]:
    for occasion, kinds in plain["occasions"].items():
        real = kinds["renders"]["all three"]
        most = real["right"] / real["trials"] if real["trials"] else None
        yield _share(f"comes back as it was: {occasion}", kinds["generated"]["all three"], BACK, False, most)


def _physics(plain: Mapping[str, Any]) -> Iterator[Aim]:
    if not isinstance(plain["about"].get("trained"), dict):
        return  # by a model that was never taught them
    rows = {(one["scenario"], one["balls"], one["who"]): one for one in plain["figures"]}
    for (scenario, balls, who), one in rows.items():
        floor = next((rows[key]["error"] for key in rows if key[:2] == (scenario, balls) and key[2] == "renders"), None)
        if who != "model":
            continue
        aim = BALLS_OUTSIDE if balls != "inside" or floor is None else floor + BALLS_INSIDE
        met, most = one["error"] <= aim, "–" if floor is None else f"{floor:.4f}"
        between = f"± {one['half_interval']:.4f}"
        yield Aim(f"balls, {scenario}, {balls}", f"{one['error']:.4f}", between, f"{aim:.4f}", met, most)


def _autoencoder(plain: Mapping[str, Any]) -> Iterator[Aim]:
    for group, of, aim in (
        ("held-out world", "psnr", WHOLE_DB),
        ("held-out world", "inside_psnr", INSIDE_DB),
        ("real footage", "psnr", FOOTAGE_DB),
    ):
        value = plain.get(group, {}).get("mean", {}).get(of)
        if value is not None:
            what = f"autoencoder, {group}, {'inside masks' if 'inside' in of else 'whole'}"
            yield Aim(what, f"{value:.1f} dB", "–", f"{aim:g} dB", value >= aim)


def _announcement(plain: Mapping[str, Any]) -> Iterator[Aim]:
    if plain.get("learnable"):
        yield _share("the announcement's first prompt: facts that were taught", plain["learnable"], SUV, False)


_READERS: dict[str, Callable[[Mapping[str, Any]], Iterator[Aim]]] = {
    "report/prompts.json": _prompts,
    "report-held-out/prompts.json": _held_out,
    "report-sv/beside-english.json": _language("Swedish"),
    "report-zh/beside-english.json": _language("Chinese"),
    "paths.json": _paths,
    "events.json": _events,
    "permanence.json": _permanence,
    "physics.json": _physics,
    "autoencoder.json": _autoencoder,
    "announcement.json": _announcement,
}
