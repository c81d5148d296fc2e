"""Run the contenders of a benchmark, each in a process of its own that joins whenever it is told to."""

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
    """The measurements of one contender on one shape.

    Attributes:
        seconds: Wall-clock seconds of each timed run.
        cpu: CPU seconds of each timed run, over all processes of the contender.
        driver: Largest resident size, in GiB, of its JVM or, without one, of its main process.
        worker: Largest resident size of a Python worker, in GiB.
        peak: Sum of the largest resident sizes of all its processes, in GiB.
        result: Number of rows in the result, and a checksum of them.
    """

    seconds: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    driver: float = 0.0
    worker: float = 0.0
    peak: float = 0.0
    result: list[object] = field(default_factory=list)

    @property
    def median(self) -> float:
        """The median of the wall-clock seconds."""
        return statistics.median(self.seconds)

    def __str__(self) -> str:
        memory = f"driver {self.driver:.1f}, worker {self.worker:.1f}, all {self.peak:.1f} GiB"
        return f"{spread(self.seconds)}, CPU {statistics.median(self.cpu):.1f} s, {memory}"

    def add(self, found: dict[str, Any], counts: bool) -> None:
        """Add a run. A warm-up run has `counts=False`: its time is ignored, but not its memory."""
        self.driver, self.worker = max(self.driver, found["driver"]), max(self.worker, found["worker"])
        self.peak, self.result = max(self.peak, found["peak"]), found["result"]
        if counts:
            self.seconds.append(found["seconds"])
            self.cpu.append(found["cpu"])


class Contender:
    """A process that runs one contender."""

    def __init__(self, name: str, script: str) -> None:
        command = [sys.executable, str(Path(__file__).with_name(script)), name, MEMORY]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=_environment())
        self.name = name
        self.fastest_run = float("inf")

    def run(self, folder: Path, chosen: int | str = 0) -> dict[str, Any]:
        """Join once, and return the measurements.

        Args:
            folder: Folder with the data of the shape.
            chosen: Which features to join, in the words of the script; 0 for all.

        Raises:
            RuntimeError: The process ended. Its own error message is on standard error.
        """
        stdin, stdout = self._pipes()
        stdin.write(json.dumps({"folder": str(folder), "chosen": chosen}) + "\n")
        stdin.flush()
        line = stdout.readline()
        if not line:
            raise RuntimeError(f"contender {self.name} ended with exit code {self._process.wait()}; its error message is above")
        found: dict[str, Any] = json.loads(line)
        self.fastest_run = min(self.fastest_run, found["seconds"])
        return found

    def run_until(self, limit: float, folder: Path, chosen: int | str = 0) -> dict[str, Any] | None:
        """Join once as `run` does. If it takes longer than `limit` seconds, kill the process and return None."""
        ending = threading.Timer(limit, self._kill)
        ending.start()
        try:
            return self.run(folder, chosen)
        except RuntimeError:
            if self._process.returncode != -signal.SIGKILL:
                raise
            return None
        finally:
            ending.cancel()

    @property
    def has_ended(self) -> bool:
        """Whether the process has ended, because `run_until` killed it."""
        return self._process.poll() is not None

    def end(self) -> None:
        """Tell the process to end, and wait for it."""
        self._pipes()[0].close()
        self._process.wait()

    def _kill(self) -> None:
        # The JVM is killed too, because it would continue to compute.
        for each in psutil.Process(self._process.pid).children(recursive=True):
            each.kill()
        self._process.kill()

    def _pipes(self) -> tuple[IO[str], IO[str]]:
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("the process of a contender has no pipes for its input and output")
        return self._process.stdin, self._process.stdout


class Contenders:
    """The contenders that are running. It is a context manager, which ends all of them."""

    def __init__(self, script: str = "join_contenders.py") -> None:
        """Start no contender yet.

        Args:
            script: The script of this folder that runs a contender.
        """
        self._script = script
        self._running: dict[str, Contender] = {}

    def __enter__(self) -> "Contenders":
        return self

    def __exit__(self, *of_error: object) -> None:
        self.only(())

    def only(self, names: Iterable[str]) -> Sequence[Contender]:
        """Return the contenders with these names, starting them where needed, and end all others to free their memory."""
        wanted = list(names)
        for name in [name for name in self._running if name not in wanted]:
            self._running.pop(name).end()
        for name in wanted:
            if name not in self._running or self._running[name].has_ended:
                self._running[name] = Contender(name, self._script)
        return [self._running[name] for name in wanted]


def _environment() -> dict[str, str]:
    """Return the environment for a contender: the library of this checkout, and no link to the JVM that spark-submit started."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYSPARK_GATEWAY")}
    return {**kept, "PYTHONPATH": str(Path(__file__).resolve().parents[1] / "lib")}
