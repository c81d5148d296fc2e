"""People in columns that only a later view shows to name people: in tables, in logs, and in what was made of them before."""

from collections.abc import Callable
from contextlib import suppress
from inspect import getclosurevars
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T
from tests.loading import load, step_of
from tests.predicting import made_by
from tests.rides import (
    DRIVER,
    DRIVERS,
    FIRST,
    LAST,
    LATER,
    MONTH,
    NUMBER,
    OTHER,
    RIDES,
    RIDES_VIEW,
    field,
    files_with,
    frame,
    tables,
)

from tidegate import Csv, FeatureChoice, FeatureGroup, FeatureStore, FeatureView, Source
from tidegate.datasets.view_people import map_view
from tidegate.pipelines.erasure import ErasureRequest, plan_erasure
from tidegate.predictions.table import PredictionTable
from tidegate.predictions.write import write_predictions
from tidegate.tables.commits import commit
from tidegate.tables.commits.retry import retried_commit

TIPS = FeatureGroup("tips", 1, ("ride_id",), (field("ride_id"), field("tip", NUMBER)), "tips")
# The definition of RIDES declares the rider alone; only RIDES_VIEW shows that `driver_id` names people.
TIPS_VIEW = FeatureView(
    "tip", 1, TIPS, TIPS, ("tip",),
    (FeatureChoice(RIDES, ("late", "driver_id", "rider_id"), MONTH, rename={"driver_id": "chauffeur", "rider_id": "guest"}),),
)  # fmt: skip
WAITS_VIEW = FeatureView("wait", 1, RIDES, RIDES, ("late",), (FeatureChoice(TIPS, ("tip",), MONTH, may_lack=1.0),))


def test_what_another_view_shows_of_a_column_holds_for_all_that_was_made_of_it(spark: SparkSession, empty: FeatureStore) -> None:
    store = empty
    store.write(DRIVERS, frame(spark, DRIVERS, [(DRIVER, 1), (OTHER, 2)], FIRST))
    store.write(RIDES, frame(spark, RIDES, [("r1", "ann", DRIVER, 1), ("r2", "bob", OTHER, 1)], FIRST))
    store.write(TIPS, frame(spark, TIPS, [("r1", 1), ("r2", 2)], LATER))
    store.training_dataset(TIPS_VIEW, FIRST, LAST)
    store.training_dataset(WAITS_VIEW, FIRST, LAST)
    scored = store.read(RIDES).selectExpr(
        "ride_id", "driver_id", "event_time AS prediction_time", "0.5D AS probability"
    ).select("*", *made_by("wait"))  # fmt: skip
    write_predictions(store.handle, PredictionTable("waits", ("ride_id",)), scored, (FIRST, LAST))
    # From now on it is known, and another dataset is made of the first view.
    store.training_dataset(RIDES_VIEW, FIRST, LAST)
    store.training_dataset(TIPS_VIEW, FIRST, LAST + MONTH)
    known = [table.subject_columns for table in store.tables() if table.path.startswith("training_datasets/tip_v1/")]
    assert known == [("guest", "chauffeur")] * 2
    people = spark.createDataFrame([(str(DRIVER),)], "subject string")
    planned = {impact.table.path: impact.rows for impact in plan_erasure(store.handle, ErasureRequest(people, "case-1")).impacts}
    receipt = store.forget(people, "case-1")
    assert receipt.erased
    assert {entry.path: entry.rows_removed for entry in receipt.tables} == planned
    assert list(planned.values()) == [1] * 6
    left = {path for path, rows in tables(spark, store).items() if any(str(DRIVER) in row for row in rows)}
    assert left == set()
    again = write_predictions(store.handle, PredictionTable("waits", ("ride_id",)), scored_again(spark, scored), (FIRST, LAST))
    assert again.suppressed == 1


def scored_again(spark: SparkSession, scored: DataFrame) -> DataFrame:
    row = spark.createDataFrame([("r1", DRIVER, FIRST, 0.5)], scored.schema[:4])
    return row.select("*", *made_by("wait"))


class KilledError(BaseException):
    """What a test does to a driver."""


@pytest.mark.parametrize(
    ("killed_in", "killed_by", "kills"),
    [
        pytest.param("/training_datasets/", ("delete",), 1, marks=pytest.mark.evidence),
        pytest.param("", ("delete",), 4, marks=pytest.mark.evidence),
        pytest.param("", ("",), 12, marks=pytest.mark.evidence),
    ],
    ids=["after the first deletion", "after deletions", "after every commit"],
)
def test_who_came_in_by_a_column_that_a_view_shows_later_goes_then_also_after_a_kill(
    spark: SparkSession,
    empty: FeatureStore,
    monkeypatch: pytest.MonkeyPatch,
    killed_in: str,
    killed_by: tuple[str, ...],
    kills: int,
) -> None:
    store = empty
    store.write(DRIVERS, frame(spark, DRIVERS, [(DRIVER, 1), (OTHER, 2)], FIRST))
    assert store.forget(spark.createDataFrame([(str(DRIVER),)], "subject string"), "case-1").erased
    rides = [("r1", "ann", DRIVER, 1), ("r2", "bob", OTHER, 1), ("h1", "ann", DRIVER, 9999), ("h2", "ann", OTHER, 9999)]
    assert store.write(RIDES, frame(spark, RIDES, rides, LATER)).inserted == 2
    store.write(TIPS, frame(spark, TIPS, [("r1", 1), ("r2", 2)], LAST))
    # The forgotten driver is in this dataset, too, under another name.
    store.training_dataset(TIPS_VIEW, FIRST, LAST + MONTH)
    root = Path(store.layout.root)
    assert len({path.split("/")[0] for path in files_with(root, (str(DRIVER),))}) == 4

    seen = set()

    def killed_after(attempt: Callable[[], Any], path: str) -> Any:
        kind = path, getclosurevars(attempt).nonlocals["action"].__qualname__
        done = retried_commit(attempt, path)
        if kind not in seen and killed_in in path and kind[1].startswith(killed_by):
            seen.add(kind)
            raise KilledError
        return done

    with monkeypatch.context() as patched:
        patched.setattr(commit, "retried_commit", killed_after)
        for _ in range(30):
            with suppress(KilledError):
                map_view(store.handle, RIDES_VIEW)
                break
    # A driver was killed once after each of these kinds of commit; all kinds go to the dataset, the statistics, the quarantine,
    # the group and the map.
    assert len(seen) == kills
    assert list(files_with(root, (str(DRIVER),))) == []
    assert (store.read(RIDES).count(), store.quarantined(RIDES).count()) == (1, 1)


def test_a_line_that_a_source_holds_back_keeps_no_text_of_a_person_whom_only_a_view_shows(
    spark: SparkSession, empty: FeatureStore, tmp_path: Path
) -> None:
    store, folder = empty, tmp_path / "rides"
    folder.mkdir()
    source = Source("rides", (*RIDES.fields, field("event_time", T.DateType())), Csv(), subject="rider_id", may_hold_back=1.0)
    times = {"event_time": F.col("event_time").cast("timestamp"), "available_at": F.lit(None).cast("timestamp")}
    loading = step_of(source, RIDES, str(folder), lambda rows: rows.withColumns(times))
    header = "ride_id,rider_id,driver_id,late,event_time"
    store.write(DRIVERS, frame(spark, DRIVERS, [(DRIVER, 1), (OTHER, 2)], FIRST))
    (folder / "1.csv").write_text(f"{header}\nr1,ann,{OTHER},1,2024-01-02\n")
    load(store, loading)
    store.training_dataset(RIDES_VIEW, FIRST, LAST)
    (folder / "2.csv").write_text(f"{header}\nr2,ann,{DRIVER},much,2024-01-02\n")
    assert load(store, loading).quarantined == 1
    assert [row.row for row in store.quarantined(source).collect()] == [None]
