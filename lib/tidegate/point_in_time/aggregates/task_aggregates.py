"""The aggregates of one group as tasks compute them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tidegate.feature_groups.definition import EVENT_TIME
from tidegate.point_in_time.aggregates.native.evaluate import aggregated
from tidegate.point_in_time.aggregates.native.forces import newest_of_each_event, rows_in_force
from tidegate.point_in_time.aggregates.native.specification import KNOWN, NativeAggregates
from tidegate.point_in_time.aggregates.row_flags import RowFlag
from tidegate.point_in_time.native.chosen_rows import Moments
from tidegate.point_in_time.native.key_codes import rows_of_labels
from tidegate.point_in_time.native.row_times import NO_LIMIT, as_longs


@dataclass(frozen=True)
class TaskAggregates:
    """What a task needs to know to compute the aggregates of one group.

    Attributes:
        native: The description for the native code.
        read: The Arrow types of the columns that are read of every observation.
        kept: The columns that are needed once it is known which rows are in force, flags included.
        flags: The boolean columns that say which rows count, by their names.
        outputs: The result columns.
        marks: The result columns with numbers of counted rows, each with the names of the features whose counts it adds up.
        reach: How far before the label time the events lie that can count, in microseconds.
        cells_at_once: As in `AggregateRows`.
        anchor: As in `AggregateRows`.
    """

    native: NativeAggregates
    read: Mapping[str, pa.DataType]
    kept: tuple[str, ...]
    flags: Mapping[str, RowFlag]
    outputs: tuple[str, ...]
    marks: Mapping[str, tuple[str, ...]]
    reach: int
    cells_at_once: int
    anchor: str | None = None

    @property
    def rows_at_once(self) -> int:
        """How many rows a task holds in memory at a time, if the rest can wait."""
        return self.cells_at_once // len(self.read)

    @property
    def needs_all_rows(self) -> bool:
        """Whether one row may replace another one, so that all rows are needed at once to see which are in force."""
        return self.native.keeps_all or bool(self.native.one_event_per)

    @property
    def pruning_reach(self) -> int:
        """How far before the label time the observations lie that matter, in microseconds."""
        # An event that moved may have an old observation that would count if the newer one were not read.
        return NO_LIMIT if self.native.one_event_per else self.reach

    def in_force(self, rows: pa.Table, labels: pa.Table | None = None, span: tuple[int, int] | None = None) -> pa.Table:
        """Return the rows that are ever in force and count for at least one feature.

        Args:
            rows: All observations of each event among them. Flags that are missing from them are computed.
            labels: Labels with the key columns. Rows whose key is none of theirs may be left out. None leaves out none.
            span: The first and the last label time, in microseconds since 1970 UTC. Rows that count for no time between them are
                left out. None leaves out none.
        """
        native = self.native
        moves = bool(native.one_event_per) and not set(native.entity_key) <= set(native.one_event_per)
        if labels is not None and set(native.entity_key) <= set(native.key) and not moves:
            rows = rows_of_labels(rows, labels, native.entity_key)
        found = rows_in_force(native, rows)
        if labels is not None:
            # Only now, because an observation with another key may have replaced one with the key of a label.
            found = rows_of_labels(found, labels, native.key)
        return self._needed(self._flagged(found), span).select(self.kept)

    def in_force_of_entities(self, rows: pa.Table) -> pa.Table:
        """Return the rows that are in force as far as the observations of their entity show, with the columns of `one_event_per`.

        `in_force_of_events` then finds those of which a newer observation has another entity key.
        """
        found = self._flagged(rows_in_force(replace(self.native, one_event_per=()), rows))
        return found.select(list(dict.fromkeys([*self.kept, *self.native.one_event_per])))

    def in_force_of_events(self, rows: pa.Table, span: tuple[int, int] | None = None) -> pa.Table:
        """Return the rows that are in force among all observations of their event.

        Args:
            rows: All rows of each event among them, as `in_force_of_entities` returns them.
            span: As for `in_force`.
        """
        return self._needed(newest_of_each_event(self.native, rows), span).select(self.kept)

    def columns(self, labels: pa.Table, moments: Moments, in_force: pa.Table) -> dict[str, pa.Array]:
        """Return the result columns, in the order of the labels.

        Args:
            labels: The labels, with the key columns.
            moments: The label times.
            in_force: The rows of these keys, as `in_force` returns them.
        """
        anchors = None
        if self.anchor is not None:
            targets = Moments(labels.column(self.anchor))
            moments, anchors = moments.only(targets.known), targets.micros
        found = dict(aggregated(self.native, labels, moments, in_force, anchors))
        for mark, counts in self.marks.items():
            found[mark] = _added_up([found[name] for name in counts])
        return {name: found[name] for name in self.outputs}

    def _flagged(self, rows: pa.Table) -> pa.Table:
        for name, flag in self.flags.items():
            if name not in rows.column_names:
                rows = rows.append_column(name, flag.of(rows))
        return rows

    def _needed(self, rows: pa.Table, span: tuple[int, int] | None) -> pa.Table:
        keep: list[pa.ChunkedArray | pa.Array] = [
            pc.is_valid(rows.column(name)) for name in self.native.key if rows.column(name).null_count
        ]
        counts = [feature.counts for feature in self.native.features]
        if None not in counts:
            keep.append(reduce(pc.or_, [rows.column(name) for name in dict.fromkeys(counts)]))
        if span is not None:
            first, last = span
            in_time = (as_longs(rows.column(EVENT_TIME)) > first - self.reach) & (np.asarray(rows.column(KNOWN)) <= last)
            keep.append(pa.array(in_time))
        return rows.filter(reduce(pc.and_, keep)) if keep else rows


def _added_up(counts: Sequence[pa.Array]) -> pa.Array:
    """Return the sum of some counts; NULL instead of 0."""
    counted = np.zeros(len(counts[0]), dtype=np.int64)
    for each in counts:
        counted += np.asarray(pc.fill_null(each, 0))
    return pa.array(counted, mask=counted == 0)
