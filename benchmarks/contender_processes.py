"""Contenders of the point-in-time benchmark: a process each, asked to join again and again."""

import json
import os
import signal
import statistics
import subprocess
import sys
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import psutil
from measuring import spread

MEMORY = "4g"


@dataclass
class Runs:
    """What one contender's timed runs on one shape took.

    Attributes:
        seconds: Wall-clock, of each run.
        cpu: CPU seconds of all its processes, of each run.
        driver: Largest resident size of the process that starts all others, or of its JVM, in GiB.
        worker: That of the largest of Python's workers.
        peak: The largest resident size of each process, added up.
        result: Rows, and a checksum of them.
    """

    seconds: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    driver: float = 0.0
    worker: float = 0.0
    peak: float = 0.0
    result: list[object] = field(default_factory=list)

    @property
    def median(self) -> float:
        """Of the seconds."""
        return statistics.median(self.seconds)

    def __str__(self) -> str:
        memory = f"driver {self.driver:.1f}, worker {self.worker:.1f}, all {self.peak:.1f} GiB"
        return f"{spread(self.seconds)}, CPU {statistics.median(self.cpu):.1f} s, {memory}"

    def add(self, found: dict[str, Any], counts: bool) -> None:
        """Note a run; one that does not count was for warming up."""
        self.driver, self.worker = max(self.driver, found["driver"]), max(self.worker, found["worker"])
        self.peak, self.result = max(self.peak, found["peak"]), found["result"]
        if counts:
            self.seconds.append(found["seconds"])
            self.cpu.append(found["cpu"])


class Contender:
    """One process."""

    def __init__(self, name: str) -> None:
        script = str(Path(__file__).with_name("join_contenders.py"))
        command = [sys.executable, script, name, MEMORY]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=_environment())
        self.name = name
        self.longest_run = 0.0

    def run(self, folder: Path, chosen: int) -> dict[str, Any]:
        """Join once, and return what it took.

        Raises:
            RuntimeError: It ended; what it said of that stands above, on its own standard error.
        """
        stdin, stdout = self._pipes()
        stdin.write(json.dumps({"folder": str(folder), "chosen": chosen}) + "\n")
        stdin.flush()
        line = stdout.readline()
        if not line:
            raise RuntimeError(f"contender {self.name} ended with exit code {self._process.wait()}; its message stands above")
        found: dict[str, Any] = json.loads(line)
        self.longest_run = max(self.longest_run, found["seconds"])
        return found

    def run_until(self, limit: float, folder: Path) -> float | None:
        """Join once and return the seconds; None where it takes longer than this many, and was ended."""
        ending = threading.Timer(limit, self._kill)
        ending.start()
        try:
            return float(self.run(folder, 0)["seconds"])
        except RuntimeError:
            if self._process.returncode != -signal.SIGKILL:
                raise
            return None
        finally:
            ending.cancel()

    def end(self) -> None:
        """Let it go."""
        self._pipes()[0].close()
        self._process.wait()

    def _kill(self) -> None:
        # Its JVM too, which would go on computing.
        for each in psutil.Process(self._process.pid).children(recursive=True):
            each.kill()
        self._process.kill()

    def _pipes(self) -> tuple[IO[str], IO[str]]:
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("a contender without pipes")
        return self._process.stdin, self._process.stdout


class Contenders:
    """Those that run; a context manager that ends them all."""

    def __init__(self) -> None:
        self._running: dict[str, Contender] = {}

    def __enter__(self) -> "Contenders":
        return self

    def __exit__(self, *of_error: object) -> None:
        self.only(())

    def only(self, names: Iterable[str]) -> Sequence[Contender]:
        """Return those of these names, started where they don't run; end all others: each holds memory of its own."""
        wanted = list(names)
        for name in [name for name in self._running if name not in wanted]:
            self._running.pop(name).end()
        for name in wanted:
            if name not in self._running:
                self._running[name] = Contender(name)
        return [self._running[name] for name in wanted]


def _environment() -> dict[str, str]:
    """This one without what ties a process to the JVM that spark-submit started for it; with the library as it lies here."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYSPARK_GATEWAY")}
    return {**kept, "PYTHONPATH": str(Path(__file__).resolve().parents[1] / "lib")}
