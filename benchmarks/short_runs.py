"""Compare interpreted with compiled execution in short runs: find the break-even, and check that a run takes the better way.

    ./spark-submit.sh benchmarks/short_runs.py --quick --json short_runs.json

A feature pipeline loads one day of readings into two feature groups, each time in a fresh process, as a nightly job does. It runs
interpreted, with compiled code, and in the way that the size of the landing files decides. The goals compare the decided way with
the better of the other two. A process takes half a minute, so `--quick` times each way once. At the end, one process aggregates
twenty million rows interpreted and in the decided way.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import duckdb
from measuring import Goal, at_least, at_most, machine, report, seconds, spread
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from readings_system import READINGS, STEPS

from tidegate.commands.opening.short_runs import fitted_session
from tidegate.config import ShortRunSettings, load_store_settings
from tidegate.period import Period
from tidegate.pipelines.feature_pipeline import run_feature_pipeline
from tidegate.pipelines.load_request import LoadRequest
from tidegate.pipelines.rows_read import rows_of_features
from tidegate.session import build_session, read_properties
from tidegate.tables.store import Store

CHECKOUT = Path(__file__).resolve().parents[1]
DAY = Period(date(2024, 1, 1), date(2024, 1, 1))
WAYS = ("interpreted", "compiled", "as decided")
# Bounds that make every run interpreted, and every run compiled.
MOST_ROWS = {"interpreted": 1 << 60, "compiled": 0}
AGGREGATED = 20_000_000
QUICK = (5_000, 2_000_000)
SIZES = (5_000, 50_000, 200_000, 500_000, 2_000_000, 10_000_000)


def land(folder: Path, rows: int) -> None:
    """Write a landing file with this many readings of one day."""
    day = folder / READINGS.name / f"day={DAY.first_day}"
    day.mkdir(parents=True)
    # DuckDB writes it, because Python's own writers take a minute for a million rows.
    duckdb.sql(
        f"""COPY (
            SELECT i % 5000 AS sensor,
                strftime(TIMESTAMP '2024-01-01' + to_microseconds(CAST(i * 86399000000 / {rows} AS BIGINT)), '%Y-%m-%dT%H:%M:%SZ')
                    AS observed_at,
                round(20 + 10 * sin(i), 2) AS temperature, round(50 + 30 * cos(i), 2) AS humidity, i AS serial
            FROM range({rows}) AS numbers(i)
        ) TO '{day}/part-0.csv' (HEADER, DELIMITER ',')"""
    )


def settings_of(way: str) -> ShortRunSettings:
    """Return the settings from the configuration, with a bound that forces the way unless the size is to decide."""
    short = load_store_settings(CHECKOUT / "conf", "readings").short_runs
    return short.model_copy(update={"most_rows": MOST_ROWS[way]}) if way in MOST_ROWS else short


def load_once(way: str, landing: str, root: str) -> None:
    """Load the day in this process, and print the seconds without the start of Spark."""
    spark = build_session("benchmark of short runs", read_properties(CHECKOUT / "conf" / "spark" / "local.conf"))
    spark.sparkContext.setLogLevel("ERROR")
    spark.range(10).count()
    short, store, request = settings_of(way), Store.open(spark, root), LoadRequest(landing, days=DAY)

    def load() -> None:
        rows = rows_of_features(store, STEPS, request, short.most_rows)
        with fitted_session(spark, short, "feature pipeline", rows):
            run_feature_pipeline(store, "readings", STEPS, request, at_once=2)

    print(json.dumps(seconds(load)), flush=True)


def loaded(way: str, landing: Path, folder: Path) -> float:
    """Load the day in a fresh process, and return the seconds.

    Raises:
        RuntimeError: The process failed.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYSPARK_GATEWAY")}
    paths = [str(CHECKOUT / "lib"), kept.get("PYTHONPATH", "")]
    with tempfile.TemporaryDirectory(dir=folder) as root:
        command = [sys.executable, __file__, "--load", way, str(landing), f"{root}/store"]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, env={**kept, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
        )
        if done.returncode != 0:
            raise RuntimeError(f"loading {landing} {way} ended with {done.returncode}:\n{done.stderr[-3000:]}")
    return float(json.loads(done.stdout.splitlines()[-1]))


def loads(sizes: Sequence[int], runs: int, folder: Path) -> list[Goal]:
    """Measure every size in every way, with the ways taking turns."""
    goals = []
    for rows in sizes:
        landing = folder / f"landing_{rows}"
        land(landing, rows)
        taken: dict[str, list[float]] = {way: [] for way in WAYS}
        for number in range(runs):
            for way in (*WAYS[number % 3 :], *WAYS[: number % 3]):
                taken[way].append(loaded(way, landing, folder))
        print(f"  {rows:>9,} rows: " + ", ".join(f"{way} {spread(values)}" for way, values in taken.items()), flush=True)
        medians = {way: statistics.median(values) for way, values in taken.items()}
        better = min(medians["interpreted"], medians["compiled"])
        goals.append(at_most(f"{rows:,} rows, as decided against the better way", medians["as decided"] / better, 1.2))
    return goals


def aggregate(spark: SparkSession) -> list[Goal]:
    """Measure a simple aggregate of many rows.

    It stands for one day of a company, which took the settings of a short run while the number of days decided.
    """
    rows = spark.range(0, AGGREGATED, 1, 8).select((F.col("id") % 1000).alias("sensor"), (F.col("id") * 0.1).alias("value"))

    def aggregated(short: ShortRunSettings) -> float:
        with fitted_session(spark, short, "aggregate", AGGREGATED):
            query = rows.groupBy("sensor").agg(F.sum("value"), F.max("value"))
            return seconds(query.collect)

    interpreted, decided = aggregated(settings_of("interpreted")), min(aggregated(settings_of("as decided")) for _ in range(2))
    print(f"  aggregate of {AGGREGATED:,} rows: interpreted {interpreted:.1f} s, as decided {decided:.1f} s", flush=True)
    return [at_least(f"aggregate of {AGGREGATED:,} rows, times faster than interpreted", interpreted / decided, 5.0)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="two sizes, one run each")
    parser.add_argument("--json", type=Path, help="write the goals to this file")
    parser.add_argument("--sizes", type=int, nargs="+", help="numbers of rows per day, instead of the usual ones")
    parser.add_argument("--runs", type=int, help="number of runs of each size and way")
    parser.add_argument("--load", nargs=3, metavar=("WAY", "LANDING", "ROOT"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.load:
        load_once(*arguments.load)
        return 0
    sizes = arguments.sizes or (QUICK if arguments.quick else SIZES)
    print(f"machine: {machine()}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        goals = loads(sizes, arguments.runs or (1 if arguments.quick else 3), Path(folder))
    spark = build_session("benchmark of short runs")
    spark.sparkContext.setLogLevel("ERROR")
    return report([*goals, *aggregate(spark)], arguments.json)


if __name__ == "__main__":
    raise SystemExit(main())
