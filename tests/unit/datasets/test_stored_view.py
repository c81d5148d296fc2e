"""A view comes back from its text as it was, and a text that is no view builds nothing."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from pyspark.ml.linalg import VectorUDT
from pyspark.sql import types as T

from tidegate import (
    Aggregates,
    CalendarDays,
    FeatureChoice,
    FeatureGroup,
    FeatureView,
    Field,
    LastRows,
    count,
    every,
    last,
    not_null,
)
from tidegate.datasets.future_labels import FutureLabels
from tidegate.datasets.stored_view import view_as_json, view_from_json
from tidegate.datasets.training_dataset import view_digest
from tidegate.datasets.view_definition import view_definition
from tidegate.errors import StoredViewError, TidegateError
from tidegate_examples.flight_delays.hourly import HOURLY_DEPARTURES
from tidegate_examples.flight_delays.view import DEPARTURE_DELAY

DAY = timedelta(days=1)
NESTED = T.StructType([T.StructField("type", T.ArrayType(T.MapType(T.StringType(), T.DecimalType(38, 9))), False)])
KEY = Field("key", T.StringType(), "Schlüssel “one”", since=1)
EVENTS = FeatureGroup(
    "events",
    3,
    ("key",),
    (KEY, Field("value", T.DoubleType(), "value", "µg/m³", "sensor: value"), Field("parts", NESTED, "parts")),
    "events",
    subject=("key",),
    personal=("value",),
    delay=timedelta(minutes=7, microseconds=1),
    history="all",
    retention=timedelta(days=4_000),
    expected_rows=3_000_000,
    owner="air",
)
# A feature may have any name that a column can have, also those that the text uses itself.
ODD = Aggregates(
    EVENTS,
    {
        "object": count(window=LastRows(7)),
        "mapping": count("value", where="value > 1", window=CalendarDays(3, "Europe/Warsaw"), offset=timedelta(hours=1)),
        "group": last("value", n=3, skip_null=False),
    },
    where="value IS NOT NULL",
    staleness=timedelta(days=999_999),
    boundary="exclusive",
    one_event_per=("key",),
    anchor="target_time",
)
RULED = FeatureView(
    "ruled",
    2,
    every(
        EVENTS, "1 day", "18:00", "Europe/Warsaw", horizons=(timedelta(hours=1), timedelta(days=1)), lookback=timedelta(days=9)
    ),
    FutureLabels(EVENTS, DAY, {"busy": count(where="value > 3")}, anchor="target_time"),
    ("busy",),
    (ODD, FeatureChoice(EVENTS, ("parts",), None, "exclusive", {"parts": "what"}, 0.25)),
)


@pytest.mark.parametrize("view", [DEPARTURE_DELAY, HOURLY_DEPARTURES, RULED], ids=lambda view: view.full_name)
def test_a_view_comes_back_as_it_was(view: FeatureView) -> None:
    text = view_as_json(view)
    found = view_from_json(text)
    assert view_as_json(found) == text
    assert (view_definition(found).text, view_digest(found)) == (view_definition(view).text, view_digest(view))
    assert found == view_without_expectations(view)
    assert found.column_types == view.column_types
    assert found.group_subjects.keys() == {replace(group, expectations=(), batch_expectations=()) for group in view.stored_groups}


def view_without_expectations(view: FeatureView) -> FeatureView:
    """The same view with groups that expect nothing, made by hand."""

    def plain(each: object) -> object:
        return replace(each, expectations=(), batch_expectations=()) if isinstance(each, FeatureGroup) else with_plain_group(each)

    def with_plain_group(each: object) -> object:
        return replace(each, group=plain(each.group))  # type: ignore[type-var, attr-defined]

    return replace(
        view,
        spine=plain(view.spine),  # type: ignore[arg-type]
        labels=plain(view.labels),  # type: ignore[arg-type]
        choices=tuple(with_plain_group(each) for each in view.choices),  # type: ignore[misc]
    )


def test_groups_are_written_once_and_expectations_are_left_out() -> None:
    events = replace(EVENTS, expectations=(not_null("value"),))
    view = replace(RULED, choices=(replace(ODD, group=events),), labels=replace(RULED.labels, group=events))
    text = view_as_json(view)
    assert text.count('"object": "FeatureGroup"') == 2
    assert "expectation" not in text


def changed(view: FeatureView, old: str, new: str) -> str:
    text = view_as_json(view)
    assert old in text
    return text.replace(old, new)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is not one that view_as_json wrote"),
        ("[]", "is not one that view_as_json wrote"),
        ('{"form": 1, "groups": [], "view": {"group": 3}}', "is not one that view_as_json wrote"),
        ('{"form": 1, "groups": [], "view": 7}', "the text is of type int, not FeatureView"),
        (changed(RULED, '"form": 1', '"form": 2'), "has form 2, and this version of tidegate reads form 1"),
        (changed(RULED, '"object": "LastRows"', '"object": "Popen"'), "object of class 'Popen'; known: FeatureView, "),
        (changed(RULED, '"microseconds"', '"years"'), "it has a part 'years'; known: object, type"),
        (changed(RULED, '"staleness"', '"freshness"'), "its Aggregates has freshness, which this version"),
    ],
)
def test_a_text_that_is_no_view_is_refused(text: str, message: str) -> None:
    with pytest.raises(StoredViewError, match=message):
        view_from_json(text)


def test_a_text_imports_no_class_of_a_user_defined_type() -> None:
    text = view_as_json(RULED)
    parts = json.loads(text)
    parts["groups"][0]["attributes"]["fields"][2]["attributes"]["type"]["type"]["fields"][0]["type"] = {
        "type": "array",
        "elementType": VectorUDT().jsonValue() | {"pyClass": "antigravity.Plane"},
        "containsNull": True,
    }
    with pytest.raises(StoredViewError, match="user-defined type antigravity.Plane, for which no class is loaded"):
        view_from_json(json.dumps(parts))


def test_a_view_that_is_no_longer_allowed_is_refused_by_its_definition() -> None:
    with pytest.raises(TidegateError, match="versions begin with 1|Versions begin with 1"):
        view_from_json(changed(RULED, '"name": "ruled", "version": 2', '"name": "ruled", "version": 0'))
