"""Labels over a window after the label time: their values as known at one moment, and when each value became known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from tidegate.point_in_time.aggregates.native.bounds import window_bounds
from tidegate.point_in_time.aggregates.native.evaluate import aggregated
from tidegate.point_in_time.aggregates.native.extremes import greatest
from tidegate.point_in_time.aggregates.native.forces import FOREVER
from tidegate.point_in_time.aggregates.native.label_line import LabelLine, stretches
from tidegate.point_in_time.aggregates.native.rows_of_labels import RowsOfLabels
from tidegate.point_in_time.aggregates.native.specification import KNOWN, UNTIL, NativeAggregates, NativeFeature
from tidegate.point_in_time.native.arrays import Flags, Longs
from tidegate.point_in_time.native.chosen_rows import Moments
from tidegate.point_in_time.native.key_codes import key_codes

# Operations for which the order of the rows matters.
_ORDERED = ("first", "last")
# Operations that read no value of the column.
_WITHOUT_VALUE = ("count", "time_since_last")


@dataclass(frozen=True)
class Maturity:
    """When labels count.

    Attributes:
        known_by: The values are those known at this moment, in microseconds since 1970 UTC.
        after: How long after the label time a label is mature, in microseconds.
    """

    known_by: int
    after: int


def future_labels(
    aggregates: NativeAggregates, labels: pa.Table, moments: Moments, rows: pa.Table, maturity: Maturity
) -> tuple[Mapping[str, pa.Array], Longs]:
    """Return a column for each target, and when the targets of each label became known, in microseconds since 1970 UTC.

    A label became known when it was mature, or when the last change of one of its values became known if that is later. At a
    moment a value changes if the rows that count, or the values that are read from them, are others than before. So a row that is
    observed again with equal values changes nothing.

    Args:
        aggregates: The description. All its features have `ahead`.
        labels: The labels, with the key columns.
        moments: The times after which the windows begin.
        rows: The rows that were ever in force, as `rows_in_force` returns them.
        maturity: When labels count.

    Raises:
        RuntimeError: A sum of whole numbers or decimals doesn't fit into its type.
    """
    values = aggregated(aggregates, labels, moments, _as_known(rows, maturity.known_by))
    return values, np.maximum(moments.micros + maturity.after, _changed_at(aggregates, labels, moments, rows, maturity.known_by))


def _as_known(rows: pa.Table, known_by: int) -> pa.Table:
    """Return the rows that are in force at a moment, as if they had been known at every label time."""
    known, until = (np.asarray(rows.column(name).combine_chunks()) for name in (KNOWN, UNTIL))
    kept = (known <= known_by) & (until > known_by)
    # Rows of equal event_time are still ordered by the time when they became known.
    always = {KNOWN: known[kept] - FOREVER, UNTIL: np.full(int(kept.sum()), FOREVER)}
    rows = rows.filter(pa.array(kept))
    for name, times in always.items():
        rows = rows.set_column(rows.column_names.index(name), name, pa.array(times))
    return rows


def _changed_at(aggregates: NativeAggregates, labels: pa.Table, moments: Moments, rows: pa.Table, known_by: int) -> Longs:
    """Return when the last change of a value of each label became known; the smallest number if there was none.

    For a label without a time the result means nothing.
    """
    rows = rows.filter(pa.array(np.asarray(rows.column(KNOWN).combine_chunks()) <= known_by))
    row_codes, label_codes = key_codes(*[[side.column(name) for name in aggregates.key] for side in (rows, labels)])
    line = LabelLine(label_codes, moments.micros)
    kept = line.has(row_codes)
    held = RowsOfLabels(aggregates, rows.filter(pa.array(kept)), row_codes[kept])
    several = _of_several_entities(held, aggregates.entity_key)
    found = np.full(len(labels), np.iinfo(np.int64).min)
    for feature in aggregates.features:
        changed, times = _changes(feature, held, several, known_by)
        low, high = window_bounds(feature.aggregate, held.events[changed])
        first, end = (line.first_from(held.codes[changed], np.asarray(bound)) for bound in (low, high))
        newest = greatest(times, stretches(first, end, len(line)))
        found[line.labels] = np.maximum(found[line.labels], newest)
    return found


def _changes(feature: NativeFeature, rows: RowsOfLabels, several: Flags, known_by: int) -> tuple[Longs, Longs]:
    """Return the rows with whose start or end a value changes, and the moment of each change.

    A row that ends at the moment when an equal one starts changes nothing.
    """
    counting = rows.meeting(feature) & rows.complete(feature)
    begins, ends = np.flatnonzero(counting), np.flatnonzero(counting & (rows.until <= known_by))
    places = np.append(begins, ends)
    times = np.append(rows.known[begins], rows.until[ends])
    signs = np.append(np.ones(len(begins), dtype=np.int64), np.full(len(ends), -1))
    parts = [times, *[part[places] for part in (rows.codes, rows.events, *_contents(feature, rows, several))]]
    order = np.lexsort(parts)
    new = np.zeros(len(order), dtype=bool)
    new[:1] = True
    for part in parts:
        new[1:] |= part[order][1:] != part[order][:-1]
    starts = np.flatnonzero(new)
    balance = np.add.reduceat(signs[order], starts) if len(starts) else starts
    changed = order[starts[balance != 0]]
    return places[changed], times[changed]


def _contents(feature: NativeFeature, rows: RowsOfLabels, several: Flags) -> list[Longs]:
    """Return what a feature reads of each row, as numbers that are equal for equal values."""
    aggregate = feature.aggregate
    column = None if aggregate.operation in _WITHOUT_VALUE else aggregate.column
    found = [_value_codes(rows.values(name)) for name in (column, aggregate.by) if name is not None]
    if feature.meets is not None:
        found.append(rows.true(feature.meets).astype(np.int64))
    if aggregate.operation in _ORDERED:
        # Among rows of equal event_time, the time when a row became known decides which of them is the newest.
        found.append(np.where(several, rows.known, 0))
    return found


def _value_codes(values: pa.Array) -> Longs:
    """Return a number for each value. Values inside of arrays, structs and maps are not compared: all of these are different."""
    if pa.types.is_nested(values.type):
        return np.arange(len(values))
    return _codes([values])


def _of_several_entities(rows: RowsOfLabels, entity_key: Sequence[str]) -> Flags:
    """Return which rows share their key and event_time with a row of another entity."""
    if not len(rows):
        return np.zeros(0, dtype=bool)
    # The rows are sorted by key and event_time.
    new = np.append(True, (rows.codes[1:] != rows.codes[:-1]) | (rows.events[1:] != rows.events[:-1]))
    starts, entities = np.flatnonzero(new), _codes([rows.values(name) for name in entity_key])
    several: Flags = np.minimum.reduceat(entities, starts) != np.maximum.reduceat(entities, starts)
    return np.repeat(several, np.diff(np.append(starts, len(rows))))


def _codes(columns: Sequence[pa.Array]) -> Longs:
    """Return a number for each row that is equal for rows with equal values."""
    chunked = [pa.chunked_array([column]) for column in columns]
    return key_codes(chunked, [column.slice(0, 0) for column in chunked])[0]
