"""Find, for each row of a task, the labels for which it is chosen, so that the row itself need not be at hand."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tidegate.point_in_time.native.arrays import Longs
from tidegate.point_in_time.native.chosen_rows import Moments, NativeGroup, attached_rows
from tidegate.point_in_time.native.held_rows import HeldRows
from tidegate.point_in_time.native.taken import taken

# The column with the number of a row among all rows of the task.
PLACE = "_place_of_row"


@dataclass(frozen=True)
class LabelsOfRows:
    """What a task does with the union of its labels and feature rows.

    Attributes:
        group: The group. Its only output is `PLACE`.
        time: Name of the label time column.
        label_names: The columns of the union that hold the columns of the labels, by the names of the latter.
        row_names: The columns of the union that hold keys and times of the rows.
        type: The Arrow type of the result: a list of labels.
    """

    group: NativeGroup
    time: str
    label_names: Mapping[str, str]
    row_names: Mapping[str, str]
    type: pa.ListType

    def found(self, batches: Iterable[Sequence[pa.Array]]) -> Iterator[pa.Array]:
        """Return for each row of the union the labels that it brings into the result.

        A feature row brings the labels for which it is chosen. A label for which no row is chosen is brought by its own row.

        Args:
            batches: For each row, whether it is a label; and the columns of `union_columns`.
        """
        sizes: list[int] = []
        held: list[pa.RecordBatch] = []
        own: list[Longs] = []
        with HeldRows(pa.schema(list(self.group.types.items())), self._at_once) as rows:
            for is_label, *columns in batches:
                places = np.arange(len(is_label), dtype=np.int64) + sum(sizes)
                batch = pa.record_batch([*columns, pa.array(places)], [*self.union_columns, PLACE])
                held.append(taken(batch, is_label, self.label_names))
                rows.add(taken(batch, pc.invert(is_label), {**self.row_names, PLACE: PLACE}))
                own.append(places[np.asarray(is_label)])
                sizes.append(len(is_label))
            if not sizes:
                return
            labels = pa.Table.from_batches(held).combine_chunks()
            brought = self._brought(labels, np.concatenate(own), rows.parts())
        yield from _lists(labels, brought, sizes, self.type)

    @property
    def union_columns(self) -> list[str]:
        """The columns of the union, in the order in which `found` gets them."""
        return list(dict.fromkeys([*self.row_names.values(), *self.label_names.values()]))

    @property
    def _at_once(self) -> int | None:
        """How many rows are held in memory at a time; None: all."""
        # All rows are needed at once where a later part could hold the tombstone of an earlier row, or where only the sequence
        # column orders rows of two parts.
        return None if self.group.keeps_all or self.group.sequence else self.group.rows_at_once

    def _brought(self, labels: pa.Table, own: Longs, parts: Iterable[pa.Table]) -> Longs:
        """Return for each label the place of the row that brings it; `own` are the places of the labels' own rows."""
        if not len(labels):
            return own
        chosen = attached_rows(self.group, labels, Moments(labels.column(self.time)), parts).column(PLACE)
        return np.asarray(pc.coalesce(chosen, pa.chunked_array([own])).combine_chunks())


def _lists(labels: pa.Table, brought: Longs, sizes: Sequence[int], kind: pa.ListType) -> Iterator[pa.Array]:
    """Return batches of the given sizes, with the labels that each row brings."""
    order = np.argsort(brought, kind="stable")
    ordered = brought[order]
    begin = 0
    for size in sizes:
        first, last = np.searchsorted(ordered, (begin, begin + size))
        counts = np.bincount(ordered[first:last] - begin, minlength=size)
        ends = pa.array(np.concatenate([[0], np.cumsum(counts)]).astype(np.int32))
        here = labels.take(pa.array(order[first:last])).combine_chunks()
        columns = [_one_array(here.column(field.name).cast(field.type)) for field in kind.value_type]
        values = pa.StructArray.from_arrays(columns, fields=list(kind.value_type))
        yield pa.ListArray.from_arrays(ends, values, type=kind)
        begin += size


def _one_array(column: pa.ChunkedArray) -> pa.Array:
    found = column.combine_chunks()
    return found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found
