"""Expectations of rows as Spark columns, so that rows are checked in the same pass that writes them."""

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import reduce
from operator import or_

from pyspark.errors import PySparkException
from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate.errors import DefinitionError, ExpectationConditionError, did_you_mean
from tidegate.expectations.batch_expectation import BatchExpectation
from tidegate.expectations.expectation import Action, Expectation

# A column of checked rows: a number with one bit for each expectation that the row breaks.
BROKEN = "_broken"
# Each expectation takes one bit of a 64-bit number. The other bits are for the checks of keys and times, which every group has.
MOST_EXPECTATIONS = 48


def require_expectations(expectations: Sequence[Expectation], where: str) -> None:
    """Raise DefinitionError if two expectations have the same name or there are more than `MOST_EXPECTATIONS`."""
    names = [expectation.name for expectation in expectations]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DefinitionError(f"{where}: several expectations are named {', '.join(twice)}. Give each its own name.")
    if len(names) > MOST_EXPECTATIONS:
        raise DefinitionError(
            f"{where}: there are {len(names)} expectations of rows, but one pass can check at most {MOST_EXPECTATIONS}."
        )


def require_known_columns(expectations: Iterable[Expectation | BatchExpectation], known: Iterable[str], where: str) -> None:
    """Raise DefinitionError if an expectation is known to read a column that is not among these."""
    available = list(known)
    for each in expectations:
        read = each.read_columns if isinstance(each, BatchExpectation) else each.columns
        for name in read:
            if name not in available:
                raise DefinitionError(
                    f"{where}: expectation {each.name!r} reads {name!r}, which is not a declared field; declared: "
                    f"{', '.join(available)}.{did_you_mean(name, available)}"
                )


def require_conditions(frame: DataFrame, expectations: Sequence[Expectation], where: str) -> None:
    """Raise ExpectationConditionError if a condition is not a boolean over the columns of the frame. No job starts."""
    empty = frame.limit(0)
    for expectation in expectations:
        try:
            kind = empty.select(expectation.column().alias("met")).schema["met"].dataType
            # An aggregate would pass if it were selected alone. Together with a plain column Spark refuses it.
            empty.select(expectation.column(), F.struct("*")).schema  # noqa: B018  # Spark analyses it only now
        except PySparkException as error:
            reason = str(error).strip().split("\n", maxsplit=1)[0].split(" SQLSTATE", maxsplit=1)[0]
            raise ExpectationConditionError(where, expectation.name, expectation.text, reason, frame.columns) from None
        if not isinstance(kind, (T.BooleanType, T.NullType)):
            reason = f"its result is {kind.simpleString()}, not true or false"
            raise ExpectationConditionError(where, expectation.name, expectation.text, reason, frame.columns)


def broken_bits(expectations: Sequence[Expectation]) -> Column:
    """Return a column with one bit for each expectation that the row breaks. A condition that is NULL is not broken."""
    texts, others = ["0L"], list[Column]()
    for place, expectation in enumerate(expectations):
        bit = f"{1 << place}L"
        if isinstance(expectation.condition, str):
            # The condition stands on its own line, because it may end with a comment.
            texts.append(f"if(NOT (\n{expectation.condition}\n), {bit}, 0L)")
        else:
            others.append(F.when(~expectation.column(), F.expr(bit)).otherwise(F.expr("0L")))
    # SQL text is used where possible: to build the same Column call by call takes longer than to check a small batch.
    return reduce(Column.bitwiseOR, others, F.expr(" | ".join(texts)))


def refusal(expectations: Sequence[Expectation]) -> str:
    """Return SQL of the verdict of a row with `_broken`: failed, quarantined or dropped; NULL if the row is accepted."""
    verdicts: dict[str, Action] = {"failed": "fail", "quarantined": "quarantine", "dropped": "drop"}
    masks = {verdict: _mask(expectations, action) for verdict, action in verdicts.items()}
    cases = " ".join(f"WHEN {_any_set(mask)} THEN '{verdict}'" for verdict, mask in masks.items())
    return f"CASE {cases} END"


def broken_names(expectations: Sequence[Expectation]) -> Column:
    """Return the names of the expectations that a row with `_broken` breaks. Use it for few rows, such as quarantined ones."""
    names = [F.when(F.expr(_any_set(1 << place)), F.lit(expectation.name)) for place, expectation in enumerate(expectations)]
    return F.array_compact(F.array(*names)) if names else F.array().cast("array<string>")


def broken_counts(expectations: Sequence[Expectation], counted: str) -> list[str]:
    """Return SQL aggregates that count, for each expectation, the rows with `_broken` that break it; see `broken_found`.

    Args:
        expectations: The expectations, in the order of their bits.
        counted: SQL condition of the rows that are counted.
    """
    return [f"count_if({counted} AND {_any_set(1 << place)}) AS {BROKEN}_{place}" for place, _ in enumerate(expectations)]


def broken_found(expectations: Sequence[Expectation], aggregated: Iterable[Row]) -> Counter[str]:
    """Return the number of rows that break each expectation, by its name, from the results of `broken_counts`.

    Expectations that no row breaks are left out.
    """
    found: Counter[str] = Counter()
    for row in aggregated:
        found.update({each.name: row[f"{BROKEN}_{place}"] for place, each in enumerate(expectations)})
    return +found


def any_of(conditions: Sequence[Column]) -> Column:
    """Return a condition that is true if one of these is true; false if there are none."""
    return reduce(or_, conditions, F.lit(False))


def _mask(expectations: Sequence[Expectation], action: Action) -> int:
    return sum(1 << place for place, expectation in enumerate(expectations) if expectation.action == action)


def _any_set(mask: int) -> str:
    return f"({BROKEN} & {mask}L) <> 0"
