"""Split the rows that count for each label by the value of a further column."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from tidegate.point_in_time.aggregates.native.column_values import Ordered
from tidegate.point_in_time.aggregates.native.distinct import disjoint
from tidegate.point_in_time.aggregates.native.label_line import Stretches
from tidegate.point_in_time.native.arrays import Longs


@dataclass(frozen=True)
class ValueLine:
    """A line with one position for each pair of a label and a value that a row of it has.

    Attributes:
        ranges: The rows that count, on this line, sorted by value and row.
        labels: For each position, that of the label on the line of labels.
        rows: For each position, the index of a row that has the value.
        size: The number of labels.
    """

    ranges: Stretches
    labels: Longs
    rows: Longs
    size: int


def value_line(values: Longs, ranges: Stretches) -> ValueLine:
    """Return the line of pairs.

    Args:
        values: A dense code of the value of each row, from 0; rows of different keys have different codes.
        ranges: The rows that count, on the line of labels.
    """
    width = ranges.size + 1
    labels, rows = disjoint(values, ranges).pairs()
    packed = values[rows] * width + labels
    groups = values[ranges.rows]
    order = np.lexsort((ranges.rows, groups))
    base, taken = groups[order] * width, ranges.rows[order]
    first = np.searchsorted(packed, base + ranges.first[order])
    end = np.searchsorted(packed, base + ranges.end[order])
    on_pairs = Stretches(taken, first.astype(np.int64), end.astype(np.int64), len(packed))
    return ValueLine(on_pairs, labels, rows, ranges.size)


def map_of_values(line: ValueLine, column: Ordered, results: pa.Array, most: int) -> tuple[pa.Array, Longs]:
    """Return for each label the map from value to result, in the order of the values, and how many entries it has.

    Args:
        line: The line of pairs.
        column: The column by which the rows were split.
        results: The result of each pair.
        most: How many entries a map has at most. The values with the most rows are kept.
    """
    keys, number = column.keys[line.rows], line.ranges.counts
    order = np.lexsort((keys, -number, line.labels))
    labels = line.labels[order]
    order = order[np.arange(len(order)) - np.searchsorted(labels, labels) < most]
    order = order[np.lexsort((keys[order], line.labels[order]))]
    entries = np.bincount(line.labels[order], minlength=line.size)
    offsets = np.append(0, np.cumsum(entries)).astype(np.int32)
    chosen = pa.array(order)
    # Not taken from a row, because rows with 0.0 and -0.0 have the same entry.
    names = column.restored(keys[order], np.zeros(len(order), dtype=bool))
    return pa.MapArray.from_arrays(pa.array(offsets), names, results.take(chosen)), entries.astype(np.int64)
