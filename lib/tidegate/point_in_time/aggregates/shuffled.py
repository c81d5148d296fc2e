"""Aggregates by a shuffle: the rows in force and the labels go to tasks by the hash of their key, and native code is there.

Which rows are in force is decided where all observations of an event are together: in the tasks that read the buckets of a stored
group, after a first shuffle by the entity key, or, where the aggregates' key contains the entity key, after the only shuffle.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T
from pyspark.sql.pandas.types import to_arrow_schema, to_arrow_type

from tidegate.feature_groups.definition import AVAILABLE_AT, TOMBSTONE
from tidegate.point_in_time.aggregates.aggregate_rows import AggregateRows
from tidegate.point_in_time.aggregates.described import kept_types, output_fields, task_aggregates
from tidegate.point_in_time.aggregates.row_flags import require_boolean
from tidegate.point_in_time.aggregates.stored_in_force import read_in_force
from tidegate.point_in_time.aggregates.task_aggregates import TaskAggregates
from tidegate.point_in_time.aggregates.ways import events_in_buckets, span_of
from tidegate.point_in_time.native.chosen_rows import Moments, joined_table
from tidegate.point_in_time.shuffled_together import RowSide, joined_by_shuffle
from tidegate.schema import quoted
from tidegate.tables.buckets import bucket_of
from tidegate.workers import keep_imports

# A task of the shuffle gets about this many rows.
_ROWS_PER_TASK = 1_000_000
_TASK = "_task"


@dataclass(frozen=True)
class _AggregateJoin:
    """What every task does with its labels and rows.

    Attributes:
        time: Name of the label time column.
        aggregates: The aggregates.
        types: The Arrow types of the columns of the rows.
        in_force: Whether the rows are already those in force. If not, they are observations.
        schema: Schema of the result.
    """

    time: str
    aggregates: TaskAggregates
    types: Mapping[str, pa.DataType]
    in_force: bool
    schema: pa.Schema

    @property
    def at_once(self) -> int | None:
        """How many rows are held in memory at a time: all, because any of them may count for any label."""
        return None

    def joined(self, labels: pa.Table, parts: Iterator[pa.Table]) -> pa.Table:
        """Return the labels with the aggregates."""
        moments = Moments(labels.column(self.time))
        rows = pa.concat_tables(parts)
        if not self.in_force:
            rows = self.aggregates.in_force(rows, labels)
        return joined_table(labels, [self.aggregates.columns(labels, moments, rows)], self.schema)


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
    task = task_aggregates(rows, provenance)
    result = T.StructType([*labels.schema.fields, *output_fields(rows, provenance)])
    schema = to_arrow_schema(result, timezone="UTC")
    kept = kept_types(rows, task.flags)
    if events_in_buckets(rows) is None and rows.stored is not None:
        frame, key, in_force = read_in_force(rows, rows.stored, task, T.StructType(_fields(kept))), rows.key, True
    else:
        frame = observations(rows, task)
        # With the entity key in the key, the observations of an event and the labels that they matter to meet in one task.
        in_force = not set(rows.entity_key) <= set(rows.key)
        key = rows.key if in_force else rows.entity_key
        if in_force:
            frame = in_force_by_shuffle(frame, rows, task, T.StructType(_fields(kept)))
    types = {name: to_arrow_type(kind, timezone="UTC") for name, kind in kept.items()} if in_force else _read_types(task, frame)
    side = RowSide(frame, key, 0 if rows.stored is None else rows.stored.rows // _ROWS_PER_TASK)
    return joined_by_shuffle(labels, side, _AggregateJoin(time, task, types, in_force, schema), result)


def observations(rows: AggregateRows, task: TaskAggregates) -> DataFrame:
    """Return the columns of the frame that the tasks need, with flags that Spark computes.

    Raises:
        DefinitionError: Spark can't evaluate a condition.
    """
    require_boolean(rows.frame, rows.conditions.values(), f"aggregates of {rows.name}")
    frame = rows.frame.withColumn(AVAILABLE_AT, rows.known_at)
    # Columns that only conditions read stay behind.
    wanted = (*task.kept, *rows.one_event_per, TOMBSTONE)
    needed = [name for name in task.read if name in wanted and name in frame.columns]
    flags = [flag.column().alias(name) for name, flag in task.flags.items()]
    return frame.select(*[F.col(quoted(name)) for name in needed], *flags)


def in_force_by_shuffle(frame: DataFrame, rows: AggregateRows, task: TaskAggregates, kept: T.StructType) -> DataFrame:
    """Return the rows in force, after a shuffle that brings all observations of an event together."""
    span = span_of(rows)

    # Plain functions, because Spark infers the kind of call from their annotations.
    def of_all(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        keep_imports()
        held = list(batches)
        if held:
            yield from task.in_force(pa.Table.from_batches(held), None, span).to_batches()

    def of_each(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        keep_imports()
        for batch in batches:
            yield from task.in_force(pa.Table.from_batches([batch]), None, span).to_batches()

    if not rows.keeps_all and not rows.one_event_per:
        # No row replaces another one, so the rows may be anywhere, and the task looks at each batch by itself.
        return frame.mapInArrow(of_each, kept)
    tasks = int(frame.sparkSession.conf.get("spark.sql.shuffle.partitions") or 200)
    if rows.stored is not None:
        tasks = max(tasks, rows.stored.rows // _ROWS_PER_TASK)
    together = frame.withColumn(_TASK, bucket_of([quoted(name) for name in rows.entity_key], tasks))
    return together.repartitionById(tasks, _TASK).drop(_TASK).mapInArrow(of_all, kept)


def _read_types(task: TaskAggregates, frame: DataFrame) -> dict[str, pa.DataType]:
    flags = dict.fromkeys(task.flags, pa.bool_())
    return {name: flags[name] if name in flags else task.read[name] for name in frame.columns}


def _fields(types: Mapping[str, T.DataType]) -> list[T.StructField]:
    return [T.StructField(name, kind) for name, kind in types.items()]
