"""The shuffled strategy: Spark sends labels and feature rows to tasks by the hash of their key, and native code joins them there.

It takes any frame and needs one shuffle, but no sort by Spark: the tasks sort arrays of numbers, where Spark would sort whole
rows.
"""

from collections.abc import Callable, Iterator, Mapping

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T
from pyspark.sql.pandas.types import to_arrow_schema

from tidegate.feature_groups.definition import AVAILABLE_AT
from tidegate.point_in_time.feature_rows import FeatureRows
from tidegate.point_in_time.native.chosen_rows import Moments, NativeGroup, attached_rows, joined_table
from tidegate.point_in_time.native.held_rows import HeldRows
from tidegate.point_in_time.native_groups import joined_schema, native_group, type_of
from tidegate.tables.buckets import bucket_of
from tidegate.workers import keep_imports

_IS_LABEL, _TASK = "_is_label", "_task"


def attach_by_shuffle(labels: DataFrame, time: str, rows: FeatureRows, provenance: bool = False) -> DataFrame:
    """Return the labels with the features of one group.

    Args:
        labels: The label rows.
        time: Name of the label time column.
        rows: The group.
        provenance: Whether to attach the times of the chosen rows too.
    """
    group = native_group(rows, provenance)
    result = joined_schema(labels, [rows], provenance)
    tasks = int(labels.sparkSession.conf.get("spark.sql.shuffle.partitions") or 200)
    task = bucket_of([f"`{name}`" for name in rows.entity_key], tasks).alias(_TASK)
    row_names = {name: f"_column_{place}" for place, name in enumerate(group.types)}
    label_names = _shared_names(labels.schema, {alias: type_of(rows, name) for name, alias in row_names.items()})
    left = labels.select(F.lit(True).alias(_IS_LABEL), task, *_renamed(label_names))
    frame = rows.frame.withColumn(AVAILABLE_AT, rows.known_at)
    right = frame.select(F.lit(False).alias(_IS_LABEL), task, *_renamed(row_names))
    united = left.unionByName(right, allowMissingColumns=True).repartitionById(tasks, _TASK).drop(_TASK)
    schema = to_arrow_schema(result, timezone="UTC")
    # All rows are needed at once where a later part could hold the tombstone of an earlier row, or where only the sequence
    # column orders rows of two parts.
    at_once = None if group.keeps_all or group.sequence else group.rows_at_once
    return united.mapInArrow(_attach(group, time, (label_names, row_names), schema, at_once), result)


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


def _attach(
    group: NativeGroup, time: str, names: tuple[Mapping[str, str], Mapping[str, str]], schema: pa.Schema, at_once: int | None
) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    label_names, row_names = names

    # A plain function, because Spark infers the kind of call from its annotations.
    def attach(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        keep_imports()
        held_labels: list[pa.RecordBatch] = []
        with HeldRows(pa.schema(list(group.types.items())), at_once) as held_rows:
            for batch in batches:
                is_label = batch.column(_IS_LABEL)
                held_labels.append(_taken(batch, is_label, label_names))
                held_rows.add(_taken(batch, pc.invert(is_label), row_names))
            if sum(map(len, held_labels)):
                labels = pa.Table.from_batches(held_labels)
                rows = attached_rows(group, labels, Moments(labels.column(time)), held_rows.parts())
                yield from joined_table(labels, [(group, rows)], schema).to_batches()

    return attach


def _taken(batch: pa.RecordBatch, wanted: pa.BooleanArray, names: Mapping[str, str]) -> pa.RecordBatch:
    taken = batch.select(list(names.values())).rename_columns(list(names))
    # Most batches hold rows of one side only. Filtering them would copy all rows.
    return taken if wanted.true_count == len(wanted) else taken.filter(wanted)
