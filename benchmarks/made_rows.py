"""Rows for the benchmarks of training and scoring, with an answer that trees can learn.

All values follow from the id of a row, so that rows are the same in any number of partitions.
"""

from collections.abc import Sequence
from functools import reduce
from itertools import pairwise
from operator import add

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

KEY, LABEL = "id", "label"
# Numbers for the answer and for missing values, which no column has.
_ANSWER, _MISSING = 10_001, 20_000
_MISSING_SHARE = 0.02


def uniform(number: int) -> Column:
    """Return a number from -1 to 1 that depends on the id of the row and on `number` alone, not on the partition of the row."""
    return F.xxhash64(KEY, F.lit(number)) / F.lit(2.0**63)


def with_missing(values: Column, number: int) -> Column:
    """Return the values, of which 2 % are NULL."""
    return F.when(uniform(_MISSING + number) > 2 * _MISSING_SHARE - 1, values)


def answer(signals: Sequence[Column]) -> Column:
    """Return 0.0 or 1.0, where larger sums of the signals make 1.0 more probable.

    Args:
        signals: Numbers from -1 to 1. They interact, so that deep trees learn more than shallow ones.
    """
    sums = reduce(add, (2.0 * signal for signal in signals[:4]), F.lit(0.0))
    products = reduce(add, (3.0 * one * other for one, other in pairwise(signals)), F.lit(0.0))
    probability = 1.0 / (1.0 + F.exp(-(sums + products)))
    return ((uniform(_ANSWER) + 1.0) / 2.0 < probability).cast("double")


def names_of(columns: int) -> tuple[str, ...]:
    """Return the names of the columns that `numeric_rows` makes."""
    return tuple(f"x{number}" for number in range(columns))


def numeric_rows(spark: SparkSession, first: int, end: int, partitions: int, columns: int) -> DataFrame:
    """Return rows with a key, numeric columns, of which 2 % of the values are NULL, and an answer.

    Args:
        spark: The session.
        first: Id of the first row.
        end: The id after the last row.
        partitions: Number of partitions, all of the same size.
        columns: Number of numeric columns.
    """
    values = [with_missing(uniform(number), number).alias(name) for number, name in enumerate(names_of(columns))]
    label = answer([uniform(number) for number in range(min(columns, 8))])
    return spark.range(first, end, 1, partitions).select(KEY, *values, label.alias(LABEL))


# Columns of flights, with the number of their labels, or their smallest and largest value.
CATEGORIES = {"carrier": 16, "origin": 3, "destination": 100}
NUMBERS = {
    "month": (1, 12),
    "day_of_week": (1, 7),
    "hour": (5, 23),
    "distance": (80, 4_983),
    "minutes_scheduled": (40, 700),
    "temperature": (-15, 38),
    "wind_speed": (0, 42),
    "wind_direction": (0, 360),
    "visibility": (0, 16),
    "precipitation": (0, 30),
    "pressure": (980, 1_042),
    "delay_before": (-20, 600),
    "departures_before": (0, 60),
    "share_late_before": (0, 1),
}


def flight_rows(spark: SparkSession, rows: int, partitions: int) -> DataFrame:
    """Return rows like those of the example of flight delays: categories, numbers with missing values, and an answer.

    The values are made up. They have the types and ranges of flights, and as many labels.
    """
    places = {
        name: F.pmod(F.xxhash64(KEY, F.lit(1_000 + place)), F.lit(labels))
        for place, (name, labels) in enumerate(CATEGORIES.items())
    }
    categories = {name: F.concat(F.lit(f"{name}_"), place.cast("string")) for name, place in places.items()}
    numbers = {
        name: with_missing(least + (uniform(place) + 1.0) / 2.0 * (most - least), place)
        for place, (name, (least, most)) in enumerate(NUMBERS.items())
    }
    # The carrier and the destination count for the answer too.
    labels = [F.pmod(places[name], F.lit(7)) / 3.5 - 1.0 for name in ("carrier", "destination")]
    signals = [*labels, *(uniform(number) for number in range(6))]
    columns = [value.alias(name) for name, value in {**categories, **numbers}.items()]
    return spark.range(0, rows, 1, partitions).select(KEY, *columns, answer(signals).alias(LABEL))
