"""Expectations of a batch as a whole."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from pyspark.sql import Column
from pyspark.sql import functions as F

from tidegate.declared_types import require_declared_types
from tidegate.errors import DefinitionError
from tidegate.expectations.relations import Change, Reference
from tidegate.moments import moment_of, utc_text
from tidegate.schema import quoted

BatchAction = Literal["fail", "warn"]


@dataclass(frozen=True)
class BatchExpectation:
    """A condition that a batch as a whole has to meet.

    Attributes:
        name: The name that messages show.
        measure: A function that returns an aggregate over the accepted rows. All measures are computed in one pass. None if
            `unique` or `relation` is given.
        complaint: A function that gets the measured value and the arrival of the batch (None if it has none). It returns what is
            wrong, as text, or None if the batch meets the condition.
        action: `fail` stops the batch before anything is written, `warn` gives a warning.
        unique: Columns whose values together must be unique in a batch. `complaint` then gets the number of values that occur in
            more than one row.
        relation: Compares the batch with the store: with another feature group (`refers_to`) or with the batch before
            (`changed_at_most`). `complaint` then gets the number of missing entities, or the measures of this batch and of the
            one before. Only a feature group can have such an expectation.
        columns: Columns that the measure reads, as far as they are known. A definition without these columns refuses the
            expectation.

    Raises:
        DefinitionError: An attribute does not have its declared type.
    """

    name: str
    measure: Callable[[], Column] | None
    complaint: Callable[[Any, datetime | None], str | None]
    action: BatchAction = "fail"
    unique: tuple[str, ...] = ()
    relation: Reference | Change | None = None
    columns: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require_declared_types(self)

    @property
    def read_columns(self) -> tuple[str, ...]:
        """The columns of the batch that the expectation reads, as far as they are known."""
        referring = self.relation.columns if isinstance(self.relation, Reference) else ()
        return (*self.columns, *self.unique, *referring)


def row_count(least: int = 0, most: int | None = None, action: BatchAction = "fail") -> BatchExpectation:
    """Expect a number of accepted rows in a batch.

    Args:
        least: The smallest allowed number.
        most: The largest allowed number; None for no limit.
        action: What happens to a batch that breaks it.

    Raises:
        DefinitionError: The limits allow no batch at all.
    """
    if least < 0 or (most is not None and most < least):
        raise DefinitionError(f"row_count({least}, {most}): no batch has so many rows. Give least >= 0 and most >= least.")

    def complaint(rows: int, arrived_at: datetime | None) -> str | None:
        if rows >= least and (most is None or rows <= most):
            return None
        return f"{rows:,} rows; expected " + (f"at least {least:,}" if most is None else f"{least:,} to {most:,}")

    return BatchExpectation("number of rows", lambda: F.count(F.lit(1)), complaint, action)


def null_share(column: str, most: float, action: BatchAction = "fail") -> BatchExpectation:
    """Expect that at most a share of the rows has NULL in a column.

    Args:
        column: The column.
        most: The largest allowed share of the accepted rows, 0 to 1.
        action: What happens to a batch that breaks it.

    Raises:
        DefinitionError: The share does not lie between 0 and 1.
    """
    if not 0 <= most <= 1:
        raise DefinitionError(f"null_share({column!r}, {most}): a share lies between 0 and 1.")

    def complaint(share: float | None, arrived_at: datetime | None) -> str | None:
        found = share or 0.0
        return None if found <= most else f"{found:.1%} of {column} is NULL; expected at most {most:.1%}"

    return BatchExpectation(f"share of NULL in {column}", lambda: F.avg(_is_null(column)), complaint, action, columns=(column,))


def fresh(column: str, within: timedelta, action: BatchAction = "fail") -> BatchExpectation:
    """Expect that the newest moment in a column is recent when the batch arrives. A batch without `arrived_at` breaks it.

    Args:
        column: A column with dates or timestamps.
        within: The longest allowed time from the newest moment in the column to the arrival of the batch.
        action: What happens to a batch that breaks it.

    Raises:
        DefinitionError: The time span is not longer than 0.
    """
    if within <= timedelta(0):
        raise DefinitionError(f"fresh({column!r}, {within}): give a time span longer than 0.")

    def complaint(newest: int | None, arrived_at: datetime | None) -> str | None:
        if arrived_at is None:
            return "the batch has no time of arrival to compare with; give arrived_at"
        if newest is None:
            return f"no row has a {column}"
        moment = moment_of(newest)
        late = arrived_at - moment
        return None if late <= within else f"the newest {column} is {utc_text(moment)}, {late} before arrival; expected {within}"

    return BatchExpectation(f"{column} is fresh", lambda: F.unix_micros(_newest(column)), complaint, action, columns=(column,))


def unique(columns: Sequence[str], action: BatchAction = "fail") -> BatchExpectation:
    """Expect that no two accepted rows of a batch have the same values in these columns. This takes one more pass over the batch.

    Args:
        columns: The names of the columns.
        action: What happens to a batch that breaks it.

    Raises:
        DefinitionError: No column is given, or a text in the place of a list.
    """
    if isinstance(columns, str):
        raise DefinitionError(f"unique({columns!r}): give the columns as a list, such as [{columns!r}].")
    names = tuple(columns)
    if not names:
        raise DefinitionError("unique: name at least one column.")

    def complaint(twice: int, arrived_at: datetime | None) -> str | None:
        return f"{twice:,} values of {', '.join(names)} occur in more than one row; expected each only once" if twice else None

    return BatchExpectation(f"unique values of {', '.join(names)}", None, complaint, action, names)


def _newest(column: str) -> Column:
    return F.max(column).cast("timestamp")


def _is_null(column: str) -> Column:
    return F.col(quoted(column)).isNull().cast("double")
