"""Errors of the point-in-time join and of training datasets."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from tidegate.errors.base import TidegateError


@dataclass(frozen=True)
class AbsentGroup:
    """A feature group of which too many rows found no row.

    Attributes:
        name: Its choice in the view: name and version.
        rows: Rows that found none.
        may_lack: The share of the rows that may.
        lookback: Of the choice.
        newest: When its newest row became known, as text; None where it has no row at all.
    """

    name: str
    rows: int
    may_lack: float
    lookback: timedelta | None
    newest: str | None

    def sentence(self, rows: int) -> str:
        """Say it, for a batch of so many rows."""
        newest = "it holds no row at all" if self.newest is None else f"its newest row became known at {self.newest}"
        counts = (
            "and a row counts however old it is"
            if self.lookback is None
            else f"and a row counts for {self.lookback} after its event"
        )
        return (
            f"feature group {self.name}: {self.rows:,} of {rows:,} rows found no row of it (at most {self.may_lack:.0%} may); "
            f"{newest}, {counts} (look-back)"
        )


class AbsentGroupsError(TidegateError):
    """More rows than declared found no row of a feature group: all of its features would be NULL for them."""

    def __init__(self, view: str, rows: int, groups: Sequence[AbsentGroup]) -> None:
        listed = [f"  {group.sentence(rows)}" for group in groups]
        tail = (
            "Nothing was written. Load what is missing: ./spark-submit.sh jobs/load.py --system SYSTEM for what a package loads, "
            "./spark-submit.sh jobs/feature_pipeline.py --system SYSTEM --from DAY --to DAY for what a system computes. A group "
            "that is sparse by nature declares it: FeatureChoice(..., may_lack=1.0). To go on without it once, give "
            "--allow-absent (in Python use view.allowing_absent()); the rows then say which groups were absent."
        )
        super().__init__("\n".join([f"feature view {view}: values of whole feature groups are missing:", *listed, tail]))


class JoinTypeError(TidegateError):
    """Label and feature keys have different types; nothing is cast silently."""

    def __init__(self, group: str, column: str, label_type: str, feature_type: str) -> None:
        super().__init__(
            f"point-in-time join with {group}: key {column} is {label_type} in the labels but {feature_type} in the features; "
            "cast one of them before the join."
        )


class NameClashError(TidegateError):
    """Two columns of a join would have one name."""

    def __init__(self, names: Iterable[str]) -> None:
        super().__init__(
            f"point-in-time join: {', '.join(sorted(names))} would be given twice; rename a feature with `rename` in its choice."
        )


class TiedRowsError(TidegateError):
    """Two rows of a feature group claim the same moment, and nothing says which of them counts."""

    def __init__(self, group: str, event_time: str) -> None:
        super().__init__(
            f"point-in-time join: two rows of feature group {group} have the same entity key, the event_time {event_time} and "
            "the same available_at; declare `sequence`, the column that orders them, or remove the duplicates."
        )


class StrategyError(TidegateError):
    """A group can't be joined by the strategy that was asked for."""

    def __init__(self, strategy: str, why: str, available: Iterable[str]) -> None:
        super().__init__(
            f"point-in-time join by {strategy!r}: {why}. There are: {', '.join(available)}; without one the planner chooses."
        )


class UnknownEntityError(TidegateError):
    """No row of the spine has the values that name an entity."""

    def __init__(self, spine: str, given: Sequence[str]) -> None:
        super().__init__(
            f"{spine}: no row has these values of {', '.join(given)}. Look at the keys there are with FeatureStore.read, or load "
            "the days that hold it."
        )


class EntityValueError(TidegateError):
    """A value that names an entity is none of its column's type."""

    def __init__(self, group: str, column: str, shown: str, kind: str) -> None:
        super().__init__(
            f"feature group {group}: {column} is declared {kind}, and {shown} is no such value. Give one as "
            "FeatureStore.read shows them."
        )


class AmbiguousEntityError(TidegateError):
    """Several rows of the spine have the values that name an entity."""

    def __init__(self, spine: str, given: Sequence[str], available: Sequence[str]) -> None:
        further = ", ".join(name for name in available if name not in given) or "the time"
        found = f"several rows have these values of {', '.join(given)}" if given else "no value names the entity"
        super().__init__(f"{spine}: {found}. Give more of: {further}.")


class RowCountError(TidegateError):
    """A join did not give exactly one row per label row; the result was withdrawn."""

    def __init__(self, where: str, expected: int, actual: int) -> None:
        super().__init__(
            f"{where}: {expected} label rows went in and {actual} rows came out; the contract is one for one. It was withdrawn."
        )


class NoLabelsError(TidegateError):
    """A training period holds no known label."""

    def __init__(self, group: str, start: object, end: object) -> None:
        super().__init__(
            f"{group}: no label with {start} <= label time < {end} was known. "
            "Load these days: ./spark-submit.sh jobs/feature_pipeline.py --system SYSTEM --from DAY --to DAY, "
            "or choose other ones."
        )


class BadSplitError(TidegateError):
    """The days that a training dataset is split at don't fit its period."""

    def __init__(self, first_day: date, last_day: date, days: Sequence[date]) -> None:
        given = " < ".join(str(day) for day in days) or "too few days"
        super().__init__(
            f"can't split {first_day}..{last_day} by time: {given}. Give at least five days, and train_until < "
            "validate_until < test_until within them (training.split in the configuration)."
        )
