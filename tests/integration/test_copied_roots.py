"""A root and its copy, in one process: tables of the same ids and versions, which then go ways of their own."""

import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T

from tidegate import FeatureGroup, FeatureStore, Field
from tidegate.subjects.keyed_hash import SECRET_VARIABLE

FIRST = datetime(2024, 1, 1, tzinfo=UTC)
FIELDS = (Field("rider", T.StringType(), "rider"), Field("rides", T.LongType(), "rides so far"))
RIDES = FeatureGroup("rides", 1, ("rider",), FIELDS, "rides", subject="rider")
TIPS, TRIPS = replace(RIDES, name="tips"), replace(RIDES, name="trips")


def rows(spark: SparkSession, *people: str) -> DataFrame:
    return spark.createDataFrame([(person, 1, FIRST, FIRST) for person in people], RIDES.schema)


def test_a_copy_knows_its_own_tables_and_people(spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SECRET_VARIABLE, "0123456789abcdef" * 3)
    one = FeatureStore(spark, tmp_path / "one")
    one.write(RIDES, rows(spark, "ann", "bob", "eve"))
    assert one.forget(spark.createDataFrame([("eve",)], "subject string"), "case-1").erased
    shutil.copytree(tmp_path / "one", tmp_path / "other")
    other = FeatureStore(spark, tmp_path / "other")
    for store, group, person in ((one, TIPS, "ann"), (other, TRIPS, "bob")):
        store.write(group, rows(spark, "ann", "bob"))
        assert store.forget(spark.createDataFrame([(person,)], "subject string"), "case-2").erased
    only = {store: {table.path for table in store.tables()} for store in (one, other)}
    assert only[one] ^ only[other] == {"feature_groups/tips_v1", "feature_groups/trips_v1"}
    for store, kept in ((one, "bob"), (other, "ann")):
        assert store.write(RIDES, rows(spark, "ann", "bob", "eve")).suppressed == 2
        assert [row.rider for row in store.read(RIDES).collect()] == [kept]
