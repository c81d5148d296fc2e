"""Expectations of rows as columns: every row is judged in the pass that writes it."""

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

# Column of judged rows: a number with a bit for each expectation that the row doesn't meet.
BROKEN = "_broken"
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


def require_known_columns(expectations: Iterable[Expectation | BatchExpectation], known: Iterable[str], where: str) -> None:
    """Raise DefinitionError where an expectation is known to read a column that is not among these."""
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
    texts, others = ["0L"], list[Column]()
    for place, expectation in enumerate(expectations):
        bit = f"{1 << place}L"
        if isinstance(expectation.condition, str):
            # On a line of its own: a condition may end with a comment.
            texts.append(f"if(NOT (\n{expectation.condition}\n), {bit}, 0L)")
        else:
            others.append(F.when(~expectation.column(), F.expr(bit)).otherwise(F.expr("0L")))
    # Columns built call by call take a write longer to make than a small batch to judge.
    return reduce(Column.bitwiseOR, others, F.expr(" | ".join(texts)))


def refusal(expectations: Sequence[Expectation]) -> str:
    """Return SQL of why a row with `_broken` does not take part: failed, quarantined or dropped; NULL where it does."""
    verdicts: dict[str, Action] = {"failed": "fail", "quarantined": "quarantine", "dropped": "drop"}
    masks = {verdict: _mask(expectations, action) for verdict, action in verdicts.items()}
    cases = " ".join(f"WHEN {_any_set(mask)} THEN '{verdict}'" for verdict, mask in masks.items())
    return f"CASE {cases} END"


def broken_names(expectations: Sequence[Expectation]) -> Column:
    """Return the names of the expectations that a row with `_broken` breaks, for the few rows where somebody reads them."""
    names = [F.when(F.expr(_any_set(1 << place)), F.lit(expectation.name)) for place, expectation in enumerate(expectations)]
    return F.array_compact(F.array(*names)) if names else F.array().cast("array<string>")


def broken_counts(expectations: Sequence[Expectation], counted: str) -> list[str]:
    """Return SQL, for an aggregate, of how many of the rows with `_broken` break each expectation; see `broken_found`.

    Args:
        expectations: What is expected.
        counted: SQL of which rows are counted.
    """
    return [f"count_if({counted} AND {_any_set(1 << place)}) AS {BROKEN}_{place}" for place, _ in enumerate(expectations)]


def broken_found(expectations: Sequence[Expectation], aggregated: Iterable[Row]) -> Counter[str]:
    """Return by name how many rows break each expectation that is broken at all, from rows of `broken_counts`."""
    found: Counter[str] = Counter()
    for row in aggregated:
        found.update({each.name: row[f"{BROKEN}_{place}"] for place, each in enumerate(expectations)})
    return +found


def any_of(conditions: Sequence[Column]) -> Column:
    """Whether one of the conditions holds; false without any."""
    return reduce(or_, conditions, F.lit(False))


def _mask(expectations: Sequence[Expectation], action: Action) -> int:
    return sum(1 << place for place, expectation in enumerate(expectations) if expectation.action == action)


def _any_set(mask: int) -> str:
    return f"({BROKEN} & {mask}L) <> 0"
