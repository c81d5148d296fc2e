"""Expectations of a batch, measured."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidegate.expectations.batch_expectation import BatchExpectation, LastBatch


def batch_complaints(
    rows: DataFrame, expectations: Sequence[BatchExpectation], arrived_at: datetime | None, last: LastBatch
) -> Mapping[str, str]:
    """Return by name what is wrong with a batch; one pass, and one more for each `unique`.

    Args:
        rows: The rows that count.
        expectations: What is to hold of them.
        arrived_at: When the batch arrived.
        last: What is known of the batch before.
    """
    measured = [expectation for expectation in expectations if expectation.measure is not None]
    columns = [each.measure().alias(f"_{place}") for place, each in enumerate(measured) if each.measure is not None]
    found = rows.agg(*columns).first() if columns else None
    values = {} if found is None else {each.name: found[place] for place, each in enumerate(measured)}
    for each in expectations:
        if each.unique:
            values[each.name] = rows.groupBy(*each.unique).count().where(F.col("count") > 1).count()
    complaints = {each.name: each.complaint(values[each.name], arrived_at, last) for each in expectations}
    return {name: text for name, text in complaints.items() if text is not None}
