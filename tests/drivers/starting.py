"""Start drivers as processes, tell them what to do, pause them inside a commit, kill them."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyspark

HERE = Path(__file__).resolve().parent
LIBRARY = HERE.parents[1] / "lib"


def compiled_failpoint(folder: Path) -> Path | None:
    """Compile the file system that pauses a commit; None where the machine has no Java compiler."""
    home = os.environ.get("JAVA_HOME")
    compiler = shutil.which("javac", path=f"{home}/bin" if home else None) or shutil.which("javac")
    if compiler is None:
        return None
    jars = str(Path(pyspark.__file__).parent / "jars" / "*")
    source = HERE / "PausingLocalFs.java"
    subprocess.run([compiler, "-nowarn", "-cp", jars, "-d", str(folder), str(source)], check=True, capture_output=True)
    return folder


def until(happened: Callable[[], bool], what: str, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    """Tell whether a process runs; a zombie does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


@dataclass
class Driver:
    """One driver process; `start` returns at once, so that several start side by side."""

    name: str
    folder: Path
    failpoint: Path | None = None
    process: subprocess.Popen[str] = field(init=False)
    pids: dict[str, int] = field(init=False, default_factory=dict)

    def start(self) -> "Driver":
        command = [sys.executable, "-u", str(HERE / "driver.py"), str(self.failpoint or ""), str(self.flag)]
        environment = {**os.environ, "PYTHONPATH": f"{LIBRARY}:{LIBRARY.parent}", "TZ": "UTC", "SPARK_LOCAL_IP": "127.0.0.1"}
        self.log.touch()
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=environment,
                cwd=self.folder,
                start_new_session=True,
            )
        return self

    def ready(self) -> "Driver":
        if not self.pids:
            self.pids = self.answer()
        return self

    @property
    def log(self) -> Path:
        return self.folder / f"{self.name}.log"

    @property
    def flag(self) -> Path:
        return self.folder / f"{self.name}.pause"

    @property
    def acknowledged(self) -> Path:
        return self.folder / f"{self.name}.acknowledged"

    def tell(self, do: str, **request: Any) -> None:
        """Send a request; its answer is waiting for `answer`."""
        self.ready()
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"do": do, **request}) + "\n")
        self.process.stdin.flush()

    def append(self, table: Path, count: int = 1, first: int = 0, do: str = "append") -> None:
        self.tell(do, table=str(table), worker=self.name, count=count, first=first, acknowledged=str(self.acknowledged))

    def answer(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, f"driver {self.name} ended:\n{self.log.read_text()[-3000:]}"
        answer: dict[str, Any] = json.loads(line)
        assert "error" not in answer, answer["error"]
        return answer

    def ask(self, do: str, **request: Any) -> dict[str, Any]:
        self.tell(do, **request)
        return self.answer()

    def pause_at_next_commit(self) -> None:
        self.reached.unlink(missing_ok=True)
        self.flag.touch()

    def wait_until_paused(self) -> None:
        until(self.reached.exists, f"{self.name} reaches the rename of its commit")

    def resume(self) -> None:
        self.flag.unlink()

    @property
    def reached(self) -> Path:
        return self.flag.with_name(self.flag.name + ".reached")

    def wait_until_logged(self, *parts: str, seconds: float = 60.0) -> None:
        """Wait for a line of its log that holds all the parts."""

        def logged() -> bool:
            return any(all(part in line for part in parts) for line in self.log.read_text().splitlines())

        until(logged, f"{self.name} logs {parts}", seconds)

    def kill(self, *which: str) -> None:
        """SIGKILL the driver's Python, its JVM, or both."""
        for each in which:
            os.kill(self.pids[each], signal.SIGKILL)

    def stop(self) -> None:
        """End what is left of it; a JVM whose Python was killed ends by itself, but not for ever."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        until(lambda: not any(alive(pid) for pid in self.pids.values()), f"the processes of {self.name} end")
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                stream.close()


def acknowledged_rows(*drivers: Driver) -> list[tuple[str, int]]:
    """Return the commits that the library said were made."""
    files = [driver.acknowledged for driver in drivers if driver.acknowledged.exists()]
    words = [line.split() for file in files for line in file.read_text().splitlines()]
    return [(worker, int(number)) for worker, number, _ in words]
