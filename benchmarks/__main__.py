"""Runs the benchmarks named on the command line, or all. --page FOLDER: writes a page of them as well."""

from __future__ import annotations

import argparse
import functools
from collections.abc import Callable
from pathlib import Path

from benchmarks import cache, chaos, feel, load, marks, minute, networks, page, peers, scaling, start, visit, world

ALL = {
    "start": start.main,
    "minute": minute.main,
    "feel": feel.main,
    "scaling": scaling.main,
    "networks": networks.main,
    "peers": peers.main,
    "cache": cache.main,
    "world": world.main,
    "marks": marks.main,
}
SERVICE: dict[str, Callable[[argparse.Namespace], None]] = {
    "load": lambda told: load.main(told.minutes, told.model),
    "chaos": lambda told: chaos.main(told.minutes, told.jobs, told.database),
    "visit": lambda told: visit.main(),
}
"""Those of the service. They need its extras and last as long as they are told to; they run when they are named."""
QUICK = {"minute": minute.main, "feel": feel.main, "scaling": scaling.main, "peers": peers.main}
"""Those that can be shortened."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which ones: {', '.join([*ALL, *SERVICE])}")
    parser.add_argument("--minutes", type=float, default=5.0, help="of load and chaos, each; 5")
    parser.add_argument("--model", default=load.INSTANT, help="of load: shipped, a folder; an instant fake if not said")
    parser.add_argument("--jobs", type=int, default=chaos.JOBS, help=f"of chaos; {chaos.JOBS}")
    parser.add_argument("--database", choices=["sqlite", "postgres"], default="sqlite", help="of chaos; sqlite")
    parser.add_argument("--quick", action="store_true", help=f"less of {', '.join(QUICK)}: minutes on one core")
    parser.add_argument("--page", type=Path, metavar="FOLDER", help="also write index.html and plots there")
    told = parser.parse_args()
    names = told.names or list(ALL)
    every = ALL | {name: functools.partial(run, told) for name, run in SERVICE.items()}
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
