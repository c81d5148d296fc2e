"""Ready-made expectations of rows. For any other condition, write an `Expectation` with SQL."""

from collections.abc import Sequence
from math import isnan
from typing import Any

from pyspark.sql import functions as F

from tidegate.errors import DefinitionError
from tidegate.expectations.expectation import Action, Expectation
from tidegate.expectations.row_checks import any_of
from tidegate.schema import quoted


def not_null(column: str, action: Action = "quarantine") -> Expectation:
    """Expect that the value is not NULL."""
    return Expectation(f"{column} is not NULL", lambda: F.col(quoted(column)).isNotNull(), action, columns=(column,))


def not_empty(column: str, action: Action = "quarantine") -> Expectation:
    """Expect that the text has at least one character that is not a blank. NULL passes; use `not_null` to refuse it."""
    return Expectation(f"{column} is not empty", lambda: F.trim(F.col(quoted(column))) != "", action, columns=(column,))


def at_least(column: str, least: float, action: Action = "quarantine") -> Expectation:
    """Expect that the number is not smaller than `least`. NaN passes, because Spark takes it as larger than any number."""
    _require_numbers(f"at_least({column!r}, {least!r})", least)
    return Expectation(f"{column} >= {least}", lambda: F.col(quoted(column)) >= F.lit(least), action, columns=(column,))


def at_most(column: str, most: float, action: Action = "quarantine") -> Expectation:
    """Expect that the number is not larger than `most` and not NaN."""
    _require_numbers(f"at_most({column!r}, {most!r})", most)
    return Expectation(f"{column} <= {most}", lambda: F.col(quoted(column)) <= F.lit(most), action, columns=(column,))


def between(column: str, least: float, most: float, action: Action = "quarantine") -> Expectation:
    """Expect that the number lies between `least` and `most`, both included."""
    _require_numbers(f"between({column!r}, {least!r}, {most!r})", least, most)
    if least > most:
        raise DefinitionError(f"between({column!r}, {least}, {most}): nothing lies between these. Give the smaller number first.")
    return Expectation(
        f"{column} from {least} to {most}",
        lambda: F.col(quoted(column)).between(F.lit(least), F.lit(most)),
        action,
        columns=(column,),
    )


def finite(column: str, action: Action = "quarantine") -> Expectation:
    """Expect that the number is neither NaN nor infinite."""
    return Expectation(f"{column} is finite", lambda: F.abs(quoted(column)) < F.lit(float("inf")), action, columns=(column,))


def one_of(column: str, values: Sequence[str | int | bool], action: Action = "quarantine") -> Expectation:
    """Expect that the value is one of these."""
    if isinstance(values, str):
        raise DefinitionError(f"one_of({column!r}, {values!r}): give the values as a list, such as [{values!r}].")
    if not values:
        raise DefinitionError(f"one_of({column!r}): no values are given. List the values that are allowed.")
    return Expectation(
        f"{column} is one of {len(values)} values", lambda: F.col(quoted(column)).isin(list(values)), action, columns=(column,)
    )


def matches(column: str, pattern: str, action: Action = "quarantine") -> Expectation:
    """Expect that the whole text matches a regular expression of Java."""
    return Expectation(
        f"{column} matches {pattern}", lambda: F.col(quoted(column)).rlike(f"^(?:{pattern})$"), action, columns=(column,)
    )


def length_between(column: str, least: int, most: int, action: Action = "quarantine") -> Expectation:
    """Expect that the text has at least `least` and at most `most` characters."""
    if not 0 <= least <= most:
        raise DefinitionError(
            f"length_between({column!r}, {least}, {most}): no text has such a length. Give 0 or more, the smaller number first."
        )
    return Expectation(
        f"{column} has {least} to {most} characters",
        lambda: F.length(quoted(column)).between(least, most),
        action,
        columns=(column,),
    )


def after(later: str, earlier: str, action: Action = "quarantine") -> Expectation:
    """Expect that the value of one column is not less than that of another, such as an arrival not before its departure."""
    name = f"{later} not before {earlier}"
    return Expectation(name, lambda: F.col(quoted(later)) >= F.col(quoted(earlier)), action, columns=(later, earlier))


def one_of_these_set(columns: Sequence[str], action: Action = "quarantine") -> Expectation:
    """Expect that at least one of the columns is not NULL."""
    if isinstance(columns, str):
        raise DefinitionError(f"one_of_these_set({columns!r}): give the columns as a list.")
    if len(columns) < 2:
        raise DefinitionError("one_of_these_set: name at least two columns. For one column, use not_null.")

    name = f"{' or '.join(columns)} is there"
    return Expectation(
        name, lambda: any_of([F.col(quoted(column)).isNotNull() for column in columns]), action, columns=tuple(columns)
    )


def _require_numbers(what: str, *limits: Any) -> None:  # noqa: ANN401  # a user may pass anything
    """Refuse limits that would let every row pass: a comparison with NULL is NULL, which passes, and NaN is no limit."""
    if any(limit is None or (isinstance(limit, float) and isnan(limit)) for limit in limits):
        raise DefinitionError(f"{what}: None and NaN are no limits. Give numbers. To refuse NaN in the column, use `finite`.")
