"""himmel: video from words. ``himmel.Pipeline`` is the one way in and the one door out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from himmel.pipeline import Pipeline as Pipeline

__all__ = ["Pipeline", "__version__"]


def __getattr__(name: str) -> Any:
    # Importing torch takes over a second: `import himmel` and `himmel --help` must not pay for it.
    if name == "Pipeline":
        from himmel.pipeline import Pipeline

        return Pipeline
    raise AttributeError(f"module 'himmel' has no attribute {name!r}")
