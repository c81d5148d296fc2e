"""The process of one contender of the benchmark of aggregates: for each line that it reads, it computes and prints its times.

python aggregate_contenders.py CONTENDER MEMORY      (benchmarks/aggregates.py starts it)
"""

import json
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
from aggregate_floor import load_parts, sort_and_search
from aggregate_goals import DUCKDB, FLOOR, OURS, RANGE_JOIN, TILES, UNION
from aggregate_shapes import CHOSEN, ORACLE, Chosen, aggregates_view, newest_view, totals, wrong_values
from aggregate_sql import micros_of_rows, range_join_sql, tiles_sql, union_window_sql
from join_contenders import cpu_seconds, forget_peaks, peaks, session
from join_shapes import Made
from pyspark.sql import DataFrame, SparkSession

from tidegate import FeatureStore


def ours(spark: SparkSession, made: Made, chosen: Chosen) -> DataFrame:
    """Attach the aggregates of a feature view from its store, as a training job does."""
    return FeatureStore(spark, made.root).attach_features(aggregates_view(made.shape, chosen), spark.read.parquet(made.labels))


def newest_rows(spark: SparkSession, made: Made, chosen: Chosen) -> DataFrame:
    """Join the newest row of the same group, for the floor."""
    return FeatureStore(spark, made.root).attach_features(newest_view(made.shape, chosen), spark.read.parquet(made.labels))


def by_range_join(spark: SparkSession, made: Made, chosen: Chosen) -> DataFrame:
    return spark.sql(range_join_sql(*_views(spark, made), chosen.days, chosen.names))


def by_union_window(spark: SparkSession, made: Made, chosen: Chosen) -> DataFrame:
    return spark.sql(union_window_sql(*_views(spark, made), chosen.names))


def by_tiles(spark: SparkSession, made: Made, chosen: Chosen) -> DataFrame:
    return spark.sql(tiles_sql(*_views(spark, made), chosen.days, chosen.names))


def by_duckdb(made: Made, chosen: Chosen, out: str) -> None:
    """Join the same files by key and range with DuckDB, in one process on all cores."""
    Path(out).mkdir(parents=True)
    query = range_join_sql(*micros_of_rows(made, "duckdb"), chosen.days, chosen.names)
    duckdb.sql(f"COPY ({query}) TO '{out}/out.parquet' (COMPRESSION zstd)")


def _views(spark: SparkSession, made: Made) -> tuple[str, str]:
    spark.read.parquet(*made.stored_files).createOrReplaceTempView("rows")
    spark.read.parquet(made.labels).createOrReplaceTempView("labels")
    return micros_of_rows(made, "spark")


SPARK: dict[str, Callable[[SparkSession, Made, Chosen], DataFrame]] = {
    OURS: ours,
    FLOOR: newest_rows,
    RANGE_JOIN: by_range_join,
    UNION: by_union_window,
    TILES: by_tiles,
}
Run = Callable[[Made, Chosen, str], None]


def preparer(contender: str, memory: str) -> Callable[[Made], Run]:
    """Return a function that prepares a contender for some data, and returns the function whose time is taken."""
    if contender == DUCKDB:
        return lambda made: by_duckdb
    spark = session(memory)

    def run(made: Made, chosen: Chosen, out: str) -> None:
        SPARK[contender](spark, made, chosen).write.parquet(out)

    def prepared(made: Made) -> Run:
        if contender != FLOOR:
            return run
        parts = load_parts(made)

        def floor(made: Made, chosen: Chosen, out: str) -> None:
            run(made, chosen, out)
            sort_and_search(parts, chosen.days)

        return floor

    return prepared


def checked(made: Made, folder: Path, chosen: Chosen, contender: str, out: str) -> list[object]:
    """Return the number of rows, the share of wrong values of each feature, and totals. The floor has no values to compare."""
    [(rows,)] = duckdb.sql(f"SELECT count(*) FROM '{out}/*.parquet'").fetchall()
    if rows != made.shape.labels:
        raise RuntimeError(f"{contender}: {rows:,} rows for {made.shape.labels:,} labels")
    return [rows, *(({}, {}) if contender == FLOOR else (wrong_values(out, folder / ORACLE, chosen), totals(out, chosen)))]


def main() -> None:
    contender, memory = sys.argv[1:]
    prepare = preparer(contender, memory)
    for line in sys.stdin:
        asked = json.loads(line)
        folder, chosen = Path(asked["folder"]), CHOSEN[asked["chosen"]]
        made = Made.load(folder)
        out = str(folder / f"out-{contender.replace(' ', '-')}")
        shutil.rmtree(out, ignore_errors=True)  # of a run that was killed
        run = prepare(made)
        forget_peaks()
        cpu, began = cpu_seconds(), time.perf_counter()
        run(made, chosen, out)
        taken = time.perf_counter() - began
        found = {"seconds": taken, "cpu": cpu_seconds() - cpu, **peaks()}
        found["result"] = checked(made, folder, chosen, contender, out)
        shutil.rmtree(out)
        print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
