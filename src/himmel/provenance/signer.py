"""Who signs: anything that can open a native signer, such as a callback into a key service."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from himmel.records import HimmelError

if TYPE_CHECKING:
    import c2pa

ALGORITHMS = ("es256", "es384", "es512", "ps256", "ps384", "ps512", "ed25519")


class Signer(Protocol):
    """What a file can be signed by."""

    def opened(self) -> AbstractContextManager[c2pa.Signer]:
        """The native signer, for one file."""
        ...


@dataclass(frozen=True)
class Callback:
    """Signs by a function, so that the private key can stay where it is: in a key service, a card, another process.

    chain: the certificates, PEM, the signing one first. sign(data) -> signature: DER or raw; over SHA-256 for
    es256. It is called in a thread of its own; what it raises passes through, and the file is not written. algorithm:
    one of ALGORITHMS. Nothing is asked of it before a file is signed. Raises HimmelError for an unknown algorithm or a
    chain that is no PEM.
    """

    chain: str
    sign: Callable[[bytes], bytes] = field(repr=False)
    algorithm: str = "es256"

    def __post_init__(self) -> None:
        if self.algorithm not in ALGORITHMS:
            raise HimmelError(f"algorithm {self.algorithm!r:.60}", f"one of: {', '.join(ALGORITHMS)}", "")
        if "-----BEGIN CERTIFICATE-----" not in self.chain:
            raise HimmelError("a chain without certificates", "PEM, the signing certificate first", "")

    @contextmanager
    def opened(self) -> Iterator[c2pa.Signer]:
        """A native signer that asks the function."""
        import c2pa

        raised: list[BaseException] = []

        def ask(data: bytes) -> bytes:
            # c2pa turns what is raised here into "internal error", and would lose an interrupt.
            try:
                return self.sign(data)
            except BaseException as error:
                raised.append(error)
                return b""

        algorithm = c2pa.C2paSigningAlg[self.algorithm.upper()]
        try:
            with c2pa.Signer.from_callback(ask, algorithm, self.chain) as native:
                yield native
        except c2pa.C2paError:
            if raised:
                raise raised[0] from None
            raise
