"""Send labels and rows with equal keys to the same task by one shuffle, and join them there in native code."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate.point_in_time.native.held_rows import HeldRows
from tidegate.point_in_time.native.taken import taken
from tidegate.tables.buckets import bucket_of
from tidegate.workers import keep_imports

# The column of the union that says whether a row is a label.
IS_LABEL = "_is_label"
_TASK = "_task"


class TaskJoin(Protocol):
    """What a task does with its labels and rows. Implementations are frozen dataclasses, because Spark sends them to tasks."""

    @property
    def types(self) -> Mapping[str, pa.DataType]:
        """The Arrow types of the columns of the rows that the task needs."""

    @property
    def at_once(self) -> int | None:
        """How many rows the task holds in memory at a time. None: it needs all of them at once."""

    def joined(self, labels: pa.Table, parts: Iterator[pa.Table]) -> pa.Table:
        """Return the result for the labels. `parts` are the rows, as one or more tables."""


@dataclass(frozen=True)
class RowSide:
    """The rows to join with labels.

    Attributes:
        frame: The rows, with the key columns and all columns that the tasks need.
        key: The columns by which labels and rows are sent to tasks. The labels have them too, with the same types.
        tasks: The least number of tasks, for rows that would be too many for the usual number; 0 takes the usual one.
    """

    frame: DataFrame
    key: Sequence[str]
    tasks: int = 0


def joined_by_shuffle(labels: DataFrame, side: RowSide, join: TaskJoin, result: T.StructType) -> DataFrame:
    """Return the labels as the tasks joined them with the rows.

    Args:
        labels: The label rows.
        side: The rows.
        join: What each task does.
        result: The schema of the result.
    """
    union = united(labels, side, list(join.types))
    return union.frame.mapInArrow(_attach(join, union), result)


@dataclass(frozen=True)
class United:
    """The union of labels and rows, with equal keys in the same task.

    Attributes:
        frame: The union: `IS_LABEL`, the columns of the two mappings, and what else was kept.
        label_names: Maps the columns of the labels to those of the union.
        row_names: Maps the columns of the rows to those of the union.
    """

    frame: DataFrame
    label_names: Mapping[str, str]
    row_names: Mapping[str, str]


def united(labels: DataFrame, side: RowSide, names: Sequence[str], kept: Sequence[Column] = ()) -> United:
    """Unite labels and rows, and send those with equal keys to the same task.

    Args:
        labels: The label rows.
        side: The rows.
        names: The columns of the rows that native code needs.
        kept: Further columns of the rows, which have names that no column of the union has.
    """
    tasks = max(side.tasks, int(labels.sparkSession.conf.get("spark.sql.shuffle.partitions") or 200))
    task = bucket_of([f"`{name}`" for name in side.key], tasks).alias(_TASK)
    kinds = {field.name: field.dataType for field in side.frame.schema.fields}
    row_names = {name: f"_column_{place}" for place, name in enumerate(names)}
    label_names = _shared_names(labels.schema, {alias: kinds[name] for name, alias in row_names.items()})
    left = labels.select(F.lit(True).alias(IS_LABEL), task, *_renamed(label_names))
    right = side.frame.select(F.lit(False).alias(IS_LABEL), task, *_renamed(row_names), *kept)
    both = left.unionByName(right, allowMissingColumns=True).repartitionById(tasks, _TASK).drop(_TASK)
    return United(both, label_names, row_names)


def _shared_names(labels: T.StructType, taken: Mapping[str, T.DataType]) -> dict[str, str]:
    """Map each label column to a row column of the same type where one is free, so that the union has few columns.

    Every column of the union costs time for each of its rows.
    """
    free = list(taken.items())
    names = {}
    for place, field in enumerate(labels.fields):
        shared = next((alias for alias, kind in free if kind == field.dataType), f"_label_{place}")
        free = [(alias, kind) for alias, kind in free if alias != shared]
        names[field.name] = shared
    return names


def _renamed(names: Mapping[str, str]) -> list[Column]:
    return [F.col(f"`{name}`").alias(alias) for name, alias in names.items()]


def _attach(join: TaskJoin, union: United) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    label_names, row_names = union.label_names, union.row_names

    # A plain function, because Spark infers the kind of call from its annotations. It must not hold the frame.
    def attach(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        keep_imports()
        held_labels: list[pa.RecordBatch] = []
        with HeldRows(pa.schema(list(join.types.items())), join.at_once) as held_rows:
            for batch in batches:
                is_label = batch.column(IS_LABEL)
                held_labels.append(taken(batch, is_label, label_names))
                held_rows.add(taken(batch, pc.invert(is_label), row_names))
            if sum(map(len, held_labels)):
                labels = pa.Table.from_batches(held_labels)
                yield from join.joined(labels, held_rows.parts()).to_batches()

    return attach
