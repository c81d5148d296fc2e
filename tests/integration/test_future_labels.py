"""Spines by rule and labels from the future: training datasets, rows to predict, the plan and explanations."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate import Aggregates, Batch, FeatureGroup, FeatureStore, FeatureView, Field, FutureLabels, count, every, last, share
from tidegate.datasets.label_rows import label_events
from tidegate.datasets.view_rows import Span, current_snapshot, rows_to_predict, with_features
from tidegate.errors import NoLabelsError, UsageError
from tidegate.feature_groups.loaded_until import Load, record_loaded_until
from tidegate.system_plan import plan_joins

CHECKOUT = Path(__file__).resolve().parents[2]
HOUR = timedelta(hours=1)
AIRPORT = Field("airport", T.StringType(), "airport")
MOVES = FeatureGroup(
    "moves",
    1,
    ("flight",),
    (Field("flight", T.StringType(), "flight"), AIRPORT, Field("delay", T.IntegerType(), "delay", "minutes")),
    "departures",
    history="all",
    delay=2 * HOUR,
)
SPINE = every(MOVES, "1 day", "18:00", "Europe/Warsaw", key=("airport",))
LABELS = FutureLabels(
    MOVES,
    horizon=12 * HOUR,
    targets={"departed": count(), "late_share": share("delay > 15"), "last_delay": last("delay")},
    key=("airport",),
)
BEFORE = Aggregates(MOVES, {"before_24h": count(window=24 * HOUR)}, key=("airport",), may_lack=1.0)
VIEW = FeatureView("evenings", 1, SPINE, LABELS, ("departed", "late_share", "last_delay"), (BEFORE,))
AT_TARGET = replace(
    VIEW,
    name="hours",
    spine=replace(SPINE, horizons=(6 * HOUR, 30 * HOUR)),
    labels=replace(LABELS, targets={"departed": count()}, horizon=HOUR, anchor="target_time"),
    targets=("departed",),
    choices=(replace(BEFORE, features={"same_time_before": count(window=2 * HOUR, offset=25 * HOUR)}, anchor="target_time"),),
)
# A stored spine, and events of which one replaces another at an airport.
PLANNED = FeatureGroup("planned", 1, ("airport",), (AIRPORT,), "when to predict")
MOVED = replace(
    VIEW,
    name="planned",
    spine=PLANNED,
    labels=replace(LABELS, targets={"departed": count()}, one_event_per=("airport",)),
    targets=("departed",),
)


def at(hour: float) -> datetime:
    """Hours after 18:00 in Warsaw on 29 March 2024; the clocks are changed on the 31st."""
    return datetime(2024, 3, 29, 17, tzinfo=UTC) + hour * HOUR


# flight, airport, delay, event_time, available_at
SEEN = [
    ("a", "WAW", 5, at(-3), at(-2)),
    ("b", "WAW", 20, at(4), at(5)),
    ("b", "WAW", 20, at(4), at(90)),  # observed again: changes nothing
    ("c", "WAW", 30, at(12), at(13)),
    ("c", "WAW", 10, at(12), at(40)),  # corrected late
    ("d", "WAW", 0, at(6.5), at(50)),  # known very late
    ("e", "WAW", 60, at(30), at(31)),
    ("e", "KRK", 60, at(30), at(60)),  # it had departed from another airport
    ("f", "KRK", 7, at(26), at(27)),
]
KNOWN_BY = at(100)


@pytest.fixture(scope="module")
def store(spark_of_process: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> FeatureStore:
    store = FeatureStore(spark_of_process, str(tmp_path_factory.mktemp("root")))
    batch = Batch("first", arrived_at=at(91))
    store.write(MOVES, spark_of_process.createDataFrame(SEEN, MOVES.schema), batch, loaded_until=at(61))
    return store


def found_in(frame: DataFrame, *names: str) -> dict[tuple, tuple]:
    """Rows by airport and times; all times as hours like those of `at`."""
    zero = int(at(0).timestamp() * 1_000_000)
    times = [name for name, kind in frame.dtypes if kind == "timestamp"]
    in_hours = {name: (F.unix_micros(name) - zero) / 3.6e9 for name in times}
    key = [name for name in ("airport", "event_time", "target_time") if name in frame.columns]
    rows = frame.withColumns(in_hours).collect()
    found = {tuple(row[name] for name in key): tuple(row[name] for name in names) for row in rows}
    assert len(found) == len(rows)
    return found


def test_a_training_dataset_has_mature_labels_as_known_by_its_moment(store: FeatureStore) -> None:
    dataset = store.training_dataset(VIEW, at(-24), at(96), KNOWN_BY)
    # On the 31st, 18:00 comes an hour earlier.
    assert found_in(dataset.frame, "before_24h", "departed", "late_share", "last_delay", "available_at") == {
        ("WAW", 0): (1, 3, 1 / 3, 10, 50),
        ("WAW", 24): (2, 0, None, None, 60),
        ("WAW", 47): (1, 0, None, None, 61),
        ("KRK", 47): (1, 0, None, None, 61),
    }
    assert (dataset.manifest.rows, dataset.manifest.young) == (4, 4)
    assert dataset.manifest.inputs.loaded_until == {"moves_v1": at(61)}
    again = store.training_dataset(VIEW, at(-24), at(96), KNOWN_BY)
    assert (again.reused, again.manifest) == (True, dataset.manifest)
    earlier = store.training_dataset(VIEW, at(-24), at(96), at(45))
    assert found_in(earlier.frame, "departed", "late_share", "last_delay", "available_at") == {
        ("WAW", 0): (2, 0.5, 10, 40),
        ("WAW", 24): (1, 1.0, 60, 38),
    }
    assert earlier.manifest.young == 6
    with pytest.raises(NoLabelsError, match=r"none of the 4 labels with .* is mature. .* Load the group further, give a later"):
        store.training_dataset(VIEW, at(70), at(96), KNOWN_BY)


def test_windows_at_target_times_know_nothing_later_than_the_prediction_time(store: FeatureStore) -> None:
    dataset = store.training_dataset(AT_TARGET, at(-24), at(96), KNOWN_BY)
    assert found_in(dataset.frame, "same_time_before", "departed", "available_at") == {
        ("WAW", 0, 6): (0, 1, 50),
        # b departed in this window, but at 0 that was still in the future.
        ("WAW", 0, 30): (0, 0, 33),
        ("WAW", 24, 30): (1, 0, 33),
        ("WAW", 24, 54): (0, 0, 57),
        ("WAW", 47, 53): (0, 0, 56),
        ("KRK", 47, 53): (0, 0, 56),
    }
    assert dataset.manifest.young == 10
    # A command gives the target time as a text.
    entity = {"airport": "WAW", "target_time": "2024-03-29T23:00Z"}
    found = store.explain(AT_TARGET, entity, at(0)).where("feature_group = 'moves_v1: departed (label)'").collect()
    verdicts = {(row["event_time"].replace(tzinfo=UTC), row["verdict"]) for row in found}
    assert verdicts >= {(at(6.5), "counted"), (at(4), "outside the window")}
    assert (at(6.5), "not yet known") not in verdicts
    found = store.explain(AT_TARGET, {"airport": "WAW", "target_time": at(30)}, at(24)).collect()
    of_b = [
        row for row in found if row["event_time"] == at(4).replace(tzinfo=None) and "same_time_before" in row["feature_group"]
    ]
    # It was observed again at 90.
    assert sorted(row["verdict"] for row in of_b) == ["counted", "not yet known"]


def test_a_stored_spine_and_events_that_move(store: FeatureStore) -> None:
    # The second row became known after the dataset's moment.
    rows = [("WAW", at(24), at(20)), ("WAW", at(26), at(70))]
    store.write(PLANNED, store.handle.spark.createDataFrame(rows, PLANNED.schema))
    dataset = store.training_dataset(MOVED, at(20), at(30), at(50))
    # As known then, d was the newest event of Warsaw, although it lies before all windows. The correction of c had replaced e.
    assert found_in(dataset.frame, "departed", "available_at") == {("WAW", 24): (0, 40)}


def test_what_labels_declare_reaches_the_join(store: FeatureStore) -> None:
    group = replace(MOVES, sequence="delay")
    frame = current_snapshot(store.handle, (MOVES,)).rows(MOVES)
    rows = label_events(replace(LABELS, group=group, where="delay > 5", one_event_per=("airport",)), frame)
    assert (rows.key, rows.where, rows.one_event_per, rows.sequence) == (("airport",), "delay > 5", ("airport",), "delay")


def test_rows_to_predict_are_those_of_the_rule_and_have_the_same_features(store: FeatureStore) -> None:
    snapshot = current_snapshot(store.handle, (MOVES,), (MOVES,))
    span = Span(at(24), at(72))
    rows = rows_to_predict(snapshot, VIEW, span)
    assert rows.columns == ["airport", "event_time"]
    found = found_in(with_features(snapshot, VIEW, rows, span), "before_24h")
    assert found == {("WAW", 24): (2,), ("WAW", 47): (1,), ("WAW", 71): (0,), ("KRK", 47): (1,), ("KRK", 71): (0,)}
    planned = plan_joins(store.handle, VIEW)
    assert [choice.strategy for choice in planned] == ["bucketed", "shuffled"]
    assert planned[1].why.endswith("reads delay of events up to 12 hours ahead")
    with pytest.raises(UsageError, match="spine is a rule .* Give the moment, and a value for each of airport"):
        store.explain(VIEW, {"airport": "WAW"})


def test_a_load_lets_labels_mature(store: FeatureStore) -> None:
    version = current_snapshot(store.handle, (MOVES,)).versions["moves_v1"]
    record_loaded_until(store.handle, [Load("moves_v1", "said", at(90), version)])
    dataset = store.training_dataset(VIEW, at(70), at(72), KNOWN_BY)
    assert found_in(dataset.frame, "departed", "available_at") == {("WAW", 71): (0, 85), ("KRK", 71): (0, 85)}
    # By 86 all labels of the period are mature, so later loads change neither the values nor the id.
    assert dataset.manifest.inputs.loaded_until == {"moves_v1": at(86)}
    record_loaded_until(store.handle, [Load("moves_v1", "said", at(99), version)])
    assert store.training_dataset(VIEW, at(70), at(72), KNOWN_BY).reused


def test_the_example_of_the_docs_does_what_it_says(store: FeatureStore, capsys: pytest.CaptureFixture[str]) -> None:
    page = (CHECKOUT / "docs" / "spines.md").read_text(encoding="utf-8")
    names: dict[str, Any] = {"store": store}
    for place, code in enumerate(re.findall(r"```python\n(.*?)```", page, re.DOTALL)):
        exec(compile(code, "docs/spines.md", "exec"), names)
        if place == 0:
            evening = datetime(2024, 3, 10, 17, tzinfo=UTC)
            seen = [(str(hour), "WAW", hour, evening + hour * HOUR, evening + hour * HOUR) for hour in range(-30, 30)]
            rows = store.handle.spark.createDataFrame(seen, names["MOVEMENTS"].schema)
            store.write(names["MOVEMENTS"], rows, Batch("docs", arrived_at=evening + 40 * HOUR), loaded_until=evening + 24 * HOUR)
    printed = capsys.readouterr().out
    assert "2 labels, 21 too young" in printed
    assert len(names["HOURLY"].entity_columns) == 2
