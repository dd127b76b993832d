"""What reads words: the encoder, and the refiner that was trained on its states."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from himmel.grammar.vocabulary import SLOTS
from himmel.language import Refiner, WordEncoder
from himmel.language.encoder import words_folder
from himmel.language.refiner import RefinerConfig
from himmel.records import HimmelError
from himmel.weights import load, save

Reading = tuple[WordEncoder, Refiner, str]
"""What reads words, and the hash of both."""
REMEDY = "train it again: himmel train words"


def load_words(folder: Path | None = None) -> Reading:
    """The encoder and a refiner, and the hash of both, to which transformers and word states are bound.

    folder: of the refiner and the statistics of the encoder's states; None: the shipped ones.
    """
    folder = folder or words_folder()
    encoder = WordEncoder.load(statistics=folder / "statistics.safetensors")
    refiner, sha256 = load_refiner(folder / "refiner.safetensors", encoder.fingerprint)
    return encoder, refiner.eval(), fingerprint(encoder.fingerprint, sha256)


def save_refiner(path: Path, refiner: Refiner, encoder_fingerprint: str, notes: Mapping[str, object]) -> str:
    """Writes the weights in 8 bits and, beside them, sizes, slots, the encoder and notes; returns their hash."""
    made = {"slots": _slots(), **notes}
    bound = {"encoder": encoder_fingerprint}
    return save(path, refiner.state_dict(), asdict(refiner.config), made=made, bound=bound, bits=8)


def load_refiner(path: Path, encoder_fingerprint: str) -> tuple[Refiner, str]:
    """A file's refiner, float32, and the hash of the file.

    Raises HimmelError if it is damaged or made for other words or slots.
    """
    stored = load(path)
    stored.check_bound("encoder", encoder_fingerprint)
    if stored.made.get("slots") != _slots():
        raise HimmelError(f"{path} reads other slots", "those of himmel.grammar.vocabulary", REMEDY)
    refiner = Refiner(RefinerConfig(**stored.config))
    stored.into(refiner)
    return refiner, stored.sha256


def fingerprint(*hashes: str) -> str:
    """One hash of several."""
    return hashlib.sha256(" ".join(hashes).encode()).hexdigest()


def _slots() -> dict[str, list[str]]:
    return {slot.name: list(slot.values) for slot in SLOTS}
