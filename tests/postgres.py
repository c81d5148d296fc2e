"""A real PostgreSQL server on this machine, in a temporary folder, for the tests of JDBC sources."""

import glob
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

USER, PASSWORD = "t1degate_user", f"pa55-{secrets.token_hex(8)}"


@dataclass(frozen=True)
class Postgres:
    port: int
    psql: str

    @property
    def url(self) -> str:
        return f"jdbc:postgresql://127.0.0.1:{self.port}/postgres"

    def run(self, *statements: str) -> str:
        """Run statements in one transaction, and return what they print."""
        command = [self.psql, "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-1", "-h", "127.0.0.1", "-p", str(self.port)]
        environment = {**os.environ, "PGPASSWORD": PASSWORD}
        options = [f"--command={each}" for each in statements]
        done = subprocess.run(
            [*command, "-U", USER, "postgres", *options], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """Start a server, and stop it afterwards. A test is skipped if PostgreSQL is not installed."""
    programs = program_folder()
    if programs is None:
        pytest.skip("PostgreSQL is not installed; install it with: apt-get install postgresql")
    # The server refuses to run as root, and its user must be able to reach the folder.
    owner = "postgres" if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="tidegate-postgres-"))
    (folder / "password").write_text(PASSWORD)
    if owner is not None:
        for path in (folder, folder / "password"):
            shutil.chown(path, owner)
    port = free_port()
    try:
        initialise(programs, folder, owner)
        options = ["-D", str(folder / "data"), "-h", "127.0.0.1", "-p", str(port), "-k", str(folder), "-F"]
        # Its clock shows another zone than ours.
        options += ["-c", "timezone=Asia/Kolkata"]
        with (folder / "log").open("w") as log:
            server = subprocess.Popen([f"{programs}/postgres", *options], user=owner, cwd="/", stdout=log, stderr=log)
        try:
            await_server(port, server, folder / "log")
            yield Postgres(port, f"{programs}/psql")
        finally:
            server.terminate()
            server.wait(30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def program_folder() -> str | None:
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/postgres"))
    path = found[-1] if found else shutil.which("postgres")
    return None if path is None else str(Path(path).resolve().parent)


def initialise(programs: str, folder: Path, owner: str | None) -> None:
    command = [f"{programs}/initdb", "-D", str(folder / "data"), "-U", USER, "--auth=scram-sha-256", "--no-sync"]
    command += [f"--pwfile={folder / 'password'}", "--encoding=UTF8", "--locale=C"]
    done = subprocess.run(command, user=owner, cwd="/", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def await_server(port: int, server: "subprocess.Popen[bytes]", log: Path) -> None:
    for _ in range(600):
        assert server.poll() is None, log.read_text()
        if "ready to accept connections" in log.read_text():
            return
        time.sleep(0.05)
    raise AssertionError(f"PostgreSQL did not start on port {port}: {log.read_text()}")
