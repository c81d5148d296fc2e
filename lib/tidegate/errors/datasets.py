"""Errors of the point-in-time join and of training datasets."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from tidegate.errors.base import TidegateError


@dataclass(frozen=True)
class AbsentGroup:
    """A feature group that has no row for too many rows of a batch.

    Attributes:
        name: Name and version of the feature group, as in the view's choice.
        rows: Number of rows of the batch for which the group has no row.
        may_lack: Largest allowed share of such rows, between 0 and 1.
        lookback: Look-back of the choice; None where it has none.
        newest: When the group's newest row became known, as text; None where the group is empty.
        loaded: For aggregates: how far the group is loaded, and how long its rows can be relied on. None for other features.
    """

    name: str
    rows: int
    may_lack: float
    lookback: timedelta | None
    newest: str | None
    loaded: str | None = None

    def sentence(self, rows: int) -> str:
        """Return one sentence about this group for a message; `rows` is the number of rows of the batch."""
        newest = "the group is empty" if self.newest is None else f"its newest row became known at {self.newest}"
        counts = (
            "and a row of any age can be used"
            if self.lookback is None
            else f"and a row can be used for {self.lookback} after its event"
        )
        if self.loaded is not None:
            return (
                f"aggregates of {self.name}: for {self.rows:,} of {rows:,} rows no row of it counts in any window (at most "
                f"{self.may_lack:.0%} may); {newest}; {self.loaded}"
            )
        return (
            f"feature group {self.name}: {self.rows:,} of {rows:,} rows found no row in it (at most {self.may_lack:.0%} may); "
            f"{newest}, {counts} (look-back)"
        )


class AbsentGroupsError(TidegateError):
    """More rows than declared found no row in a feature group; all features of that group would be NULL for them."""

    def __init__(self, view: str, rows: int, groups: Sequence[AbsentGroup]) -> None:
        listed = [f"  {group.sentence(rows)}" for group in groups]
        tail = (
            "Nothing was written. Load the missing rows: run ./spark-submit.sh jobs/feature_pipeline.py --system SYSTEM, with "
            "--from DAY --to DAY if its sources have folders of days. If a group is sparse by nature, declare may_lack=1.0 in "
            "its choice. To go on once without the values, give --allow-absent (in Python use view.allowing_absent()); each row "
            "then names the groups that were absent."
        )
        super().__init__("\n".join([f"feature view {view}: the values of whole feature groups are missing:", *listed, tail]))


class JoinTypeError(TidegateError):
    """A key column has one type in the labels and another one in the features; the join casts neither of them."""

    def __init__(self, group: str, column: str, label_type: str, feature_type: str) -> None:
        super().__init__(
            f"point-in-time join with {group}: key {column} is {label_type} in the labels but {feature_type} in the features; "
            "cast one of them before the join."
        )


class NameClashError(TidegateError):
    """Two columns of a join's result would have the same name."""

    def __init__(self, names: Iterable[str]) -> None:
        super().__init__(
            f"point-in-time join: the result would have two columns of the name {', '.join(sorted(names))}; rename a feature "
            "with `rename` in its FeatureChoice."
        )


class TiedRowsError(TidegateError):
    """Two rows of a feature group have the same key and times, and nothing declares which of them is the right one."""

    def __init__(self, group: str, event_time: str) -> None:
        super().__init__(
            f"point-in-time join: two rows of feature group {group} have the same entity key, event_time ({event_time}) and "
            "available_at. Declare `sequence`, the column that orders such rows, or remove the duplicates."
        )


class LargeSumError(TidegateError):
    """A sum of whole numbers or decimals does not fit into the type of its result."""

    def __init__(self, feature: str, kind: str) -> None:
        super().__init__(
            f"aggregate {feature}: the sum of the rows in a window does not fit into {kind}. Store the column as a double, or in "
            "a larger unit, in a new version of the feature group."
        )


class StrategyError(TidegateError):
    """The requested join strategy does not exist, or can't join this feature group."""

    def __init__(self, strategy: str, why: str, available: Iterable[str]) -> None:
        super().__init__(
            f"point-in-time join by {strategy!r}: {why}. Available strategies: {', '.join(available)}. If you name none, the "
            "planner chooses one."
        )


class UnknownEntityError(TidegateError):
    """No row of the spine has the given values of the entity columns."""

    def __init__(self, spine: str, given: Sequence[str]) -> None:
        super().__init__(
            f"{spine}: no row has these values of {', '.join(given)}. See which keys it holds with FeatureStore.read, or load "
            "the days that contain this entity."
        )


class EntityValueError(TidegateError):
    """A value that should name an entity does not have the type of its column."""

    def __init__(self, group: str, column: str, shown: str, kind: str) -> None:
        super().__init__(
            f"feature group {group}: the column {column} is declared as {kind}, but {shown} is not a value of this type. Give a "
            "value as FeatureStore.read shows it."
        )


class AmbiguousEntityError(TidegateError):
    """Several rows of the spine have the given values, so that they don't name one entity."""

    def __init__(self, spine: str, given: Sequence[str], available: Sequence[str]) -> None:
        further = ", ".join(name for name in available if name not in given) or "the time"
        found = f"several rows have these values of {', '.join(given)}" if given else "no value of an entity column was given"
        super().__init__(f"{spine}: {found}. Give also values of: {further}.")


class RowCountError(TidegateError):
    """A join did not return exactly one row for each label row; its result was deleted."""

    def __init__(self, where: str, expected: int, actual: int) -> None:
        super().__init__(
            f"{where}: the join got {expected} label rows and returned {actual} rows; it must return one row for each label row. "
            "The result was deleted."
        )


class NoLabelsError(TidegateError):
    """No label of the training period is known."""

    def __init__(self, group: str, start: object, end: object, young: int = 0) -> None:
        if young:
            super().__init__(
                f"{group}: none of the {young:,} labels with {start} <= label time < {end} is mature. A label is mature when its "
                "window and the delay of the group have passed, both by `known_by` and by the moment until which the group is "
                "loaded. Load the group further, give a later `known_by`, or choose earlier days."
            )
            return
        super().__init__(
            f"{group}: no label with {start} <= label time < {end} was known. "
            "Load these days: ./spark-submit.sh jobs/feature_pipeline.py --system SYSTEM --from DAY --to DAY, "
            "or choose other days."
        )


class BadSplitError(TidegateError):
    """The days at which a training dataset should be split don't fit its period."""

    def __init__(self, first_day: date, last_day: date, days: Sequence[date]) -> None:
        given = " < ".join(str(day) for day in days) or "too few days"
        super().__init__(
            f"can't split {first_day}..{last_day} by time: {given}. The period needs at least five days, and train_until < "
            "validate_until < test_until must lie within it (training.split in the configuration)."
        )


class ShortPeriodError(TidegateError):
    """The period of a training dataset is too short to be split as its model says."""

    def __init__(self, where: str, why: str, remedy: str) -> None:
        super().__init__(f"{where}: {why}. Take a longer period, or {remedy}.")


class StoredViewError(TidegateError):
    """The stored text of a feature view can't be read."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"the stored definition of a feature view can't be read: {reason}. Use the version of tidegate that wrote it, or a "
            "later one; the manifest or the release names it as code_version."
        )
