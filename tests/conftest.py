"""What all tests share: no deadlines (slow machines are no failure), the same examples each time, and a tiny model."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from chat_server import ChatServer
from hypothesis import settings
from tiny_model import AUTOENCODER, TRANSFORMER, shaken

from himmel.autoencoder import Autoencoder
from himmel.pipeline import Pipeline, parts
from himmel.transformer import Transformer
from himmel.weights import save

SETTINGS = ("HIMMEL_PRECISION", "HIMMEL_BACKEND", "HIMMEL_DEVICE", "HIMMEL_EXPAND_URL", "HIMMEL_EXPAND_MODEL")
SETTINGS += (
    "HIMMEL_EXPAND_KEY",
    "HIMMEL_SAFETY",
    "HIMMEL_CERTIFICATE",
    "HIMMEL_KEY",
    "HIMMEL_UNSIGNED",
    "HIMMEL_DATABASE",
)
for name in SETTINGS:
    os.environ.pop(name, None)  # no test follows the settings of whoever runs it, or signs in their name
settings.register_profile("himmel", deadline=None, derandomize=True, max_examples=30, print_blob=True)
settings.load_profile("himmel")


@pytest.fixture(scope="session", autouse=True)
def identity_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where the identity of the tests lies, for this process and those that it starts; that of the user is not used."""
    folder = tmp_path_factory.mktemp("identity")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HIMMEL_IDENTITY", str(folder))
        patch.setenv("XDG_DATA_HOME", str(folder / "data"))
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        yield folder


@pytest.fixture(scope="session")
def words() -> parts.Reading:
    """The shipped ones."""
    return parts.load_words()


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory, words: parts.Reading) -> Path:
    """A folder with the weights of a tiny model."""
    folder = tmp_path_factory.mktemp("model")
    torch.manual_seed(4)
    autoencoder = shaken(Autoencoder(AUTOENCODER), 0.1)
    save(folder / "autoencoder/model.safetensors", autoencoder.state_dict(), vars(AUTOENCODER))
    _, latents = parts.load_autoencoder(folder)
    transformer = shaken(Transformer(TRANSFORMER), 0.05)
    bound = {"autoencoder": latents, "words": words[2]}
    made = {"how": "at random, for tests"}
    save(folder / "transformer/model.safetensors", transformer.state_dict(), vars(TRANSFORMER), made=made, bound=bound)
    return folder


@pytest.fixture(scope="session")
def pipeline(model: Path, words: parts.Reading) -> Pipeline:
    return Pipeline(parts.load(model, words), threads=1)


@pytest.fixture
def server() -> Iterator[ChatServer]:
    """Answers with the question itself until it is told another answer."""
    server = ChatServer()
    yield server
    server.close()
