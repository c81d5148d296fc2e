"""The feature side of the point-in-time join: the rows of a feature group, and the rules for choosing among them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tidegate.feature_groups.definition import AVAILABLE_AT, EVENT_TIME, TOMBSTONE
from tidegate.point_in_time.stored_rows import StoredRows


@dataclass(frozen=True)
class FeatureRows:
    """The rows of one feature group for a join.

    Attributes:
        name: Name of the group, for messages and provenance columns; unique within a join.
        frame: Rows with the entity key, `event_time`, the features and, where the group has them, `available_at` and a boolean
            `_tombstone`. A tombstone says that from its `available_at` on, earlier rows of the same key and event_time are no
            longer in force.
        entity_key: Columns on which labels and features are joined.
        features: Maps each feature column of the frame to its name in the result.
        lookback: The chosen row is used only if its event_time is later than the label time minus this. None sets no limit.
        boundary: "inclusive" if a row that became known exactly at the label time may be chosen, else "exclusive".
        delay: If the frame has no `available_at`, a row is known this long after its event_time.
        sequence: Column that orders rows with equal key, event_time and `available_at`.
        stored: The table files that hold the same rows. None if the frame does not come from a feature group's table.
        mark: Name of a result column with the event_time of the chosen row, NULL where none was found. None adds no column.
        cells_at_once: How many values of 8 bytes of these rows a task holds in memory at a time, if the rest can wait in files.
            Buckets are sized for a million rows, but a single entity may have any number.
    """

    name: str
    frame: DataFrame
    entity_key: tuple[str, ...]
    features: Mapping[str, str]
    lookback: timedelta | None
    boundary: Literal["inclusive", "exclusive"] = "inclusive"
    delay: timedelta = timedelta(0)
    sequence: str | None = None
    stored: StoredRows | None = None
    mark: str | None = None
    cells_at_once: int = 40_000_000

    @property
    def has_tombstones(self) -> bool:
        """Whether the frame has a column that marks tombstones."""
        return TOMBSTONE in self.frame.columns

    @property
    def known_at(self) -> Column:
        """The time when a row became known: `available_at`, or `event_time` plus the delay where the frame has none."""
        return F.col(AVAILABLE_AT) if AVAILABLE_AT in self.frame.columns else F.col(EVENT_TIME) + F.lit(self.delay)

    @property
    def provenance_names(self) -> tuple[str, str]:
        """Names of the two result columns with the event_time and available_at of the chosen row."""
        return f"{self.name}__{EVENT_TIME}", f"{self.name}__{AVAILABLE_AT}"

    def outputs(self, provenance: bool) -> dict[str, str]:
        """Map each column of the frame that the join returns to its name in the result.

        These are the features and, with `provenance`, the two times of the chosen row.
        """
        if provenance:
            return {**self.features, **dict(zip((EVENT_TIME, AVAILABLE_AT), self.provenance_names, strict=True))}
        return {**self.features, **({} if self.mark is None else {EVENT_TIME: self.mark})}
