"""How far groups are loaded, by every way in which their rows come; also after a kill between the rows and the record."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from types import ModuleType

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T
from tests.loading import load, step_of

from tidegate import (
    Batch,
    Csv,
    FeatureGroup,
    FeatureStep,
    FeatureStore,
    Field,
    FullState,
    LoadRequest,
    OlderVersion,
    Period,
    Source,
)
from tidegate.errors import NaiveMomentError
from tidegate.feature_groups.loaded_until import loaded_until
from tidegate.feature_groups.writing import record_load
from tidegate.pipelines import run_records
from tidegate.pipelines.backfill import Backfill, backfill_from_older
from tidegate.tables.read import current_version

pytestmark = pytest.mark.slow

FIELDS = (Field("ward", T.StringType(), "ward"), Field("free", T.IntegerType(), "free beds"))
AT = Field("at", T.TimestampType(), "when")
BEDS = FeatureGroup("beds", 1, ("ward",), FIELDS, "free beds")


FIRST = datetime(2024, 1, 1, tzinfo=UTC)


def jan(day: int, hour: int = 0) -> datetime:
    return datetime(2024, 1, day, hour, tzinfo=UTC)


@pytest.fixture
def store(spark: SparkSession, tmp_path: Path) -> FeatureStore:
    return FeatureStore(spark, str(tmp_path / "root"))


@pytest.fixture
def killed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """A function that runs a call whose driver is killed after the commit of the rows, before the record."""

    def kill(*_: object) -> None:
        raise KeyboardInterrupt

    def run(module: ModuleType, call: Callable[[], object]) -> None:
        with monkeypatch.context() as patched:
            patched.setattr(module, "record_loaded_until", kill)
            with pytest.raises(KeyboardInterrupt):
                call()

    return run


def until(store: FeatureStore, group: FeatureGroup = BEDS) -> datetime | None:
    return store.catalog.loaded_until([group])[group.full_name]


def rows(store: FeatureStore, *known: datetime | None, event: datetime = FIRST) -> DataFrame:
    made = [(f"w{place}", place, event, moment) for place, moment in enumerate(known)]
    return store.handle.spark.createDataFrame(made, BEDS.schema)


def test_a_write_says_its_newest_row_or_what_the_caller_says(store: FeatureStore, killed: Callable[..., None]) -> None:
    assert until(store) is None
    batch = Batch("first")
    killed(record_load, lambda: store.write(BEDS, rows(store, jan(2), jan(3, 5)), batch))
    assert until(store) is None
    assert store.write(BEDS, rows(store, jan(2), jan(3, 5)), batch).already_applied
    assert until(store) == jan(3, 5)
    # A batch knows nothing of what became known after its arrival: its row of a future event is known later.
    store.write(BEDS, rows(store, None, event=jan(9)), Batch(arrived_at=jan(4)))
    assert until(store) == jan(4)
    store.write(BEDS, rows(store).limit(0), loaded_until=jan(6))
    assert until(store) == jan(6)
    store.write(BEDS, rows(store, None, event=jan(7)), Batch(contents=FullState(jan(8))))
    assert until(store) == jan(8)
    with pytest.raises(NaiveMomentError, match="loaded_until of a write"):
        store.write(BEDS, rows(store), loaded_until=jan(9).replace(tzinfo=None))


def source(store: FeatureStore, tmp_path: Path, name: str) -> FeatureStep:
    (tmp_path / name).mkdir()
    (tmp_path / name / "a.csv").write_text(f"ward,free,at\n{name},1,2024-01-02T03:00:00Z\n")

    def transform(frame: DataFrame) -> DataFrame:
        known = F.lit(None).cast("timestamp").alias("available_at")
        return frame.select("ward", "free", F.col("at").alias("event_time"), known, "_origin")

    return step_of(Source(name, (*FIELDS, AT), Csv()), BEDS, str(tmp_path / name), transform)


def test_a_look_counts_with_and_without_news(store: FeatureStore, tmp_path: Path, killed: Callable[..., None]) -> None:
    north, south = (source(store, tmp_path, name) for name in ("north", "south"))
    killed(run_records, lambda: load(store, north))
    assert until(store) is None
    load(store, north)
    assert until(store) == jan(2, 3)
    assert load(store, north, arrived_at=jan(5)).files == ()
    assert until(store) == jan(5)
    # A dry run is no look, and neither is a load without a moment.
    load(store, north, arrived_at=jan(6), dry_run=True)
    load(store, north)
    assert until(store) == jan(5)
    # The group is loaded as far as the source that was looked at longest ago, and never less far than it was.
    load(store, south, arrived_at=jan(3))
    load(store, north, loaded_until=jan(7))
    assert until(store) == jan(5)
    load(store, south, arrived_at=jan(6))
    assert until(store) == jan(6)


def test_a_missing_day_stops_it_until_the_day_is_loaded(store: FeatureStore, tmp_path: Path, killed: Callable[..., None]) -> None:
    counts = Source("counts", (*FIELDS, AT), Csv(), by_day=True, event_time="at", available_at="at")
    step = FeatureStep(BEDS, (counts,))
    for day in (1, 2, 3):
        folder = tmp_path / "landing" / "counts" / f"day=2024-01-{day:02}"
        folder.mkdir(parents=True)
        (folder / "part.csv").write_text(f"ward,free,at\na,{day},2024-01-{day:02}T08:00:00Z\n")

    def load(day: int) -> None:
        days = Period(date(2024, 1, day), date(2024, 1, day))
        store.run(step, request=LoadRequest(str(tmp_path / "landing"), days=days))

    load(1)
    version = current_version(store.handle.spark, store.layout.feature_group(BEDS.full_name))
    load(3)
    # A correction of one row proves nothing about all others.
    store.write(BEDS, rows(store, jan(20)))
    assert until(store) == jan(2)
    killed(run_records, lambda: load(2))
    assert until(store) == jan(2)
    load(2)
    assert until(store) == jan(4)
    # Rows of a later version can't be promised to the reader of an earlier one.
    assert loaded_until(store.handle, [BEDS], {BEDS.full_name: version}) == {BEDS.full_name: jan(2)}

    newer = replace(BEDS, version=2)
    step = FeatureStep(newer, (counts,), older=OlderVersion(BEDS, lambda frame: frame))
    backfill_from_older(store.handle, "care", Backfill(step, None, days_per_batch=400))
    assert until(store, newer) == jan(4)
