"""The server that a chat assistant would start, with an engine that is scripted: python assistant_server.py FOLDER."""

from __future__ import annotations

import sys

from scripted_engine import Scripted

from himmel.cli.mcp import serve_assistant
from himmel.cli.serve import open_data

if __name__ == "__main__":
    serve_assistant(*open_data(sys.argv[1]), Scripted)
