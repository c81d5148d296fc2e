"""Which files a run would load: all that are new, or those of the days that it chooses."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import types as T

from tidegate import Csv, Field, LoadRequest, Period, Source
from tidegate.errors import ChangedFilesError, MissingDayError
from tidegate.pipelines.source_listing import new_files
from tidegate.sources.folders import ListedFile, list_below
from tidegate.sources.positions import LoadedFiles, record_files
from tidegate.tables.store import Store

SOURCE = Source("counts", (Field("k", T.StringType(), "key"),), Csv(), by_day=True)


def of_day(day: int, **choices: bool) -> dict[str, object]:
    return {"days": Period(date(2024, 1, day), date(2024, 1, day)), **choices}


def test_a_run_of_chosen_days_looks_at_no_file_of_other_days(spark: SparkSession, tmp_path: Path) -> None:
    store = Store.open(spark, str(tmp_path / "root"))
    for day in (2, 3):
        (tmp_path / "counts" / f"day=2024-01-0{day}").mkdir(parents=True)
        (tmp_path / "counts" / f"day=2024-01-0{day}" / "a.csv").write_text("k\na\n")
    second, third = list_below(spark, str(tmp_path / "counts"))
    gone, other = ListedFile("day=2024-01-01/a.csv", 4, 0), ListedFile(second.name, 99, second.modified)
    files = LoadedFiles("counts", ["loaded"], {gone: 1, other: 1, third: 1}, None)
    record_files(store, [files], datetime(2024, 1, 4, tzinfo=UTC))

    def found(group: str, **choices: object) -> tuple[ListedFile, ...]:
        request = LoadRequest(str(tmp_path), **choices)  # type: ignore[arg-type]
        return new_files(store, [(SOURCE, ["loaded", "new"])], request)[0][group].files

    assert found("loaded", **of_day(3)) == ()
    assert found("new", **of_day(3)) == found("loaded", **of_day(3, again=True)) == (third,)
    with pytest.raises(MissingDayError, match="no folder for 2024-01-01"):
        found("new", **of_day(1))
    for choices in ({}, of_day(2), of_day(2, again=True)):
        with pytest.raises(ChangedFilesError, match=second.name):
            found("loaded", **choices)
