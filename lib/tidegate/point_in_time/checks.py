"""Validate the inputs of a point-in-time join by their schemas, before any job starts."""

from collections import Counter
from collections.abc import Sequence

from pyspark.sql import DataFrame
from pyspark.sql import types as T

from tidegate.errors import JoinTypeError, NameClashError, SchemaMismatchError
from tidegate.feature_groups.definition import AVAILABLE_AT, EVENT_TIME
from tidegate.point_in_time.aggregates.aggregate_rows import AggregateRows
from tidegate.point_in_time.feature_rows import FeatureRows
from tidegate.schema import require_columns, same_type


def check_join(labels: DataFrame, time: str, inputs: Sequence[FeatureRows | AggregateRows], provenance: bool) -> None:
    """Raise unless all columns exist, the types match, and no two columns of the result have the same name.

    Args:
        labels: The label rows.
        time: Name of the label time column.
        inputs: The groups to attach.
        provenance: Whether the result also has the times of the chosen rows.

    Raises:
        MissingColumnsError: A key, time or feature column is missing.
        JoinTypeError: A key has another type in the labels than in the features.
        SchemaMismatchError: A time is not a timestamp with a zone.
        NameClashError: Two columns of the result have the same name, or names that differ only in upper and lower case.
    """
    require_columns(labels, [time], "labels")
    _require_timestamp(labels, time, "labels")
    for rows in inputs:
        _require_anchor(labels, rows)
        joined_on = rows.key if isinstance(rows, AggregateRows) else rows.entity_key
        require_columns(labels, joined_on, f"labels, to join {rows.name}")
        require_columns(rows.frame, _read(rows), f"feature group {rows.name}")
        for moment in (EVENT_TIME, AVAILABLE_AT):
            if moment in rows.frame.columns:
                _require_timestamp(rows.frame, moment, f"feature group {rows.name}")
        for key in joined_on:
            left, right = labels.schema[key].dataType, rows.frame.schema[key].dataType
            if not same_type(left, right):
                raise JoinTypeError(rows.name, key, left.simpleString(), right.simpleString())
    names = Counter(labels.columns)
    for rows in inputs:
        names.update(rows.outputs(provenance).values())
    twice = [name for name, times in names.items() if times > 1]
    # Spark ignores upper and lower case when it resolves a column name.
    alike = Counter(name.lower() for name in names)
    twice += [name for name in names if name not in twice and alike[name.lower()] > 1]
    if twice:
        raise NameClashError(twice)


def _read(rows: FeatureRows | AggregateRows) -> list[str]:
    """Return the columns that are read of a group. Aggregates have checked theirs when they were made."""
    sequence = [rows.sequence] if rows.sequence else []
    read = (*rows.key, *rows.one_event_per) if isinstance(rows, AggregateRows) else tuple(rows.features)
    return [*rows.entity_key, EVENT_TIME, *read, *sequence]


def _require_anchor(labels: DataFrame, rows: FeatureRows | AggregateRows) -> None:
    if isinstance(rows, AggregateRows) and rows.anchor is not None:
        require_columns(labels, [rows.anchor], f"labels, for the windows of {rows.name}")
        _require_timestamp(labels, rows.anchor, "labels")


def _require_timestamp(frame: DataFrame, column: str, where: str) -> None:
    kind = frame.schema[column].dataType
    if not isinstance(kind, T.TimestampType):
        raise SchemaMismatchError(
            where,
            [f"column {column} is {kind.simpleString()}, but a time is a timestamp in UTC; declare its zone and convert it"],
        )
