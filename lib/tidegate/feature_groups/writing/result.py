"""The result of a write: how many rows of the batch had which effect or verdict."""

from dataclasses import dataclass, field, fields
from datetime import datetime

from tidegate.feature_groups.catalog.statistics import FeatureStatistics

_NOT_COUNTED = ("group", "table_version", "read", "vanished", "already_applied", "warnings", "newest_available_at", "statistics")


@dataclass(frozen=True)
class WriteResult:
    """The result of a write. Each row of the batch is in exactly one of the counts from `inserted` to `dropped`.

    Attributes:
        group: Name and version of the feature group.
        table_version: Delta version after the write. It is the version before the write if no row was new.
        read: Rows of the batch. It is the sum of the counts from `inserted` to `dropped`.
        inserted: Rows with an entity key and event_time that the table did not have.
        updated: Rows with other values than those known before, including tombstones.
        reobserved: Rows with the values known before and a later available_at.
        unchanged: Rows that are stored exactly like this. In an immutable group also rows that have the stored values and another
            available_at.
        older: Rows that became known earlier than the stored row or another row of the batch.
        collapsed: Rows that are identical to another row of the batch. In an immutable group they may differ in available_at.
        suppressed: Rows of erased people. They were not written.
        quarantined: Rows that were written to the group's quarantine, with the reasons.
        dropped: Rows that break an expectation with the action `drop`. They were not written.
        vanished: Stored rows that got a tombstone because a full state no longer has them. They are not part of `read`.
        already_applied: Whether a batch with this id was written before. Then the rows of this batch were not read.
        warnings: One text for each expectation with the action `warn` that the batch breaks.
        newest_available_at: The newest available_at of the accepted rows; None if there were none, or if the batch was
            already applied.
        statistics: The statistics of each feature that is not personal; empty if no row was new.
    """

    group: str
    table_version: int
    read: int
    inserted: int = 0
    updated: int = 0
    reobserved: int = 0
    unchanged: int = 0
    older: int = 0
    collapsed: int = 0
    suppressed: int = 0
    quarantined: int = 0
    dropped: int = 0
    vanished: int = 0
    already_applied: bool = False
    warnings: tuple[str, ...] = ()
    newest_available_at: datetime | None = None
    statistics: tuple[FeatureStatistics, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        if self.read != sum(self.counts.values()):
            raise RuntimeError(f"feature group {self.group}: {self.read} rows were read, but {self.counts} don't add up to that")

    @property
    def counts(self) -> dict[str, int]:
        """The counts that add up to `read`, by name."""
        return {each.name: getattr(self, each.name) for each in fields(self) if each.name not in _NOT_COUNTED}

    @property
    def summary(self) -> str:
        """The counts that aren't zero, in one line."""
        if self.already_applied:
            return "already applied"
        counts = {**self.counts, "vanished": self.vanished}
        parts = [f"{value:,} {name}" for name, value in counts.items() if value]
        warned = [f"WARNING {warning}" for warning in self.warnings]
        return "; ".join([f"{self.read:,} rows read, {', '.join(parts) or 'none written'}", *warned])
