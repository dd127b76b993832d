"""Words become token states (`WordEncoder`), and states become answers and conditions (`Refiner`).

A server that fills up prompts: `endpoint` names it, `chat` asks it, `rewrite` checks what it answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from himmel.language.encoder import MAX_TOKENS as MAX_TOKENS
    from himmel.language.encoder import WordEncoder as WordEncoder
    from himmel.language.refiner import Refined as Refined
    from himmel.language.refiner import Refiner as Refiner
    from himmel.language.refiner import RefinerConfig as RefinerConfig
    from himmel.language.refiner import answers as answers
    from himmel.language.refiner import pad_states as pad_states

__all__ = ["MAX_TOKENS", "Refined", "Refiner", "RefinerConfig", "WordEncoder", "answers", "pad_states"]


def __getattr__(name: str) -> Any:
    # `language.endpoint` is read by the command line, which must not pay for importing torch.
    if name in ("MAX_TOKENS", "WordEncoder"):
        from himmel.language import encoder

        return {"MAX_TOKENS": encoder.MAX_TOKENS, "WordEncoder": encoder.WordEncoder}[name]
    if name in __all__:
        from himmel.language import refiner

        networks = {"Refined": refiner.Refined, "Refiner": refiner.Refiner, "RefinerConfig": refiner.RefinerConfig}
        return {**networks, "answers": refiner.answers, "pad_states": refiner.pad_states}[name]
    raise AttributeError(f"module 'himmel.language' has no attribute {name!r}")
