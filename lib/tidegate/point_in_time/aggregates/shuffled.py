"""Aggregates by a shuffle: Spark sends labels and rows to tasks by the hash of their key, and native code computes them there.

It takes any frame, and aggregates of a stored group by other columns than its entity key.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import types as T
from pyspark.sql.pandas.types import to_arrow_schema, to_arrow_type

from tidegate.point_in_time.aggregates.aggregate_rows import AggregateRows
from tidegate.point_in_time.aggregates.described import output_fields, task_aggregates
from tidegate.point_in_time.aggregates.native.specification import KNOWN
from tidegate.point_in_time.aggregates.prepared_rows import least_tasks, prepared_rows
from tidegate.point_in_time.aggregates.task_aggregates import TaskAggregates
from tidegate.point_in_time.native.chosen_rows import Moments, joined_table
from tidegate.point_in_time.shuffled_together import RowSide, joined_by_shuffle

# From the aggregates of a task, its labels, their times and the rows in force, the result columns.
Compute = Callable[[TaskAggregates, pa.Table, Moments, pa.Table], Mapping[str, pa.Array]]


@dataclass(frozen=True)
class _AggregateJoin:
    """What every task does with its labels and rows.

    Attributes:
        time: Name of the label time column.
        aggregates: The aggregates.
        compute: How the result columns are computed.
        types: The Arrow types of the columns of the rows.
        in_force: Whether the rows are already those in force. If not, they are observations.
        schema: Schema of the result.
    """

    time: str
    aggregates: TaskAggregates
    compute: Compute
    types: Mapping[str, pa.DataType]
    in_force: bool
    schema: pa.Schema

    @property
    def at_once(self) -> int | None:
        """How many rows are held in memory at a time: all, because any of them may count for any label."""
        return None

    def joined(self, labels: pa.Table, parts: Iterator[pa.Table]) -> pa.Table:
        """Return the labels with the result columns."""
        moments = Moments(labels.column(self.time))
        rows = pa.concat_tables(parts)
        if not self.in_force:
            rows = self.aggregates.in_force(rows, labels)
        return joined_table(labels, [self.compute(self.aggregates, labels, moments, rows)], self.schema)


def aggregate_by_shuffle(labels: DataFrame, time: str, rows: AggregateRows, provenance: bool = False) -> DataFrame:
    """Return the labels with the aggregates of one group.

    Args:
        labels: The label rows.
        time: Name of the label time column.
        rows: The group and its aggregates.
        provenance: Whether to attach the number of counted rows and their newest times too.

    Raises:
        DefinitionError: Spark can't evaluate a condition.
    """
    added = output_fields(rows, provenance)
    return computed_by_shuffle(labels, time, rows, task_aggregates(rows, provenance), TaskAggregates.columns, added)


def computed_by_shuffle(
    labels: DataFrame,
    time: str,
    rows: AggregateRows,
    task: TaskAggregates,
    compute: Compute,
    added: Sequence[T.StructField],
) -> DataFrame:
    """Return the labels with columns that tasks compute from the rows in force of one group.

    Args:
        labels: The label rows.
        time: Name of the label time column.
        rows: The group and its aggregates.
        task: The same for the tasks.
        compute: How a task computes the columns.
        added: The columns.

    Raises:
        DefinitionError: Spark can't evaluate a condition.
    """
    result = T.StructType([*labels.schema.fields, *added])
    frame = prepared_rows(rows, task)
    in_force = KNOWN in frame.columns
    # Where it is not decided yet which rows are in force, the observations of an event must meet in one task.
    key = rows.key if in_force else rows.entity_key
    types = {field.name: to_arrow_type(field.dataType, timezone="UTC") for field in frame.schema.fields}
    join = _AggregateJoin(time, task, compute, types, in_force, to_arrow_schema(result, timezone="UTC"))
    return joined_by_shuffle(labels, RowSide(frame, key, least_tasks(rows)), join, result)
