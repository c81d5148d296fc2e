"""The columns that a view reads of each group: keys, features, what conditions name, targets, and what orders ties."""

from dataclasses import replace
from datetime import timedelta

from pyspark.sql import types as T

from tidegate import Aggregates, FeatureChoice, FeatureGroup, FeatureView, Field, FutureLabels, count, every, mean, share
from tidegate.datasets.columns_read import columns_read

KEY, PLACE = Field("key", T.StringType(), "key"), Field("place", T.StringType(), "place")
NUMBERS = tuple(Field(name, T.DoubleType(), name) for name in "abcdef")
TIMES = {"event_time", "available_at", "_tombstone"}
EVENTS = FeatureGroup("events", 1, ("key",), (KEY, PLACE, *NUMBERS), "events", history="all", sequence="f", delay=timedelta(1))
STORED = FeatureGroup("stored", 1, ("place",), (PLACE, *NUMBERS), "stored")
ROWS = FeatureGroup("rows", 1, ("key",), (KEY, PLACE, *NUMBERS), "rows")
COUNTED = Aggregates(EVENTS, {"x": mean("a", where="b > 1"), "y": share("c > 2")}, where="d IS NOT NULL", one_event_per=("e",))
CHOSEN = FeatureChoice(STORED, ("b",), None, rename={"b": "z"})


def test_a_stored_spine_and_stored_labels() -> None:
    view = FeatureView("view", 1, ROWS, ROWS, ("c",), (COUNTED, CHOSEN))
    read = {group.name: set(names) - TIMES for group, names in columns_read(view).items()}
    assert read == {"rows": {"key", "place", "c"}, "events": {"key", "a", "b", "c", "d", "e", "f"}, "stored": {"place", "b"}}
    assert all(set(names) >= TIMES for names in columns_read(view).values())


def test_a_rule_and_labels_from_the_future() -> None:
    spine = every(replace(EVENTS, name="known"), "1 day", "18:00", "UTC", key=("key", "place"))
    labels = FutureLabels(EVENTS, timedelta(1), {"busy": count(where="a > 0")}, key=("place",), one_event_per=("e",))
    view = FeatureView("view", 1, spine, labels, ("busy",), (CHOSEN,))
    read = {group.name: set(names) - TIMES for group, names in columns_read(view).items()}
    assert read == {"known": {"key", "place", "f"}, "events": {"place", "a", "e", "f"}, "stored": {"place", "b"}}
