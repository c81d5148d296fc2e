"""Measure the cost of expectations: write the same batch with twelve expectations and without any.

    ./spark-submit.sh benchmarks/expectations.py --quick --json expectations.json

Each run writes a million rows, with ten numbers and a string each, into a new table. The two contenders take turns, and the first
round is a warm-up. No row breaks an expectation. There are seven rounds, or three with `--quick`.
"""

import argparse
import shutil
import statistics
import tempfile
from dataclasses import replace
from pathlib import Path

from measuring import QUICK_RUNS, at_most, machine, report, seconds, spread
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate import Expectation, FeatureGroup, FeatureStore, Field, at_least, between, finite, matches, not_null, one_of
from tidegate.session import build_session

ROWS = 1_000_000
NUMBERS = tuple(f"number_{place}" for place in range(10))
PLAIN = FeatureGroup(
    name="readings",
    version=1,
    entity_key=("sensor",),
    fields=(
        Field("sensor", T.LongType(), "sensor"),
        Field("kind", T.StringType(), "kind of sensor"),
        *(Field(name, T.DoubleType(), name) for name in NUMBERS),
    ),
    description="readings",
)
CHECKED = replace(
    PLAIN,
    expectations=(
        *(between(name, 0, 100) for name in NUMBERS[:4]),
        *(not_null(name) for name in NUMBERS[4:6]),
        finite("number_6", "fail"),
        at_least("number_7", 0, "drop"),
        one_of("kind", ("kind 0", "kind 1", "kind 2")),
        matches("kind", r"kind \d", "warn"),
        Expectation("sum", "number_8 + number_9 <= 200"),
        Expectation("order", "event_time <= available_at", "fail"),
    ),
)


def rows(spark: SparkSession) -> DataFrame:
    """Return the batch."""
    numbers = [(F.rand(place) * 100).alias(name) for place, name in enumerate(NUMBERS)]
    moment = F.timestamp_seconds(F.lit(1_704_067_200) + F.floor(F.col("id") / 10_000) * 60)
    kind = F.concat(F.lit("kind "), (F.col("id") % 3).cast("string")).alias("kind")
    known = moment.alias("available_at")
    return spark.range(ROWS).select((F.col("id") % 10_000).alias("sensor"), kind, *numbers, moment.alias("event_time"), known)


def write(spark: SparkSession, folder: Path, group: FeatureGroup, batch: DataFrame) -> None:
    """Write the batch into a new store.

    Raises:
        RuntimeError: Not all rows were inserted.
    """
    result = FeatureStore(spark, str(folder)).write(group, batch)
    if (result.inserted, result.quarantined) != (ROWS, 0):
        raise RuntimeError(f"rows were lost: {result}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="three rounds instead of seven")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write the goals as JSON")
    arguments = parser.parse_args()
    spark = build_session("benchmark expectations")
    print(machine())
    batch = rows(spark).localCheckpoint()
    taken: dict[str, list[float]] = {"without": [], "with": []}
    folder = Path(tempfile.mkdtemp(prefix="tidegate-expectations-"))
    try:
        for round_ in range(1 + (QUICK_RUNS if arguments.quick else 7)):
            for name, group in (("without", PLAIN), ("with", CHECKED)):
                place = folder / f"{round_} {name}"
                time_taken = seconds(lambda place=place, group=group: write(spark, place, group, batch))
                shutil.rmtree(place)
                if round_:
                    taken[name].append(time_taken)
                print(f"round {round_}, {name} expectations: {time_taken:.2f} s", flush=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for name, times in taken.items():
        print(f"{name}: {spread(times)}")
    ratio = statistics.median(taken["with"]) / statistics.median(taken["without"])
    raise SystemExit(report([at_most("12 checks of rows: times the write without", ratio, 1.15)], arguments.json))


if __name__ == "__main__":
    main()
