"""Labels from the future by a shuffle: Spark sends label rows and events to tasks by the hash of their key."""

from collections.abc import Mapping
from functools import partial

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import types as T

from tidegate.point_in_time.aggregates.aggregate_rows import AggregateRows
from tidegate.point_in_time.aggregates.described import output_fields, task_aggregates
from tidegate.point_in_time.aggregates.native.future import Maturity, future_labels
from tidegate.point_in_time.aggregates.shuffled import computed_by_shuffle
from tidegate.point_in_time.aggregates.task_aggregates import TaskAggregates
from tidegate.point_in_time.checks import check_join
from tidegate.point_in_time.native.chosen_rows import Moments

# The result column with the moment at which a label became known.
KNOWN_AT = "_label_known_at"


def attach_future_labels(labels: DataFrame, time: str, rows: AggregateRows, maturity: Maturity) -> DataFrame:
    """Return the label rows with the targets as known by a moment, and with the moment at which each label became known.

    Args:
        labels: The label rows. Their labels are mature.
        time: Name of the column with the time after which the windows begin.
        rows: The events and the targets. All targets have `ahead`. The events are not limited to a span of label times.
        maturity: When labels count.

    Raises:
        MissingColumnsError, JoinTypeError, SchemaMismatchError, NameClashError: The label rows don't fit the events.
        DefinitionError: Spark can't evaluate a condition.
    """
    check_join(labels, time, [rows], provenance=False)
    added = [*output_fields(rows, provenance=False), T.StructField(KNOWN_AT, T.TimestampType())]
    compute = partial(_columns, maturity=maturity)
    return computed_by_shuffle(labels, time, rows, task_aggregates(rows, provenance=False), compute, added)


def _columns(
    aggregates: TaskAggregates, labels: pa.Table, moments: Moments, rows: pa.Table, maturity: Maturity
) -> Mapping[str, pa.Array]:
    targets, known_at = future_labels(aggregates.native, labels, moments, rows, maturity)
    times = pa.array(known_at, mask=~moments.known).cast(pa.timestamp("us", "UTC"))
    return {**targets, KNOWN_AT: times}
