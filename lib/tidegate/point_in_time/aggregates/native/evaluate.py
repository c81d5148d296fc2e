"""Compute all aggregates of one group for the labels of a task."""

from collections.abc import Mapping
from functools import cached_property

import numpy as np
import pyarrow as pa

from tidegate.point_in_time.aggregates.aggregate import Aggregate
from tidegate.point_in_time.aggregates.native.bounds import window_bounds
from tidegate.point_in_time.aggregates.native.by_value import map_of_values, value_line
from tidegate.point_in_time.aggregates.native.label_line import LabelLine, Stretches, stretches
from tidegate.point_in_time.aggregates.native.newest_rows import newest_rows
from tidegate.point_in_time.aggregates.native.operations_on_rows import CountingRows
from tidegate.point_in_time.aggregates.native.rows_of_labels import RowsOfLabels
from tidegate.point_in_time.aggregates.native.specification import NativeAggregates, NativeFeature
from tidegate.point_in_time.aggregates.windows import CalendarDays, LastRows
from tidegate.point_in_time.native.arrays import Flags, Longs
from tidegate.point_in_time.native.chosen_rows import Moments
from tidegate.point_in_time.native.key_codes import NO_KEY, key_codes

# Operations that are 0 where no row counts, and NULL where nobody knows whether one does.
_COUNTS = ("count", "count_distinct")


def aggregated(
    aggregates: NativeAggregates, labels: pa.Table, moments: Moments, rows: pa.Table, anchors: Longs | None = None
) -> Mapping[str, pa.Array]:
    """Return a column for each feature, in the order of the labels.

    Args:
        aggregates: The description.
        labels: The labels, with the key columns.
        moments: The label times, up to which rows are known.
        rows: The rows of these keys, as `rows_in_force` returns them, with the columns that the features read.
        anchors: For each label, the time that the windows end at, in microseconds since 1970 UTC. None: the label time.

    Raises:
        RuntimeError: A sum of whole numbers or decimals doesn't fit into its type.
    """
    row_codes, label_codes = key_codes(*[[side.column(name) for name in aggregates.key] for side in (rows, labels)])
    label_codes[~moments.known] = NO_KEY
    line = LabelLine(label_codes, moments.micros)
    kept = line.has(row_codes)
    if not bool(kept.all()):
        rows, row_codes = rows.filter(pa.array(kept)), row_codes[kept]
    held = RowsOfLabels(aggregates, rows, row_codes)
    # A window that ends at another time than the label time is moved by the difference, which many labels share.
    leads = np.zeros(len(labels), dtype=np.int64) if anchors is None else anchors - moments.micros
    parts, places = dict[str, list[pa.Array]](), np.full(len(labels), -1, dtype=np.int64)
    done = 0
    for lead in np.unique(leads[line.labels]) if len(line) else np.zeros(1, dtype=np.int64):
        here = line if anchors is None else LabelLine(np.where(leads == lead, label_codes, NO_KEY), moments.micros)
        found = _Evaluation(aggregates, here, held, int(lead))
        for feature in aggregates.features:
            parts.setdefault(feature.name, []).append(found.column(feature))
        places[here.labels] = done + np.arange(len(here))
        done += len(here)
    taken = pa.array(places, mask=places < 0)
    return {name: pa.chunked_array(columns).combine_chunks().take(taken) for name, columns in parts.items()}


class _Evaluation:
    """The features of the labels whose windows end equally long after the label time."""

    def __init__(self, aggregates: NativeAggregates, line: LabelLine, rows: RowsOfLabels, lead: int) -> None:
        self._line, self._rows, self._lead, self._pairs_at_once = line, rows, lead, aggregates.pairs_at_once
        fresh_until = aggregates.fresh_until
        self._fresh: Flags = np.zeros(len(line), dtype=bool) if fresh_until is None else line.moments <= fresh_until
        # A row whose key only labels with another lead have has no place on this line.
        self._there: Flags = line.has(rows.codes)
        self._ranges: dict[object, Stretches] = {}
        self._firsts: dict[object, Longs] = {}

    def column(self, feature: NativeFeature) -> pa.Array:
        """Return the column of a feature, in the order of the line."""
        aggregate = feature.aggregate
        whole = self._counting(feature)
        parts = [self._part(feature, whole, *edges) for edges in _parts(aggregate, whole, self._pairs_at_once)]
        found = parts[0] if len(parts) == 1 else pa.chunked_array(parts).combine_chunks()
        if aggregate.operation in _COUNTS:
            found = _where(self._fresh, found)
        return found.cast(feature.type)

    def _part(self, feature: NativeFeature, whole: Stretches, low: int, high: int) -> pa.Array:
        """Return the results of the labels between two positions of the line."""
        window = feature.aggregate.window
        ranges = whole if high - low == whole.size else whole.within(low, high)
        if isinstance(window, LastRows):
            newest = newest_rows(ranges, self._rows.codes, self._rows.lasting, window.rows)
            ranges = newest.of(self._rows.complete(feature))
        moments = self._line.moments[low:high]
        if feature.aggregate.by is not None:
            return self._by_value(feature, ranges, moments)
        return CountingRows(self._rows, ranges, self._rows.codes, moments, self._pairs_at_once).result(feature)

    def _by_value(self, feature: NativeFeature, ranges: Stretches, moments: Longs) -> pa.Array:
        by = feature.aggregate.by or ""
        # Dense codes, because they are packed with positions.
        values = np.unique(self._rows.value_codes(by), return_inverse=True)[1].astype(np.int64)
        line = value_line(values, ranges)
        rows = CountingRows(self._rows, line.ranges, values, moments[line.labels], self._pairs_at_once)
        found, entries = map_of_values(line, self._rows.ordered(by), rows.result(feature), feature.aggregate.most)
        return found if feature.aggregate.operation in _COUNTS else _where(entries > 0, found)

    def _counting(self, feature: NativeFeature) -> Stretches:
        """Return the rows that count for a feature, for each position. Features with equal windows and columns share them.

        A window of rows is cut to its newest rows later, because the pairs of all labels and rows may not fit into memory.
        """
        aggregate = feature.aggregate
        # A window of rows holds the newest rows that meet the condition; only then rows with NULL are passed over.
        needed = () if isinstance(aggregate.window, LastRows) else self._rows.needed(feature)
        key = (aggregate.offset, aggregate.ahead, aggregate.window, feature.counts, needed)
        if key not in self._ranges:
            counting = self._rows.meeting(feature) & self._rows.complete(feature) if needed else self._rows.meeting(feature)
            self._ranges[key] = self._in_window(aggregate).of(counting)
        return self._ranges[key]

    def _in_window(self, aggregate: Aggregate) -> Stretches:
        """Return the rows that are known, in force and in the window, for each position; windows of rows come later."""
        window = None if isinstance(aggregate.window, LastRows) else aggregate.window
        key = (aggregate.offset, aggregate.ahead, window)
        if key not in self._ranges:
            low, high = window_bounds(aggregate, self._rows.events)
            # Windows of time that end at the same moment begin to hold a row at the same moment.
            since = (*key[:2], window if isinstance(window, CalendarDays) else None)
            if since not in self._firsts:
                self._firsts[since] = np.maximum(self._positions(low - self._lead), self._known)
            ends = self._positions(np.broadcast_to(high - self._lead, low.shape))
            self._ranges[key] = stretches(self._firsts[since], np.minimum(ends, self._replaced), len(self._line))
        return self._ranges[key]

    @cached_property
    def _known(self) -> Longs:
        """The position of the first label at which each row is known."""
        # Most rows become known soon after their event_time, often before the next label.
        return self._positions(self._rows.known, guessed=self._positions(self._rows.events))

    @cached_property
    def _replaced(self) -> Longs:
        """The position of the first label at which each row is replaced; after the last position for rows that never are."""
        found = np.full(len(self._rows), len(self._line))
        replaced = self._there & ~self._rows.lasting
        found[replaced] = self._line.first_from(self._rows.codes[replaced], self._rows.until[replaced])
        return found

    def _positions(self, moments: Longs, guessed: Longs | None = None) -> Longs:
        """Return the position of the first label of each row's key from a moment on; 0 for rows whose key has no label here."""
        here, codes = self._there, self._rows.codes
        if bool(here.all()):
            return self._line.first_from(codes, moments, guessed)
        found = np.zeros(len(moments), dtype=np.int64)
        found[here] = self._line.first_from(codes[here], moments[here], None if guessed is None else guessed[here])
        return found


def _where(kept: Flags, values: pa.Array) -> pa.Array:
    """Return the values, with NULL where they are not kept."""
    places = np.arange(len(values))
    return values if bool(kept.all()) else values.take(pa.array(places, mask=~kept))


def _parts(aggregate: Aggregate, ranges: Stretches, pairs_at_once: int) -> list[tuple[int, int]]:
    """Return the parts of the line whose labels are computed together; only pairs of labels and rows need much memory."""
    if isinstance(aggregate.window, LastRows) or aggregate.n is not None:
        most = aggregate.window.rows if isinstance(aggregate.window, LastRows) else aggregate.n or 1
    elif aggregate.by is not None:
        most = len(ranges.rows)
    else:
        return [(0, ranges.size)]
    return ranges.parts(most, pairs_at_once)
