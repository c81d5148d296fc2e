"""Join the labels of one bucket with the rows of the same bucket of stored groups."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from tidegate.point_in_time.aggregates.task_aggregates import TaskAggregates
from tidegate.point_in_time.native.chosen_rows import Moments, NativeGroup, attached_rows, joined_table, output_columns
from tidegate.point_in_time.native.read_rows import read_rows
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
        for group, stored in self.groups:
            yield output_columns(group, _chosen(group, stored, labels, moments, bucket))
        for aggregates, stored in self.aggregates:
            yield _aggregated(aggregates, stored, labels, moments, bucket)


def _chosen(group: NativeGroup, stored: StoredRows, labels: pa.Table, moments: Moments, bucket: int) -> pa.Table:
    files = _files(stored, bucket, moments, group.lookback)
    at_once = None if group.keeps_all else group.rows_at_once
    parts = (read_rows([file.path for file in part], group.types) for part in _parts(files, at_once))
    return attached_rows(group, labels, moments, parts)


def _aggregated(
    aggregates: TaskAggregates, stored: StoredRows, labels: pa.Table, moments: Moments, bucket: int
) -> Mapping[str, pa.Array]:
    files = _files(stored, bucket, moments, aggregates.pruning_reach)
    span = (moments.first, moments.last) if moments.known.any() else None
    # If a row may replace another one, all rows of a bucket are needed at once to see which are in force.
    replaces = aggregates.native.keeps_all or aggregates.native.one_event_per
    at_once = None if replaces else aggregates.rows_at_once
    parts = (read_rows([file.path for file in part], aggregates.read) for part in _parts(files, at_once))
    in_force = pa.concat_tables([aggregates.in_force(part, labels, span) for part in parts])
    return aggregates.columns(labels, moments, in_force)


def _files(stored: StoredRows, bucket: int, moments: Moments, reach: int) -> Sequence[StoredFile]:
    """Return the files of a bucket that may contain a row that matters to one of the labels."""
    if not moments.known.any():
        return ()
    return [file for file in stored.files.get(bucket, ()) if file.matters(moments.first - reach, moments.last)]


def _parts(files: Sequence[StoredFile], at_once: int | None) -> Iterator[Sequence[StoredFile]]:
    """Divide the files into parts of at most `at_once` rows, which bounds the memory of a task; None gives one part."""
    part: list[StoredFile] = []
    for file in files:
        if part and at_once is not None and sum(each.rows for each in part) + file.rows > at_once:
            yield part
            part = []
        part.append(file)
    yield part
