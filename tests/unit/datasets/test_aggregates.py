"""Aggregates refuse what makes no sense when they are defined, and say what they mean."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
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
    count_distinct,
    first,
    last,
    maximum,
    mean,
    minimum,
    share,
    std,
    sum_of,
    time_since_last,
    variance,
)
from tidegate.datasets.manifest import DatasetInputs
from tidegate.datasets.training_dataset import view_digest
from tidegate.datasets.view_catalog import view_entries
from tidegate.datasets.view_definition import view_definition
from tidegate.errors import DefinitionError
from tidegate.point_in_time.aggregates.aggregate import Aggregate

DAY = timedelta(days=1)
PARTS = T.StructType([T.StructField("inner", T.LongType())])
FIELDS = (
    Field("ride", T.StringType(), "ride"),
    Field("city", T.StringType(), "city"),
    Field("driver", T.StringType(), "driver"),
    Field("stars", T.IntegerType(), "rating", "stars"),
    Field("price", T.DecimalType(32, 2), "price", "euros"),
    Field("km", T.DoubleType(), "way", "km"),
    Field("paid", T.BooleanType(), "paid"),
    Field("parts", PARTS, "parts"),
)
RIDES = FeatureGroup("rides", 1, ("ride",), FIELDS, "rides", history="all", owner="riders")
PERSONAL = replace(RIDES, subject="driver", personal=("km",))
ENTITIES = FeatureGroup("entities", 1, ("ride",), (*FIELDS[:3], Field("y", T.IntegerType(), "target")), "entities")


def rides(**changes: Any) -> Aggregates:
    return Aggregates(**{"group": RIDES, "features": {"rides_1d": count(window=DAY)}, **changes})


def of(aggregate: Aggregate, **changes: Any) -> Aggregates:
    return rides(features={"x": aggregate}, **changes)


def view(*choices: Aggregates | FeatureChoice) -> FeatureView:
    return FeatureView("rating", 1, ENTITIES, ENTITIES, ("y",), choices)


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "nothing": ({"features": {}}, "features is empty"),
    "no aggregate": ({"features": {"x": "count"}}, "features is .*give a dict from a text to an Aggregate"),
    "reserved name": ({"features": {"_x": count()}}, "begin with an underscore"),
    "name of a time": ({"features": {"event_time": count()}}, "tidegate adds columns of its own"),
    "bad name": ({"features": {"a b": count()}}, "the column name 'a b'"),
    "unknown column": ({"features": {"x": mean("star")}}, "there is no column 'star'.* Did you mean 'stars'"),
    "unknown by": ({"features": {"x": count(by="town")}}, "there is no column 'town'"),
    "mean of a text": ({"features": {"x": mean("city")}}, "mean of city, which has type string. This operation needs numbers"),
    "std of a boolean": ({"features": {"x": std("paid")}}, "This operation needs numbers"),
    "max of a struct": ({"features": {"x": maximum("parts")}}, "max of parts.*can be sorted"),
    "distinct structs": ({"features": {"x": count_distinct("parts")}}, "count_distinct of parts.*can be sorted"),
    "by a struct": ({"features": {"x": count(by="parts")}}, "by is parts.*can be sorted"),
    "unknown key": ({"key": ("town",)}, "key names 'town', which is not a declared field"),
    "empty key": ({"key": ()}, "key is empty"),
    "a key twice": ({"key": ("city", "city")}, "'city' occurs twice"),
    "key of structs": ({"key": ("parts",)}, "parts is struct.* must have a type that can be sorted"),
    "unknown event": ({"one_event_per": ("town",)}, "one_event_per names 'town'"),
    "latest": ({"group": replace(RIDES, history="latest")}, "history='latest', so it has forgotten .* immutable=True"),
    "staleness": ({"staleness": -DAY}, "staleness is -1 day"),
    "share": ({"may_lack": 2.0}, "may_lack is 2.0"),
    "no SQL": ({"where": "city = "}, "the condition 'city = ' is not valid SQL"),
    "unknown in where": ({"where": "town = 'x'"}, "reads 'town', but there is no such column"),
    "unknown in feature": ({"features": {"x": count(where="town = 'x'")}}, "x: the condition .* reads 'town'"),
    "unknown in share": ({"features": {"x": share("sta > 1")}}, "reads 'sta'"),
    "an aggregate": ({"where": "count(*) > 1"}, "A condition reads the columns of one row"),
    "a window": ({"where": "sum(stars) over (order by km) > 1"}, "A condition reads the columns of one row"),
    "a rank": ({"where": "row_number() over (order by km) > 1"}, "A condition reads the columns of one row"),
    "a query": ({"where": "stars in (select 1)"}, "A condition reads the columns of one row"),
    "a name": ({"where": "stars as x"}, "is not one condition"),
    "several": ({"where": "paid; paid"}, "is not one condition"),
    "a clock": ({"where": "event_time < now()"}, r"calls now\(\), whose result depends on more than the row"),
    "today": ({"where": "event_time < current_date"}, r"calls current_date\(\)"),
    "dice": ({"where": "rand() < 0.5"}, r"calls rand\(\)"),
    "a number for a text": ({"where": "paid and (city) > -1"}, "contains '\\(city\\) > -1', which compares a text with a number"),
    "numbers for a text": ({"where": "city in ('a', 1)"}, "which compares a text with a number"),
    "a moving day": ({"where": "event_time < 'Today'"}, "contains \"event_time < 'Today'\", which Spark reads as another time"),
    "a moving moment": ({"where": "timestamp'now UTC' > event_time"}, "which Spark reads as another time"),
    "a moving date": ({"features": {"x": share("to_date('yesterday') > event_time")}}, "x: .* which Spark reads as another time"),
    "java": ({"where": "reflect('java.lang.System', 'nanoTime') > 1"}, r"calls reflect\(\)"),
    "levels": ({"where": f"{'(' * 900}paid{')' * 900}"}, "with 1,804 characters is nested too deeply"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_makes_no_sense_is_refused(case: str) -> None:
    changes, message = REFUSED[case]
    with pytest.raises(DefinitionError, match=message):
        rides(**changes)


def test_a_text_may_be_called_today() -> None:
    rides(where="city = 'today' and lower(city) in ('now', 'b') and try_cast(city as int) > 1 and length(city) > 1")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: count(window=timedelta(0)), "window is 0:00:00"),
        (lambda: count(window=LastRows(0)), "rows is 0"),
        (lambda: count(window=CalendarDays(1, "Europe/Warsawa")), "the zone 'Europe/Warsawa' is unknown. Did you mean"),
        # It would mean other days on another machine.
        (lambda: count(window=CalendarDays(1, "localtime")), "the zone 'localtime' is unknown"),
        (lambda: count(offset=-DAY), "offset is -1 day"),
        (lambda: count(ahead=DAY, window=DAY), "ahead is given with a window"),
        (lambda: last("km", n=0), "n is 0"),
        (lambda: count(by="city", most=0), "most is 0"),
        (lambda: share(" "), "condition is empty"),
    ],
)
def test_an_aggregate_refuses_what_makes_no_sense(make: Any, message: str) -> None:
    with pytest.raises(DefinitionError, match=message):
        make()


def test_results_have_the_types_of_their_operations() -> None:
    features = {
        "count": count(),
        "distinct": count_distinct("city"),
        "whole": sum_of("stars"),
        "exact": sum_of("price"),
        "double": sum_of("km"),
        "mean": mean("price"),
        "variance": variance("stars"),
        "share": share("paid"),
        "since": time_since_last(),
        "min": minimum("price"),
        "first": first("parts"),
        "last": last("city", n=3),
        "by": sum_of("stars", by="city"),
        "arrays": last("km", n=2, by="paid"),
    }
    types = {field.name: field.type.simpleString() for field in rides(features=features).output_fields}
    assert types == {
        "count": "bigint",
        "distinct": "bigint",
        "whole": "bigint",
        "exact": "decimal(38,2)",
        "double": "double",
        "mean": "double",
        "variance": "double",
        "share": "double",
        "since": "double",
        "min": "decimal(32,2)",
        "first": "struct<inner:bigint>",
        "last": "array<string>",
        "by": "map<string,bigint>",
        "arrays": "map<boolean,array<double>>",
    }


def test_an_immutable_group_needs_no_history() -> None:
    assert rides(group=replace(RIDES, history="latest", immutable=True)).joined_on == ("ride",)


def test_the_reach_is_that_of_the_longest_window_with_its_offset() -> None:
    assert rides(features={"a": count(window=DAY, offset=DAY / 2), "b": count(window=DAY)}).reach == 1.5 * DAY
    assert rides(features={"a": count(window=CalendarDays(7, "UTC"))}).reach == 9 * DAY
    assert rides(features={"a": count(ahead=DAY)}).reach == timedelta(0)
    assert rides(features={"a": count(window=DAY), "b": count()}).reach is None
    assert rides(features={"a": count(window=LastRows(3))}).reach is None


def test_a_view_joins_aggregates_on_their_key() -> None:
    chosen = view(rides(key=("city",)))
    assert (chosen.entity_columns, chosen.feature_names) == (("ride", "city"), ("rides_1d",))
    assert chosen.column_types["rides_1d"] == T.LongType()
    with pytest.raises(DefinitionError, match="'entities' lacks the entity column.s. stars"):
        view(rides(key=("stars",)))
    other = replace(RIDES, fields=(FIELDS[0], Field("city", T.IntegerType(), "city")))
    with pytest.raises(DefinitionError, match="entity column city is string in 'entities', but int in 'rides'"):
        view(rides(group=other, key=("city",)))
    with pytest.raises(DefinitionError, match="'rides_1d' occurs twice"):
        view(rides(), rides(key=("city",)))


def test_values_of_rows_are_personal_and_need_their_person_in_the_key() -> None:
    for aggregate in (last("km"), maximum("km"), minimum("km"), first("km", n=2), count(by="km"), last("driver", n=2)):
        with pytest.raises(DefinitionError, match="which are personal, but driver, which names the person, is not in the key"):
            of(aggregate, group=PERSONAL, key=("city",))
    by_driver = view(of(last("km"), group=PERSONAL, key=("driver",)))
    assert (by_driver.subjects, by_driver.personal_columns) == (("driver",), ("driver", "x"))
    arrays = view(of(last("driver", n=2), group=PERSONAL, key=("driver",)))
    assert (arrays.subjects, arrays.personal_columns) == (("driver",), ("driver", "x"))
    newest = view(of(last("driver"), group=PERSONAL, key=("city",)))
    assert (newest.subjects, newest.personal_columns) == (("x",), ("x",))
    counted = view(of(count_distinct("driver"), group=PERSONAL, key=("city",)))
    assert counted.personal_columns == ()


WINDOWED = rides(key=("city",), features={"x": last("stars", window=DAY, n=2, by="paid")})
CHANGES: list[Aggregates] = [
    replace(WINDOWED, group=replace(RIDES, version=2)),
    replace(WINDOWED, key=("driver",)),
    replace(WINDOWED, where="paid"),
    replace(WINDOWED, staleness=2 * DAY),
    replace(WINDOWED, boundary="exclusive"),
    replace(WINDOWED, one_event_per=("ride", "city")),
    *[
        replace(WINDOWED, features={"x": replace(WINDOWED.features["x"], **change)})
        for change in (
            {"operation": "first"},
            {"column": "km"},
            {"window": 2 * DAY},
            {"window": LastRows(3)},
            {"window": LastRows(4)},
            {"window": CalendarDays(1, "UTC")},
            {"window": CalendarDays(1, "Europe/Warsaw")},
            {"window": None},
            {"window": None, "ahead": DAY},
            {"where": "paid"},
            {"by": "driver"},
            {"most": 7},
            {"offset": DAY},
            {"n": 3},
            {"skip_null": False},
        )
    ],
    replace(WINDOWED, features={"x": share("paid")}),
    replace(WINDOWED, features={"x": share("not paid")}),
]


def test_every_attribute_that_changes_a_value_changes_the_definition_and_the_digest() -> None:
    views = [view(each) for each in (WINDOWED, *CHANGES)]
    assert len({view_definition(each).text for each in views}) == len(views)
    assert len({view_digest(each) for each in views}) == len(views)
    allowed = view(replace(WINDOWED, may_lack=1.0))
    assert view_definition(allowed).text == view_definition(views[0]).text
    assert view_digest(allowed) == view_digest(views[0])


def test_views_without_aggregates_keep_their_digests() -> None:
    """Computed with the code from before there were aggregates: a stored training dataset is found by these two."""
    assert view_digest(view(FeatureChoice(RIDES, ("stars", "km"), DAY, rename={"km": "way"}))) == "127b96d1277d3354"
    start = datetime(2024, 1, 1, tzinfo=UTC)
    inputs = DatasetInputs("rating", 1, "abc", {"rides_v1": 3}, start, start + DAY, start)
    assert inputs.dataset_id == "251a7fbe4526c620"
    assert replace(inputs, loaded_until={"rides_v1": None}).dataset_id != inputs.dataset_id


def test_the_catalog_says_what_each_aggregate_means() -> None:
    features = {
        "rides_6h": count(window=timedelta(hours=6)),
        "way": mean("km", window=LastRows(5), offset=DAY),
        "ways": count_distinct("km"),
        "late_stars": std("stars", where="km > 3", by="driver", window=CalendarDays(7, "UTC")),
    }
    entries = view_entries(view(rides(features=features, key=("city",), where="paid")))
    assert {entry.feature: (entry.description, entry.unit, entry.origin) for entry in entries} == {
        "rides_6h": (
            "Number of rows in rides with the same city, in the 6 hours until the label time, where paid",
            None,
            "rides_v1: paid",
        ),
        "way": (
            "Mean of km in rides with the same city, among the newest 5 rows until the time 1 day before the label time, where "
            "paid",
            "km",
            "rides_v1: km, paid",
        ),
        "ways": (
            "Number of different values of km in rides with the same city, at any time until the label time, where paid",
            None,
            "rides_v1: km, paid",
        ),
        "late_stars": (
            "Sample standard deviation of stars in rides with the same city, in the 7 calendar days (UTC) before the day of the "
            "label time, where paid and km > 3, for each driver",
            "stars",
            "rides_v1: stars, driver, km, paid",
        ),
    }
    assert {(each.group, each.group_version, each.owner, each.role) for each in entries} == {
        ("feature view rating", 1, "riders", "feature")
    }
