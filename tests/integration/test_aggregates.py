"""Aggregates from their declaration in a feature view to columns of a training dataset, of a batch and of an explanation."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from pyspark.sql import Row, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate import (
    Aggregates,
    Batch,
    FeatureChoice,
    FeatureGroup,
    FeatureStore,
    FeatureView,
    Field,
    count,
    last,
    mean,
    share,
    sum_of,
)
from tidegate.datasets.absent_groups import absent_groups, with_marked_features
from tidegate.datasets.view_rows import Span, current_snapshot, planned_joins, view_inputs
from tidegate.errors import AbsentGroupsError, NewVersionNeededError
from tidegate.feature_groups.loaded_until import Load, record_loaded_until

HOUR = timedelta(hours=1)
FLIGHT, ORIGIN = Field("flight", T.StringType(), "flight"), Field("origin", T.StringType(), "airport")
MOVEMENTS = FeatureGroup(
    "movements",
    1,
    ("flight",),
    (FLIGHT, ORIGIN, Field("kind", T.StringType(), "kind"), Field("delay", T.IntegerType(), "delay", "minutes")),
    "movements",
    history="all",
)
FLIGHTS = FeatureGroup("flights", 1, ("flight",), (FLIGHT, ORIGIN, Field("late", T.IntegerType(), "target")), "flights")


def at(hour: float) -> datetime:
    return datetime(2024, 1, 10, tzinfo=UTC) + hour * HOUR


OF_ORIGIN = Aggregates(
    MOVEMENTS,
    key=("origin",),
    where="kind = 'departed'",
    features={
        "departures": count(window=6 * HOUR),
        "all_departures": count(),
        "delay_sum": sum_of("delay", window=6 * HOUR),
        "late_share": share("delay > 15", window=6 * HOUR),
        "upper": count(where="upper(origin) = 'JFK'", window=6 * HOUR),
        "last_delays": last("delay", n=2, window=6 * HOUR),
    },
)
OF_FLIGHT = Aggregates(MOVEMENTS, features={"of_flight": count(window=24 * HOUR), "mean_delay": mean("delay")})
VIEW = FeatureView(
    "delays", 1, FLIGHTS, FLIGHTS, ("late",), (FeatureChoice(MOVEMENTS, ("kind",), None, may_lack=1.0), OF_ORIGIN, OF_FLIGHT)
)
# flight, origin, kind, delay, event_time, available_at
SEEN = [
    ("a", "JFK", "departed", 10, at(1), at(1)),
    ("b", "JFK", "departed", 20, at(2), at(2.5)),
    ("c", "JFK", "landed", 99, at(2), at(2)),
    ("d", "JFK", "departed", None, at(3), at(3)),
    # Corrected at 5: it had departed from LGA.
    ("e", "JFK", "departed", 30, at(4), at(4)),
    ("e", "LGA", "departed", 30, at(4), at(5)),
    # Known late, at 7.
    ("f", "JFK", "departed", 40, at(4), at(7)),
]
LABELS = [(f"{hour}", "JFK", hour % 2, at(hour), at(hour)) for hour in (0, 4, 5, 7)]
LABELS += [("e", "LGA", 1, at(6), at(6)), ("x", None, 1, at(6), at(6)), ("y", "JFK", 0, at(40), at(40))]


@pytest.fixture(scope="module")
def store(spark_of_process: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> FeatureStore:
    store = FeatureStore(spark_of_process, str(tmp_path_factory.mktemp("root")))
    store.write(FLIGHTS, spark_of_process.createDataFrame(LABELS, FLIGHTS.schema))
    batch = Batch("first", arrived_at=at(8))
    store.write(MOVEMENTS, spark_of_process.createDataFrame(SEEN, MOVEMENTS.schema), batch, loaded_until=at(8))
    return store


def by_flight(rows: list[Row], *names: str) -> dict[str, tuple]:
    return {row["flight"]: tuple(row[name] for name in names) for row in rows}


def test_a_training_dataset_has_the_aggregates_known_at_each_label_time(store: FeatureStore) -> None:
    with pytest.raises(AbsentGroupsError, match=r"movements_v1 \(by flight\): for 6 of 7 rows no row of it counts"):
        store.training_dataset(VIEW, at(0), at(48))
    dataset = store.training_dataset(VIEW.allowing_absent(), at(0), at(48))
    rows = dataset.frame.collect()
    assert by_flight(rows, "departures", "all_departures", "delay_sum", "late_share", "upper", "last_delays", "of_flight") == {
        "0": (0, 0, None, None, 0, None, 0),
        "4": (4, 4, 60, 0.5, 4, [30, 20], 0),
        "5": (3, 3, 30, 1 / 3, 3, [20, 10], 0),
        "7": (3, 4, 60, 2 / 3, 3, [40, 20], 0),
        "e": (1, 1, 30, 1.0, 0, [30], 1),
        "x": (None, None, None, None, None, None, 0),
        "y": (None, None, None, None, None, None, None),
    }
    assert dataset.manifest.inputs.loaded_until == {"movements_v1": at(8)}
    assert dataset.manifest.absent == {"movements_v1 (None)": 6, "movements_v1 (by origin)": 3, "movements_v1 (by flight)": 6}
    assert store.training_dataset(VIEW.allowing_absent(), at(0), at(48)).reused


def test_a_batch_gets_the_same_values_and_lists_where_nothing_counts(store: FeatureStore) -> None:
    snapshot = current_snapshot(store.handle, (FLIGHTS, MOVEMENTS), (MOVEMENTS,))
    # The windows reach further back than the first label time.
    rows = snapshot.standing(FLIGHTS).select("flight", "origin", "event_time").where("flight <> '0'")
    marked = with_marked_features(snapshot, VIEW, rows, Span(at(4), at(48))).withColumn("absent", absent_groups(VIEW))
    found = {row["flight"]: row for row in marked.collect()}
    assert {name: found[name]["delay_sum"] for name in found} == {
        "4": 60,
        "5": 30,
        "7": 60,
        "e": 30,
        "x": None,
        "y": None,
    }
    by_origin, by_key = "movements_v1 (by origin)", "movements_v1 (by flight)"
    assert found["4"]["absent"] == ["movements_v1 (None)", by_key]
    assert found["x"]["absent"] == ["movements_v1 (None)", by_origin, by_key]
    assert found["e"]["absent"] is None


def test_what_is_declared_reaches_the_join(store: FeatureStore) -> None:
    group = replace(MOVEMENTS, sequence="delay")
    moving = replace(OF_ORIGIN, group=group, boundary="exclusive", one_event_per=("flight",))
    snapshot = current_snapshot(store.handle, (FLIGHTS, MOVEMENTS), (MOVEMENTS,))
    [rows] = view_inputs(snapshot, replace(VIEW, choices=(moving,)), Span(at(6), at(7)))
    assert (rows.boundary, rows.one_event_per, rows.sequence) == ("exclusive", ("flight",), "delay")
    # An old observation of an event that moved is needed, however short the windows are.
    hours = replace(moving, features={"last_hour": count(window=HOUR)})
    [rows] = view_inputs(snapshot, replace(VIEW, choices=(hours,)), Span(at(6), at(7)))
    assert rows.frame.count() == 6


@pytest.mark.parametrize("changes", [{"history": "all"}, {"immutable": True}])
def test_a_table_that_may_have_forgotten_observations_is_refused(store: FeatureStore, changes: dict) -> None:
    # Somebody was told that aggregates need such a group, and changed its definition instead of its version.
    group = replace(FLIGHTS, **changes)
    view = FeatureView("n", 1, group, group, ("late",), (Aggregates(group, {"n": count()}),))
    with pytest.raises(NewVersionNeededError, match="flights_v1: its table can't be changed .* Define version 2"):
        store.training_dataset(view, at(0), at(48))


def test_the_catalog_lists_aggregates_with_meaning_and_origin(store: FeatureStore) -> None:
    store.training_dataset(VIEW.allowing_absent(), at(0), at(48))
    [found] = store.catalog.find("delay_sum").collect()
    assert (found["group"], found["type"], found["unit"], found["origin"]) == (
        "feature view delays",
        "bigint",
        "minutes",
        "movements_v1: delay, kind",
    )


def test_loads_beyond_the_period_change_neither_the_id_nor_a_value(store: FeatureStore) -> None:
    """A look without news moves `loaded_until`, and the table keeps its version."""
    first = store.training_dataset(VIEW.allowing_absent(), at(0), at(7.5))
    assert first.manifest.inputs.loaded_until == {"movements_v1": at(7.5)}
    version = current_snapshot(store.handle, (MOVEMENTS,)).versions["movements_v1"]
    record_loaded_until(store.handle, [Load("movements_v1", "said", at(30), version)])
    again = store.training_dataset(VIEW.allowing_absent(), at(0), at(7.5))
    assert (again.reused, again.manifest.dataset_id) == (True, first.manifest.dataset_id)
    later = store.training_dataset(VIEW.allowing_absent(), at(0), at(48))
    assert later.manifest.inputs.loaded_until == {"movements_v1": at(30)}
    # Now it is known that nothing departed.
    assert by_flight(later.frame.collect(), "departures", "of_flight")["y"] == (0, 0)


def test_every_way_gives_the_same(store: FeatureStore, spark: SparkSession) -> None:
    rows = store.read(FLIGHTS).select("flight", "origin", "event_time")
    found = [
        store.attach_features(VIEW, rows, provenance=True, strategy=strategy).orderBy("flight").collect()
        for strategy in (None, "shuffled", "union window")
    ]
    assert found[0] == found[1] == found[2]
    assert by_flight(found[0], "delay_sum__rows", "delay_sum__event_time")["5"] == (2, at(2).replace(tzinfo=None))


def test_the_plan_says_how_each_is_computed(store: FeatureStore) -> None:
    snapshot = current_snapshot(store.handle, (FLIGHTS, MOVEMENTS), (MOVEMENTS,))
    chosen = {choice.rows.name: (choice.strategy, choice.why) for choice in planned_joins(snapshot, VIEW)}
    assert chosen["movements_3"][0] == "bucketed"
    assert chosen["movements_2"][0] == "shuffled"
    assert "only Spark can evaluate the condition \"upper(origin) = 'JFK'\"" in chosen["movements_2"][1]


def test_an_explanation_says_why_each_row_counts_or_not(store: FeatureStore) -> None:
    entity = {"flight": "7", "origin": "JFK"}
    found = store.explain(VIEW, entity, at(6)).where(F.col("feature_group") == "movements_v1: delay_sum").collect()
    assert sorted((row.features, row.verdict) for row in found) == [
        ('{"delay":10,"kind":"departed"}', "counted"),
        ('{"delay":20,"kind":"departed"}', "counted"),
        ('{"delay":30,"kind":"departed"}', "superseded by a later observation"),
        ('{"delay":40,"kind":"departed"}', "not yet known"),
        ('{"delay":99,"kind":"landed"}', "condition not met"),
        ('{"delay":null,"kind":"departed"}', "NULL in delay"),
    ]
