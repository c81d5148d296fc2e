"""Divide the time of a load into its parts, with Spark's own metrics of the jobs of each part."""

import importlib
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from py4j.protocol import Py4JJavaError
from pyspark.sql import SparkSession

# The functions of the library that begin a part, by the module that calls them.
_STEPS = (
    ("read and check", "tidegate.pipelines.loading", "read_files"),
    ("order and count", "tidegate.feature_groups.writing.write", "admit"),
    ("compare", "tidegate.feature_groups.writing.write", "compare"),
    ("write", "tidegate.feature_groups.writing.write", "commit"),
    ("records", "tidegate.feature_groups.writing.write", "record"),
    ("records", "tidegate.feature_groups.writing.write", "record_statistics"),
    ("records", "tidegate.feature_groups.writing.record_load", "record_loaded_until"),
    ("records", "tidegate.pipelines.run_records", "record_statistics"),
    ("records", "tidegate.pipelines.run_records", "record_loaded_until"),
    ("records", "tidegate.pipelines.run_records", "record_files"),
    ("records", "tidegate.pipelines.feature_pipeline", "record_features"),
)
_OTHER = "other"
_STATISTICS = "statistics"
_NO_DESCRIPTION = "spark.job.description"


@dataclass
class Part:
    """What one part of a load took.

    Attributes:
        seconds: Wall-clock seconds. Those of statistics are contained in other parts, because they are computed at the same time.
        jobs: Number of Spark jobs.
        tasks: Seconds of all tasks.
        cpu: CPU seconds of all tasks.
        collection: Seconds in which tasks waited for the garbage collector.
        read: Bytes that were read: from files, and from rows that the executors keep in memory.
        shuffled: Bytes that were written for shuffles.
    """

    seconds: float = 0.0
    jobs: int = 0
    tasks: float = 0.0
    cpu: float = 0.0
    collection: float = 0.0
    read: int = 0
    shuffled: int = 0


class Parts:
    """The parts of one run. Functions are timed while the run is recorded; Spark's metrics are added afterwards."""

    def __init__(self, spark: SparkSession) -> None:
        """Begin with the jobs that Spark ran before."""
        self._spark = spark
        self._parts: dict[str, Part] = defaultdict(Part)
        self._running: list[str] = []
        self.thread = threading.get_ident()
        self._since = time.perf_counter()
        self._store = spark.sparkContext._jsc.sc().statusStore()
        self._before = {int(job.jobId()) for job in self._jobs()}

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Count what follows as this part, and no longer as the part around it."""
        self._pause()
        # A run loads its sources in threads of its own.
        self.thread = threading.get_ident()
        self._running.append(name)
        self._describe()
        try:
            yield
        finally:
            self._pause()
            self._running.pop()
            self._describe()

    @contextmanager
    def beside(self, name: str) -> Iterator[None]:
        """Count what another thread does as this part."""
        began = time.perf_counter()
        self._spark.sparkContext.setJobDescription(name)
        yield
        self._parts[name].seconds += time.perf_counter() - began

    def measured(self, size: int) -> dict[str, dict[str, float]]:
        """Return the parts by name.

        Args:
            size: The bytes of the files, to say how often they were read.
        """
        for job in self._jobs():
            if int(job.jobId()) not in self._before:
                self._add(job)
        found = {name: asdict(part) for name, part in self._parts.items()}
        return {name: {**part, "files_read": part["read"] / size} for name, part in found.items()}

    def _pause(self) -> None:
        now = time.perf_counter()
        self._parts[self._running[-1] if self._running else _OTHER].seconds += now - self._since
        self._since = now

    def _describe(self) -> None:
        name = self._running[-1] if self._running else None
        self._spark.sparkContext.setLocalProperty(_NO_DESCRIPTION, name)

    def _jobs(self) -> list[Any]:
        return _listed(self._store.jobsList(None))

    def _add(self, job: Any) -> None:
        # Delta gives some of its jobs descriptions of its own.
        described = str(job.description().get()) if job.description().isDefined() else _OTHER
        part = self._parts[described if described in self._parts else _OTHER]
        part.jobs += 1
        for number in _listed(job.stageIds()):
            # Spark forgets the oldest of many stages, and keeps no metrics of a stage that it skipped.
            try:
                found = self._store.lastStageAttempt(int(number))
            except Py4JJavaError:
                continue
            part.tasks += found.executorRunTime() / 1e3
            part.cpu += found.executorCpuTime() / 1e9
            part.collection += found.jvmGcTime() / 1e3
            part.read += found.inputBytes()
            part.shuffled += found.shuffleWriteBytes()


@contextmanager
def recorded_parts(parts: Parts) -> Iterator[None]:
    """Record the parts of a load while it runs. The functions of the library are replaced by timed ones for this time."""
    before = [(importlib.import_module(module), name) for _, module, name in _STEPS]
    originals = [getattr(module, name) for module, name in before]
    counts: Any = importlib.import_module("tidegate.feature_groups.writing.counts")
    aggregated = counts._aggregated
    for (part, _, _), (module, name), original in zip(_STEPS, before, originals, strict=True):
        setattr(module, name, _timed(parts, part, original))
    counts._aggregated = _beside(parts, aggregated)
    try:
        with parts.part(_OTHER):
            yield
    finally:
        counts._aggregated = aggregated
        for (module, name), original in zip(before, originals, strict=True):
            setattr(module, name, original)


def _timed(parts: Parts, part: str, original: Any) -> Any:
    def timed(*given: Any, **named: Any) -> Any:
        with parts.part(part):
            return original(*given, **named)

    return timed


def _beside(parts: Parts, original: Any) -> Any:
    def timed(*given: Any, **named: Any) -> Any:
        if threading.get_ident() == parts.thread:
            return original(*given, **named)
        with parts.beside(_STATISTICS):
            return original(*given, **named)

    return timed


def _listed(sequence: Any) -> list[Any]:
    return [sequence.apply(place) for place in range(sequence.size())]
