"""The rows of a group before they are shuffled by the key of its aggregates: those in force, with the columns that are needed.

Which rows are in force is decided where all observations of an event are together: in the tasks that read the buckets of a stored
group, or after a shuffle by the entity key. If the key of the aggregates contains the entity key, the shuffle by the key is
enough, and the rows are left as they are.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate.feature_groups.definition import AVAILABLE_AT, TOMBSTONE
from tidegate.point_in_time.aggregates.aggregate_rows import AggregateRows
from tidegate.point_in_time.aggregates.described import kept_types
from tidegate.point_in_time.aggregates.row_flags import require_boolean
from tidegate.point_in_time.aggregates.stored_in_force import read_in_force
from tidegate.point_in_time.aggregates.task_aggregates import TaskAggregates
from tidegate.point_in_time.aggregates.ways import events_in_buckets, span_of
from tidegate.schema import quoted
from tidegate.tables.buckets import bucket_of
from tidegate.workers import keep_imports

# A task of a shuffle gets about this many rows, if their number is known.
_ROWS_PER_TASK = 1_000_000
_TASK = "_task"


def prepared_rows(rows: AggregateRows, task: TaskAggregates) -> DataFrame:
    """Return the rows in force or, if the shuffle by the key shows which are, all observations.

    Args:
        rows: The group and its aggregates.
        task: The description of the aggregates for the tasks.

    Raises:
        DefinitionError: Spark can't evaluate a condition.
    """
    kept, span = kept_types(rows, task.flags), span_of(rows)
    if not rows.moves_between_entities:
        if events_in_buckets(rows) is not None and set(rows.entity_key) <= set(rows.key):
            return _observations(rows, task)
        return _of_entities(rows, task, partial(task.in_force, labels=None, span=span), kept)
    events = {name: rows.column_types[name] for name in rows.one_event_per}
    frame = _of_entities(rows, task, task.in_force_of_entities, {**kept, **events})
    together = _together(frame, rows.one_event_per, least_tasks(rows))
    return together.mapInArrow(_of_all(partial(task.in_force_of_events, span=span)), _struct(kept))


def least_tasks(rows: AggregateRows) -> int:
    """Return how many tasks a shuffle of the rows needs at least, so that each task gets a limited number of rows."""
    return 0 if rows.stored is None else rows.stored.rows // _ROWS_PER_TASK


def _of_entities(
    rows: AggregateRows, task: TaskAggregates, in_force: Callable[[pa.Table], pa.Table], types: Mapping[str, T.DataType]
) -> DataFrame:
    """Return what a function gives for all observations of some entities, where these are together."""
    if events_in_buckets(rows) is None and rows.stored is not None:
        return read_in_force(rows, rows.stored, task, in_force, _struct(types))
    frame = _observations(rows, task)
    if rows.keeps_all or rows.one_event_per:
        return _together(frame, rows.entity_key, least_tasks(rows)).mapInArrow(_of_all(in_force), _struct(types))
    # No row replaces another one, so the rows may be anywhere, and a task looks at each batch by itself.
    return frame.mapInArrow(_of_each(in_force), _struct(types))


def _observations(rows: AggregateRows, task: TaskAggregates) -> DataFrame:
    """Return the columns of the frame that the tasks need, with flags that Spark computes."""
    for choice in rows.choices:
        require_boolean(rows.frame, choice.conditions.values(), f"aggregates of {choice.name}")
    frame = rows.frame.withColumn(AVAILABLE_AT, rows.known_at)
    # Columns that only conditions read stay behind.
    wanted = (*task.kept, *rows.one_event_per, TOMBSTONE)
    needed = [name for name in task.read if name in wanted and name in frame.columns]
    flags = [flag.column().alias(name) for name, flag in task.flags.items()]
    return frame.select(*[F.col(quoted(name)) for name in needed], *flags)


def _together(frame: DataFrame, key: Sequence[str], least: int) -> DataFrame:
    """Send rows with equal keys to the same task."""
    tasks = max(least, int(frame.sparkSession.conf.get("spark.sql.shuffle.partitions") or 200))
    numbered = frame.withColumn(_TASK, bucket_of([quoted(name) for name in key], tasks))
    return numbered.repartitionById(tasks, _TASK).drop(_TASK)


def _of_all(function: Callable[[pa.Table], pa.Table]) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    # A plain function, because Spark infers the kind of call from its annotations.
    def of_all(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        keep_imports()
        held = list(batches)
        if held:
            yield from function(pa.Table.from_batches(held)).to_batches()

    return of_all


def _of_each(function: Callable[[pa.Table], pa.Table]) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    def of_each(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        keep_imports()
        for batch in batches:
            yield from function(pa.Table.from_batches([batch])).to_batches()

    return of_each


def _struct(types: Mapping[str, T.DataType]) -> T.StructType:
    return T.StructType([T.StructField(name, kind) for name, kind in types.items()])
