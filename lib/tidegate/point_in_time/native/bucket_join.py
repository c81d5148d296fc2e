"""Join the labels of one bucket with the rows of the same bucket of stored groups."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa

from tidegate.point_in_time.native.chosen_rows import Moments, NativeGroup, attached_rows, joined_table
from tidegate.point_in_time.native.read_rows import read_rows
from tidegate.point_in_time.stored_rows import StoredFile, StoredRows


@dataclass(frozen=True)
class BucketJoin:
    """The join that every task performs on its buckets.

    Attributes:
        time: Name of the label time column.
        groups: The groups to attach, each with its files.
        schema: Schema of the result.
    """

    time: str
    groups: tuple[tuple[NativeGroup, StoredRows], ...]
    schema: pa.Schema

    def attach(self, labels: pa.Table, bucket: int) -> pa.Table:
        """Return the labels of a bucket with the features known at their times."""
        moments = Moments(labels.column(self.time))
        attached = ((group, _attached(group, stored, labels, moments, bucket)) for group, stored in self.groups)
        return joined_table(labels, attached, self.schema)


def _attached(group: NativeGroup, stored: StoredRows, labels: pa.Table, moments: Moments, bucket: int) -> pa.Table:
    files: Sequence[StoredFile] = ()
    if moments.known.any():
        held = stored.files.get(bucket, ())
        files = [file for file in held if file.matters(moments.first - group.lookback, moments.last)]
    at_once = None if group.keeps_all else group.rows_at_once
    parts = (read_rows([file.path for file in part], group.types) for part in _parts(files, at_once))
    return attached_rows(group, labels, moments, parts)


def _parts(files: Sequence[StoredFile], at_once: int | None) -> Iterator[Sequence[StoredFile]]:
    """Divide the files into parts of at most `at_once` rows, which bounds the memory of a task; None gives one part."""
    part: list[StoredFile] = []
    for file in files:
        if part and at_once is not None and sum(each.rows for each in part) + file.rows > at_once:
            yield part
            part = []
        part.append(file)
    yield part
