"""Expectations of rows as columns: every row is judged in the pass that writes it."""

from collections.abc import Sequence
from functools import reduce
from operator import or_

from pyspark.errors import PySparkException
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate.errors import DefinitionError, ExpectationConditionError
from tidegate.expectations.expectation import Action, Expectation

# A bit of a 64-bit number for each; some are left for what every group checks of its keys.
MOST_EXPECTATIONS = 48


def require_expectations(expectations: Sequence[Expectation], where: str) -> None:
    """Raise DefinitionError where two expectations have one name, or there are more than a number has bits."""
    names = [expectation.name for expectation in expectations]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DefinitionError(f"{where}: more than one expectation named {', '.join(twice)}; give each a name of its own.")
    if len(names) > MOST_EXPECTATIONS:
        raise DefinitionError(
            f"{where}: {len(names)} expectations of rows; at most {MOST_EXPECTATIONS} can be checked in a pass."
        )


def require_conditions(frame: DataFrame, expectations: Sequence[Expectation], where: str) -> None:
    """Raise ExpectationConditionError where a condition is no boolean over the frame's columns; no job starts."""
    empty = frame.limit(0)
    for expectation in expectations:
        try:
            kind = empty.select(expectation.column().alias("met")).schema["met"].dataType
            # An aggregate alone would pass: beside a plain column it doesn't.
            empty.select(expectation.column(), F.struct("*")).schema  # noqa: B018  # it is analysed by being asked for
        except PySparkException as error:
            reason = str(error).split("\n", maxsplit=1)[0].split(" SQLSTATE", maxsplit=1)[0]
            raise ExpectationConditionError(where, expectation.name, expectation.text, reason, frame.columns) from None
        if not isinstance(kind, (T.BooleanType, T.NullType)):
            reason = f"it gives {kind.simpleString()}, and not true or false"
            raise ExpectationConditionError(where, expectation.name, expectation.text, reason, frame.columns)


def broken_bits(expectations: Sequence[Expectation]) -> Column:
    """Return a number with a bit for each expectation that the row doesn't meet; NULL, and so any unknown, meets."""
    bits = [
        F.when(~expectation.column(), F.lit(1 << place).cast("bigint")).otherwise(F.lit(0).cast("bigint"))
        for place, expectation in enumerate(expectations)
    ]
    return reduce(lambda left, right: left.bitwiseOR(right), bits, F.lit(0).cast("bigint"))


def breaks(bits: str | Column, expectations: Sequence[Expectation], *actions: Action) -> Column:
    """Tell whether a row breaks an expectation with one of the actions."""
    mask = sum(1 << place for place, expectation in enumerate(expectations) if expectation.action in actions)
    return _column(bits).bitwiseAND(F.lit(mask).cast("bigint")) != 0


def broken_names(bits: str | Column, expectations: Sequence[Expectation]) -> Column:
    """Return the names of the expectations that a row breaks, for the few rows where somebody reads them."""
    names = [F.when(_is_set(bits, place), F.lit(expectation.name)) for place, expectation in enumerate(expectations)]
    return F.array_compact(F.array(*names)) if names else F.array().cast("array<string>")


def broken_counts(bits: str | Column, expectations: Sequence[Expectation], counted: Column) -> list[Column]:
    """Return, for an aggregate, how many of the counted rows break each expectation; `_broken_<place>`."""
    return [F.count_if(counted & _is_set(bits, place)).alias(f"_broken_{place}") for place, _ in enumerate(expectations)]


def any_of(conditions: Sequence[Column]) -> Column:
    """Whether one of the conditions holds; false without any."""
    return reduce(or_, conditions, F.lit(False))


def _is_set(bits: str | Column, place: int) -> Column:
    return _column(bits).bitwiseAND(F.lit(1 << place).cast("bigint")) != 0


def _column(name: str | Column) -> Column:
    return F.col(name) if isinstance(name, str) else name
