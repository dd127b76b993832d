"""Calls into c2pa that an interrupt cannot reach."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def undisturbed(call: Callable[[], T]) -> T:
    """What `call` gives, made in a thread of its own.

    c2pa reads files through callbacks. Ctrl-C is raised in the main thread, and inside such a callback it would be lost
    and taken for the end of the file: a clip would be signed cut short. Here it is raised once c2pa has finished.
    """
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(call).result()
