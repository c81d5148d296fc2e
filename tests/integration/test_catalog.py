"""The catalog of features as the feature pipeline writes it: once, then only what changed, and never in an erasure's way."""

import importlib
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from types import ModuleType

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import types as T

from tidegate import Csv, FeatureGroup, FeatureStep, FeatureStore, Field, LoadRequest, Period, Source
from tidegate.code_version import VARIABLE
from tidegate.erasure.impact import people_places
from tidegate.errors import MissingCatalogError
from tidegate.feature_groups.catalog.features_table import record_features
from tidegate.tables.read import current_version

DAY = Period(date(2024, 1, 1), date(2024, 1, 1), "UTC")
PATIENT = Field("patient", T.StringType(), "patient id")
RATE = Field("pulse", T.DoubleType(), "Heart rate at rest", "1/min", origin="monitor: bpm")
SOURCE = Source(
    "monitor",
    (PATIENT, Field("bpm", T.DoubleType(), "heart rate"), Field("at", T.TimestampType(), "when")),
    Csv(),
    by_day=True,
    subject="patient",
)
PULSE = FeatureGroup("pulse", 1, ("patient",), (PATIENT, RATE), "pulse", subject="patient", owner="ward 3")
MODULE = "steps_of_a_catalog_test"
CODE = """
from pyspark.sql import functions as F

def build(monitor):
    times = {"event_time": F.col("at"), "available_at": F.col("at")}
    return monitor.withColumns(times).withColumn("pulse", F.col("bpm")).drop("bpm", "at")
"""


@pytest.fixture
def steps_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    (tmp_path / f"{MODULE}.py").write_text(CODE)
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
    importlib.invalidate_caches()
    yield importlib.import_module(MODULE)
    sys.modules.pop(MODULE)


@pytest.fixture
def store(spark: SparkSession, tmp_path: Path) -> FeatureStore:
    folder = tmp_path / "landing" / "monitor" / "day=2024-01-01"
    folder.mkdir(parents=True)
    (folder / "part.csv").write_text("patient,bpm,at\np1,60.0,2024-01-01T08:00:00Z\np2,70.0,2024-01-01T09:00:00Z\n")
    return FeatureStore(spark, str(tmp_path / "root"))


def test_catalog_is_written_once_keeps_what_was_and_is_searched(
    spark: SparkSession, store: FeatureStore, steps_module: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def recorded(group: FeatureGroup, commit: str) -> tuple[int, int]:
        """Record a definition; return the rows written and the catalog's table version."""
        monkeypatch.setenv(VARIABLE, commit)
        step = FeatureStep(group, (SOURCE,), steps_module.build)
        rows = record_features(store.handle, [step], datetime(2099, 1, int(commit[-1]), tzinfo=UTC))
        return rows, current_version(spark, store.layout.catalog)

    def found(text: str) -> list[tuple[str, ...]]:
        return [(row.feature, row.description, row.code_version) for row in store.catalog.find(text).collect()]

    with pytest.raises(MissingCatalogError, match="has no catalog of features.*jobs/feature_pipeline.py"):
        store.catalog.find("pulse")

    monkeypatch.setenv(VARIABLE, "commit-1")
    step = FeatureStep(PULSE, (SOURCE,), steps_module.build)
    store.run(step, request=LoadRequest(str(tmp_path / "landing"), days=DAY))
    first = current_version(spark, store.layout.catalog)
    assert found("") == [("patient", "patient id", "commit-1"), ("pulse", "Heart rate at rest", "commit-1")]
    assert recorded(PULSE, "commit-2") == (0, first)  # other code elsewhere: nothing of these features changed
    assert [each.table.path for each in people_places(store.handle)] == ["feature_groups/pulse_v1"]

    clearer = replace(PULSE, fields=(PATIENT, replace(RATE, description="Heart rate while lying")))
    assert recorded(clearer, "commit-3") == (1, first + 1)
    (tmp_path / f"{MODULE}.py").write_text(CODE + "\nFACTOR = 1\n")
    importlib.reload(steps_module)
    assert recorded(clearer, "commit-4") == (2, first + 2)

    # Every word must match, in any case: name, meaning, group with version, unit, origin and owner are searched.
    assert found("LYING ward pulse_v1 1/MIN bpm monitor") == [("pulse", "Heart rate while lying", "commit-4")]
    assert found("heart rest") == []
    history = store.catalog.find("pulse heart", history=True).collect()
    assert [row.code_version for row in history] == ["commit-1", "commit-3", "commit-4"]
    assert {row.transformation for row in history} == {f"{MODULE}.build"}
    hashes = [row.transformation_hash for row in history]
    assert hashes[0] == hashes[1] != hashes[2]

    # Equal to an earlier state is a change too: what holds now is always the newest row.
    assert recorded(PULSE, "commit-5") == (1, first + 3)


def test_catalog_marks_a_feature_that_its_group_lost(spark: SparkSession, store: FeatureStore, steps_module: ModuleType) -> None:
    # For example a table that somebody removed and made anew under the same version.
    lost = Field("beats", T.LongType(), "beats of the day")
    before = FeatureStep(replace(PULSE, fields=(PATIENT, RATE, lost)), (SOURCE,), steps_module.build)
    other = FeatureStep(replace(PULSE, version=2), (SOURCE,), steps_module.build)
    now = FeatureStep(PULSE, (SOURCE,), steps_module.build)
    counts = [
        record_features(store.handle, steps, datetime(2024, 1, day, tzinfo=UTC))
        for day, steps in enumerate(([before], [now, other], [now]), 1)
    ]
    assert counts == [3, 3, 0]
    changes = store.catalog.find(history=True).select("feature", "group_version", "role").collect()
    assert [tuple(row) for row in changes if row.feature == "beats"] == [("beats", 1, "feature"), ("beats", 1, "removed")]
    current = [(row.feature, row.group_version) for row in store.catalog.find().collect()]
    assert current == [("patient", 1), ("pulse", 1), ("patient", 2), ("pulse", 2)]
