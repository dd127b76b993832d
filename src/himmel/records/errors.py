"""The one exception that people see as a single line."""

from __future__ import annotations


class HimmelError(Exception):
    """Bad input or an impossible request: what was given, what is allowed, what to do next.

    The command line prints it as one line and exits with code 2; the service maps it to a 4xx reply.
    Anything else that escapes is a bug and keeps its traceback.
    """

    def __init__(self, given: str, allowed: str, remedy: str = "") -> None:
        self.given, self.allowed, self.remedy = given, allowed, remedy
        super().__init__("; ".join(part for part in (given, allowed, remedy) if part))
