"""The only assembly: weights become parts, and a request becomes a clip with its recipe. The one door out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from himmel.pipeline.generate import Generated as Generated
    from himmel.pipeline.generate import Pipeline as Pipeline

__all__ = ["Generated", "Pipeline"]


def __getattr__(name: str) -> Any:
    # The command line checks a request before it pays for importing torch.
    if name in __all__:
        from himmel.pipeline import generate

        return {"Generated": generate.Generated, "Pipeline": generate.Pipeline}[name]
    raise AttributeError(f"module 'himmel.pipeline' has no attribute {name!r}")
