"""Rows that come batch by batch, held in tables of limited size: all but the newest of them in files."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

import pyarrow as pa


class HeldRows:
    """Rows of one schema; a context manager, at whose end its files are removed."""

    def __init__(self, schema: pa.Schema, at_once: int | None) -> None:
        """Hold up to `at_once` rows in memory; None: all of them. The schema tells the columns where no row comes."""
        self._schema = schema
        self._at_once = at_once
        self._batches: list[pa.RecordBatch] = []
        self._rows = 0
        self._files: list[Path] = []
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def __enter__(self) -> "HeldRows":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._folder is not None:
            self._folder.cleanup()

    def add(self, batch: pa.RecordBatch) -> None:
        """Hold a batch as well."""
        if self._at_once is not None and self._batches and self._rows + len(batch) > self._at_once:
            self._spill()
        self._batches.append(batch)
        self._rows += len(batch)

    def parts(self) -> Iterator[pa.Table]:
        """Return the tables, one at least."""
        yield pa.Table.from_batches(self._batches) if self._batches else self._schema.empty_table()
        for file in self._files:
            with pa.memory_map(str(file)) as source:
                yield pa.ipc.open_file(source).read_all()

    def _spill(self) -> None:
        if self._folder is None:
            # Where the executor keeps what it spills itself.
            local = os.environ.get("SPARK_LOCAL_DIRS", "").split(",")[0] or None
            self._folder = tempfile.TemporaryDirectory(prefix="tidegate-rows-", dir=local)
        file = Path(self._folder.name) / str(len(self._files))
        with pa.OSFile(str(file), "wb") as sink, pa.ipc.new_file(sink, self._batches[0].schema) as writer:
            for batch in self._batches:
                writer.write_batch(batch)
        self._files.append(file)
        self._batches, self._rows = [], 0
