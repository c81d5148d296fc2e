"""Apply one operation to the rows that count for each position of a line."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from tidegate.point_in_time.aggregates.native.distinct import disjoint, distinct_counts
from tidegate.point_in_time.aggregates.native.exact_sums import Doubles
from tidegate.point_in_time.aggregates.native.extremes import greatest
from tidegate.point_in_time.aggregates.native.label_line import Stretches
from tidegate.point_in_time.aggregates.native.newest_rows import few_of_each, newest_rows, oldest_rows
from tidegate.point_in_time.aggregates.native.rows_of_labels import RowsOfLabels
from tidegate.point_in_time.aggregates.native.specification import NativeFeature
from tidegate.point_in_time.aggregates.native.spread import variance_of_rows
from tidegate.point_in_time.aggregates.native.totals import mean_of_rows, sum_of_rows
from tidegate.point_in_time.aggregates.windows import LastRows
from tidegate.point_in_time.native.arrays import Longs


@dataclass(frozen=True)
class CountingRows:
    """The rows that count for each position of a line.

    Attributes:
        rows: All rows.
        ranges: The stretches of the rows that count.
        groups: The code of the key of each row; on a line by values, that of key and value.
        moments: The label time of each position.
        pairs_at_once: How many pairs of a position and a row are held in memory at a time.
    """

    rows: RowsOfLabels
    ranges: Stretches
    groups: Longs
    moments: Longs
    pairs_at_once: int

    def result(self, feature: NativeFeature) -> pa.Array:
        """Return the result of a feature for each position, in the type of the operation."""
        aggregate = feature.aggregate
        if aggregate.operation == "count":
            return pa.array(self.ranges.counts)
        if aggregate.operation == "share":
            return self._share(feature.meets or "")
        if aggregate.operation == "time_since_last":
            return self._time_since_last()
        return self._of_column(feature, aggregate.column or "")

    def _of_column(self, feature: NativeFeature, column: str) -> pa.Array:
        operation = feature.aggregate.operation
        if operation == "sum":
            kind = feature.type if feature.aggregate.by is None else feature.type.item_type
            return sum_of_rows(self.rows.numbers(column), self.ranges, kind, feature.name)
        if operation == "mean":
            means, number = mean_of_rows(self.rows.numbers(column), self.ranges)
            return pa.array(means, mask=number == 0)
        if operation in ("variance", "std"):
            found, number = variance_of_rows(self.rows.numbers(column), self.ranges, self.groups, self.pairs_at_once)
            return pa.array(np.sqrt(found) if operation == "std" else found, mask=number < 2)
        if operation == "count_distinct":
            return pa.array(self._distinct(column))
        if operation in ("min", "max"):
            return self._extreme(column, operation == "max")
        return self._several(feature, column) if feature.aggregate.n is not None else self._one(feature, column)

    def _extreme(self, column: str, largest: bool) -> pa.Array:
        values = self.rows.ordered(column)
        # Turning all bits round reverses the order, without an overflow.
        found = greatest(values.keys if largest else ~values.keys, self.ranges)
        return values.restored(found if largest else ~found, self.ranges.counts == 0)

    def _distinct(self, column: str) -> Longs:
        if bool((self.ranges.rows[1:] > self.ranges.rows[:-1]).all()):
            return distinct_counts(self.rows.by_value(column), self.ranges)
        return disjoint(self.rows.value_codes(column), self.ranges).counts

    def _one(self, feature: NativeFeature, column: str) -> pa.Array:
        places = np.arange(len(self.rows), dtype=np.int64)
        newest = feature.aggregate.operation == "last"
        found = greatest(places if newest else ~places, self.ranges)
        missing = self.ranges.counts == 0
        return self.rows.values(column).take(pa.array(np.where(missing, 0, found if newest else ~found), mask=missing))

    def _several(self, feature: NativeFeature, column: str) -> pa.Array:
        newest, most = feature.aggregate.operation == "last", feature.aggregate.n or 1
        if isinstance(feature.aggregate.window, LastRows):
            # The window is already cut to a few rows of each position.
            chosen = few_of_each(self.ranges, most, newest)
        else:
            choose = newest_rows if newest else oldest_rows
            chosen = choose(self.ranges, self.groups, self.rows.lasting, most)
        lengths = np.bincount(chosen.first, minlength=chosen.size)
        offsets = np.append(0, np.cumsum(lengths)).astype(np.int32)
        # Arrow takes an offset that is NULL for a list that is NULL.
        empty = pa.array(offsets, mask=np.append(lengths == 0, False))
        return pa.ListArray.from_arrays(empty, self.rows.values(column).take(pa.array(chosen.rows)))

    def _share(self, meets: str) -> pa.Array:
        number = self.ranges.counts
        met = self.ranges.of(self.rows.true(meets)).counts
        return pa.array(met / np.maximum(number, 1), mask=number == 0)

    def _time_since_last(self) -> pa.Array:
        newest = greatest(self.rows.events, self.ranges)
        missing = self.ranges.counts == 0
        return pa.array(_seconds(self.moments - np.where(missing, self.moments, newest)), mask=missing)


def _seconds(micros: Longs) -> Doubles:
    """Return microseconds as seconds, each rounded once."""
    found: Doubles = micros / 1_000_000
    # More than 285 years are no double in microseconds; Python divides whole numbers of any size exactly.
    long = np.flatnonzero(np.abs(micros) > 1 << 53)
    found[long] = [each / 1_000_000 for each in micros[long].tolist()]
    return found
