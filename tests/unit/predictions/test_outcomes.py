"""Outcomes join predictions when they become known, keep their first value, and give the loss of each day and release."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import log
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate import FeatureChoice, FeatureGroup, FeatureStore, FeatureView, Field, FutureLabels, RowChoice, count, every
from tidegate.errors import DefinitionError
from tidegate.predictions.outcomes import with_outcomes
from tidegate.predictions.provenance import Provenance, provenance_columns
from tidegate.predictions.write import write_predictions
from tidegate.tasks import Binary, Count
from tidegate.training.model import Model

AT, HOUR = datetime(2024, 1, 1, 22, tzinfo=UTC), timedelta(hours=1)
PATIENT = Field("patient", T.StringType(), "patient")
VISITS = FeatureGroup("visits", 1, ("patient",), (PATIENT, Field("ill", T.IntegerType(), "1: ill")), "visits", history="all")
VIEW = FeatureView("illness", 1, VISITS, VISITS, ("ill",), (FeatureChoice(VISITS, ("ill",), HOUR, rename={"ill": "was"}),))
MODEL = Model("illness", VIEW, Binary(), ())


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
        write_predictions(store.handle, MODEL.table, scored(spark, release, served, rows), (AT, AT + 24 * HOUR))
    found = {row.patient: row.outcome for row in store.audit.outcomes(MODEL).collect()}
    assert found.pop("p5") is None
    assert {who: shown(outcome) for who, outcome in found.items()} == {
        "p1": (1, AT + HOUR, 1, AT + HOUR),
        # Corrected after three hours; the equal observations before and after it change nothing.
        "p2": (0, AT + HOUR, 1, AT + 3 * HOUR),
        "p3": (1, AT + HOUR, None, None),
        "p4": (1, AT + 9 * HOUR, 1, AT + 9 * HOUR),
    }
    assert store.audit.outcomes(MODEL, history=True).count() == 8

    daily = store.audit.daily_losses(MODEL).collect()
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
    in_new_york = store.audit.daily_losses(MODEL, "America/New_York").collect()
    assert {(str(row.day), row.release): row.predictions for row in in_new_york} == {
        ("2024-01-01", "first"): 5, ("2024-01-01", "second"): 2,
    }  # fmt: skip


def test_outcomes_of_labels_from_the_future_wait_until_they_are_mature(spark: SparkSession, tmp_path: Path) -> None:
    store = FeatureStore(spark, str(tmp_path))
    visits = replace(VISITS, delay=HOUR)
    ahead = FutureLabels(visits, 3 * HOUR, {"visits": count()}, anchor="target_time")
    spine = every(visits, "1 day", "23:00", "UTC", horizons=(HOUR, 5 * HOUR))
    choices = (FeatureChoice(visits, ("ill",), HOUR, rename={"ill": "was"}),)
    model = Model("visits", FeatureView("visits", 1, spine, ahead, ("visits",), choices), Count(), ())
    # Of two visits in the first window, one became known after the label was mature, at 4 o'clock.
    midnight, eleven = AT + 2 * HOUR, AT + HOUR
    seen = [("p1", 1, AT, 0), ("p1", 1, midnight + HOUR, 2), ("p1", 0, midnight + 2 * HOUR, 6), ("p2", 1, midnight + HOUR, 2)]
    rows = spark.createDataFrame([(who, ill, at, midnight + hours * HOUR) for who, ill, at, hours in seen], VISITS.schema)
    store.write(visits, rows, loaded_until=midnight + 6 * HOUR)
    found = [(who, eleven + horizon, 1.0 + place) for who in ("p1", "p2") for place, horizon in enumerate((HOUR, 5 * HOUR))]
    made = Provenance("first", "champion", "visits", 1, "illness", 1, {}, "abc")
    frame = spark.createDataFrame(found, "patient string, target_time timestamp, rate double")
    frame = frame.select("*", F.lit(eleven).alias("prediction_time"), *provenance_columns(made, eleven))
    write_predictions(store.handle, model.table, frame, (eleven, eleven + HOUR))
    joined = store.audit.outcomes(model).where("outcome IS NOT NULL").collect()
    mature = midnight + 4 * HOUR
    assert {
        row.patient: (
            row.target_time.astimezone(UTC),
            row.outcome["first"] and row.outcome["first"].visits,
            row.outcome.first_known_at.astimezone(UTC),
            row.outcome.value.visits,
            row.outcome.known_at.astimezone(UTC),
        )
        for row in joined
    } == {"p1": (midnight, None, mature, 2, midnight + 6 * HOUR), "p2": (midnight, 1, mature, 1, mature)}
    [daily] = store.audit.daily_losses(model).collect()
    assert (daily.predictions, daily.known) == (4, 2)


def test_outcomes_that_can_not_be_joined_are_refused(spark: SparkSession, tmp_path: Path) -> None:
    predicted = spark.createDataFrame([("p1", AT, 1)], "patient string, prediction_time timestamp, outcome int")
    with pytest.raises(DefinitionError, match="have a column 'outcome'"):
        with_outcomes(predicted, predicted, ("patient",))
    with pytest.raises(DefinitionError, match="the days of losses: the zone 'New_York' is unknown"):
        FeatureStore(spark, str(tmp_path)).audit.daily_losses(MODEL, "New_York")
