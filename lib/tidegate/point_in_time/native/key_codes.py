"""Replace the entity keys of rows and labels by integers: equal keys get equal integers, whatever their types."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tidegate.point_in_time.native.arrays import Longs

# The code of a key with a NULL in it, which matches nothing.
NO_KEY = -1
# Filtering the rows by the keys of the labels pays only if there are at least this many rows for each label.
_ROWS_A_LABEL = 50


def key_codes(rows: list[pa.ChunkedArray], labels: list[pa.ChunkedArray]) -> tuple[Longs, Longs]:
    """Return the codes of the row keys and of the label keys.

    Codes count from 0 without gaps, in the order in which the keys first appear, rows before labels. A key with a NULL in one of
    its columns gets `NO_KEY`.

    Args:
        rows: The key columns of the feature rows.
        labels: The same columns of the labels, with the same types.
    """
    count = len(rows[0])
    codes, known = _column_codes(rows[0], labels[0])
    for row_part, label_part in zip(rows[1:], labels[1:], strict=True):
        part, part_known = _column_codes(row_part, label_part)
        # Codes are made dense again after each column; otherwise the product of the columns' counts could overflow.
        codes = _dense(codes * (int(part.max(initial=0)) + 1) + part)
        known &= part_known
    codes[~known] = NO_KEY
    return codes[:count], codes[count:]


def rows_of_labels(rows: pa.Table, labels: pa.Table, entity_key: Sequence[str]) -> pa.Table:
    """Leave out rows whose key can't match a label, because one of its columns has a value that no label has.

    If there are many labels, all rows are returned, since the filter would cost more than it saves.
    """
    if len(labels) * _ROWS_A_LABEL > len(rows):
        return rows
    keep = None
    for name in entity_key:
        column = rows.column(name)
        # Arrow treats 0.0 and -0.0 as different.
        if not pa.types.is_floating(column.type):
            asked = pc.is_in(column, value_set=labels.column(name).cast(column.type).unique())
            keep = asked if keep is None else pc.and_(keep, asked)
    return rows if keep is None else rows.filter(keep)


def _column_codes(rows: pa.ChunkedArray, labels: pa.ChunkedArray) -> tuple[Longs, np.ndarray]:
    # Rows come first: their files are sorted by key, so that their codes are sorted too.
    values = pa.chunked_array([*rows.chunks, *labels.cast(rows.type).chunks], type=rows.type)
    if pa.types.is_floating(values.type):
        # In Spark 0.0 equals -0.0, but Arrow compares bits; adding 0.0 makes them the same. NaN equals itself in both.
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
