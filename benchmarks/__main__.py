"""Runs the benchmarks named on the command line, or all. --page FOLDER: writes a page of them as well."""

from __future__ import annotations

import argparse
import functools
from pathlib import Path

from benchmarks import chaos, feel, load, marks, minute, networks, page, peers, scaling, start, world

ALL = {
    "start": start.main,
    "minute": minute.main,
    "feel": feel.main,
    "scaling": scaling.main,
    "networks": networks.main,
    "peers": peers.main,
    "world": world.main,
    "marks": marks.main,
}
QUICK = {"minute": minute.main, "feel": feel.main, "scaling": scaling.main, "peers": peers.main}
"""Those that can be shortened."""
TIMED = {"load": load.main, "chaos": chaos.main}
"""Those that last as long as they are told to; they run when they are named."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which ones: {', '.join([*ALL, *TIMED])}")
    parser.add_argument("--minutes", type=float, default=5.0, help="of load and chaos, each; 5")
    parser.add_argument("--quick", action="store_true", help=f"less of {', '.join(QUICK)}: minutes on one core")
    parser.add_argument("--page", type=Path, metavar="FOLDER", help="also write index.html and plots there")
    told = parser.parse_args()
    names = told.names or list(ALL)
    every = ALL | {name: functools.partial(run, told.minutes) for name, run in TIMED.items()}
    every |= {name: functools.partial(run, quick=told.quick) for name, run in QUICK.items()}
    unknown = [name for name in names if name not in every]
    if unknown:
        parser.error(f"no benchmark {', '.join(unknown)}; there are {', '.join(every)}")
    if told.page is not None:
        plots = {"scaling": functools.partial(scaling.plot, quick=told.quick)}
        print(page.write(told.page, {name: every[name] for name in names}, plots))
        return
    for name in names:
        print(f"\n## {name}\n")
        every[name]()


if __name__ == "__main__":
    main()
