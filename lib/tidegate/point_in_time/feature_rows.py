"""One side of the point-in-time join: the rows of a feature group, and how they may be used."""

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
        name: Name of the group, for messages and provenance columns; no two in one join are the same.
        frame: Rows with the entity key, `event_time`, the features and, where the group has them, `available_at` and a boolean
            `_tombstone`: from `available_at` on the earlier rows of this key and event_time do not hold.
        entity_key: Columns that labels and features are joined on.
        features: Feature column to its name in the result.
        lookback: A row counts only if its event_time is later than the label time minus this; None: however old it is.
        boundary: Whether a row that became known exactly at the label time counts.
        delay: Used where the frame has no `available_at`: a row is known this long after its event_time.
        sequence: Column that orders rows of equal key, event_time and knowledge time.
        stored: Where the same rows lie as files of a table; None for any frame.
        mark: Name of a column in the result with the chosen row's event_time, NULL where no row was found; None: no such column.
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

    @property
    def has_tombstones(self) -> bool:
        """Whether rows may say that an event no longer holds."""
        return TOMBSTONE in self.frame.columns

    @property
    def known_at(self) -> Column:
        """When a row became known."""
        return F.col(AVAILABLE_AT) if AVAILABLE_AT in self.frame.columns else F.col(EVENT_TIME) + F.lit(self.delay)

    @property
    def provenance_names(self) -> tuple[str, str]:
        """Names of the two columns that say which row was chosen."""
        return f"{self.name}__{EVENT_TIME}", f"{self.name}__{AVAILABLE_AT}"

    def outputs(self, provenance: bool) -> dict[str, str]:
        """Column of the frame to its name in the result: the features, and where wanted the times of the chosen row."""
        if provenance:
            return {**self.features, **dict(zip((EVENT_TIME, AVAILABLE_AT), self.provenance_names, strict=True))}
        return {**self.features, **({} if self.mark is None else {EVENT_TIME: self.mark})}
