"""Choose, for each label, the row of a feature group that was known at its time."""

from collections.abc import Iterable, Mapping
from copy import copy
from dataclasses import dataclass
from functools import cached_property, reduce

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tidegate.feature_groups.definition import AVAILABLE_AT, EVENT_TIME, TOMBSTONE
from tidegate.point_in_time.native.arrays import Flags, Longs
from tidegate.point_in_time.native.complete_rows import complete_rows
from tidegate.point_in_time.native.found_rows import FoundRows, better_rows
from tidegate.point_in_time.native.key_codes import NO_KEY, key_codes, rows_of_labels
from tidegate.point_in_time.native.knowledge import NO_ROW, Knowledge, RowTimes
from tidegate.point_in_time.native.row_times import as_longs, as_moment, ranks
from tidegate.point_in_time.ties import tie_message


@dataclass(frozen=True)
class NativeGroup:
    """The description of a feature group that is sent to the tasks.

    Attributes:
        name: Name of the group, for messages.
        entity_key: Key columns, with the same names and types in the labels.
        outputs: Maps each column of the table to its name in the result, in the order of the result.
        lookback: In microseconds. A row is used only if its event_time is later than the label time minus this.
        earlier: Microseconds to subtract from the label time: 0 if a row known exactly at that time may be chosen, else 1.
        sequence: Column that orders rows with equal key, event_time and `available_at`.
        keeps_all: Whether the rows are all observations, so that a tombstone cancels earlier observations of its event.
        types: Arrow types of all columns that are read.
        cells_at_once: As in `FeatureRows`.
    """

    name: str
    entity_key: tuple[str, ...]
    outputs: Mapping[str, str]
    lookback: int
    earlier: int
    sequence: str | None
    keeps_all: bool
    types: Mapping[str, pa.DataType]
    cells_at_once: int

    @property
    def rows_at_once(self) -> int:
        """How many rows a task holds in memory at a time."""
        return self.cells_at_once // len(self.types)


class Moments:
    """The label times in microseconds since 1970 UTC, and which of them are not NULL."""

    def __init__(self, times: pa.ChunkedArray) -> None:
        self.known = np.asarray(pc.is_valid(times).combine_chunks())
        self.micros = as_longs(times)

    def only(self, kept: Flags) -> "Moments":
        """Return the same times, with those that are not kept treated as NULL."""
        found = copy(self)
        found.known = self.known & kept
        return found

    @cached_property
    def first(self) -> int:
        """The earliest label time that is not NULL."""
        return int(self.micros[self.known].min())

    @cached_property
    def last(self) -> int:
        """The latest label time that is not NULL."""
        return int(self.micros[self.known].max())


def attached_rows(group: NativeGroup, labels: pa.Table, moments: Moments, parts: Iterable[pa.Table]) -> pa.Table:
    """Return the output columns of the row chosen for each label, in the order of the labels; NULL where none is found.

    Args:
        group: The group.
        labels: The labels.
        moments: The label times.
        parts: The group's rows, as one or more tables. Each part is searched by itself and the better result is kept, so that
            memory is needed for one part only. If the group keeps all observations there must be a single part, because a
            tombstone may cancel a row of any part.

    Raises:
        RuntimeError: Two rows of a label tie. `ties_told` recognises the message.
    """
    found = (_found(group, labels, moments, part) for part in parts)
    return reduce(lambda left, right: better_rows(left, right, group.name), found).rows


def output_columns(group: NativeGroup, rows: pa.Table) -> dict[str, pa.ChunkedArray]:
    """Return the columns of `attached_rows` under their names in the result."""
    return {alias: rows.column(name) for name, alias in group.outputs.items()}


def joined_table(labels: pa.Table, attached: Iterable[Mapping[str, pa.ChunkedArray | pa.Array]], schema: pa.Schema) -> pa.Table:
    """Return the labels and the attached columns as one table with this schema."""
    columns = {name: labels.column(name) for name in labels.column_names}
    for each in attached:
        columns.update(each)
    return pa.table([columns[field.name].cast(field.type) for field in schema], schema=schema)


def _found(group: NativeGroup, labels: pa.Table, moments: Moments, rows: pa.Table) -> FoundRows:
    rows = _complete(rows_of_labels(rows, labels, group.entity_key), group)
    row_codes, label_codes = key_codes(*[[side.column(name) for name in group.entity_key] for side in (rows, labels)])
    label_codes[~moments.known] = NO_KEY
    times = _row_times(rows, row_codes, group)
    knowledge = Knowledge(times)
    tied = knowledge.first_tie()
    if tied is not None:
        raise RuntimeError(tie_message(group.name, as_moment(int(times.events[tied]))))
    chosen = knowledge.chosen(label_codes, moments.micros - group.earlier)
    found = chosen != NO_ROW
    chosen = np.where(found, chosen, 0)
    events, known = (each[chosen] if len(each) else np.zeros(len(chosen), dtype=np.int64) for each in (times.events, times.known))
    found &= events > moments.micros - group.lookback
    places = pa.array(chosen, mask=~found)
    # One column at a time, each combined into one chunk: `take` from many chunks costs several times as much.
    taken = pa.table({name: rows.column(name).combine_chunks().take(places) for name in group.outputs})
    return FoundRows(taken, events, known, found)


def _complete(rows: pa.Table, group: NativeGroup) -> pa.Table:
    """Leave out rows that are never chosen: those without a key or a time and, unless the group keeps all rows, tombstones."""
    rows = complete_rows(rows, (*group.entity_key, EVENT_TIME, AVAILABLE_AT))
    if not group.keeps_all and TOMBSTONE in rows.column_names and pc.any(rows.column(TOMBSTONE)).as_py():
        return rows.filter(pc.invert(pc.fill_null(rows.column(TOMBSTONE), False)))
    return rows


def _row_times(rows: pa.Table, codes: Longs, group: NativeGroup) -> RowTimes:
    sequence = None if group.sequence is None else ranks(rows.column(group.sequence))
    tombstones = None
    if group.keeps_all:
        tombstones = np.asarray(pc.fill_null(rows.column(TOMBSTONE), False).combine_chunks())
    return RowTimes(codes, as_longs(rows.column(AVAILABLE_AT)), as_longs(rows.column(EVENT_TIME)), sequence, tombstones)
