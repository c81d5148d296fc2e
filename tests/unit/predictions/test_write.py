"""Predictions are appended: each batch gets the revisions that a slow, obviously right oracle gives it."""

import random
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tidegate import FeatureStore
from tidegate.errors import PredictionColumnsError
from tidegate.predictions.columns import ABSENT_GROUPS
from tidegate.predictions.provenance import Provenance, provenance_columns
from tidegate.predictions.table import PredictionTable
from tidegate.predictions.write import PredictionsWritten, write_predictions
from tidegate.subjects.keyed_hash import SECRET_VARIABLE
from tidegate.tables.create import STATISTICS_PROPERTY
from tidegate.tables.delta_log.files import logged_files
from tidegate.tables.protect import PROTECTED_PROPERTY
from tidegate.tables.read import read_table, table_state

TABLE = PredictionTable("illness", ("patient", "target_time"), outputs=("rate",))
AT = datetime(2024, 1, 1, 6, tzinfo=UTC)
SPAN = (datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 1, 2, tzinfo=UTC))
HOUR = timedelta(hours=1)
FIRST, SECOND = (
    Provenance(release, "champion", "illness", version, "illness", 1, {"pulse_v1": 4, "age_v1": 2}, "abc")
    for version, release in enumerate(("first", "second"), 1)
)
# Patient, hours to the target time, rate.
Scored = tuple[str, int, float]


def scored(spark: SparkSession, provenance: Provenance, rows: list[Scored], scored_at: datetime) -> DataFrame:
    found = [(patient, AT + hours * HOUR, AT, rate) for patient, hours, rate in rows]
    frame = spark.createDataFrame(found, "patient string, target_time timestamp, prediction_time timestamp, rate double")
    none = F.lit(None).cast("array<string>").alias(ABSENT_GROUPS)
    return frame.select("*", *provenance_columns(provenance, scored_at), none)


@dataclass
class Stored:
    """What one write after another leaves, row by row in Python."""

    rows: list[dict[str, object]] = field(default_factory=list)

    def write(self, provenance: Provenance, batch: list[Scored], scored_at: datetime) -> Counter[str]:
        counts: Counter[str] = Counter()
        for patient, hours, rate in batch:
            mine = [row for row in self.rows if (row["patient"], row["hours"]) == (patient, hours)]
            own = [row for row in mine if (row["release"], row["arm"]) == (provenance.release, provenance.arm)]
            before = [row for row in mine if row["served"]][-1:] if provenance.served else own[-1:]
            if before and before[0] in own and before[0]["rate"] == rate:
                counts["unchanged"] += 1
                continue
            counts["updated" if before else "inserted"] += 1
            key = {"patient": patient, "hours": hours, "release": provenance.release, "arm": provenance.arm}
            self.rows.append({**key, "revision": len(own), "rate": rate, "served": provenance.served, "n": len(self.rows)})
        return counts

    def current(self) -> list[dict[str, object]]:
        served = [row for row in self.rows if row["served"]]
        return list({(row["patient"], row["hours"]): row for row in served}.values())


COMPARED = ("patient", "hours", "release", "arm", "revision", "rate", "served")


def as_tuples(rows: list[dict[str, object]]) -> list[tuple[object, ...]]:
    return sorted(tuple(row[name] for name in COMPARED) for row in rows)


def shown(frame: DataFrame) -> list[tuple[object, ...]]:
    hours = ((F.unix_seconds("target_time") - F.unix_seconds("prediction_time")) / 3600).cast("int").alias("hours")
    return sorted(tuple(row) for row in frame.select("*", hours).select(*COMPARED).collect())


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.evidence), pytest.param(3, marks=pytest.mark.evidence)])
def test_write_predictions_appends_what_differs_from_the_row_in_force(spark: SparkSession, tmp_path: Path, seed: int) -> None:
    store, expected, chance = FeatureStore(spark, str(tmp_path)), Stored(), random.Random(seed)
    entities = [(f"p{number}", hours) for number in range(12) for hours in (1, 2)]
    # Another arm of the same release, shadows and backfills, and a rollback: `first` comes again after `second`.
    shadow, backfill = replace(SECOND, arm="shadow", served=False), replace(FIRST, served=False)
    script = [shadow, FIRST, FIRST, SECOND, FIRST, backfill, replace(SECOND, arm="challenger"), shadow, SECOND]
    for place, provenance in enumerate(script):
        batch = [(*entity, chance.choice((0.1, 0.2))) for entity in chance.sample(entities, 16)]
        # The clock stands still, or goes back. Other versions of tables and of the code are no difference.
        scored_at = AT - place // 3 * HOUR
        made = replace(provenance, code_version=f"c{place}", feature_table_versions={"pulse_v1": place})
        written = write_predictions(store.handle, TABLE, scored(spark, made, batch, scored_at), SPAN)
        counts = expected.write(provenance, batch, scored_at)
        assert (written.inserted, written.updated, written.unchanged) == tuple(
            counts[name] for name in ("inserted", "updated", "unchanged")
        )
    assert shown(store.predictions("illness", history=True)) == as_tuples(expected.rows)
    assert shown(store.predictions("illness")) == as_tuples(expected.current())
    path = store.layout.predictions("illness")
    # A table of few rows gets one file with each write, and an equal write commits nothing.
    files = len(logged_files(spark, path))
    assert files == sum(1 for _ in script)
    version = table_state(spark, path)
    current = [row for row in expected.current() if row["release"] == "second" and row["arm"] == "champion"]
    same = [(str(row["patient"]), int(str(row["hours"])), float(str(row["rate"]))) for row in current]
    assert same
    unchanged = write_predictions(store.handle, TABLE, scored(spark, SECOND, same, AT + HOUR), SPAN)
    assert (unchanged.rows, unchanged.unchanged) == (len(same), len(same))
    assert (len(logged_files(spark, path)), table_state(spark, path)) == (files, version)


def test_a_later_version_adds_columns_and_another_task_is_refused(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SECRET_VARIABLE, "0123456789abcdef0123456789abcdef")
    store = FeatureStore(spark, str(tmp_path))
    wider = replace(TABLE, subjects=("doctor",))
    rows = {rate: scored(spark, FIRST, [("p1", 1, rate)], AT) for rate in (0.1, 0.2)}
    second = scored(spark, SECOND, [("p1", 1, 0.2)], AT).withColumn("doctor", F.lit("d1"))

    def write(table: PredictionTable, frame: DataFrame) -> PredictionsWritten:
        return write_predictions(store.handle, table, frame, SPAN)

    write(TABLE, rows[0.1])
    refused = {
        "its entity key is patient, but patient, target_time in the table": (replace(TABLE, entity_key=("patient",)), rows[0.2]),
        "its task predicts low, rate, but rate in the table": (replace(TABLE, outputs=("low", "rate")), rows[0.2]),
        "rate is string, but double in the table": (TABLE, rows[0.2].withColumn("rate", F.lit("high"))),
        "Estimator is called estimator in the table": (TABLE, rows[0.2].withColumnRenamed("estimator", "Estimator")),
        "the batch has no release": (TABLE, rows[0.2].drop("release")),
    }
    for reason, (table, frame) in refused.items():
        with pytest.raises(PredictionColumnsError, match=f"prediction table 'illness' .* refuses this batch: .*{reason}"):
            write(table, frame)
    assert write(wider, second).updated == 1
    path = store.layout.predictions("illness")
    properties = table_state(spark, path).properties
    assert "`doctor`" not in properties[STATISTICS_PROPERTY].split(",")
    assert properties[PROTECTED_PROPERTY] == "doctor"
    # Rolled back: the earlier version carries no doctor.
    assert write(TABLE, rows[0.1]).updated == 1
    found = read_table(spark, path).orderBy("release", "revision").collect()
    assert [(row.release, row.revision, row.doctor, row.rate) for row in found] == [
        ("first", 0, None, 0.1), ("first", 1, None, 0.1), ("second", 0, "d1", 0.2),
    ]  # fmt: skip
    [current] = store.predictions("illness").collect()
    assert (current.release, current.revision, current.code_version) == ("first", 1, "abc")
    [earlier] = store.predictions("illness", as_of=AT + timedelta(microseconds=1)).collect()
    assert (earlier.release, earlier.doctor) == ("second", "d1")
    # Each revision of a person is reached, and nobody comes back.
    receipt = store.forget(spark.createDataFrame([("d1",)], "subject string"), "case-1")
    assert receipt.erased
    assert store.predictions("illness", history=True).where("release = 'second'").isEmpty()
    assert write(wider, second).suppressed == 1
