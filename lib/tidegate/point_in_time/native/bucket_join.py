"""Join the labels of one bucket with the rows of the same bucket of stored groups."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from tidegate.point_in_time.aggregates.task_aggregates import TaskAggregates
from tidegate.point_in_time.native.chosen_rows import Moments, NativeGroup, attached_rows, joined_table, output_columns
from tidegate.point_in_time.native.read_rows import read_rows
from tidegate.point_in_time.native.shared_reads import SharedReads
from tidegate.point_in_time.stored_rows import StoredFile, StoredRows


@dataclass(frozen=True)
class BucketJoin:
    """The join that every task performs on its buckets.

    Attributes:
        time: Name of the label time column.
        groups: The groups to attach, each with its files.
        aggregates: The aggregates to attach, each with the files of its group.
        schema: Schema of the result.
    """

    time: str
    groups: tuple[tuple[NativeGroup, StoredRows], ...]
    aggregates: tuple[tuple[TaskAggregates, StoredRows], ...]
    schema: pa.Schema

    def attach(self, labels: pa.Table, bucket: int) -> pa.Table:
        """Return the labels of a bucket with the features known at their times."""
        moments = Moments(labels.column(self.time))
        return joined_table(labels, self._attached(labels, moments, bucket), self.schema)

    def _attached(self, labels: pa.Table, moments: Moments, bucket: int) -> Iterator[Mapping[str, pa.ChunkedArray]]:
        at_once = [(stored, group.types) for group, stored in self.groups if group.keeps_all]
        at_once += [(stored, each.read) for each, stored in self.aggregates if each.needs_all_rows]
        read = _Reads(bucket, moments, SharedReads(at_once))
        for group, stored in self.groups:
            rows_at_once = None if group.keeps_all else group.rows_at_once
            parts = read.parts(stored, group.types, group.lookback, rows_at_once)
            yield output_columns(group, attached_rows(group, labels, moments, parts))
        for each, stored in self.aggregates:
            rows_at_once = None if each.needs_all_rows else each.rows_at_once
            parts = read.parts(stored, each.read, each.pruning_reach, rows_at_once)
            span = (moments.first, moments.last) if moments.known.any() else None
            yield each.columns(labels, moments, pa.concat_tables([each.in_force(part, labels, span) for part in parts]))


@dataclass(frozen=True)
class _Reads:
    """Reads the rows of one bucket that may matter to its labels."""

    bucket: int
    moments: Moments
    shared: SharedReads

    def parts(
        self, stored: StoredRows, columns: Mapping[str, pa.DataType], reach: int, at_once: int | None
    ) -> Iterator[pa.Table]:
        """Return the rows as tables of at most `at_once` rows; None gives one table."""
        files = _files(stored, self.bucket, self.moments, reach)
        if at_once is None:
            yield self.shared.read(stored, files, columns)
            return
        for part in _parts(files, at_once):
            yield read_rows([file.path for file in part], columns)


def _files(stored: StoredRows, bucket: int, moments: Moments, reach: int) -> Sequence[StoredFile]:
    """Return the files of a bucket that may contain a row that matters to one of the labels."""
    if not moments.known.any():
        return ()
    return [file for file in stored.files.get(bucket, ()) if file.matters(moments.first - reach, moments.last)]


def _parts(files: Sequence[StoredFile], at_once: int) -> Iterator[Sequence[StoredFile]]:
    """Divide the files into parts of at most `at_once` rows, which bounds the memory of a task."""
    part: list[StoredFile] = []
    for file in files:
        if part and sum(each.rows for each in part) + file.rows > at_once:
            yield part
            part = []
        part.append(file)
    yield part
