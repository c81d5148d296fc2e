"""Collect rows that arrive batch by batch in tables of limited size; all but the last of these tables are written to files."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

import pyarrow as pa


class HeldRows:
    """Collected rows of one schema. It is a context manager, which removes its files at the end."""

    def __init__(self, schema: pa.Schema, at_once: int | None) -> None:
        """Create an empty collection.

        Args:
            schema: Schema of the table that `parts` returns if no batch is added.
            at_once: How many rows to hold in memory; None holds all of them.
        """
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
        """Add a batch. The rows held so far are written to a file first if the memory would exceed its limit."""
        if self._at_once is not None and self._batches and self._rows + len(batch) > self._at_once:
            self._spill()
        self._batches.append(batch)
        self._rows += len(batch)

    def parts(self) -> Iterator[pa.Table]:
        """Return the collected tables; there is always at least one."""
        yield pa.Table.from_batches(self._batches) if self._batches else self._schema.empty_table()
        for file in self._files:
            with pa.memory_map(str(file)) as source:
                yield pa.ipc.open_file(source).read_all()

    def _spill(self) -> None:
        if self._folder is None:
            # The folder in which the executor writes its own spill files.
            local = os.environ.get("SPARK_LOCAL_DIRS", "").split(",")[0] or None
            self._folder = tempfile.TemporaryDirectory(prefix="tidegate-rows-", dir=local)
        file = Path(self._folder.name) / str(len(self._files))
        with pa.OSFile(str(file), "wb") as sink, pa.ipc.new_file(sink, self._batches[0].schema) as writer:
            for batch in self._batches:
                writer.write_batch(batch)
        self._files.append(file)
        self._batches, self._rows = [], 0
