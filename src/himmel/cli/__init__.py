"""The command line: one small file a verb. `himmel --help` imports no torch, so that help comes at once."""

from himmel.cli.command import himmel, main

__all__ = ["himmel", "main"]
