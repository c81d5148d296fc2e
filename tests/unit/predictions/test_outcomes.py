"""Outcomes join predictions when they become known, keep their first value, and give the loss of each day and release."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import log
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import types as T

from tidegate import FeatureChoice, FeatureGroup, FeatureStore, FeatureView, Field, FutureLabels, RowChoice, count
from tidegate.errors import DefinitionError, UsageError
from tidegate.predictions.outcomes import with_outcomes
from tidegate.predictions.provenance import Provenance, provenance_columns
from tidegate.predictions.table import PredictionTable
from tidegate.predictions.write import write_predictions
from tidegate.tasks import Binary

AT, HOUR = datetime(2024, 1, 1, 22, tzinfo=UTC), timedelta(hours=1)
PATIENT = Field("patient", T.StringType(), "patient")
VISITS = FeatureGroup("visits", 1, ("patient",), (PATIENT, Field("ill", T.IntegerType(), "1: ill")), "visits", history="all")
VIEW = FeatureView("illness", 1, VISITS, VISITS, ("ill",), (FeatureChoice(VISITS, ("ill",), HOUR, rename={"ill": "was"}),))
TABLE = PredictionTable("illness", ("patient",), outputs=("probability",))


def scored(spark: SparkSession, release: str, served: bool, rows: dict[str, tuple[float, datetime]]) -> DataFrame:
    made = Provenance(release, "champion" if served else "shadow", "illness", 1, "illness", 1, {}, "abc", served=served)
    found = [(patient, probability, at) for patient, (probability, at) in rows.items()]
    frame = spark.createDataFrame(found, "patient string, probability double, prediction_time timestamp")
    return frame.select("*", *provenance_columns(made, AT))


def shown(outcome: Row) -> tuple[object, ...]:
    now = (None, None) if outcome.value is None else (outcome.value.ill, outcome.known_at.astimezone(UTC))
    return (outcome["first"].ill, outcome.first_known_at.astimezone(UTC), *now)


def test_outcomes_keep_both_values_and_give_daily_losses(spark: SparkSession, tmp_path: Path) -> None:
    store = FeatureStore(spark, str(tmp_path))
    next_day = AT + 3 * HOUR
    of_p2 = [("p2", 0, AT, 1), ("p2", 0, AT, 2), ("p2", 1, AT, 3), ("p2", 1, AT, 4)]
    seen = [("p1", 1, AT, 1), *of_p2, ("p3", 1, AT, 1), ("p4", 1, next_day, 9)]
    labels = spark.createDataFrame([(who, ill, at, AT + hours * HOUR) for who, ill, at, hours in seen], VISITS.schema)
    store.write(VISITS, labels)
    store.delete(VISITS, RowChoice(spark.createDataFrame([("p3",)], "patient string")), known_at=AT + 5 * HOUR)
    champion = {"p1": (0.5, AT), "p2": (0.2, AT), "p3": (0.9, AT), "p4": (0.8, next_day), "p5": (0.1, AT)}
    for release, served, rows in (
        ("first", True, champion),
        ("first", True, {"p1": (0.9, AT)}),
        ("second", False, {"p1": (0.6, AT), "p4": (0.7, next_day)}),
    ):
        write_predictions(store.handle, TABLE, scored(spark, release, served, rows), (AT, AT + 24 * HOUR))
    found = {row.patient: row.outcome for row in store.audit.outcomes("illness", VIEW).collect()}
    assert found.pop("p5") is None
    assert {who: shown(outcome) for who, outcome in found.items()} == {
        "p1": (1, AT + HOUR, 1, AT + HOUR),
        # Corrected after three hours; the equal observations before and after it change nothing.
        "p2": (0, AT + HOUR, 1, AT + 3 * HOUR),
        "p3": (1, AT + HOUR, None, None),
        "p4": (1, AT + 9 * HOUR, 1, AT + 9 * HOUR),
    }
    assert store.audit.outcomes("illness", VIEW, history=True).count() == 8

    daily = store.audit.daily_losses("illness", VIEW, Binary()).collect()
    # Of p1, the later revision counts.
    losses = {
        ("2024-01-01", "first", "champion"): (4, 2, -(log(0.9) + log(0.2)) / 2),
        ("2024-01-01", "second", "shadow"): (1, 1, -log(0.6)),
        ("2024-01-02", "first", "champion"): (1, 1, -log(0.8)),
        ("2024-01-02", "second", "shadow"): (1, 1, -log(0.7)),
    }
    assert {
        (str(row.day), row.release, row.arm): (row.predictions, row.known, pytest.approx(row.log_loss)) for row in daily
    } == losses
    in_new_york = store.audit.daily_losses("illness", VIEW, Binary(), "ill", "America/New_York").collect()
    assert {(str(row.day), row.release): row.predictions for row in in_new_york} == {
        ("2024-01-01", "first"): 5, ("2024-01-01", "second"): 2,
    }  # fmt: skip


def test_outcomes_that_can_not_be_joined_are_refused(spark: SparkSession, tmp_path: Path) -> None:
    predicted = spark.createDataFrame([("p1", AT, 1)], "patient string, prediction_time timestamp, outcome int")
    with pytest.raises(DefinitionError, match="have a column 'outcome'"):
        with_outcomes(predicted, predicted, VISITS, ("patient",), ("ill",))
    future = FutureLabels(replace(VISITS, delay=HOUR), HOUR, {"visits": count()})
    with pytest.raises(UsageError, match="labels of feature view illness_v1 are computed from the future"):
        FeatureStore(spark, str(tmp_path)).audit.outcomes("illness", replace(VIEW, labels=future, targets=("visits",)))
