"""Loop, optimiser, averaging, checkpoints, processes; it receives built parts and knows neither worlds nor networks by
name.
"""

from himmel.training.allocator import keep_freed_memory
from himmel.training.average import Average
from himmel.training.checkpoint import Checkpoint
from himmel.training.loop import Feed, Progress, Schedule, run
from himmel.training.optimiser import Muon, build_optimisers
from himmel.training.processes import Processes, join

__all__ = [
    "Average",
    "Checkpoint",
    "Feed",
    "Muon",
    "Processes",
    "Progress",
    "Schedule",
    "build_optimisers",
    "join",
    "keep_freed_memory",
    "run",
]
