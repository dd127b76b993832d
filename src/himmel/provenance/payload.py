"""What the watermark says: by which key a clip was signed, which clip it is, and a tag that only that key makes.

64 bits. `key`, 16: of the SHA-256 of the signing certificate; 0: of nobody. `clip`, 32: of the SHA-256 of the recipe
without what differs from one making of a clip to the next, so that a replay has the same. `tag`, 16: keyed by the
private key, so that nobody else can think up clips of that key; 0 where that is out of reach, as in a key service.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from himmel.provenance.coding import Bits
from himmel.records.recipe import Recipe

KEY_BITS, CLIP_BITS, TAG_BITS = 16, 32, 16
BITS = KEY_BITS + CLIP_BITS + TAG_BITS
CLAIM = "org.himmel.watermark.1"
"""What the watermark is called in a manifest."""
CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", re.DOTALL)
REMADE = ("format", "known", "unknown", "versions", "threads", "device", "precision", "created", "model", "marks")
REMADE += ("policy",)
"""What is no part of which clip a recipe makes, or says by another name what is."""


@runtime_checkable
class Chained(Protocol):
    """A signer that shows its certificates."""

    chain: str


@runtime_checkable
class Keyed(Protocol):
    """A signer that has its key at hand."""

    key: str


@dataclass(frozen=True)
class Payload:
    """key, clip, tag: whole numbers of 16, 32 and 16 bits."""

    key: int
    clip: int
    tag: int = 0

    @property
    def number(self) -> int:
        return (self.key << CLIP_BITS | self.clip) << TAG_BITS | self.tag

    @property
    def text(self) -> str:
        """As people see it: "key-clip-tag", hexadecimal."""
        return f"{self.key:04x}-{self.clip:08x}-{self.tag:04x}"

    @property
    def bits(self) -> Bits:
        """[64], the first bit of the key first."""
        return np.unpackbits(np.frombuffer(self.number.to_bytes(BITS // 8, "big"), np.uint8))

    @classmethod
    def from_bits(cls, bits: Bits) -> Payload:
        """The inverse of `bits`."""
        number = int.from_bytes(np.packbits(bits).tobytes(), "big")
        rest, tag = divmod(number, 1 << TAG_BITS)
        return cls(rest >> CLIP_BITS, rest & (1 << CLIP_BITS) - 1, tag)


def payload_for(recipe: Recipe | None, signer: object | None) -> Payload:
    """What a clip is to carry. recipe: None for what has none, such as a contact sheet. signer: None for nobody."""
    key = key_of(signer.chain) if isinstance(signer, Chained) else 0
    clip = 0 if recipe is None else clip_of(recipe)
    return Payload(key, clip, tag_of(signer, key, clip))


def clip_of(recipe: Recipe) -> int:
    """The number of the clip that a recipe makes: equal for a replay, on whatever machine and by whomever."""
    said = {name: value for name, value in recipe.to_dict().items() if name not in REMADE}
    said["media"] = [(medium.sha256, medium.how) for medium in recipe.media]
    return _number(json.dumps(said, sort_keys=True, ensure_ascii=True).encode(), CLIP_BITS)


def key_of(chain: str) -> int:
    """The number of the first certificate of a chain, PEM; 0 where there is none."""
    found = CERTIFICATE.search(chain)
    return _key(found[1]) if found else 0


def keys_of(chain: str) -> set[int]:
    """The numbers of all certificates in a text, PEM."""
    return {_key(found) for found in CERTIFICATE.findall(chain)} - {0}


def tag_of(signer: object | None, key: int, clip: int) -> int:
    """The tag that a signer's own private key makes; 0 where it is not at hand."""
    if not isinstance(signer, Keyed):
        return 0
    secret = hashlib.sha256(b"himmel watermark tag " + signer.key.encode()).digest()
    tag = hmac.digest(secret, Payload(key, clip).text.encode(), "sha256")
    return int.from_bytes(tag[: TAG_BITS // 8], "big") or 1


def _key(encoded: str) -> int:
    """Of what stands between the lines of a PEM; 0 where that is no certificate, which whoever signs finds out."""
    try:
        return _number(base64.b64decode(encoded), KEY_BITS) or 1
    except ValueError:
        return 0


def _number(content: bytes, bits: int) -> int:
    """The first bits of a SHA-256."""
    return int.from_bytes(hashlib.sha256(content).digest()[: bits // 8], "big")
