"""Delta tables as sources: version by version, or by their change feed."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T
from tests.loading import load, requeue, step_of, with_source

from tidegate import Delta, FeatureGroup, FeatureStep, FeatureStore, Field, Source, StateFiles, at_least
from tidegate.errors import ChangedFilesError, DefinitionError, MissingColumnsError, NoFilesError, WrongFilesError

pytestmark = pytest.mark.slow

FIELDS = (
    Field("key", T.StringType(), "key"),
    Field("value", T.DoubleType(), "value"),
    Field("event_time", T.TimestampType(), "when"),
)
GROUP = FeatureGroup("values", 1, ("key",), FIELDS[:2], "values")
NOON = datetime(2024, 1, 1, 12, tzinfo=UTC)


def loading(folder: Path, form: Delta, *fields: Field) -> FeatureStep:
    source = Source("feed", (*FIELDS, *fields), form, expectations=(at_least("value", 0.0),))
    return step_of(source, GROUP, str(folder), lambda rows: rows.withColumn("available_at", F.lit(None).cast("timestamp")))


def with_tombstone(rows: DataFrame) -> DataFrame:
    return rows.select("key", "value", "event_time", F.lit(None).cast("timestamp").alias("available_at"), "_tombstone")


@pytest.fixture
def store(spark: SparkSession, tmp_path: Path) -> FeatureStore:
    return FeatureStore(spark, str(tmp_path / "store"))


@pytest.fixture
def table(spark: SparkSession, tmp_path: Path) -> Path:
    """Two versions with rows, the first of which says what no longer holds."""
    path = tmp_path / "table"
    spark.sql(
        f"CREATE TABLE delta.`{path}` (key STRING, value DOUBLE, event_time TIMESTAMP) USING delta "
        "TBLPROPERTIES (delta.enableChangeDataFeed = true)"
    )
    add(spark, path, ("a", 1.0), ("b", 2.0))
    spark.sql(f"UPDATE delta.`{path}` SET value = 3.0 WHERE key = 'b'")
    return path


def add(spark: SparkSession, path: Path, *rows: tuple[str, float]) -> None:
    frame = spark.createDataFrame(rows, "key string, value double").withColumn("event_time", F.lit(NOON))
    frame.write.format("delta").mode("append").save(str(path))


def values(store: FeatureStore) -> dict[str, float]:
    return {row.key: row.value for row in store.read(GROUP).collect()}


def test_a_change_feed_is_taken_whole_and_then_by_its_changes(spark: SparkSession, store: FeatureStore, table: Path) -> None:
    feed = loading(table, Delta(key=("key",)))
    first = load(store, feed)
    assert (len(first.files), first.accepted, len(first.written)) == (2, 2, 1)
    assert values(store) == {"a": 1.0, "b": 3.0}
    assert load(store, feed).files == ()
    add(spark, table, ("c", 4.0), ("d", -1.0))
    spark.sql(f"DELETE FROM delta.`{table}` WHERE key = 'a'")
    spark.sql(f"UPDATE delta.`{table}` SET value = 5.0 WHERE key = 'b'")
    spark.sql(f"UPDATE delta.`{table}` SET key = 'e' WHERE key = 'c'")
    spark.sql(f"OPTIMIZE delta.`{table}`")
    result = load(store, feed)
    # The update of a key says two things: a row is gone, and another one is there.
    assert (len(result.files), result.rows, result.quarantined) == (4, 6, 1)
    assert values(store) == {"b": 5.0, "e": 4.0}
    assert load(store, feed).files == ()
    held = store.quarantined(feed.source).first()
    assert held is not None
    assert (held.file, held.line, held.reasons) == (result.files[0], None, ["value >= 0.0"])
    # What a version says is known from its commit on, not before.
    known = store.read(GROUP).where("key = 'e'").select(F.unix_millis("available_at").alias("at")).first()
    history = spark.sql(f"DESCRIBE HISTORY delta.`{table}`").where("version = 6").select(F.unix_millis("timestamp").alias("at"))
    assert known == history.first()
    # A released row is one that is there, and its transformation may ask for that.
    mended = replace(with_source(feed, replace(feed.source, expectations=())), build=with_tombstone)
    assert requeue(store, mended).released == 1
    assert values(store)["d"] == -1.0


def test_every_version_is_a_state_whose_vanished_rows_vanish(spark: SparkSession, store: FeatureStore, table: Path) -> None:
    states = loading(table, Delta("versions"))
    assert [written.vanished for written in load(store, states).written] == [0, 0]
    assert values(store) == {"a": 1.0, "b": 3.0}
    spark.sql(f"DELETE FROM delta.`{table}` WHERE key = 'a'")
    [written] = load(store, states).written
    assert (written.read, written.vanished) == (1, 1)
    assert values(store) == {"b": 3.0}
    add(spark, table, ("d", -1.0))
    with pytest.raises(WrongFilesError, match="1 rows that can't be read or are not as expected; a full state is taken whole"):
        load(store, states)


def test_a_table_that_is_none_differs_or_was_made_anew_is_named(spark: SparkSession, store: FeatureStore, table: Path) -> None:
    with pytest.raises(NoFilesError, match=r"source feed: there is no .* under .*/nothing\. Deliver"):
        load(store, loading(table.parent / "nothing", Delta(key=("key",))))
    with pytest.raises(WrongFilesError, match="version=0+2: missing column more"):
        load(store, loading(table, Delta(key=("key",)), Field("more", T.LongType(), "more")))
    assert load(store, loading(table, Delta(key=("key",)))).accepted == 2
    other = spark.createDataFrame([("a", 1)], "key string, value long").withColumn("event_time", F.lit(NOON))
    other.write.format("delta").mode("overwrite").option("overwriteSchema", "true").save(str(table))
    with pytest.raises(WrongFilesError, match="column value is bigint, declared double"):
        load(store, loading(table, Delta(key=("key",))))
    files = [file for file in sorted((table / "_delta_log").iterdir()) if file.name.startswith("0000") and file.name[19] > "1"]
    for file in files:
        file.unlink()
    for file in (table / "_delta_log").glob(".*"):
        file.unlink()
    spark._jvm.org.apache.spark.sql.delta.DeltaLog.clearCache()
    with pytest.raises(ChangedFilesError, match="1 loaded file.s. gone: version=0+2"):
        load(store, loading(table, Delta(key=("key",))))


def test_a_change_feed_has_a_key_and_its_transformation_carries_on_what_is_gone(store: FeatureStore, table: Path) -> None:
    with pytest.raises(DefinitionError, match="a change feed needs the fields that identify a row"):
        Delta()
    with pytest.raises(DefinitionError, match="key names 'kye', which is not a declared field; .* Did you mean 'key'"):
        Source("feed", FIELDS, Delta(key=("kye",)))
    feed = loading(table, Delta(key=("key",)))
    lossy = replace(feed, build=lambda rows: rows.select("key", "value", "event_time"))
    with pytest.raises(MissingColumnsError, match="what it returns of source feed: missing column.s. _tombstone"):
        load(store, lossy)


def test_contents_are_of_files() -> None:
    with pytest.raises(DefinitionError, match="for a Delta table, declare Delta"):
        Source("feed", FIELDS, Delta("versions"), contents=StateFiles())
