"""The rows of one group whose keys the labels have, as arrays, and what is computed from them once for several aggregates."""

from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tidegate.feature_groups.definition import EVENT_TIME
from tidegate.point_in_time.aggregates.native.column_values import Ordered, ordered
from tidegate.point_in_time.aggregates.native.distinct import ByValue, by_value
from tidegate.point_in_time.aggregates.native.forces import FOREVER
from tidegate.point_in_time.aggregates.native.specification import KNOWN, UNTIL, NativeAggregates, NativeFeature
from tidegate.point_in_time.aggregates.native.totals import Numbers, numbers
from tidegate.point_in_time.native.arrays import Flags, Longs, Packing, sorting_order
from tidegate.point_in_time.native.row_times import as_longs, ranks


class RowsOfLabels:
    """Rows sorted by key, event_time, `available_at`, sequence and entity key, so that a greater index means a newer row."""

    def __init__(self, aggregates: NativeAggregates, rows: pa.Table, codes: Longs) -> None:
        """Sort the rows.

        Args:
            aggregates: The description.
            rows: The rows, with `_known` and `_until`.
            codes: The code of the key of each row; all are 0 or greater.
        """
        order = _order(aggregates, rows, codes)
        self._table = rows if order is None else rows.take(pa.array(order))
        self.codes = codes if order is None else codes[order]
        self.events = as_longs(self._table.column(EVENT_TIME))
        self.known, until = (np.asarray(self._table.column(name).combine_chunks()) for name in (KNOWN, UNTIL))
        self.known, self.until = self.known + aggregates.earlier, until + aggregates.earlier
        self.lasting: Flags = until == FOREVER
        self.ordered = cache(self._ordered)
        self.numbers = cache(self._numbers)
        self.value_codes = cache(self._value_codes)
        self.by_value = cache(self._by_value)
        self.valid = cache(self._valid)

    def __len__(self) -> int:
        return len(self.codes)

    def values(self, name: str) -> pa.Array:
        """Return a column as one array."""
        column = self._table.column(name).combine_chunks()
        return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column

    def true(self, name: str) -> Flags:
        """Return where a boolean column is true."""
        return np.asarray(pc.fill_null(self.values(name), False))

    def meeting(self, feature: NativeFeature) -> Flags:
        """Return which rows meet the condition of a feature."""
        return np.ones(len(self), dtype=bool) if feature.counts is None else self.true(feature.counts)

    def complete(self, feature: NativeFeature) -> Flags:
        """Return which rows have a value in all columns that a feature needs."""
        kept = np.ones(len(self), dtype=bool)
        for name in self.needed(feature):
            kept &= self.valid(name)
        return kept

    def needed(self, feature: NativeFeature) -> tuple[str, ...]:
        """Return the columns that must not be NULL for a feature, without those that never are."""
        aggregate = feature.aggregate
        takes_null = aggregate.operation in ("first", "last") and not aggregate.skip_null
        names = (aggregate.by, None if takes_null else aggregate.column)
        return tuple(sorted({name for name in names if name is not None and not bool(self.valid(name).all())}))

    def _valid(self, name: str) -> Flags:
        return np.asarray(pc.is_valid(self.values(name)))

    def _ordered(self, name: str) -> Ordered:
        return ordered(self.values(name))

    def _numbers(self, name: str) -> Numbers:
        return numbers(self.values(name))

    def _value_codes(self, name: str) -> Longs:
        """Return a code for each pair of key and value; equal pairs have equal codes."""
        values = self._dense_values(name)
        return self.codes * (int(values.max(initial=0)) + 1) + values

    def _by_value(self, name: str) -> ByValue:
        return by_value(self._dense_values(name))

    def _dense_values(self, name: str) -> Longs:
        """Return a code for each value, from 0; equal values have equal codes."""
        return np.asarray(pa.array(self.ordered(name).keys).dictionary_encode().indices, dtype=np.int64)


def _order(aggregates: NativeAggregates, rows: pa.Table, codes: Longs) -> Longs | None:
    events = as_longs(rows.column(EVENT_TIME))
    packed = Packing(int(codes.max(initial=-1)) + 1, events).pack(codes, events)
    order = sorting_order(packed)
    in_order = packed if order is None else packed[order]
    if not bool((in_order[1:] == in_order[:-1]).any()):
        return order
    # Only rows of equal event_time are compared by anything else. A group with another key than its own has such rows.
    known = np.asarray(rows.column(KNOWN).combine_chunks())
    further = [ranks(rows.column(name)) for name in reversed(aggregates.entity_key)]
    if aggregates.sequence is not None:
        further.append(ranks(rows.column(aggregates.sequence)))
    return np.lexsort([*further, known, packed]).astype(np.int64)
