"""Names and sizes that keep the code readable."""

from __future__ import annotations

import ast
import re
from pathlib import Path

MIB = 2**20
VAGUE = {"utils", "util", "helpers", "helper", "common", "misc"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(module: ast.Module) -> list[Function]:
    return [node for node in ast.walk(module) if isinstance(node, Function)]


def lines(node: Function) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def test_no_file_or_folder_has_a_name_that_says_nothing(tracked: list[Path], root: Path) -> None:
    vague = [path for path in tracked if VAGUE & {Path(part).stem for part in path.relative_to(root).parts}]
    assert not vague


def test_records_stay_small(modules: dict[Path, ast.Module], root: Path) -> None:
    records = [path for path in modules if path.is_relative_to("src/himmel/records")]
    assert 0 < sum(len((root / path).read_text().splitlines()) for path in records) < 400


def test_files_stay_readable(modules: dict[Path, ast.Module], root: Path) -> None:
    long = {str(path): n for path in modules if (n := len((root / path).read_text().splitlines())) > 450}
    assert not long


def test_functions_fit_on_a_screen(modules: dict[Path, ast.Module]) -> None:
    every = [(lines(f), f"{path}:{f.lineno} {f.name}") for path, module in modules.items() for f in functions(module)]
    assert not [place for length, place in every if length > 80]
    lengths = sorted(length for length, _ in every)
    assert lengths[int(len(lengths) * 0.9)] <= 35


def test_public_functions_say_what_they_return(modules: dict[Path, ast.Module]) -> None:
    untyped = [
        f"{path}:{f.lineno} {f.name}"
        for path, module in modules.items()
        if path.is_relative_to("src")
        for f in functions(module)
        if f.returns is None and not f.name.startswith("_")
    ]
    assert not untyped


def test_modules_say_what_they_are_for(modules: dict[Path, ast.Module]) -> None:
    assert not [
        str(path) for path, m in modules.items() if path.is_relative_to("src") and m.body and not ast.get_docstring(m)
    ]


def test_nothing_is_left_for_later(tracked: list[Path], root: Path) -> None:
    later = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b")
    sources = [path for path in tracked if path.suffix == ".py" and path.is_relative_to(root / "src")]
    assert not [str(path) for path in sources if later.search(path.read_text())]


def test_repository_stays_small(tracked: list[Path], root: Path) -> None:
    sizes = {path.relative_to(root): path.stat().st_size for path in tracked}
    weights = sum(size for path, size in sizes.items() if path.is_relative_to("src/himmel/weights"))
    assert sum(sizes.values()) < 40 * MIB
    assert weights < 34 * MIB


def test_files_name_no_machine_and_no_registry(tracked: list[Path], root: Path) -> None:
    # Spelled in pieces, so that this file does not name them either.
    hosts = [
        "pypi" + r"\.org",
        "pythonhosted" + r"\.org",
        "npmjs" + r"\.(org|com)",
        "download" + r"\.pytorch",
        "deb" + r"\.debian",
    ]
    folders = [rf"(?<![\w.])/{name}/[a-z]" for name in ("root", "work", "home", "Users", "mnt")]
    banned = re.compile("|".join(hosts + folders))
    found = []
    for path in tracked:
        content = path.read_bytes()
        if b"\0" not in content and path.name != "LICENSE" and (hit := banned.search(content.decode())):
            found.append(f"{path.relative_to(root)}: {hit.group()}")
    assert not found
