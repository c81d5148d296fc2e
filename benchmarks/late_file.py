"""Load a late file that touches one day of one station, and compare with a plain later day. Show what is read and written.

    ./spark-submit.sh benchmarks/late_file.py --quick --json late_file.json

The store holds a year of hourly measurements of 40 stations, and two steps: the difference from the mean of the 24 hours before,
and the mean of each day. A plain later day has 24 rows of each station. A late file has 24 other values of one station, for a day
in the middle of the year. The two take turns in one process, each with a day of its own. The rows that the late file made the
steps read and write are compared with those that it can affect.
"""

import argparse
import statistics
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
from measuring import Goal, at_most, machine, report, seconds, spread
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate import FeatureGroup, FeatureStep, FeatureStore, Field, LoadRequest, Parquet, Source, reads
from tidegate.pipelines.feature_pipeline import FeaturePipelineResult
from tidegate.session import build_session

STATIONS, DAYS, HOURS = 40, 365, 24
START, DAY, HOUR = datetime(2023, 1, 1, tzinfo=UTC), timedelta(days=1), timedelta(hours=1)
# In the first runs, part of the time is compilation.
WARM_UP = 2

STATION = Field("station", T.LongType(), "the station")
AIR = Source(
    "air",
    (
        STATION,
        Field("measured_at", T.TimestampType(), "start of the hour"),
        Field("particles", T.DoubleType(), "in the hour", "µg/m³"),
    ),
    Parquet(),
    key=("station",),
    event_time="measured_at",
)
CHANGES = FeatureGroup(
    "air_changes",
    1,
    ("station",),
    (STATION, Field("above_mean", T.DoubleType(), "above the mean of the 24 hours before", "µg/m³")),
    "how the air changes",
    history="all",
)
DAILY = FeatureGroup(
    "air_days",
    1,
    ("station",),
    (STATION, Field("mean", T.DoubleType(), "mean change of the day", "µg/m³")),
    "how the air changes by the day",
    history="all",
)


def changes(air: DataFrame) -> DataFrame:
    """Compare each hour with the mean of the 24 hours before."""
    before = Window.partitionBy("station").orderBy(F.unix_seconds("event_time")).rangeBetween(-HOURS * 3600, -1)
    above = F.col("particles") - F.avg("particles").over(before)
    return air.select("station", above.alias("above_mean"), "event_time")


def daily(changes: DataFrame) -> DataFrame:
    """Return the mean of each day. It is rounded, because its last digits depend on the order in which the rows are added."""
    day, mean = F.date_trunc("day", "event_time").alias("event_time"), F.round(F.avg("above_mean"), 9).alias("mean")
    return changes.groupBy("station", day).agg(mean, F.max("available_at").alias("available_at"))


STEPS = (FeatureStep(CHANGES, (reads(AIR, before=DAY),), changes), FeatureStep(DAILY, (reads(CHANGES, after=23 * HOUR),), daily))


def land(folder: Path, name: str, first: int, days: int, stations: Sequence[int]) -> None:
    """Write a file with the hours of some days, counted from the start of the year. Another name means other values."""
    file = folder / AIR.name / f"{name}.parquet"
    file.parent.mkdir(parents=True, exist_ok=True)
    # DuckDB writes it, because Python's own writers take long for many rows.
    duckdb.sql(
        f"""COPY (
            SELECT CAST(station AS BIGINT) AS station,
                TIMESTAMPTZ '{START:%Y-%m-%d} 00:00:00+00' + to_hours(CAST(hour AS INTEGER)) AS measured_at,
                round(20 + 10 * sin(hour / 7.0 + station) + {sum(map(ord, name)) % 97} / 10.0, 2) AS particles
            FROM unnest({list(stations)}) AS stations(station), range({first * HOURS}, {(first + days) * HOURS}) AS hours(hour)
        ) TO '{file}' (FORMAT parquet)"""
    )


def rows_that_a_late_file_affects() -> dict[str, tuple[int, int]]:
    """Return how many rows each step may read and write after a late file, by its group.

    The hours of one day affect those of two days in the first step, which reads the day before as well. These two days of hours
    affect two days in the second step. It looks at all times whose next 23 hours touch them, and at the 23 hours after these.
    Both steps read the rows of all stations, and the corrected rows as they were before. They write rows of one station.
    """
    corrected = 2 * HOURS
    first = 3 * HOURS * STATIONS + HOURS, corrected
    second = (corrected + 2 * (HOURS - 1)) * STATIONS + corrected, 2
    return {CHANGES.full_name: first, DAILY.full_name: second}


def counted(result: FeaturePipelineResult) -> list[Goal]:
    """Return goals on the rows that the run after a late file read and wrote."""
    goals = []
    for step in result.computed:
        print(f"  {step.group}: {step.summary}", flush=True)
        read, written = rows_that_a_late_file_affects()[step.group]
        wrote = 0 if step.written is None else step.written.read
        goals.append(at_most(f"{step.group}: rows read after a late file", step.rows_read, read))
        goals.append(at_most(f"{step.group}: rows written after a late file", wrote, written))
    return goals


def measure(store: FeatureStore, landing: Path, runs: int) -> list[Goal]:
    """Load a year, and then later days and late files in turn."""
    land(landing, "year", 0, DAYS, range(STATIONS))
    print(f"  the year: {seconds(lambda: run(store, landing, DAYS - 1)):.1f} s", flush=True)
    taken: dict[str, list[float]] = {"later day": [], "late file": []}
    late = None
    for number in range(runs + WARM_UP):
        today = DAYS + number
        ways = list(taken) if number % 2 else list(taken)[::-1]
        for way in ways:
            if way == "later day":
                land(landing, f"day-{today}", today, 1, range(STATIONS))
            else:
                land(landing, f"late-{today}", 100 + 10 * number, 1, [number % STATIONS])
            done: list[FeaturePipelineResult] = []
            taken[way].append(seconds(lambda done=done, today=today: done.append(run(store, landing, today))))
            late = done[0] if way == "late file" else late
    assert late is not None
    timed = {way: values[WARM_UP:] for way, values in taken.items()}
    print("  " + ", ".join(f"{way} {spread(values)}" for way, values in timed.items()), flush=True)
    ratio = statistics.median(timed["late file"]) / statistics.median(timed["later day"])
    return [*counted(late), at_most("a late file of one day of one station, against a plain later day", ratio, 1.3)]


def run(store: FeatureStore, landing: Path, today: int) -> FeaturePipelineResult:
    """Load the new files, which arrive at the end of a day."""
    return store.run(*STEPS, request=LoadRequest(str(landing), arrived_at=START + (today + 1) * DAY))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer runs")
    parser.add_argument("--json", type=Path, help="write the goals to this file")
    arguments = parser.parse_args()
    spark = build_session("benchmark of late files")
    spark.sparkContext.setLogLevel("ERROR")
    print(f"machine: {machine()}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        goals = measure(FeatureStore(spark, f"{folder}/store"), Path(folder) / "landing", 3 if arguments.quick else 9)
    return report(goals, arguments.json)


if __name__ == "__main__":
    raise SystemExit(main())
