"""Number the entity keys of rows and labels: equal keys have equal numbers, whatever their types."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tidegate.point_in_time.native.arrays import Longs

# No row and no label has it: a NULL in a key matches nothing.
NO_KEY = -1
# Looking for the labels' keys among the rows pays where labels are so few.
_ROWS_A_LABEL = 50


def key_codes(rows: list[pa.ChunkedArray], labels: list[pa.ChunkedArray]) -> tuple[Longs, Longs]:
    """Return a number for each row's and each label's key: dense from 0, in order of appearance, `NO_KEY` where a part is NULL.

    Args:
        rows: The key's columns of the feature rows.
        labels: The same columns of the labels, of the same types.
    """
    count = len(rows[0])
    codes, known = _column_codes(rows[0], labels[0])
    for row_part, label_part in zip(rows[1:], labels[1:], strict=True):
        part, part_known = _column_codes(row_part, label_part)
        # Numbered anew after each column: the product of the columns' counts alone would overflow.
        codes = _dense(codes * (int(part.max(initial=0)) + 1) + part)
        known &= part_known
    codes[~known] = NO_KEY
    return codes[:count], codes[count:]


def rows_of_labels(rows: pa.Table, labels: pa.Table, entity_key: Sequence[str]) -> pa.Table:
    """Leave out rows of entities that no label has, as far as single key columns tell; all rows where labels are not few."""
    if len(labels) * _ROWS_A_LABEL > len(rows):
        return rows
    keep = None
    for name in entity_key:
        column = rows.column(name)
        # Arrow takes 0.0 and -0.0 for different.
        if not pa.types.is_floating(column.type):
            asked = pc.is_in(column, value_set=labels.column(name).cast(column.type).unique())
            keep = asked if keep is None else pc.and_(keep, asked)
    return rows if keep is None else rows.filter(keep)


def _column_codes(rows: pa.ChunkedArray, labels: pa.ChunkedArray) -> tuple[Longs, np.ndarray]:
    # Rows first: they lie in files sorted by key, so that their numbers come sorted too.
    values = pa.chunked_array([*rows.chunks, *labels.cast(rows.type).chunks], type=rows.type)
    if pa.types.is_floating(values.type):
        # Spark's keys are equal where 0.0 meets -0.0; Arrow compares bits, but for NaN, which is equal to itself in both.
        values = pc.add(values, pa.scalar(0.0, values.type))
    known = np.asarray(pc.is_valid(values).combine_chunks())
    return _dense_of(values.combine_chunks()), known


def _dense(codes: Longs) -> Longs:
    return _dense_of(pa.array(codes))


def _dense_of(values: pa.Array) -> Longs:
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    indices = values.dictionary_encode().indices
    return np.array(pc.fill_null(indices, 0), dtype=np.int64)
