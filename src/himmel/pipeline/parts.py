"""A folder of weights becomes the networks that belong together."""

from __future__ import annotations

import os
import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from torch.nn.functional import pad

from himmel.autoencoder import Autoencoder, AutoencoderConfig
from himmel.autoencoder.upsampler import Upsampler, UpsamplerConfig
from himmel.grammar.vocabulary import FIRST_FAMILIES
from himmel.language import Refiner, WordEncoder, pad_states
from himmel.language.encoder import PREFIX
from himmel.pipeline.folder import PARTS, READER, SHIPPED, UPSAMPLER, folder_of, has_reader, has_upsampler
from himmel.pipeline.placement import best_device, dtype_on
from himmel.pipeline.precision import best_dtype
from himmel.pipeline.reading import Reading, fingerprint, load_words
from himmel.pipeline.request import AUTO, SHORTCUT
from himmel.records import HimmelError
from himmel.sight.latents import Reader
from himmel.transformer import Transformer, TransformerConfig, Words
from himmel.weights import Stored, load_note
from himmel.weights import load as load_weights

WORD_TOKENS = 56
"""Pieces of a text that are read, as in training (`himmel.recipes.latents`); a test compares the two."""

WHOLE = 256 * 144
"""Pixels up to which clips are made at their own size by weights that do not note their training."""

LATENTS = ("encoder.", "latent_")
"""Tensors of an autoencoder that decide what latents mean."""


@dataclass(frozen=True)
class Parts:
    """Everything that a clip is made with. fingerprint: of all weights together but the upsampler's and the reader's,
    whose hashes stand beside them. dtype, device: that transformer and autoencoder compute in and on; words and drafts
    are read on the processor.
    """

    name: str
    encoder: WordEncoder
    refiner: Refiner
    transformer: Transformer
    autoencoder: Autoencoder
    fingerprint: str
    dtype: torch.dtype = torch.float32
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    made: dict[str, Any] = field(default_factory=dict)
    upsampler: Upsampler | None = None
    upsampler_hash: str = ""
    reader: Reader | None = None
    reader_hash: str = ""

    @property
    def channels(self) -> int:
        """Latent channels."""
        return self.transformer.config.channels

    @property
    def shapes(self) -> list[tuple[int, int, int, int]]:
        """(width, height, frames, frames a second) of the clips of the training; [] if they are not noted."""
        shares = self.made.get("recipe", {}).get("shares", [])
        found = [re.fullmatch(r"(\d+)x(\d+)x(\d+)@(\d+)", str(share.get("bucket"))) for share in shares]
        return sorted({(int(m[1]), int(m[2]), int(m[3]), int(m[4])) for m in found if m is not None})

    @property
    def whole(self) -> int:
        """Pixels up to which a clip is made at its own size: one and a half times those of the training's largest clips
        (docs/decisions/0053).
        """
        return max((width * height * 3 // 2 for width, height, _, _ in self.shapes), default=WHOLE)

    @property
    def few(self) -> tuple[list[int], float] | None:
        """(numbers of steps that were taught, the guidance folded into them), or None where large steps were not."""
        few = self.made.get("recipe", {}).get("few")
        return (sorted(int(count) for count, _ in few["counts"]), float(few["guidance"])) if few else None

    def solver(self, asked: str, steps: int, guidance: float) -> str:
        """The solver for what was asked for: "auto" is "shortcut" where the network was taught so, "euler" elsewhere.

        Raises HimmelError for "shortcut" with steps or a guidance that it was not taught.
        """
        taught = self.few is not None and steps in self.few[0] and guidance == self.few[1]
        if asked == SHORTCUT and not taught:
            given = f"--solver {SHORTCUT} with {steps} steps and guidance {guidance:g}"
            if self.few is None:
                raise HimmelError(given, "these weights were taught no large steps", "use --solver euler")
            allowed = f"steps {', '.join(map(str, self.few[0]))}, guidance {self.few[1]:g}"
            raise HimmelError(given, allowed, "change them, or use --solver euler")
        return (SHORTCUT if taught else "euler") if asked == AUTO else asked

    @property
    def families(self) -> tuple[str, ...]:
        """The families of the world that the transformer was taught on; the first ones where its note names none."""
        return tuple(self.made.get("families") or FIRST_FAMILIES)

    @property
    def precision(self) -> str:
        return str(self.dtype).removeprefix("torch.")

    def read(self, texts: Sequence[str]) -> Words:
        """What the transformer is told for each text, and what it was told in training in the place of no words: "".

        Pieces of a text beyond `WORD_TOKENS` are not read; `unread` says which.
        """
        states = self.encoder.encode(texts, self.dtype)
        padded, there = pad_states([state[:WORD_TOKENS] for state in states])
        refined = self.refiner(padded, there)
        visible = pad(there, (refined.slots.shape[1], 0), value=True)
        return Words(torch.cat([refined.slots, refined.tokens], 1).to(self.dtype), visible[:, None])

    def unread(self, text: str) -> str:
        """The end of a text that is too long to be read, or ""."""
        if self._pieces(text) <= WORD_TOKENS:
            return ""
        words = text.split(" ")
        kept = bisect_right(range(len(words)), WORD_TOKENS, key=lambda n: self._pieces(" ".join(words[: n + 1])))
        return " ".join(words[kept:])

    def _pieces(self, text: str) -> int:
        return len(self.encoder.tokenizer.encode(PREFIX + text, 1 << 20))


def load(path: str | os.PathLike[str] = SHIPPED, words: Reading | None = None) -> Parts:
    """The parts in a folder that holds autoencoder/ and transformer/; words: None for the shipped ones.

    Raises HimmelError for weights that are missing, damaged, misshapen, or trained with other parts.
    """
    folder = folder_of(path)
    autoencoder, transformer = (load_weights(folder / PARTS[part]) for part in ("autoencoder", "transformer"))
    words = words or load_words()
    transformer.check_bound("autoencoder", autoencoder.digest(LATENTS))
    transformer.check_bound("words", words[2])
    parts, latents = assemble(str(path), words, autoencoder, transformer), autoencoder.digest(LATENTS)
    if has_reader(folder):
        reader, sha256 = load_reader(folder, latents)
        parts = replace(parts, reader=reader, reader_hash=sha256)
    if has_upsampler(folder):
        network, sha256 = load_upsampler(folder, latents)
        parts = replace(parts, upsampler=network.to(parts.device, parts.dtype), upsampler_hash=sha256)
    return parts


def load_reader(folder: Path, autoencoder: str) -> tuple[Reader, str]:
    """The reader in a folder, which computes in float32 on the processor, and its hash. autoencoder: as below.

    Raises HimmelError where it is missing, damaged, or for other latents.
    """
    stored = load_weights(folder / READER)
    stored.check_bound("autoencoder", autoencoder)
    reader = Reader.from_config(stored.config)
    stored.into(reader)
    return reader.eval().requires_grad_(False), stored.sha256


def load_upsampler(folder: Path, autoencoder: str) -> tuple[Upsampler, str]:
    """The upsampler in a folder, in float32, and its hash. autoencoder: of the latents that it must be for.

    Raises HimmelError where it is missing, damaged, or for other latents.
    """
    stored = load_weights(folder / UPSAMPLER)
    stored.check_bound("autoencoder", autoencoder)
    network = Upsampler(UpsamplerConfig(**stored.config))
    stored.into(network)
    return network.eval(), stored.sha256


def outline(path: str | os.PathLike[str] = SHIPPED) -> Parts:
    """The parts in a folder as far as their notes go: words can be read and what a clip takes can be counted, but
    transformer and autoencoder have shapes alone (torch's device "meta").

    Raises HimmelError for notes that are missing or damaged; whether the weights are, only `load` finds.
    """
    folder, words = folder_of(path), load_words()
    autoencoder, transformer = (load_note(folder / PARTS[part]) for part in ("autoencoder", "transformer"))
    transformer.check_bound("words", words[2])
    with torch.device("meta"):
        denoises = Transformer(TransformerConfig(**transformer.config))
        decodes = Autoencoder(AutoencoderConfig(**autoencoder.config))
        reads = Reader.from_config(load_note(folder / READER).config) if has_reader(folder) else None
        doubles = None
        if has_upsampler(folder):
            doubles = Upsampler(UpsamplerConfig(**load_note(folder / UPSAMPLER).config))
    found = _parts(str(path), words, autoencoder, transformer, denoises, decodes)
    return replace(found, reader=reads, upsampler=doubles)


def load_autoencoder(path: str | os.PathLike[str] = SHIPPED) -> tuple[Autoencoder, str]:
    """The autoencoder in a folder, in float32, and the hash of what makes its latents.

    Transformers and latents on disk are bound to that hash, so a decoder that was taught further fits them still.
    Raises HimmelError as `load` does.
    """
    stored = load_weights(folder_of(path) / PARTS["autoencoder"])
    return _autoencoder(stored), stored.digest(LATENTS)


def assemble(name: str, words: Reading, autoencoder: Stored, transformer: Stored) -> Parts:
    """Networks of what was stored, ready to compute on `placement.best_device`."""
    network = Transformer(TransformerConfig(**transformer.config))
    transformer.into(network)
    return _parts(name, words, autoencoder, transformer, network, _autoencoder(autoencoder))


def _parts(
    name: str,
    words: Reading,
    autoencoder: Stored,
    transformer: Stored,
    denoises: Transformer,
    decodes: Autoencoder,
) -> Parts:
    device = best_device()
    dtype = dtype_on(device, best_dtype())
    encoder, refiner, told = words
    to = denoises.device if denoises.device.type == "meta" else device
    return Parts(
        name=name,
        encoder=encoder,
        refiner=refiner,
        transformer=denoises.eval().to(to, dtype),
        autoencoder=decodes.to(to, dtype),
        device=device,
        fingerprint=fingerprint(autoencoder.sha256, transformer.sha256, told),
        dtype=dtype,
        made=transformer.made,
    )


def _autoencoder(stored: Stored) -> Autoencoder:
    network = Autoencoder(AutoencoderConfig(**stored.config))
    stored.into(network)
    return network.eval()
