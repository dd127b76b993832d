"""A Postgres of our own for a while: in a temporary folder, reached by a socket in it."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

INSTALLED = Path("/usr/lib/postgresql")
"""Where Debian's packages put it, one folder a version."""


class PrivatePostgres:
    """programs: the folder with initdb and pg_ctl. It refuses to run as root; then the user postgres runs it."""

    def __init__(self, programs: Path) -> None:
        self.programs, self.made = programs, 0
        self.folder = Path(tempfile.mkdtemp(prefix="himmel-postgres-"))
        self.whose: dict[str, Any] = {}
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
            self.whose = {"user": "postgres", "group": "postgres", "extra_groups": []}
        self._run("initdb", "--no-sync", "--auth", "trust", "--username", "himmel", "--encoding", "UTF8")
        # What is lost in a power cut is no loss.
        options = f"-k {self.folder} -c listen_addresses= -c fsync=off -c log_min_messages=fatal"
        self._run("pg_ctl", "start", "--wait", "--options", options, "--log", str(self.folder / "log"))

    @classmethod
    def newest(cls) -> PrivatePostgres | None:
        """Of the newest version that is installed; None where none is."""
        found = sorted(INSTALLED.glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
        return cls(found[-1].parent) if found else None

    def address(self, name: str) -> str:
        return f"postgresql://himmel@/{name}?host={self.folder}"

    def database(self) -> str:
        """The address of a new, empty one."""
        import psycopg

        self.made += 1
        with psycopg.connect(self.address("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE himmel_{self.made}".encode())
        return self.address(f"himmel_{self.made}")

    def restart(self) -> None:
        """Cuts every connection."""
        self._run("pg_ctl", "restart", "--wait", "--mode", "fast")

    def close(self) -> None:
        """Ends it and takes its folder away."""
        self._run("pg_ctl", "stop", "--wait", "--mode", "immediate")
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, program: str, *words: str) -> None:
        command = [str(self.programs / program), "--pgdata", str(self.folder / "data"), *words]
        # Its output goes to a file: a server that inherits a pipe would keep it open.
        with tempfile.TemporaryFile("w+") as said:
            done = subprocess.run(command, stdout=said, stderr=said, cwd=self.folder, **self.whose)
            said.seek(0)
            if done.returncode != 0:
                raise RuntimeError(said.read())
