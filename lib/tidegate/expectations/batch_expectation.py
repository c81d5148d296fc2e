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
    """What is to hold of a batch as a whole.

    Attributes:
        name: Name in messages.
        measure: Gives the aggregate that is measured over the rows that count, in the pass over the batch.
        complaint: What is wrong with the measured value, or None; it gets the value and the moment of arrival.
        action: `fail` stops the batch before anything is written, `warn` says it.
        unique: Columns that together may stand once in a batch; such an expectation has no measure.
        relation: What of the store the batch is looked at beside; such an expectation is a feature group's, without a measure.
        columns: Columns that the measure reads, as far as they are known: a definition refuses those that it doesn't have.

    Raises:
        DefinitionError: An attribute is of another type than declared.
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
        """The columns of the batch that it is known to read."""
        referring = self.relation.columns if isinstance(self.relation, Reference) else ()
        return (*self.columns, *self.unique, *referring)


def row_count(least: int = 0, most: int | None = None, action: BatchAction = "fail") -> BatchExpectation:
    """The batch has so many rows that count."""
    if least < 0 or (most is not None and most < least):
        raise DefinitionError(f"row_count({least}, {most}): no batch has so many rows.")

    def complaint(rows: int, arrived_at: datetime | None) -> str | None:
        if rows >= least and (most is None or rows <= most):
            return None
        return f"{rows:,} rows; expected " + (f"at least {least:,}" if most is None else f"{least:,} to {most:,}")

    return BatchExpectation("number of rows", lambda: F.count(F.lit(1)), complaint, action)


def null_share(column: str, most: float, action: BatchAction = "fail") -> BatchExpectation:
    """At most this share of the rows, 0 to 1, lacks the value."""
    if not 0 <= most <= 1:
        raise DefinitionError(f"null_share({column!r}, {most}): a share lies between 0 and 1.")

    def complaint(share: float | None, arrived_at: datetime | None) -> str | None:
        found = share or 0.0
        return None if found <= most else f"{found:.1%} of {column} is NULL; expected at most {most:.1%}"

    return BatchExpectation(f"share of NULL in {column}", lambda: F.avg(_is_null(column)), complaint, action, columns=(column,))


def fresh(column: str, within: timedelta, action: BatchAction = "fail") -> BatchExpectation:
    """The newest moment in the column lies no further back from the batch's arrival than this; it needs an arrival."""
    if within <= timedelta(0):
        raise DefinitionError(f"fresh({column!r}, {within}): give a span longer than nothing.")

    def complaint(newest: int | None, arrived_at: datetime | None) -> str | None:
        if arrived_at is None:
            return "the batch has no moment of arrival to be compared with; give arrived_at"
        if newest is None:
            return f"no row has a {column}"
        moment = moment_of(newest)
        late = arrived_at - moment
        return None if late <= within else f"the newest {column} is {utc_text(moment)}, {late} before arrival; expected {within}"

    return BatchExpectation(f"{column} is fresh", lambda: F.unix_micros(_newest(column)), complaint, action, columns=(column,))


def unique(columns: Sequence[str], action: BatchAction = "fail") -> BatchExpectation:
    """No two rows of the batch have the same values in these columns; a pass of its own, since the rows must be grouped."""
    if isinstance(columns, str):
        raise DefinitionError(f"unique({columns!r}): give the columns as a list, such as [{columns!r}].")
    names = tuple(columns)
    if not names:
        raise DefinitionError("unique: name at least one column.")

    def complaint(twice: int, arrived_at: datetime | None) -> str | None:
        return f"{twice:,} values of {', '.join(names)} stand in more than one row; expected each once" if twice else None

    return BatchExpectation(f"{', '.join(names)} stand once", None, complaint, action, names)


def _newest(column: str) -> Column:
    return F.max(column).cast("timestamp")


def _is_null(column: str) -> Column:
    return F.col(quoted(column)).isNull().cast("double")
