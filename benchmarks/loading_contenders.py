"""The process of one contender of the benchmark of loads: for each line that it reads, it loads once and prints its times.

python loading_contenders.py CONTENDER MEMORY      (benchmarks/loading.py starts it)

tidegate and the plain way run in the same Spark session, in turns; DuckDB has a process of its own.
"""

import json
import os
import shutil
import sys
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path

import duckdb
from join_contenders import CONF, cpu_seconds, forget_peaks, peaks
from loading_data import CSV, DELTA, FIELDS, HUMIDITY, JSON, PARQUET, SENSOR, SERIAL, TEMPERATURE, Data, make_table
from loading_parts import Parts, recorded_parts
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tidegate import Csv, Delta, Expectation, FeatureGroup, FeatureStep, FeatureStore, JsonLines, LoadRequest, Parquet, Source
from tidegate import expectations as expect
from tidegate.schema import struct_type
from tidegate.session import build_session, read_properties
from tidegate.tables.buckets import bucket_of

SPARK, DUCKDB = "spark", "duckdb"
# What is measured: the public ways of tidegate without and with expectations, and the plain ways of Spark and DuckDB.
LOAD, CHECKED_LOAD, WRITE, CHECKED_WRITE, PLAIN = "load", "load, 12 expectations", "write", "write, 12 expectations", "plain"
_FORMAT = {CSV: Csv(), JSON: JsonLines(), PARQUET: Parquet(), DELTA: Delta(read="change_feed", key=(SERIAL.name,))}
_COMPARED = ("sensor", "event_time", "available_at", "temperature", "humidity", "serial")
_NUMBERS = count()


def expectations() -> tuple[Expectation, ...]:
    """Return twelve expectations, of the kinds that users mostly declare. No row of the data breaks one."""
    return (
        *(expect.not_null(each.name) for each in (SENSOR, TEMPERATURE, HUMIDITY, SERIAL)),
        *(expect.finite(each.name) for each in (TEMPERATURE, HUMIDITY)),
        expect.between(TEMPERATURE.name, -60, 60),
        expect.between(HUMIDITY.name, 0, 100),
        expect.at_least(SENSOR.name, 0),
        expect.at_least(SERIAL.name, 0),
        Expectation("dry air is not cold", "humidity > 1 OR temperature > -20"),
        Expectation("the sensor's number is short", "sensor < 1000000", "fail"),
    )


def group_of(rows: int, *, checked: bool) -> FeatureGroup:
    """Return a feature group with a name of its own, so that every load is a first one."""
    fields = (SENSOR, TEMPERATURE, HUMIDITY, SERIAL)
    found = expectations() if checked else ()
    name = f"readings_{next(_NUMBERS)}"
    return FeatureGroup(name, 1, ("sensor",), fields, "readings as they came", expectations=found, expected_rows=rows)


def load(spark: SparkSession, data: Data, form: str, root: str, *, checked: bool = False) -> str:
    """Load the files of a format in the public way, and return the path of the group's table."""
    store, group = FeatureStore(spark, root), group_of(data.rows, checked=checked)
    source = Source(
        name=f"{group.name}_source",
        fields=FIELDS,
        format=_FORMAT[form],
        key=("sensor",),
        event_time="observed_at",
        folder=data.of(form),
    )
    result = store.run(FeatureStep(group, (source,)), request=LoadRequest())
    if (inserted := result.loaded[0].written[0].inserted) != data.rows:
        raise RuntimeError(f"{inserted:,} of {data.rows:,} rows were inserted")
    return store.layout.feature_group(group.full_name)


def write(spark: SparkSession, data: Data, form: str, root: str, *, checked: bool = False) -> str:
    """Write a frame as the first load of a group, and return the path of the group's table."""
    store, group = FeatureStore(spark, root), group_of(data.rows, checked=checked)
    rows = plain_rows(spark, data, form).withColumnRenamed("observed_at", "event_time")
    store.write(group, rows.withColumn("available_at", F.lit(None).cast("timestamp")))
    return store.layout.feature_group(group.full_name)


def plain_rows(spark: SparkSession, data: Data, form: str) -> DataFrame:
    """Read the files with Spark's own reader, which stops at a line that it can't read."""
    if form == DELTA:
        return spark.read.format("delta").load(data.of(form))
    options = {} if form == PARQUET else {"mode": "FAILFAST"}
    options |= {"header": "true", "enforceSchema": "false"} if form == CSV else {}
    return spark.read.schema(struct_type(FIELDS)).options(**options).format(form).load(data.of(form))


def plain(spark: SparkSession, data: Data, form: str, root: str) -> str:
    """Read strictly, sort into the same buckets, and append to a Delta table."""
    buckets, path = group_of(data.rows, checked=False).buckets, f"{root}-plain-{next(_NUMBERS)}"
    rows = plain_rows(spark, data, form).withColumnRenamed("observed_at", "event_time")
    rows = rows.withColumns(
        {"available_at": F.col("event_time"), "_tombstone": F.lit(False), "_bucket": bucket_of(["sensor"], buckets)}
    )
    ordered = rows.repartition(buckets, "_bucket").sortWithinPartitions("_bucket", "sensor", "event_time")
    ordered.write.format("delta").partitionBy("_bucket").mode("append").save(path)
    return path


WAYS: dict[str, Callable[..., str]] = {LOAD: load, CHECKED_LOAD: load, WRITE: write, CHECKED_WRITE: write, PLAIN: plain}


def by_duckdb(data: Data, form: str, out: str) -> None:
    """Read strictly, sort, and write Parquet in one process on all cores."""
    files = f"{data.of(form)}/*.{form}"
    columns = "{sensor: 'BIGINT', observed_at: 'TIMESTAMPTZ', temperature: 'DOUBLE', humidity: 'DOUBLE', serial: 'BIGINT'}"
    read = {
        CSV: f"read_csv('{files}', header = true, strict_mode = true, auto_detect = false, delim = ',', columns = {columns})",
        JSON: f"read_json('{files}', format = 'newline_delimited', columns = {columns})",
        PARQUET: f"read_parquet('{files}')",
    }
    duckdb.sql("SET TimeZone = 'UTC'")
    duckdb.sql(f"COPY (SELECT * FROM {read[form]} ORDER BY sensor, observed_at) TO '{out}' (FORMAT parquet, COMPRESSION zstd)")


def content(spark: SparkSession, path: str, form: str) -> list[object]:
    """Return the number of rows of a table and a hash of their content, which does not depend on their order."""
    rows = spark.read.format("delta").load(path).where("NOT _tombstone")
    # Rows of a change feed are known since the commit that wrote them.
    compared = [name for name in _COMPARED if form != DELTA or name != "available_at"]
    hashed = f"sum(CAST(xxhash64({', '.join(compared)}) AS DECIMAL(38, 0)))"
    return list(rows.agg(F.count("*"), F.expr(f"string({hashed})")).first() or ())


def session(memory: str) -> SparkSession:
    """Start a session with the settings for one machine."""
    settings = {**read_properties(CONF), "spark.driver.memory": memory}
    spark = build_session("benchmark of loads", settings)
    spark.sparkContext.setLogLevel("ERROR")
    return spark


def on_spark(spark: SparkSession, folder: Path, chosen: str) -> dict[str, object]:
    """Load once on Spark, and return the measurements."""
    data, (form, way) = Data.load(folder), chosen.split("/")
    make_table(spark, data)
    # A folder may hold the root of an earlier run, in which groups of these names are loaded already.
    root = str(folder / f"root-{os.getpid()}")
    options = {"checked": True} if way in (CHECKED_LOAD, CHECKED_WRITE) else {}
    forget_peaks()
    parts, cpu, began = Parts(spark), cpu_seconds(), time.perf_counter()
    with recorded_parts(parts):
        path = WAYS[way](spark, data, form, root, **options)
    taken = time.perf_counter() - began
    found = {"seconds": taken, "cpu": cpu_seconds() - cpu, **peaks(), "result": content(spark, path, form)}
    found["parts"] = parts.measured(data.size(form))
    shutil.rmtree(path)
    return found


def on_duckdb(folder: Path, chosen: str) -> dict[str, object]:
    """Load once with DuckDB, and return the measurements."""
    out = folder / "duckdb.parquet"
    forget_peaks()
    cpu, began = cpu_seconds(), time.perf_counter()
    by_duckdb(Data.load(folder), chosen.split("/")[0], str(out))
    found = {"seconds": time.perf_counter() - began, "cpu": cpu_seconds() - cpu, **peaks()}
    found["result"] = list(duckdb.sql(f"SELECT count(*) FROM '{out}'").fetchall()[0])
    out.unlink()
    return found


def main() -> None:
    contender, memory = sys.argv[1:]
    spark = session(memory) if contender == SPARK else None
    for line in sys.stdin:
        asked = json.loads(line)
        folder, chosen = Path(asked["folder"]), asked["chosen"]
        found = on_duckdb(folder, chosen) if spark is None else on_spark(spark, folder, chosen)
        print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
