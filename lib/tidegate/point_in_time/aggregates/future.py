"""Labels from the future by a shuffle: Spark sends label rows and events to tasks by the hash of their key."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import types as T
from pyspark.sql.pandas.types import to_arrow_schema, to_arrow_type

from tidegate.point_in_time.aggregates.aggregate_rows import AggregateRows
from tidegate.point_in_time.aggregates.described import output_fields, task_aggregates
from tidegate.point_in_time.aggregates.native.future import Maturity, future_labels
from tidegate.point_in_time.aggregates.native.specification import KNOWN
from tidegate.point_in_time.aggregates.prepared_rows import least_tasks, prepared_rows
from tidegate.point_in_time.aggregates.task_aggregates import TaskAggregates
from tidegate.point_in_time.checks import check_join
from tidegate.point_in_time.native.chosen_rows import Moments, joined_table
from tidegate.point_in_time.shuffled_together import RowSide, joined_by_shuffle

# The result column with the moment at which a label became known.
KNOWN_AT = "_label_known_at"


@dataclass(frozen=True)
class _LabelJoin:
    """What every task does with its label rows and events.

    Attributes:
        time: Name of the column with the time after which the windows begin.
        aggregates: The targets.
        types: The Arrow types of the columns of the events.
        in_force: Whether the events are already those that were ever in force. If not, they are observations.
        maturity: When labels count.
        schema: Schema of the result.
    """

    time: str
    aggregates: TaskAggregates
    types: Mapping[str, pa.DataType]
    in_force: bool
    maturity: Maturity
    schema: pa.Schema

    @property
    def at_once(self) -> int | None:
        """How many rows are held in memory at a time: all, because any of them may count for any label."""
        return None

    def joined(self, labels: pa.Table, parts: Iterator[pa.Table]) -> pa.Table:
        """Return the label rows with their targets."""
        moments = Moments(labels.column(self.time))
        rows = pa.concat_tables(parts)
        if not self.in_force:
            rows = self.aggregates.in_force(rows, labels)
        targets, known_at = future_labels(self.aggregates.native, labels, moments, rows, self.maturity)
        times = pa.array(known_at, mask=~moments.known).cast(pa.timestamp("us", "UTC"))
        return joined_table(labels, [{**targets, KNOWN_AT: times}], self.schema)


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
    task = task_aggregates(rows, provenance=False)
    result = T.StructType(
        [*labels.schema.fields, *output_fields(rows, provenance=False), T.StructField(KNOWN_AT, T.TimestampType())]
    )
    frame = prepared_rows(rows, task)
    in_force = KNOWN in frame.columns
    # Where it is not decided yet which rows are in force, the observations of an event must meet in one task.
    side = RowSide(frame, rows.key if in_force else rows.entity_key, least_tasks(rows))
    types = {field.name: to_arrow_type(field.dataType, timezone="UTC") for field in frame.schema.fields}
    join = _LabelJoin(time, task, types, in_force, maturity, to_arrow_schema(result, timezone="UTC"))
    return joined_by_shuffle(labels, side, join, result)
