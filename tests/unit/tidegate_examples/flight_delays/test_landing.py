from datetime import date
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from tidegate import Period, check_source, read_csv_source
from tidegate.errors import EmptySourceError
from tidegate_examples.flight_delays.landing import land
from tidegate_examples.flight_delays.sources import MOVEMENTS, SOURCES, ZONE

pytestmark = pytest.mark.slow


def landing_files(root: Path) -> dict[str, float]:
    return {str(path.relative_to(root)): path.stat().st_mtime_ns for path in root.rglob("*.csv")}


def test_land_delivers_a_file_a_day_that_passes_the_check(spark: SparkSession, tmp_path: Path) -> None:
    period = Period(date(2013, 11, 2), date(2013, 11, 3), ZONE)

    land(spark, str(tmp_path), period)

    folders = sorted(name.rsplit("/", 1)[0] for name in landing_files(tmp_path))
    daily = [f"{name}/day=2013-11-0{day}" for name in ("movements", "schedules", "weather") for day in (2, 3)]
    assert folders == sorted([*daily, "planes"])
    for source in SOURCES:
        check_source(spark, source, str(tmp_path), period)
    known = read_csv_source(spark, MOVEMENTS, str(tmp_path), Period(date(2013, 11, 3), date(2013, 11, 3), ZONE))
    bounds = known.selectExpr("string(min(known_at)) >= '2013-11-03 04:00'", "string(max(known_at)) < '2013-11-04 05:00'")
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

    with pytest.raises(EmptySourceError, match="source movements"):
        check_source(spark, MOVEMENTS, str(tmp_path), period)
