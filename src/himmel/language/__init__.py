"""Words become token states (`WordEncoder`), and states become answers and conditions (`Refiner`)."""

from himmel.language.encoder import MAX_TOKENS, WordEncoder
from himmel.language.refiner import Refined, Refiner, RefinerConfig, answers, pad_states

__all__ = ["MAX_TOKENS", "Refined", "Refiner", "RefinerConfig", "WordEncoder", "answers", "pad_states"]
