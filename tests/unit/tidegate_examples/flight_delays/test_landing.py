from datetime import date
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from tidegate import FeatureStore, LoadRequest, Period
from tidegate.errors import NoFilesError
from tidegate_examples.flight_delays.landing import land
from tidegate_examples.flight_delays.sources import MOVEMENTS, ZONE
from tidegate_examples.flight_delays.steps import FEATURE_STEPS

pytestmark = pytest.mark.slow


def landing_files(root: Path) -> dict[str, float]:
    return {str(path.relative_to(root)): path.stat().st_mtime_ns for path in root.rglob("*.csv")}


def test_land_delivers_a_file_a_day_of_which_no_row_is_quarantined(spark: SparkSession, tmp_path: Path) -> None:
    period, landing = Period(date(2013, 11, 2), date(2013, 11, 3), ZONE), tmp_path / "landing"

    land(spark, str(landing), period)

    folders = sorted(name.rsplit("/", 1)[0] for name in landing_files(landing))
    daily = [f"{name}/day=2013-11-0{day}" for name in ("movements", "schedules", "weather") for day in (2, 3)]
    assert folders == sorted([*daily, "planes"])
    read = FeatureStore(spark, tmp_path / "root").run(
        *FEATURE_STEPS, request=LoadRequest(str(landing), days=period, dry_run=True)
    )
    assert {load.source: len(load.files) for load in read.loaded} == {"schedules": 2, "movements": 2, "weather": 2, "planes": 1}
    assert all(load.accepted == load.rows > 0 for load in read.loaded)
    known = spark.read.csv(str(landing / "movements" / "day=2013-11-03"), header=True)
    # On this day the clocks were set back, so that it had 25 hours.
    bounds = known.selectExpr("min(known_at) >= '2013-11-03T04:00'", "max(known_at) < '2013-11-04T05:00'")
    assert bounds.first() == (True, True)


def test_land_writes_only_days_that_are_not_there(spark: SparkSession, tmp_path: Path) -> None:
    land(spark, str(tmp_path), Period(date(2013, 6, 2), date(2013, 6, 2), ZONE))
    before = landing_files(tmp_path)

    land(spark, str(tmp_path), Period(date(2013, 6, 1), date(2013, 6, 3), ZONE))

    after = landing_files(tmp_path)
    assert {name: after[name] for name in before} == before
    assert len(after) == 3 * 3 + 1


def test_land_delivers_nothing_where_there_is_no_data(spark: SparkSession, tmp_path: Path) -> None:
    period = Period(date(2014, 6, 1), date(2014, 6, 1), ZONE)

    land(spark, str(tmp_path), period)

    [step] = [step for step in FEATURE_STEPS if step.source == MOVEMENTS and step.group.name == MOVEMENTS.name]
    with pytest.raises(NoFilesError, match="source movements"):
        FeatureStore(spark, tmp_path / "root").run(step, request=LoadRequest(str(tmp_path), days=period, dry_run=True))
