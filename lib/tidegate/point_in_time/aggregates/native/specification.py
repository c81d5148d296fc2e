"""The description of aggregates over one group that is sent to the tasks."""

from dataclasses import dataclass

import pyarrow as pa

from tidegate.point_in_time.aggregates.aggregate import Aggregate

# Columns that `rows_in_force` adds: when the row became known and when another one replaced it, in microseconds since 1970 UTC.
KNOWN, UNTIL = "_known", "_until"


@dataclass(frozen=True)
class NativeFeature:
    """One feature to compute.

    Attributes:
        name: Name of the result column.
        aggregate: The declaration.
        type: Arrow type of the result.
        counts: Name of a boolean column of the rows: the row counts if it is true. None if every row counts.
        meets: With `share`, the name of a boolean column of the rows with the result of the condition.
    """

    name: str
    aggregate: Aggregate
    type: pa.DataType
    counts: str | None = None
    meets: str | None = None


@dataclass(frozen=True)
class NativeAggregates:
    """Aggregates over one group.

    Attributes:
        name: Name of the group, for messages.
        key: Columns on which labels and rows are joined, with the same names and types in both.
        entity_key: The group's own key. An observation replaces earlier ones of the same entity key and event_time.
        one_event_per: Columns that name one event, of which the newest known observation is in force, whatever its event_time
            is. Empty if events don't move without a tombstone.
        sequence: Column that orders observations of the same event that became known at the same moment.
        keeps_all: Whether the rows are all observations, so that one may replace another. False for immutable events.
        earlier: Microseconds to subtract from the label time: 0 if a row known exactly at that time counts, else 1.
        fresh_until: The last label time, in microseconds since 1970 UTC, at which the loaded rows can be relied on. After it,
            counts are NULL. None if it is not known, so that all counts are NULL.
        features: What is computed.
        pairs_at_once: How many pairs of a label and a row are held in memory at a time.
    """

    name: str
    key: tuple[str, ...]
    entity_key: tuple[str, ...]
    one_event_per: tuple[str, ...]
    sequence: str | None
    keeps_all: bool
    earlier: int
    fresh_until: int | None
    features: tuple[NativeFeature, ...]
    pairs_at_once: int = 4_000_000
