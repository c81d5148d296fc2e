"""What became of a batch."""

from dataclasses import dataclass, field, fields

from tidegate.feature_groups.catalog.statistics import FeatureStatistics

_NOT_OUTCOMES = ("group", "table_version", "read", "vanished", "already_applied", "warnings", "statistics")


@dataclass(frozen=True)
class WriteResult:
    """What became of each row of a batch; `read` is the sum of the counts.

    Attributes:
        group: Name and version of the feature group.
        table_version: Delta version after the write; unchanged where nothing was new.
        inserted: New entity keys or event_times.
        updated: Values other than those known before, tombstones among them.
        reobserved: The value known before, known again later.
        unchanged: Exactly what is stored.
        older: Known earlier than what is stored or than another row of the batch.
        collapsed: Repetitions of an identical row within the batch.
        suppressed: Rows of erased subjects, refused.
        quarantined: Held back, with the reasons, in the group's quarantine.
        dropped: Left out, as an expectation says.
        vanished: Beside the rows read: stored rows that a full state no longer holds; each got a tombstone.
        already_applied: A batch with this id was written before; its rows were not looked at.
        warnings: What is not as expected, and went in all the same.
        statistics: What the rows that count say of each feature that is not personal; empty where nothing was new.
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
    statistics: tuple[FeatureStatistics, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        if self.read != sum(self.counts.values()):
            raise RuntimeError(f"feature group {self.group}: {self.read} rows read, but {self.counts} don't add up to that")

    @property
    def counts(self) -> dict[str, int]:
        """The counts that add up to `read`, by outcome."""
        return {each.name: getattr(self, each.name) for each in fields(self) if each.name not in _NOT_OUTCOMES}

    @property
    def summary(self) -> str:
        """The counts that aren't zero, in one line."""
        if self.already_applied:
            return "already applied"
        counts = {**self.counts, "vanished": self.vanished}
        parts = [f"{value:,} {name}" for name, value in counts.items() if value]
        warned = [f"WARNING {warning}" for warning in self.warnings]
        return "; ".join([f"{self.read:,} rows read, {', '.join(parts) or 'none written'}", *warned])
