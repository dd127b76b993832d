"""Networks of others that lie in installed packages: which file, whether it is the one that was tested.

The packages are never imported, their files are only read: what they would bring in is not needed.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from himmel.records import HimmelError

INSTALL = "pip install 'himmel[checks]' && pip install --no-deps rapidocr==3.10.0"
"""What brings the engine and the networks of the checks that are on by default."""


@dataclass(frozen=True)
class Network:
    """A network in ONNX. package: that carries it, and where in it; sha256: of the file that was measured.

    install: what brings it, and the engine.
    """

    package: str
    file: str
    sha256: str
    install: str = INSTALL

    @property
    def path(self) -> Path | None:
        """Where it lies; None where the package is not installed or holds no such file."""
        spec = find_spec(self.package)
        path = Path(spec.origin).parent / self.file if spec is not None and spec.origin else None
        return path if path is not None and path.is_file() else None


def lacking(*networks: Network) -> str:
    """What is not installed of what these networks need, as text; "" where all is there."""
    packages = [network.package for network in networks if network.path is None]
    if find_spec("onnxruntime") is None:
        packages.insert(0, "onnxruntime")
    return " and ".join(dict.fromkeys(packages))


class Session:
    """A network that can be run. Make it with `opened`."""

    def __init__(self, content: bytes, threads: int) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        options.log_severity_level = 3  # it warns of every machine without a graphics card
        # Threads that wait in a busy loop would take the cores that the model computes with.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        self._input = self._session.get_inputs()[0].name
        self._outputs = [output.name for output in self._session.get_outputs()]

    def __call__(self, pictures: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        """Outputs by name for pictures [N, 3, H, W]."""
        found = self._session.run(self._outputs, {self._input: pictures})
        return {name: np.asarray(values) for name, values in zip(self._outputs, found, strict=True)}

    def said(self, key: str) -> str:
        """A text that the file carries beside its weights; "" where it has none."""
        return self._session.get_modelmeta().custom_metadata_map.get(key, "")


@lru_cache(maxsize=8)
def opened(network: Network, threads: int) -> Session:
    """A network that `lacking` has nothing to say of. threads: processor cores that it computes with.

    Raises HimmelError for a file of other bytes than those that were measured.
    """
    path = network.path
    assert path is not None, "asked for only where nothing is lacking"
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != network.sha256:
        raise HimmelError(
            f"{path} is not the file that himmel was tested with", "", f"install it again: {network.install}"
        )
    return Session(content, threads)
