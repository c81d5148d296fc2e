"""Describe a feature group and the result of a join to the tasks of the native strategies."""

from collections.abc import Sequence
from datetime import timedelta

from pyspark.sql import DataFrame
from pyspark.sql import types as T
from pyspark.sql.pandas.types import to_arrow_type

from tidegate.feature_groups.definition import AVAILABLE_AT, EVENT_TIME, TOMBSTONE
from tidegate.point_in_time.feature_rows import FeatureRows
from tidegate.point_in_time.native.chosen_rows import NativeGroup
from tidegate.point_in_time.native.row_times import NO_LIMIT
from tidegate.point_in_time.stored_rows import StoredRows


def joined_schema(labels: DataFrame, inputs: Sequence[FeatureRows], provenance: bool) -> T.StructType:
    """Return the schema of a join's result: the columns of the labels, then those attached from the groups."""
    attached = (field for rows in inputs for field in _fields(rows, provenance))
    return T.StructType([*labels.schema.fields, *attached])


def native_group(rows: FeatureRows, provenance: bool, stored: StoredRows | None = None) -> NativeGroup:
    """Return the description of a group that is sent to the tasks.

    Args:
        rows: The group.
        provenance: Whether the times of the chosen rows are attached too.
        stored: The files that the tasks read. If None, they get the rows of the frame; a frame without tombstones holds only
            rows that are in force.

    Raises:
        PySparkNotImplementedError: Arrow has no type for a column.
    """
    outputs = rows.outputs(provenance)
    names = dict.fromkeys([*rows.entity_key, EVENT_TIME, AVAILABLE_AT, *outputs, *([rows.sequence] if rows.sequence else [])])
    if rows.has_tombstones or stored is not None:
        names[TOMBSTONE] = None
    types = {name: to_arrow_type(type_of(rows, name), timezone="UTC") for name in names}
    return NativeGroup(
        name=rows.name,
        entity_key=rows.entity_key,
        outputs=outputs,
        lookback=NO_LIMIT if rows.lookback is None else rows.lookback // timedelta(microseconds=1),
        earlier=0 if rows.boundary == "inclusive" else 1,
        sequence=rows.sequence,
        keeps_all=rows.has_tombstones if stored is None else stored.keeps_all,
        types=types,
        cells_at_once=rows.cells_at_once,
    )


def type_of(rows: FeatureRows, name: str) -> T.DataType:
    """Return the type of a column as the tasks see it. `available_at` and `_tombstone` may be missing from the frame."""
    known = {AVAILABLE_AT: T.TimestampType(), TOMBSTONE: T.BooleanType()}
    return known[name] if name in known else rows.frame.schema[name].dataType


def _fields(rows: FeatureRows, provenance: bool) -> list[T.StructField]:
    return [T.StructField(alias, type_of(rows, name)) for name, alias in rows.outputs(provenance).items()]
