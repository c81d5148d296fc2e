"""Turn the values of a column into whole numbers of 64 bits, for comparisons, and back."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tidegate.point_in_time.native.arrays import Longs
from tidegate.point_in_time.native.row_times import ranks

_LARGEST = int(np.iinfo(np.int64).max)


@dataclass(frozen=True)
class Ordered:
    """Values as whole numbers that sort in Spark's order.

    Attributes:
        keys: One number for each row; any number where the value is NULL.
        values: The column, in which a number is looked up by the row that has it.
        by_row: Whether the numbers are ranks, so that a value is found only by its row.
    """

    keys: Longs
    values: pa.Array
    by_row: bool

    def restored(self, keys: Longs, missing: npt.NDArray[np.bool_]) -> pa.Array:
        """Return the values of the given numbers; NULL where one is missing."""
        kind = self.values.type
        if self.by_row:
            rows = np.zeros(int(self.keys.max(initial=0)) + 1, dtype=np.int64)
            rows[self.keys] = np.arange(len(self.keys))
            return self.values.take(pa.array(rows[np.where(missing, 0, keys)], mask=missing))
        if pa.types.is_floating(kind):
            return pa.array(_from_ordered(np.where(missing, 0, keys)), mask=missing).cast(kind)
        if pa.types.is_boolean(kind):
            return pa.array(keys == 1, kind, mask=missing)
        found = pa.array(np.where(missing, 0, keys), mask=missing)
        return found.cast(pa.int32()).cast(kind) if pa.types.is_date32(kind) else found.cast(kind)


def ordered(values: pa.Array) -> Ordered:
    """Return the values of a column as numbers that sort in Spark's order: NaN is the greatest, and 0.0 equals -0.0."""
    kind = values.type
    if pa.types.is_floating(kind):
        return Ordered(_to_ordered(values), values, by_row=False)
    if pa.types.is_integer(kind) or pa.types.is_timestamp(kind) or pa.types.is_date32(kind) or pa.types.is_boolean(kind):
        plain = values.cast(pa.int32()) if pa.types.is_date32(kind) else values
        whole = plain.cast(pa.int64())
        return Ordered(np.asarray(pc.fill_null(whole, 0), dtype=np.int64), values, by_row=False)
    return Ordered(ranks(pa.chunked_array([values])), values, by_row=True)


def _to_ordered(values: pa.Array) -> Longs:
    doubles = np.array(pc.fill_null(values, 0), dtype=np.float64) + 0.0
    bits = doubles.view(np.int64)
    # Negative numbers sort backwards by their bits, so their other bits are turned round.
    turned = np.where(bits < 0, bits ^ _LARGEST, bits)
    return np.where(np.isnan(doubles), _LARGEST, turned)


def _from_ordered(keys: Longs) -> npt.NDArray[np.float64]:
    doubles = np.where(keys < 0, keys ^ _LARGEST, keys).view(np.float64)
    return np.where(keys == _LARGEST, np.nan, doubles)
