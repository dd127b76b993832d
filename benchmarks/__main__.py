"""Runs the benchmarks named on the command line, or all."""

from __future__ import annotations

import sys

from benchmarks import marks, networks, start, world

ALL = {"start": start.main, "networks": networks.main, "world": world.main, "marks": marks.main}


def main() -> None:
    names = sys.argv[1:] or list(ALL)
    unknown = [name for name in names if name not in ALL]
    if unknown:
        raise SystemExit(f"no benchmark {', '.join(unknown)}; there are {', '.join(ALL)}")
    for name in names:
        print(f"\n## {name}\n")
        ALL[name]()


if __name__ == "__main__":
    main()
