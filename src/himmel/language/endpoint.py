"""A server that fills up prompts in place of the built-in grammar, or describes clips in place of our own captioner.

It is named by settings. Imports no torch and no network.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from himmel.records import HimmelError


@dataclass(frozen=True)
class Names:
    """What the settings of one purpose are called: environment variables that the command line reads.

    without: what to do where the server is no use. example: the name of a model. An empty setting counts as not set.
    """

    url: str
    model: str
    key: str
    without: str
    example: str


EXPANDING = Names(
    "HIMMEL_EXPAND_URL", "HIMMEL_EXPAND_MODEL", "HIMMEL_EXPAND_KEY", "or go without: --no-expand", "llama3.2"
)
CAPTIONING = Names(
    "HIMMEL_CAPTION_URL",
    "HIMMEL_CAPTION_MODEL",
    "HIMMEL_CAPTION_KEY",
    "or take himmel's own captioner: own",
    "qwen2.5vl",
)
EXAMPLE = "http://localhost:11434/v1"
LONGEST = 300  # characters of a setting
PATIENCE = (0.1, 600.0)  # seconds


@dataclass(frozen=True)
class Endpoint:
    """An OpenAI-compatible chat server that is asked to fill up prompts or to describe clips.

    url: where its paths begin, as in http://localhost:11434/v1. model: the name that the server knows it by. key:
    sent as a bearer token, "" for none; never printed. patience: seconds for one answer, all of it, 0.1 to 600. names:
    of the settings that it comes from, for errors.
    Raises HimmelError that names the setting for a value that cannot be used.
    """

    url: str
    model: str
    key: str = field(default="", repr=False)
    patience: float = 120.0
    names: Names = EXPANDING

    def __post_init__(self) -> None:
        object.__setattr__(self, "url", self.url.strip().rstrip("/"))
        _check_url(self.url, self.names)
        model, key = self.names.model, self.names.key
        if not (self.model.strip() and self.model.isprintable() and len(self.model) <= LONGEST):
            remedy = f"for example {model}={self.names.example}"
            raise HimmelError(f"{model} {self.model!r:.60}", "the name of a model", remedy)
        if not (self.key.isascii() and self.key.isprintable() and " " not in self.key):
            raise HimmelError(f"{key} with a space or a letter that no key has", "printable ASCII", f"set {key} again")
        if not PATIENCE[0] <= self.patience <= PATIENCE[1]:
            raise HimmelError(f"patience {self.patience:g}", "0.1 to 600 seconds", "for example 120")

    @property
    def local(self) -> bool:
        """Whether the server is on this machine."""
        host = urlsplit(self.url).hostname or ""
        return host in ("localhost", "::1") or host.startswith("127.")


def endpoint_from(environment: Mapping[str, str] = os.environ, names: Names = EXPANDING) -> Endpoint | None:
    """The endpoint that is set, or None where neither address nor model is.

    Raises HimmelError where one of the two is missing or cannot be used.
    """
    url, model, key = (environment.get(name, "").strip() for name in (names.url, names.model, names.key))
    if not url and not model:
        return None
    if not url or not model:
        there, missing = (names.url, names.model) if url else (names.model, names.url)
        example = names.example if url else EXAMPLE
        raise HimmelError(f"{there} without {missing}", "both or neither", f"for example {missing}={example}")
    return Endpoint(url, model, key, names=names)


def _check_url(url: str, names: Names) -> None:
    problem = _problem(url, names)
    if problem:
        # What may hold a password is not shown.
        shown = f"{names.url} {url!r:.80}" if "@" not in url else names.url
        raise HimmelError(f"{shown}: {problem}", "where an OpenAI-compatible server begins", f"for example {EXAMPLE}")


def _problem(url: str, names: Names) -> str:
    """Why it is no address to begin with; "" where it is one."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        return str(error)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return "no http:// or https:// address"
    if len(url) > LONGEST or not url.isascii() or not url.isprintable() or " " in url:
        return "too long, or with letters that no address has"
    if parts.username is not None or parts.password is not None:
        return f"a name or password in it (a key is set by {names.key})"
    if parts.query or parts.fragment or url.endswith("/chat/completions"):
        return "it goes on after the beginning"
    return ""
