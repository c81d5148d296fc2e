"""Ready expectations of rows. Whatever they don't say, `Expectation` says in SQL."""

from collections.abc import Sequence

from pyspark.sql import functions as F

from tidegate.errors import DefinitionError
from tidegate.expectations.expectation import Action, Expectation
from tidegate.expectations.row_checks import any_of
from tidegate.schema import quoted


def not_null(column: str, action: Action = "quarantine") -> Expectation:
    """The value is there."""
    return Expectation(f"{column} is not NULL", lambda: F.col(quoted(column)).isNotNull(), action)


def not_empty(column: str, action: Action = "quarantine") -> Expectation:
    """The text holds something beside blanks; NULL is left to `not_null`."""
    return Expectation(f"{column} is not empty", lambda: F.trim(F.col(quoted(column))) != "", action)


def at_least(column: str, least: float, action: Action = "quarantine") -> Expectation:
    """The number is not smaller; NaN is taken as larger than any number, as Spark does: see `finite`."""
    return Expectation(f"{column} >= {least}", lambda: F.col(quoted(column)) >= F.lit(least), action)


def at_most(column: str, most: float, action: Action = "quarantine") -> Expectation:
    """The number is not larger, nor NaN."""
    return Expectation(f"{column} <= {most}", lambda: F.col(quoted(column)) <= F.lit(most), action)


def between(column: str, least: float, most: float, action: Action = "quarantine") -> Expectation:
    """The number lies between the two, or is one of them."""
    if least > most:
        raise DefinitionError(f"between({column!r}, {least}, {most}): nothing lies there; give the smaller number first.")
    return Expectation(
        f"{column} from {least} to {most}", lambda: F.col(quoted(column)).between(F.lit(least), F.lit(most)), action
    )


def finite(column: str, action: Action = "quarantine") -> Expectation:
    """The number is neither NaN nor infinite."""
    return Expectation(f"{column} is finite", lambda: F.abs(quoted(column)) < F.lit(float("inf")), action)


def one_of(column: str, values: Sequence[str | int | bool], action: Action = "quarantine") -> Expectation:
    """The value is one of these."""
    if not values:
        raise DefinitionError(f"one_of({column!r}): no values; name those that are allowed.")
    return Expectation(f"{column} is one of {len(values)} values", lambda: F.col(quoted(column)).isin(list(values)), action)


def matches(column: str, pattern: str, action: Action = "quarantine") -> Expectation:
    """The whole text has the form of a regular expression (Java's)."""
    return Expectation(f"{column} matches {pattern}", lambda: F.col(quoted(column)).rlike(f"^(?:{pattern})$"), action)


def length_between(column: str, least: int, most: int, action: Action = "quarantine") -> Expectation:
    """The text has so many characters."""
    return Expectation(
        f"{column} has {least} to {most} characters", lambda: F.length(quoted(column)).between(least, most), action
    )


def after(later: str, earlier: str, action: Action = "quarantine") -> Expectation:
    """One column is not before another, such as an arrival after its departure."""
    name = f"{later} not before {earlier}"
    return Expectation(name, lambda: F.col(quoted(later)) >= F.col(quoted(earlier)), action)


def one_of_these_set(columns: Sequence[str], action: Action = "quarantine") -> Expectation:
    """At least one of the columns holds a value."""
    if len(columns) < 2:
        raise DefinitionError("one_of_these_set: name at least two columns; for one there is not_null.")

    name = f"{' or '.join(columns)} is there"
    return Expectation(name, lambda: any_of([F.col(quoted(column)).isNotNull() for column in columns]), action)
