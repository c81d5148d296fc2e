"""Read the rows in force of a stored group in tasks, each of which reads the files of some buckets itself."""

from collections.abc import Callable, Iterator, Sequence

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import types as T

from tidegate.point_in_time.aggregates.aggregate_rows import AggregateRows
from tidegate.point_in_time.aggregates.task_aggregates import TaskAggregates
from tidegate.point_in_time.aggregates.ways import span_of
from tidegate.point_in_time.bucket_tasks import shared_out
from tidegate.point_in_time.native.read_rows import read_rows
from tidegate.point_in_time.stored_rows import StoredFile, StoredRows
from tidegate.workers import keep_imports

_TASKS_PER_CORE = 2


def read_in_force(
    rows: AggregateRows, stored: StoredRows, task: TaskAggregates, in_force: Callable[[pa.Table], pa.Table], result: T.StructType
) -> DataFrame:
    """Return the rows in force of a stored group.

    Args:
        rows: The group and its aggregates.
        stored: The files of the group.
        task: The description of the aggregates.
        in_force: Returns the rows in force of some observations.
        result: The schema of the result.
    """
    span = span_of(rows)
    units = _units(stored, task, span)
    spark = rows.frame.sparkSession
    tasks = max(1, min(len(units), _TASKS_PER_CORE * spark.sparkContext.defaultParallelism))
    task_of = shared_out([sum(file.rows for file in unit) for unit in units], tasks)

    # A plain function, because Spark infers the kind of call from its annotations.
    def read(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        keep_imports()
        numbers = {number for batch in batches for number in batch.column(0).to_pylist()}
        for place, unit in enumerate(units):
            if task_of[place] in numbers:
                observations = read_rows([file.path for file in unit], task.read)
                yield from in_force(observations).to_batches()

    return spark.range(0, tasks, 1, tasks).mapInArrow(read, result)


def _units(stored: StoredRows, task: TaskAggregates, span: tuple[int, int] | None) -> list[Sequence[StoredFile]]:
    """Divide the files into those that must be read together.

    These are the files of a bucket or, if no row replaces another one, single files.
    """
    units: list[Sequence[StoredFile]] = []
    for files in stored.files.values():
        wanted = files
        if span is not None:
            wanted = tuple(file for file in files if file.matters(span[0] - task.pruning_reach, span[1]))
        units += [wanted] if task.needs_all_rows else [(file,) for file in wanted]
    return [unit for unit in units if unit]
