"""Take the rows and columns of one side out of a batch of the union of labels and feature rows."""

from collections.abc import Mapping

import pyarrow as pa


def taken(batch: pa.RecordBatch, wanted: pa.BooleanArray, names: Mapping[str, str]) -> pa.RecordBatch:
    """Return the wanted rows of a batch.

    Args:
        batch: The batch.
        wanted: Which rows are wanted.
        names: The columns of the batch that are returned, by their names in the result.
    """
    columns = batch.select(list(names.values())).rename_columns(list(names))
    # Most batches hold rows of one side only. Filtering them would copy all rows.
    return columns if wanted.true_count == len(wanted) else columns.filter(wanted)
