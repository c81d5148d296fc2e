"""MERGE of predictions: new ones inserted, different ones replaced, equal ones left as they are."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tidegate.predictions.columns import ABSENT_GROUPS, ADDED_COLUMNS
from tidegate.predictions.provenance import Provenance, provenance_columns
from tidegate.predictions.write import PredictionsWritten, PredictionTable, write_predictions
from tidegate.tables.read import read_table
from tidegate.tables.store import Store

TABLE = PredictionTable("illness", ("patient",), ("patient",))
SPAN = (datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 1, 2, tzinfo=UTC))


def made_by(version: int, tables: dict[str, int] | None = None) -> Provenance:
    return Provenance("champion", "illness", version, "illness", 1, tables or {"pulse_v1": 4, "age_v1": 2}, "abc")


def scored(spark: SparkSession, provenance: Provenance, *rows: tuple[str, float], hour: int = 0) -> DataFrame:
    frame = spark.createDataFrame(list(rows), "patient string, probability double")
    timed = frame.withColumn("prediction_time", F.lit(datetime(2024, 1, 1, 6, tzinfo=UTC)))
    none = F.lit(None).cast("array<string>").alias(ABSENT_GROUPS)
    return timed.select("*", *provenance_columns(provenance, datetime(2024, 1, 1, 7 + hour, tzinfo=UTC)), none)


@pytest.mark.slow
def test_write_predictions_replaces_only_what_differs(spark: SparkSession, tmp_path: Path) -> None:
    store = Store.open(spark, str(tmp_path))

    def write(rows: DataFrame) -> PredictionsWritten:
        return write_predictions(store, TABLE, rows, SPAN)

    # As an older tidegate made the table: it gets the later columns, and its rows stay what they are.
    older = write(scored(spark, made_by(1), ("p1", 0.1), ("p2", 0.2)).drop(*ADDED_COLUMNS))
    assert (older.rows, older.inserted) == (2, 2)
    first = write(scored(spark, made_by(1), ("p1", 0.1), ("p2", 0.2)))
    assert (first.unchanged, first.table_version) == (2, older.table_version + 1)
    # The order of the tables' versions is no difference, nor is a later moment of scoring.
    turned = made_by(1, {"age_v1": 2, "pulse_v1": 4})
    again = write(scored(spark, turned, ("p1", 0.1), ("p2", 0.2), hour=1))
    assert (again.unchanged, again.table_version) == (2, first.table_version)
    changed = write(scored(spark, made_by(2), ("p1", 0.1), ("p3", 0.3), hour=2))
    assert (changed.inserted, changed.updated, changed.unchanged) == (1, 1, 0)
    rows = {row.patient: row for row in read_table(spark, store.layout.predictions("illness")).collect()}
    assert {name: row.model_version for name, row in rows.items()} == {"p1": 2, "p2": 1, "p3": 2}
    assert rows["p2"].feature_table_versions == {"age_v1": 2, "pulse_v1": 4}


@pytest.mark.parametrize("other", [made_by(2), Provenance("champion", "illness", 1, "illness", 2, {}, "abc")])
def test_release_names_the_coupling_and_not_the_tables(other: Provenance) -> None:
    assert made_by(1).release == made_by(1, {"pulse_v1": 9}).release
    assert made_by(1).release != other.release
