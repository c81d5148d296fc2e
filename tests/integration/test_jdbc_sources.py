"""A table of a real PostgreSQL is loaded by a watermark: each row once, none lost, no password shown."""

import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T
from tests.loading import load as load_step
from tests.loading import step_of
from tests.postgres import PASSWORD, USER, Postgres, running_postgres

from tidegate import FeatureGroup, FeatureStore, Field, Jdbc, Source
from tidegate.errors import ChangedFilesError, DatabaseError, DefinitionError, TidegateError, WrongFilesError
from tidegate.pipelines.load_result import LoadResult
from tidegate.sources.delivery import Portion
from tidegate.sources.folders import ListedFile
from tidegate.sources.read_files import read_files

pytestmark = pytest.mark.slow

DRIVER = "ivy://org.postgresql:postgresql:42.7.14?transitive=false"
FIELDS = (
    Field("id", T.LongType(), "number"),
    Field("price", T.DecimalType(8, 2), "price"),
    Field("updated_at", T.TimestampType(), "time of the last change"),
)
COLUMNS = "id bigint, price numeric(8,2), updated_at timestamptz, seen timestamp, version int, more tsvector"
GROUP = FeatureGroup("prices", 1, ("id",), FIELDS[:2], "prices")


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    with running_postgres() as started:
        yield started


@pytest.fixture
def postgres(server: Postgres, spark: SparkSession, monkeypatch: pytest.MonkeyPatch) -> Postgres:
    try:
        spark.sql(f"ADD JAR '{DRIVER}'")
    except PySparkException as error:
        pytest.skip(f"the driver of PostgreSQL can't be had from Maven Central here: {str(error)[:200]}")
    monkeypatch.setenv("PRICES_USER", USER)
    monkeypatch.setenv("PRICES_PASSWORD", PASSWORD)
    server.run(
        'DROP TABLE IF EXISTS "Prices"',
        f'CREATE TABLE "Prices" ({COLUMNS})',
    )
    return server


def source(postgres: Postgres, fields: tuple[Field, ...] = FIELDS, zone: str | None = None, **options: object) -> Source:
    given = {"watermark": "updated_at", "table": '"Prices"', "lag": timedelta(hours=1), **options}
    secrets = {"user_variable": "PRICES_USER", "password_variable": "PRICES_PASSWORD"}
    return Source("prices", fields, Jdbc(postgres.url, **secrets, **given), zone=zone)  # type: ignore[arg-type]


def load(store: FeatureStore, declared: Source, dry_run: bool = False) -> LoadResult:
    times = [F.col("updated_at").alias(name) for name in ("event_time", "available_at")]
    return load_step(
        store, step_of(declared, GROUP, '"Prices"', lambda rows: rows.select("id", "price", *times)), dry_run=dry_run
    )


def listed(spark: SparkSession, declared: Source, *loaded: str) -> list[str]:
    """The names of the ranges to load, after those that were loaded."""
    delivery, known = declared.format.delivery, {name: ListedFile(name, 0, 0) for name in loaded}
    found = delivery.pieces(delivery.listed(spark, declared.name, ""), known)
    return [file.name for file in found if file.name not in known]


def read(spark: SparkSession, declared: Source, name: str) -> list[int]:
    found = read_files(spark, declared, "", [ListedFile(name, 0, 0)])
    return sorted(row["id"] for row in found.rows.select("id").collect())


def test_rows_are_loaded_once_by_the_ranges_of_a_watermark(postgres: Postgres, spark: SparkSession, tmp_path: Path) -> None:
    store, declared = FeatureStore(spark, str(tmp_path)), source(postgres)
    postgres.run(
        """INSERT INTO "Prices" VALUES (1, 1.10, '2024-03-31 00:30:00+00'), (2, 2.20, '2024-03-31 00:30:00+00'),
        (3, 123456.78, '2024-03-31 01:30:00.000001+00'), (4, NULL, now())"""
    )
    first = load(store, declared)
    assert (first.files, first.rows) == (("watermark=..2024-03-31T01:30:00.000001Z",), 3)
    assert load(store, declared).summary == "no new file"
    # Row 4 grows older than the lag, row 1 is changed.
    postgres.run(
        """UPDATE "Prices" SET updated_at = '2024-03-31 01:30:00.000002+00', price = 9.99 WHERE id = 1""",
        """UPDATE "Prices" SET updated_at = now() - interval '2 hours' WHERE id = 4""",
    )
    tasks = replace(declared, format=replace(declared.format, partition_column="id", partitions=3))  # type: ignore[type-var]
    second = load(store, tasks, dry_run=True)
    assert second.files[0].startswith("watermark=2024-03-31T01:30:00.000001Z..20")
    assert second.rows == 2
    assert read(spark, tasks, second.files[0]) == [1, 4]
    stored = store.read(GROUP).select("id", F.col("price").cast("string"), F.unix_micros("event_time").alias("at")).orderBy("id")
    micros = 1_711_845_000_000_000
    assert [tuple(row) for row in stored.collect()] == [
        (1, "1.10", micros),
        (2, "2.20", micros),
        (3, "123456.78", micros + 3_600_000_001),
    ]
    # If loaded rows are gone, somebody may have restored an older state.
    postgres.run('DELETE FROM "Prices" WHERE id <> 2')
    with pytest.raises(ChangedFilesError, match="1 loaded file.* gone: watermark=..2024-03-31T01:30"):
        load(store, declared)
    written = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert not any(PASSWORD.encode() in content or USER.encode() in content for content in written)


def test_rows_that_share_a_number_are_taken_together_when_the_lag_has_passed(postgres: Postgres, spark: SparkSession) -> None:
    fields = (FIELDS[0], Field("version", T.IntegerType(), "version"))
    declared = source(postgres, fields, watermark="version", lag=1)
    assert listed(spark, declared) == []
    postgres.run('INSERT INTO "Prices" (id, version) VALUES (1, -7), (2, 9), (3, 10)')
    first = listed(spark, declared)
    assert first == ["watermark=..9"]
    # A row with the number that was the largest, and then a larger one.
    postgres.run('INSERT INTO "Prices" (id, version) VALUES (4, 10), (5, 11)')
    second = listed(spark, declared, *first)
    assert second == ["watermark=9..10"]
    assert [read(spark, declared, *names) for names in (first, second)] == [[1, 2], [3, 4]]
    assert listed(spark, declared, *first, *second) == []


@pytest.mark.evidence
def test_every_row_of_writers_at_work_is_taken_exactly_once(postgres: Postgres, spark: SparkSession) -> None:
    """Transactions take up to a second, and their rows have the time of their beginning; the lag is two seconds."""
    declared, taken, ranges, stop = source(postgres, lag=timedelta(seconds=2)), list[int](), list[str](), Event()
    # So coarse that many rows share a watermark.
    moment = "date_trunc('second', now()) + interval '0.2 s' * floor(extract(milliseconds from now())::int % 1000 / 200)"

    def write(writer: int) -> int:
        rows = 0
        while not stop.is_set():
            insert = f'INSERT INTO "Prices" (id, updated_at) VALUES ({writer * 10**6 + rows}, {moment})'
            postgres.run(insert, f"SELECT pg_sleep({random.uniform(0, 0.8)})")
            rows += 1
        return rows

    def take() -> None:
        for name in listed(spark, declared, *ranges):
            ranges.append(name)
            taken.extend(read(spark, declared, name))

    with ThreadPoolExecutor(6) as pool:
        writers = [pool.submit(write, number) for number in range(6)]
        ends = time.monotonic() + 20
        while time.monotonic() < ends:
            take()
        stop.set()
        written = [number * 10**6 + row for number, each in enumerate(writers) for row in range(each.result())]
    time.sleep(2.5)
    take()
    assert len(ranges) > 10
    assert sorted(taken) == written


def test_a_watermark_without_a_zone_is_utc_whatever_the_zone_of_the_database(postgres: Postgres, spark: SparkSession) -> None:
    fields = (FIELDS[0], Field("seen", T.TimestampType(), "time"))
    declared = source(postgres, fields, "UTC", watermark="seen")
    utc = "now() AT TIME ZONE 'UTC'"
    postgres.run(f"""INSERT INTO "Prices" (id, seen) VALUES
        (1, '2024-03-31 02:30:00'), (2, {utc} - interval '59 min'), (3, {utc} - interval '61 min')""")
    [name] = listed(spark, declared)
    assert read(spark, declared, name) == [1, 3]
    assert read(spark, declared, f"watermark=2024-03-31T02:30:00.000000Z..{name.rpartition('..')[2]}") == [3]


def test_what_the_database_refuses_is_told_without_secrets(
    postgres: Postgres, spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    postgres.run("INSERT INTO \"Prices\" VALUES (1, 1.10, '2024-03-31 00:30:00+00')")
    name = "watermark=..2024-03-31T00:30:00.000000Z"
    other = Field("prize", T.DecimalType(8, 2), "price"), Field("price", T.DoubleType(), "price")

    def refused(kind: type[TidegateError], message: str, declared: Source, reads: bool = False) -> None:
        with pytest.raises(kind, match=message) as caught:
            read(spark, declared, name) if reads else listed(spark, declared)
        assert PASSWORD not in str(caught.value)
        assert USER not in str(caught.value)

    missing = '"Prices": missing column prize; it has the columns id, price, updated_at, seen, version, more'
    refused(WrongFilesError, missing, source(postgres, (*FIELDS, other[0])), reads=True)
    refused(
        WrongFilesError, r"column price is decimal\(8,2\), declared double", source(postgres, (FIELDS[2], other[1])), reads=True
    )
    naive = source(postgres, (*FIELDS, Field("seen", T.TimestampType(), "time")))
    refused(WrongFilesError, "column seen holds times without a zone; declare the source's zone", naive, reads=True)
    refused(DatabaseError, 'relation "nowhere" does not exist', source(postgres, table="nowhere"))
    refused(DatabaseError, "Connection to 127.0.0.1:1 refused", source(Postgres(1, "")))
    refused(DatabaseError, "the JDBC driver org.example.Driver is missing. Start", source(postgres, driver="org.example.Driver"))
    postgres.run('INSERT INTO "Prices" (id) VALUES (2)')
    refused(DatabaseError, "a row has no value in updated_at, so no load would ever take it", source(postgres))
    query = 'SELECT id, price, updated_at FROM "Prices" WHERE updated_at IS NOT NULL'
    assert listed(spark, source(postgres, table=None, query=query)) == [name]
    frame = source(postgres).format.read_portion(spark, source(postgres), Portion("", (ListedFile(name, 0, 0),)))
    plan = frame._jdf.queryExecution().toString()  # type: ignore[operator]
    assert PASSWORD not in plan
    assert USER not in plan
    monkeypatch.setenv("PRICES_PASSWORD", "wr0ng")
    refused(DatabaseError, r'password authentication failed for user "\*\*\*"', source(postgres))
    monkeypatch.delenv("PRICES_PASSWORD")
    refused(DatabaseError, "variable PRICES_PASSWORD with the password is not set. Set it before", source(postgres))


def test_a_declaration_that_could_lose_rows_or_show_secrets_is_refused() -> None:
    here, naive = Postgres(5432, ""), Field("seen", T.TimestampType(), "time")
    for wrong, message in (
        (lambda: Jdbc("jdbc:postgresql://host/db?user=u&password=s3cret", "id", "t"), "contains a user or a password"),
        (lambda: Jdbc("jdbc:mysql://u:s3cret@host/db", "id", "t"), "contains a user or a password"),
        (lambda: Jdbc("postgresql://u:s3cret@host/db", "id", "t"), "is no JDBC url"),
        (lambda: Jdbc("jdbc:h2:mem", "id", "t"), "no driver is known for jdbc:h2; known: postgresql"),
        (lambda: source(here, query="SELECT 1"), "give either table or query"),
        (lambda: source(here, partitions=2), "partitions is 2 and partition_column is None; give both"),
        (lambda: source(here, watermark="price"), r"price is decimal\(8,2\); a watermark is a timestamp, int or bigint"),
        (lambda: source(here, watermark="nothing"), "nothing"),
        (lambda: source(here, lag=timedelta(0)), "lag is 0:00:00; updated_at is a timestamp, so give a timedelta above 0"),
        (lambda: source(here, watermark="id"), "id is a number, so give a whole number from 0 on"),
        (lambda: source(here, partition_column="price", partitions=2), "partition_column price must be int or bigint"),
        (lambda: source(here, (naive,), "Europe/Warsaw", watermark="seen"), "without a zone must be in UTC"),
    ):
        with pytest.raises(DefinitionError, match=message) as caught:
            wrong()
        assert "s3cret" not in str(caught.value)
