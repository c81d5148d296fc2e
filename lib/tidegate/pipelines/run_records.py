"""What a run adds to the store's own tables once it has written rows: statistics, how far groups are loaded, and loaded files."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

from tidegate.feature_groups.catalog.statistics_table import CommitStatistics, record_statistics
from tidegate.feature_groups.loaded_until import Load, record_loaded_until
from tidegate.sources.positions import LoadedFiles, record_files
from tidegate.tables.store import Store

Record = TypeVar("Record")
# A run of many batches adds its records about this often, in seconds, so that a killed run need not read all files again.
_OFTEN = 10.0


@dataclass
class RunRecords:
    """The records of a run that are not stored yet.

    They are stored together, because a commit takes half a second whatever it contains. If the driver is killed before, the next
    run reads the files again, and finds that their rows are stored.

    Attributes:
        store: The store.
        statistics: The statistics of commits.
        loads: How far groups are loaded. Only loads whose rows are all committed.
        files: Loaded files. Only files whose rows are all committed, in the groups and in the quarantine.
    """

    store: Store
    statistics: list[CommitStatistics] = field(default_factory=list)
    loads: list[Load] = field(default_factory=list)
    files: list[LoadedFiles] = field(default_factory=list)
    _stored: float = field(default_factory=time.monotonic)

    def add(self) -> None:
        """Store what was collected. The files come last: as long as they are not stored, the next run repeats the others."""
        files = _taken(self.files)
        self.add_loads()
        record_statistics(self.store, _taken(self.statistics))
        record_files(self.store, files, datetime.now(UTC))
        self._stored = time.monotonic()

    def add_loads(self) -> None:
        """Store how far groups are loaded, so that the rest of the run can read it."""
        record_loaded_until(self.store, _taken(self.loads))

    def add_often(self) -> None:
        """Store what was collected if this was last done long ago."""
        if time.monotonic() - self._stored > _OFTEN:
            self.add()


@contextmanager
def run_records(store: Store) -> Iterator[RunRecords]:
    """Collect the records of a run, and store them at its end, also if a later part of the run fails."""
    records = RunRecords(store)
    try:
        yield records
    except Exception:
        records.add()
        raise
    records.add()


def _taken(collected: list[Record]) -> list[Record]:
    """Empty a list and return what was in it. Meanwhile other threads may append to it."""
    taken = collected[:]
    del collected[: len(taken)]
    return taken
