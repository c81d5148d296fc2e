"""A slip in the code that computes rows is told by what it names, wherever that code is called."""

from collections.abc import Callable
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T
from tests.loading import load, step_of

from tidegate import Csv, FeatureGroup, FeatureStep, FeatureStore, Field, Source
from tidegate.errors import NoFilesError, TransformationError, UnreadableFilesError

METER, VALUE = Field("meter", T.LongType(), "meter"), Field("value", T.DoubleType(), "kWh")
GROUP = FeatureGroup("readings", 1, ("meter",), (METER, VALUE), "readings")
SOURCE = Source("meters", (METER, Field("at", T.TimestampType(), "when"), VALUE), Csv(), event_time="at")
SLIPS: dict[str, tuple[Callable[[DataFrame], object], str]] = {
    "select": (lambda rows: rows.select("metre"), r"uses the column metre, .*Did you mean 'meter'\?"),
    "filter": (lambda rows: rows.where(F.col("valu") > 0), r"uses the column valu, .*Did you mean 'value'\?"),
    "text": (lambda rows: rows.where("valu > 0"), "uses the column valu, which its rows don't have"),
    "place": (lambda rows: rows.withColumn("x", F.col("valu")), r"\(test_computed_rows.py, line \d+\)"),
    "nothing": (lambda rows: None, "returned NoneType, not a DataFrame. Is its `return` missing"),
    "a number": (lambda rows: 7, "returned int, not a DataFrame"),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_in_a_transformation_or_a_step_is_told(spark: SparkSession, slip: str) -> None:
    compute, said = SLIPS[slip]
    rows = spark.createDataFrame([], "meter long, value double")
    step = FeatureStep(GROUP, (SOURCE,), compute)  # type: ignore[arg-type]
    with pytest.raises(TransformationError, match=f"the step of feature group readings_v1 {said}|readings_v1 .*{said}"):
        step.rows([rows])


def test_a_slip_in_a_load_is_told_and_nothing_is_written(spark: SparkSession, tmp_path: Path) -> None:
    folder = tmp_path / "feed"
    folder.mkdir()
    (folder / "a.csv").write_text("meter,at,value\n1,2024-01-01T00:00:00Z,5\n")
    store = FeatureStore(spark, tmp_path / "root")
    for compute in (lambda rows: rows.select("metre"), lambda rows: None):
        loading = step_of(SOURCE, GROUP, str(folder), compute)  # type: ignore[arg-type,return-value]
        with pytest.raises(TransformationError, match="the step of feature group readings_v1 "):
            load(store, loading)
    right = step_of(SOURCE, GROUP, str(folder), lambda rows: rows.select(
        "meter", "value", F.col("at").alias("event_time"), F.lit(None).cast("timestamp").alias("available_at")
    ))  # fmt: skip
    assert load(store, right).accepted == 1


def test_what_is_no_folder_and_what_no_file_can_be_called_is_said(spark: SparkSession, tmp_path: Path) -> None:
    store = FeatureStore(spark, tmp_path / "root")
    (tmp_path / "feed").mkdir()
    file = tmp_path / "feed" / "a.csv"
    file.write_text("meter,at,value\n1,2024-01-01T00:00:00Z,5\n")
    with pytest.raises(NoFilesError, match="no file under .*a.csv. Deliver a file, or give the right folder"):
        load(store, step_of(SOURCE, GROUP, str(file)))
    file.rename(file.with_name("2024-01-01T00:00.csv"))
    with pytest.raises(UnreadableFilesError, match="T00:00.csv: the name of a local file can't contain a colon. Rename the file"):
        load(store, step_of(SOURCE, GROUP, str(file.parent)))
