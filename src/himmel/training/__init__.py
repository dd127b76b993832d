"""Loop, optimiser, averaging, checkpoints; it receives built parts and knows neither worlds nor networks by name."""

from himmel.training.allocator import keep_freed_memory
from himmel.training.average import Average
from himmel.training.checkpoint import Checkpoint
from himmel.training.loop import Progress, Schedule, run
from himmel.training.optimiser import Muon, build_optimisers

__all__ = ["Average", "Checkpoint", "Muon", "Progress", "Schedule", "build_optimisers", "keep_freed_memory", "run"]
