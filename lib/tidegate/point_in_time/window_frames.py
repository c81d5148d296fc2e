"""The frames that the window strategies join: labels and feature rows with fixed column names, whatever the user's names are."""

from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tidegate.feature_groups.definition import AVAILABLE_AT, EVENT_TIME
from tidegate.point_in_time.feature_rows import FeatureRows
from tidegate.point_in_time.standing_rows import STEP, standing_rows

LABEL, TIME, EVENT, SEQUENCE, ROW = "_label", "_time", "_event", "_sequence", "_row"


@dataclass(frozen=True)
class Side:
    """The rows of one group, ready for a window strategy.

    Attributes:
        rows: The group.
        frame: The key columns under the names of `key_names`; `_time`, when the row became known; `_event`, of which the
            largest value wins; `_sequence`, if the group has a sequence column; and the struct `_row` with event_time,
            available_at and the features.
    """

    rows: FeatureRows
    frame: DataFrame

    @property
    def order(self) -> list[str]:
        """The sort order of the rows of an entity. Of rows known at the same moment, the last one is in force."""
        return [TIME, EVENT, *([SEQUENCE] if SEQUENCE in self.frame.columns else [])]


def key_names(entity_key: Sequence[str]) -> list[str]:
    """Return the names of the key columns on both sides."""
    return [f"_key_{place}" for place in range(len(entity_key))]


def label_side(labels: DataFrame, time: str, entity_key: Sequence[str]) -> DataFrame:
    """Return the key of each label, its time as `_time`, and all its columns in the struct `_label`."""
    return labels.select(*_named_key(entity_key), F.col(time).alias(TIME), F.struct(*labels.columns).alias(LABEL))


def feature_side(rows: FeatureRows) -> Side:
    """Return the rows of a group, without those that match no label because a key column or a time is NULL."""
    if rows.has_tombstones:
        # `standing_rows` has already decided which row is in force from each moment on, so the newest step always wins.
        return Side(rows, standing_rows(rows).select(*_columns(rows, F.col(STEP), F.col(STEP))))
    complete = F.col(EVENT_TIME).isNotNull() & rows.known_at.isNotNull()
    for name in rows.entity_key:
        complete = complete & F.col(f"`{name}`").isNotNull()
    sequence = [F.col(f"`{rows.sequence}`").alias(SEQUENCE)] if rows.sequence else []
    return Side(rows, rows.frame.where(complete).select(*_columns(rows, rows.known_at, F.col(EVENT_TIME)), *sequence))


def row_name(rows: FeatureRows) -> str:
    """Return the name of the column that holds the row of a group that was chosen for a label."""
    return f"_row_of_{rows.name}"


def outputs(inputs: Sequence[FeatureRows], time: str, provenance: bool) -> list[Column]:
    """Return the features of the chosen rows under their result names; all are NULL where the row is too old."""
    return [column for rows in inputs for column in _output(rows, time, provenance)]


def _output(rows: FeatureRows, time: str, provenance: bool) -> list[Column]:
    row = row_name(rows)
    young_enough = F.lit(True)
    if rows.lookback is not None:
        young_enough = F.col(f"`{row}`.`{EVENT_TIME}`") > F.col(f"`{time}`") - F.lit(rows.lookback)
    return [F.when(young_enough, F.col(f"`{row}`.`{name}`")).alias(alias) for name, alias in rows.outputs(provenance).items()]


def _columns(rows: FeatureRows, known_from: Column, event: Column) -> list[Column]:
    payload = [F.col(EVENT_TIME), rows.known_at.alias(AVAILABLE_AT), *[F.col(f"`{name}`") for name in rows.features]]
    row = F.struct(*payload).alias(ROW)
    return [*_named_key(rows.entity_key), known_from.alias(TIME), event.alias(EVENT), row]


def _named_key(entity_key: Sequence[str]) -> list[Column]:
    return [F.col(f"`{name}`").alias(alias) for name, alias in zip(entity_key, key_names(entity_key), strict=True)]
