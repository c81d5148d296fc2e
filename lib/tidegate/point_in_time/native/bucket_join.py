"""Join the labels of one bucket with the rows of the same bucket of stored groups: all of it in arrays."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tidegate.feature_groups.definition import AVAILABLE_AT, EVENT_TIME, TOMBSTONE
from tidegate.point_in_time.native.arrays import Longs
from tidegate.point_in_time.native.key_codes import NO_KEY, key_codes
from tidegate.point_in_time.native.knowledge import NO_ROW, Knowledge, RowTimes
from tidegate.point_in_time.native.read_rows import read_rows
from tidegate.point_in_time.native.row_times import as_longs, ranks
from tidegate.point_in_time.stored_rows import StoredRows
from tidegate.point_in_time.ties import tie_message


@dataclass(frozen=True)
class NativeGroup:
    """What a task has to know of one feature group; it travels to the workers.

    Attributes:
        name: Name of the group, for messages.
        stored: Its files.
        entity_key: Key columns, of the same names and types in the labels.
        outputs: Column of the table to its name in the result, in the result's order.
        lookback: Microseconds: a row counts only if its event_time is later than the label time minus this.
        earlier: Microseconds to take off the label time: 0 where a row known exactly then counts, else 1.
        sequence: Column that orders rows of equal key, event_time and knowledge time.
        types: Arrow types of all columns that are read.
    """

    name: str
    stored: StoredRows
    entity_key: tuple[str, ...]
    outputs: Mapping[str, str]
    lookback: int
    earlier: int
    sequence: str | None
    types: Mapping[str, pa.DataType]


@dataclass(frozen=True)
class BucketJoin:
    """The work of one task.

    Attributes:
        time: Label time column.
        groups: The groups to attach.
        schema: Columns of the result.
    """

    time: str
    groups: tuple[NativeGroup, ...]
    schema: pa.Schema

    def attach(self, labels: pa.Table, bucket: int) -> pa.Table:
        """Return the labels of a bucket with the features known at their times."""
        moments = _Moments(labels.column(self.time))
        attached = {}
        for group in self.groups:
            attached.update(_attached(group, labels, moments, bucket))
        columns = [attached[field.name] if field.name in attached else labels.column(field.name) for field in self.schema]
        return pa.table([column.cast(field.type) for column, field in zip(columns, self.schema, strict=True)], schema=self.schema)


class _Moments:
    """The label times, in microseconds."""

    def __init__(self, times: pa.ChunkedArray) -> None:
        self.known = np.asarray(pc.is_valid(times).combine_chunks())
        self.micros = as_longs(times)

    @cached_property
    def first(self) -> int:
        return int(self.micros[self.known].min(initial=np.iinfo(np.int64).max))

    @cached_property
    def last(self) -> int:
        return int(self.micros[self.known].max(initial=np.iinfo(np.int64).min))


def _attached(group: NativeGroup, labels: pa.Table, moments: _Moments, bucket: int) -> dict[str, pa.Array]:
    held = group.stored.files.get(bucket, ())
    wanted = (
        [file.path for file in held if file.matters(moments.first - group.lookback, moments.last)] if moments.known.any() else []
    )
    rows = _complete(read_rows(wanted, group.types), group)
    times = _row_times(rows, group)
    row_codes, label_codes = key_codes(*[[side.column(name) for name in group.entity_key] for side in (rows, labels)])
    label_codes[~moments.known] = NO_KEY
    knowledge = Knowledge(RowTimes(row_codes, *times))
    tied = knowledge.first_tie()
    if tied is not None:
        raise RuntimeError(tie_message(group.name, str(rows.column(EVENT_TIME)[tied].as_py())))
    chosen = knowledge.chosen(label_codes, moments.micros - group.earlier)
    events = times[1]
    young_enough = (
        (chosen != NO_ROW) & (events[np.maximum(chosen, 0)] > moments.micros - group.lookback) if len(events) else chosen >= 0
    )
    places = pa.array(np.maximum(chosen, 0), mask=~young_enough)
    return {alias: rows.column(name).combine_chunks().take(places) for name, alias in group.outputs.items()}


def _complete(rows: pa.Table, group: NativeGroup) -> pa.Table:
    """Leave out what never counts: rows without key or time and, where the newest observation alone is kept, tombstones."""
    keep = None
    for name in (*group.entity_key, EVENT_TIME, AVAILABLE_AT):
        if rows.column(name).null_count:
            valid = pc.is_valid(rows.column(name))
            keep = valid if keep is None else pc.and_(keep, valid)
    if not group.stored.keeps_all and pc.any(rows.column(TOMBSTONE)).as_py():
        holds = pc.invert(pc.fill_null(rows.column(TOMBSTONE), False))
        keep = holds if keep is None else pc.and_(keep, holds)
    return rows if keep is None else rows.filter(keep)


def _row_times(rows: pa.Table, group: NativeGroup) -> tuple[Longs, Longs, Longs | None, np.ndarray | None]:
    sequence = None
    if group.sequence is not None:
        sequence = ranks(rows.column(group.sequence))
    tombstones = None
    if group.stored.keeps_all:
        tombstones = np.asarray(pc.fill_null(rows.column(TOMBSTONE), False).combine_chunks())
    return as_longs(rows.column(AVAILABLE_AT)), as_longs(rows.column(EVENT_TIME)), sequence, tombstones
