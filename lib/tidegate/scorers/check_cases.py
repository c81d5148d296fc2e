"""Generate the rows on which a scorer is compared with its model: ordinary rows, and rows with awkward values."""

from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tidegate.schema import quoted
from tidegate.scorers.portable_scorer import PortableScorer

CASE = "_check_case"
ORDINARY = "ordinary rows"
MINIMUM_ROWS = 10_000
MOST_ROWS = 30_000
_ROWS_A_CASE = 10
_COPY = "_check_copy"
_UNSEEN = "\u2400 a category that no training set has"
_EXTREMES = {
    "1e308": "1e308",
    "-1e308": "-1e308",
    "NaN": "NaN",
    "infinity": "Infinity",
    "the largest long": str(2**63 - 1),
    "the smallest long": str(-(2**63)),
    "the largest int": str(2**31 - 1),
    "zero": "0",
}


def check_cases(frame: DataFrame, rows: int, scorer: PortableScorer) -> DataFrame:
    """Return ordinary rows and, for every column, rows with NULL, an unseen category or extreme numbers in that column.

    The kind of each row is in the column `_check_case`.

    Args:
        frame: Real rows with the columns of the scorer.
        rows: Number of these rows. Fewer than `MINIMUM_ROWS` are repeated, with their numbers changed a little.
        scorer: The scorer, which names the columns.
    """
    numeric = set(scorer.numeric_columns)
    typed = frame.limit(MOST_ROWS).select(
        *(F.col(quoted(name)).cast("double" if name in numeric else "string").alias(name) for name in scorer.required_columns)
    )
    ordinary = _repeated(typed, -(-MINIMUM_ROWS // rows), scorer).withColumn(CASE, F.lit(ORDINARY))
    return ordinary.unionByName(_awkward(typed.limit(_ROWS_A_CASE), scorer))


def _repeated(frame: DataFrame, copies: int, scorer: PortableScorer) -> DataFrame:
    if copies <= 1:
        return frame
    numbers = frame.sparkSession.range(copies).withColumnRenamed("id", _COPY)
    factor = F.lit(1.0) + F.col(_COPY) / F.lit(copies)
    changed = {name: F.col(quoted(name)) * factor for name in scorer.numeric_columns}
    return frame.crossJoin(numbers).withColumns(changed).drop(_COPY)


def _awkward(frame: DataFrame, scorer: PortableScorer) -> DataFrame:
    values = _awkward_values(scorer)
    cases = frame.sparkSession.range(len(values)).withColumnRenamed("id", _COPY)
    names = F.array(*(F.lit(f"{value} in {column}") for column, value, _ in values))
    replaced = {column: _replaced(column, values) for column in scorer.required_columns}
    every = frame.crossJoin(F.broadcast(cases)).withColumns(replaced)
    return every.withColumn(CASE, F.element_at(names, F.col(_COPY).cast("int") + 1)).drop(_COPY)


def _awkward_values(scorer: PortableScorer) -> list[tuple[str, str, Column]]:
    values = [(name, "NULL", F.lit(None)) for name in scorer.required_columns]
    values += [(name, "an unseen category", F.lit(_UNSEEN)) for name in scorer.categorical_columns]
    values += [(name, label, F.lit(text).cast("double")) for name in scorer.numeric_columns for label, text in _EXTREMES.items()]
    return values


def _replaced(column: str, values: list[tuple[str, str, Column]]) -> Column:
    own = [(place, value) for place, (name, _, value) in enumerate(values) if name == column]
    return reduce(lambda result, case: F.when(F.col(_COPY) == case[0], case[1]).otherwise(result), own, F.col(quoted(column)))
