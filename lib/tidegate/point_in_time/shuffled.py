"""The shuffled strategy: Spark sends labels and feature rows to tasks by the hash of their key, and native code joins them there.

It takes any frame and needs one shuffle, but no sort by Spark: the tasks sort arrays of numbers, where Spark would sort whole
rows.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql.pandas.types import to_arrow_schema

from tidegate.feature_groups.definition import AVAILABLE_AT
from tidegate.point_in_time.feature_rows import FeatureRows
from tidegate.point_in_time.native.chosen_rows import Moments, NativeGroup, attached_rows, joined_table, output_columns
from tidegate.point_in_time.native_groups import joined_schema, native_group
from tidegate.point_in_time.shuffled_together import RowSide, joined_by_shuffle


@dataclass(frozen=True)
class _GroupJoin:
    """The join that every task performs on its labels and rows."""

    time: str
    group: NativeGroup
    schema: pa.Schema

    @property
    def types(self) -> Mapping[str, pa.DataType]:
        """The columns of the rows that are needed."""
        return self.group.types

    @property
    def at_once(self) -> int | None:
        """How many rows are held in memory at a time; None: all."""
        # All rows are needed at once where a later part could hold the tombstone of an earlier row, or where only the sequence
        # column orders rows of two parts.
        return None if self.group.keeps_all or self.group.sequence else self.group.rows_at_once

    def joined(self, labels: pa.Table, parts: Iterator[pa.Table]) -> pa.Table:
        """Return the labels with the features of the chosen rows."""
        rows = attached_rows(self.group, labels, Moments(labels.column(self.time)), parts)
        return joined_table(labels, [output_columns(self.group, rows)], self.schema)


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
    join = _GroupJoin(time, group, to_arrow_schema(result, timezone="UTC"))
    frame = rows.frame.withColumn(AVAILABLE_AT, rows.known_at)
    return joined_by_shuffle(labels, RowSide(frame, rows.entity_key), join, result)
