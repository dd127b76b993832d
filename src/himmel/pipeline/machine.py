"""What this machine has: cores, memory, instructions. Reads the system's own files; imports no torch."""

from __future__ import annotations

import os
import platform
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

CPU = Path("/proc/cpuinfo")
MEMORY = Path("/proc/meminfo")
GROUP = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class Machine:
    """cores: that this process may use. memory, free: bytes. bfloat16, amx: whether the processor multiplies
    so.
    """

    processor: str
    cores: int
    memory: int
    free: int
    bfloat16: bool
    amx: bool


def this_machine() -> Machine:
    """The machine as this process may use it, container limits included."""
    said = _cpu()
    flags = set(said.get("flags", "").split()) | set(said.get("Features", "").split())
    memory, free = _memory()
    return Machine(
        processor=said.get("model name", platform.processor() or platform.machine()),
        cores=cores(),
        memory=memory,
        free=free,
        bfloat16=bool(flags & {"avx512_bf16", "amx_bf16", "bf16"}),
        amx="amx_bf16" in flags,
    )


def cores() -> int:
    """Processor cores that this process may use: its affinity, and the share that a container grants."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with suppress(OSError, ValueError):
        quota, period = (GROUP / "cpu.max").read_text().split()
        if quota != "max":
            count = min(count, max(1, round(int(quota) / int(period))))
    return count


def free_memory() -> int:
    """Bytes that can be taken now without swapping."""
    return _memory()[1]


def _cpu() -> dict[str, str]:
    said: dict[str, str] = {}
    with suppress(OSError):
        for line in CPU.read_text(errors="replace").split("\n\n")[0].splitlines():
            name, _, value = line.partition(":")
            said[name.strip()] = value.strip()
    return said


def _memory() -> tuple[int, int]:
    """(all, free) bytes: the least of what the machine, the container and the shell's limit leave."""
    total, free = 1 << 62, 1 << 62
    with suppress(OSError, ValueError, KeyError):
        rows = (line.split() for line in MEMORY.read_text().splitlines())
        kilobytes = {row[0].rstrip(":"): int(row[1]) for row in rows if len(row) > 1}
        total, free = kilobytes["MemTotal"] << 10, kilobytes["MemAvailable"] << 10
    with suppress(OSError, ValueError):
        limit = int((GROUP / "memory.max").read_text())  # "max" is a ValueError: no limit
        used = int((GROUP / "memory.current").read_text())
        total, free = min(total, limit), min(free, max(0, limit - used))
    with suppress(ImportError, OSError, ValueError):
        import resource

        limit = resource.getrlimit(resource.RLIMIT_AS)[0]
        if limit != resource.RLIM_INFINITY:
            used = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
            total, free = min(total, limit), min(free, max(0, limit - used))
    if total == 1 << 62:  # neither Linux nor a limit
        total = free = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return total, free
