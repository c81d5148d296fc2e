"""Delta tables as bad input: every row is accepted or held back, or the version or the log is refused by name."""

import shutil
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T
from tests.loading import load, step_of

from tidegate import Delta, FeatureGroup, FeatureStore, Field, Source
from tidegate.errors import NoFilesError, UnreadableTableError, WrongFilesError
from tidegate.sources.read_files import VERDICT, ReadFiles, read_files

pytestmark = pytest.mark.slow

KEY, VALUE = Field("key", T.StringType(), "key"), Field("value", T.DoubleType(), "value")
AT = Field("event_time", T.TimestampType(), "when")
FEED = Source("feed", (KEY, VALUE, AT), Delta(key=("key",)))
TRACKED = "USING delta TBLPROPERTIES (delta.enableChangeDataFeed = true)"


@pytest.fixture(scope="module")
def whole(spark_of_process: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two versions with rows; what damages it works on a copy."""
    path = tmp_path_factory.mktemp("delta") / "whole"
    spark_of_process.sql(f"CREATE TABLE delta.`{path}` (key STRING, value DOUBLE, event_time TIMESTAMP) {TRACKED}")
    for rows in ("('a', 1.0, '2024-01-01'), ('b', 2.0, '2024-01-01')", "('c', 4.0, '2024-01-01')"):
        spark_of_process.sql(f"INSERT INTO delta.`{path}` VALUES {rows}")
    return path


@pytest.fixture
def table(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "table"))


def read_newest(spark: SparkSession, table: Path, source: Source = FEED) -> ReadFiles:
    return read_files(spark, source, str(table), source.format.delivery.listed(spark, source.name, str(table))[-1:])


def newest_file(table: Path) -> Path:
    return max(table.glob("*.parquet"), key=lambda file: file.stat().st_mtime_ns)


def log(table: Path, version: int) -> Path:
    return table / "_delta_log" / f"{version:020d}.json"


def change(file: Path, content: Callable[[bytes], bytes] | None) -> None:
    """Write other bytes into a file or remove it, without the checksums of the local file system that other ones lack."""
    for beside in (file.parent / f".{file.name}.crc", file.with_suffix(".crc")):
        beside.unlink(missing_ok=True)
    if content is None:
        file.unlink()
    else:
        file.write_bytes(content(file.read_bytes()))


def flipped(content: bytes) -> bytes:
    """Make the key c another one: nothing but the checksum of its page tells."""
    place = content.index(b"\x01\x00\x00\x00c") + 4
    return content[:place] + b"b" + content[place + 1 :]


FUTURE = b'{"protocol":{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":["later"],"writerFeatures":["later"]}}\n'
DAMAGES: list[tuple[str, Callable[[Path], Path], Callable[[bytes], bytes] | None, str]] = [
    ("cut", newest_file, lambda content: content[:-100], r"version=0+2 of the Delta table .*part-.*\.parquet"),
    ("bit flipped", newest_file, flipped, r"version=0+2 of the Delta table .*part-.*\.parquet"),
    ("vacuumed", newest_file, None, r"version=0+2 of the Delta table .*part-.*\.parquet"),
    ("garbage in the log", lambda table: log(table, 2), lambda _: b"{nonsense\n", r"the log of the Delta table .*0+2\.json"),
    ("log cut", lambda table: log(table, 2), lambda content: content[:-30], r"the log of the Delta table .*0+2\.json"),
    ("gap in the log", lambda table: log(table, 1), None, "the log of the Delta table .* not contiguous"),
    ("made by a later Delta", lambda table: log(table, 2), lambda content: content + FUTURE, "the log of the Delta .* later"),
]


@pytest.mark.parametrize(("place", "content", "message"), [case[1:] for case in DAMAGES], ids=[case[0] for case in DAMAGES])
def test_a_damaged_table_is_refused_by_what_is_damaged(
    spark: SparkSession, table: Path, place: Callable[[Path], Path], content: Callable[[bytes], bytes] | None, message: str
) -> None:
    change(place(table), content)
    with pytest.raises(UnreadableTableError, match=message) as caught:
        read_newest(spark, table)
    assert "Nothing was written" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_columns_that_drift_from_version_to_version_are_refused_by_name(spark: SparkSession, table: Path) -> None:
    def altered(*changes: str) -> None:
        for each in changes:
            spark.sql(f"ALTER TABLE delta.`{table}` {each}")

    def complaint(*fields: Field) -> str:
        with pytest.raises(WrongFilesError) as caught:
            read_newest(spark, table, Source("feed", fields, Delta(key=(fields[0].name,))))
        return str(caught.value).splitlines()[1]

    narrow, wide = Field("n", T.IntegerType(), "number"), Field("n", T.LongType(), "number")
    assert complaint(Field("Key", T.StringType(), "key"), VALUE, AT).endswith(": missing column Key; extra column key")
    altered("ADD COLUMNS (n INT)")
    assert complaint(*FEED.fields) == "  version=000000000000003: extra column n"
    altered("SET TBLPROPERTIES ('delta.enableTypeWidening' = 'true')", "CHANGE COLUMN n TYPE BIGINT")
    assert complaint(*FEED.fields, narrow).endswith(": column n is bigint, declared int")
    altered("SET TBLPROPERTIES ('delta.columnMapping.mode' = 'name')", "RENAME COLUMN value TO amount")
    assert complaint(*FEED.fields, wide).endswith(": missing column value; extra column amount")
    altered("DROP COLUMN amount")
    assert complaint(*FEED.fields, wide).endswith(": missing column value")


def test_a_version_without_changes_recorded_is_refused_and_an_overwritten_table_says_what_went(
    spark: SparkSession, table: Path
) -> None:
    spark.sql(f"INSERT OVERWRITE delta.`{table}` VALUES ('a', 1.5, '2024-01-01'), ('z', 2.0, '2024-01-01')")
    rows = read_newest(spark, table).rows.select("key", "value", "_deleted").collect()
    assert sorted(map(tuple, rows)) == [("a", 1.5, False), ("b", 2.0, True), ("c", 4.0, True), ("z", 2.0, False)]
    spark.sql(f"ALTER TABLE delta.`{table}` SET TBLPROPERTIES (delta.enableChangeDataFeed = false)")
    spark.sql(f"INSERT INTO delta.`{table}` VALUES ('d', 1.0, '2024-01-01')")
    with pytest.raises(UnreadableTableError, match="version=0+5 of the Delta table .* change data was not recorded for version"):
        read_newest(spark, table)
    states = read_newest(spark, table, Source("feed", FEED.fields, Delta("versions")))
    assert states.verdicts["accepted"] == 3


def test_a_folder_that_is_no_table_and_a_table_without_a_row_are_named(spark: SparkSession, table: Path, tmp_path: Path) -> None:
    shutil.rmtree(table / "_delta_log")
    empty, half = tmp_path / "empty", tmp_path / "half"
    (half / "_delta_log").mkdir(parents=True)
    spark.sql(f"CREATE TABLE delta.`{empty}` (key STRING, value DOUBLE, event_time TIMESTAMP) {TRACKED}")
    group = FeatureGroup("values", 1, ("key",), (KEY, VALUE), "values")
    for folder in (table, empty, half, tmp_path / "nothing"):
        with pytest.raises(NoFilesError, match=f"source feed: there is no Delta table with rows under {folder}"):
            load(FeatureStore(spark, str(tmp_path / "store")), step_of(FEED, group, str(folder)))
    assert not (tmp_path / "store").exists()


def test_local_times_in_a_table_are_refused_or_declared(spark: SparkSession, tmp_path: Path) -> None:
    path = tmp_path / "local"
    spark.sql(f"CREATE TABLE delta.`{path}` (key STRING, event_time TIMESTAMP_NTZ) {TRACKED}")
    spark.sql(
        f"INSERT INTO delta.`{path}` VALUES ('a', TIMESTAMP_NTZ'2024-06-01 12:00:00.000001'), "
        "('b', TIMESTAMP_NTZ'2024-03-31 02:30:00'), ('c', TIMESTAMP_NTZ'2024-10-27 02:30:00'), ('d', NULL)"
    )
    with pytest.raises(WrongFilesError, match="column event_time holds times without a zone; declare the source's zone"):
        read_newest(spark, path, Source("feed", (KEY, AT), Delta(key=("key",))))
    zoned = Source("feed", (KEY, AT), Delta(key=("key",)), zone="Europe/Copenhagen", required=("event_time",))
    found = read_newest(spark, path, zoned)
    assert found.verdicts == {"accepted": 1, "quarantined": 3, "dropped": 0, "failed": 0}
    moment = found.rows.where(f"{VERDICT} = 'accepted'").select(F.unix_micros("event_time")).first()
    assert moment == (1_717_236_000_000_001,)


def test_keys_that_are_no_numbers_are_held_back_and_decimals_are_exact(spark: SparkSession, tmp_path: Path) -> None:
    path, largest = tmp_path / "numbers", "9" * 28 + "." + "9" * 10
    spark.sql(f"CREATE TABLE delta.`{path}` (k DOUBLE, exact DECIMAL(38, 10), event_time TIMESTAMP) {TRACKED}")
    keys = ("1.5", "double('NaN')", "double('Infinity')", "double('-Infinity')", "NULL")
    rows = ", ".join(f"({key}, {largest}, TIMESTAMP'2024-01-01 00:00:00')" for key in keys)
    spark.sql(f"INSERT INTO delta.`{path}` VALUES {rows}")
    number, exact = Field("k", T.DoubleType(), "key"), Field("exact", T.DecimalType(38, 10), "number")
    narrow = Source("numbers", (number, Field("exact", T.DecimalType(20, 10), "number"), AT), Delta(key=("k",)))
    with pytest.raises(WrongFilesError, match=r"column exact is decimal\(38,10\), declared decimal\(20,10\)"):
        read_newest(spark, path, narrow)
    store, source = FeatureStore(spark, str(tmp_path / "store")), Source("numbers", (number, exact, AT), Delta(key=("k",)))
    group = FeatureGroup("numbers", 1, ("k",), (number, exact), "numbers", may_hold_back=1.0)
    unknown = F.lit(None).cast("timestamp")
    result = load(store, step_of(source, group, str(path), lambda rows: rows.withColumn("available_at", unknown)))
    assert (result.rows, result.accepted, result.written[0].inserted, result.written[0].quarantined) == (5, 5, 1, 4)
    assert [(row.k, row.exact) for row in store.read(group).collect()] == [(1.5, Decimal(largest))]
