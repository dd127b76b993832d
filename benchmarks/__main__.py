"""Runs the benchmarks named on the command line, or all. --page FOLDER: writes a page of them as well."""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks import marks, minute, networks, page, peers, scaling, start, world

ALL = {
    "start": start.main,
    "minute": minute.main,
    "scaling": scaling.main,
    "networks": networks.main,
    "peers": peers.main,
    "world": world.main,
    "marks": marks.main,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which ones: {', '.join(ALL)}")
    parser.add_argument("--page", type=Path, metavar="FOLDER", help="also write index.html and plots there")
    told = parser.parse_args()
    names = told.names or list(ALL)
    unknown = [name for name in names if name not in ALL]
    if unknown:
        parser.error(f"no benchmark {', '.join(unknown)}; there are {', '.join(ALL)}")
    if told.page is not None:
        print(page.write(told.page, {name: ALL[name] for name in names}))
        return
    for name in names:
        print(f"\n## {name}\n")
        ALL[name]()


if __name__ == "__main__":
    main()
