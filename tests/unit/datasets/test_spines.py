"""Spines by rule and labels from the future refuse what can't be right when they are defined, and views take both."""

from dataclasses import replace
from datetime import timedelta

import pytest
from pyspark.sql import types as T

from tidegate import (
    Aggregates,
    Count,
    FeatureGroup,
    FeatureView,
    Field,
    FutureLabels,
    LastRows,
    Model,
    Naive,
    count,
    every,
    last,
    maximum,
    share,
)
from tidegate.datasets.training_dataset import view_digest
from tidegate.datasets.view_definition import view_definition
from tidegate.errors import DefinitionError
from tidegate.subjects.derived_people import _columns_with_people

HOUR = timedelta(hours=1)
AIRPORT, RIDER = Field("airport", T.StringType(), "airport"), Field("rider", T.StringType(), "rider")
FLIGHT, DELAY = Field("flight", T.StringType(), "flight"), Field("delay", T.IntegerType(), "delay", "minutes")
MOVES = FeatureGroup("moves", 1, ("flight",), (FLIGHT, AIRPORT, DELAY), "moves", history="all", delay=HOUR)
RIDES = FeatureGroup("rides", 1, ("rider",), (RIDER, DELAY), "rides", history="all", delay=HOUR, subject="rider")
SPINE = every(MOVES, "1 day", "18:00", "Europe/Warsaw", key=("airport",))
LABELS = FutureLabels(MOVES, HOUR, {"departed": count()}, key=("airport",))
BEFORE = Aggregates(MOVES, {"before": count(window=HOUR)}, key=("airport",))
VIEW = FeatureView("evenings", 1, SPINE, LABELS, ("departed",), (BEFORE,))


def test_a_spine_has_the_columns_of_its_key_and_the_target_time() -> None:
    hours = replace(SPINE, horizons="hours of the next day")
    assert (SPINE.entity_key, every(MOVES, "1 day", "18:00", "UTC").entity_key) == (("airport",), ("flight",))
    assert hours.entity_key == ("airport", "target_time")
    assert hours.schema.simpleString() == "struct<airport:string,target_time:timestamp>"
    # Everything that decides which rows it has.
    assert hours.full_name == ("moves_v1 every 1 day at 18:00 Europe/Warsaw; key airport; horizons hours of the next day")
    assert replace(SPINE, lookback=HOUR, horizons=(HOUR, 2 * HOUR)).full_name.endswith(
        "horizons 1:00:00, 2:00:00; look-back 1:00:00"
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"group": replace(MOVES, history="latest")},
            "history='latest', so it has forgotten when a row that was updated was first",
        ),
        ({"key": ()}, "key is empty. Name at least one column"),
        ({"key": ("airprot",)}, "key names 'airprot', which is not a declared field.*Did you mean 'airport'"),
        ({"key": ("airport", "airport")}, "'airport' occurs twice; name each column once"),
        (
            {"group": replace(MOVES, fields=(FLIGHT, replace(AIRPORT, type=T.ArrayType(T.StringType()))))},
            "airport is array<string>",
        ),
        ({"horizons": ()}, "horizons is empty"),
        ({"horizons": (HOUR, HOUR)}, "'1:00:00' occurs twice; name each span once"),
        ({"horizons": (timedelta(0),)}, "a horizon is 0:00:00. Give a span longer than 0"),
        ({"horizons": "hours of the next dey"}, "horizons is 'hours of the next dey'"),
        ({"lookback": -HOUR}, "lookback is -1 day, 23:00:00. Give a span longer than 0"),
    ],
)
def test_a_spine_that_cannot_be_right_is_refused(changes: dict, message: str) -> None:
    with pytest.raises(DefinitionError, match=message):
        replace(SPINE, **changes)


def test_a_key_must_not_be_called_target_time_if_there_are_horizons() -> None:
    group = replace(MOVES, fields=(FLIGHT, replace(AIRPORT, name="target_time")))
    assert every(group, "1 day", "18:00", "UTC", key=("target_time",))
    with pytest.raises(DefinitionError, match="target_time: tidegate adds columns of its own with these names: target_time"):
        every(group, "1 day", "18:00", "UTC", key=("target_time",), horizons=(HOUR,))


def test_an_immutable_group_has_a_spine() -> None:
    assert every(replace(MOVES, history="latest", immutable=True), "1 day", "18:00", "UTC")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"group": replace(MOVES, delay=timedelta(0))},
            "declares no delay, so nobody knows when all events of a window are known",
        ),
        ({"group": replace(MOVES, history="latest")}, "history='latest'"),
        ({"horizon": timedelta(0)}, "horizon is 0:00:00. Give a span longer than 0"),
        ({"targets": {}}, "targets is empty. Declare at least one aggregate"),
        ({"targets": {"n": count(window=HOUR)}}, "n has a window, an offset or ahead of its own"),
        ({"targets": {"n": count(window=LastRows(3))}}, "n has a window, an offset or ahead of its own"),
        ({"targets": {"n": count(offset=HOUR)}}, "n has a window, an offset or ahead of its own"),
        ({"targets": {"n": count(ahead=HOUR)}}, "n has a window, an offset or ahead of its own"),
        ({"targets": {"n": share("dealy > 15")}}, "dealy"),
        ({"where": "airport ="}, "airport ="),
        ({"key": ("airprot",)}, "Did you mean 'airport'"),
    ],
)
def test_labels_that_cannot_be_right_are_refused(changes: dict, message: str) -> None:
    with pytest.raises(DefinitionError, match=message):
        replace(LABELS, **changes)


def test_a_view_reads_the_groups_of_its_spine_and_labels() -> None:
    stored = FeatureGroup("outcomes", 1, ("airport",), (AIRPORT, Field("late", T.IntegerType(), "late")), "outcomes")
    assert (VIEW.spine_group, VIEW.label_groups, VIEW.stored_groups) == (MOVES, (MOVES, MOVES), (MOVES,))
    assert (VIEW.entity_columns, VIEW.targets, VIEW.feature_names) == (("airport",), ("departed",), ("before",))
    mixed = replace(VIEW, spine=stored)
    assert (mixed.label_groups, mixed.stored_groups) == ((MOVES, stored), (stored, MOVES))
    assert replace(VIEW, labels=stored, targets=("late",)).label_groups == (stored,)
    assert Model("m", replace(VIEW, spine=replace(SPINE, horizons=(HOUR,))), Count(), (Naive(),)).table.entity_key == (
        "airport",
        "target_time",
    )


def test_a_view_refuses_labels_and_choices_that_do_not_fit_its_spine() -> None:
    with pytest.raises(DefinitionError, match="the labels are joined on flight, which is no entity column.*among airport"):
        replace(VIEW, labels=replace(LABELS, key=None))
    with pytest.raises(DefinitionError, match="'moves every 1 day at 18:00 Europe/Warsaw' lacks the entity column.s. flight"):
        replace(VIEW, choices=(replace(BEFORE, key=None),))
    with pytest.raises(
        DefinitionError, match="target 'depatred' is not in 'moves in the 1:00:00 after event_time'.*Did you mean"
    ):
        replace(VIEW, targets=("depatred",))
    for anchored in ({"labels": replace(LABELS, anchor="target_time")}, {"choices": (replace(BEFORE, anchor="target_time"),)}):
        with pytest.raises(
            DefinitionError, match="windows of moves have anchor='target_time', but the spine has no target times"
        ):
            replace(VIEW, **anchored)
        assert replace(VIEW, spine=replace(SPINE, horizons=(HOUR,)), **anchored)


def test_what_decides_a_value_is_part_of_the_definition_and_of_the_digest() -> None:
    changed = [
        replace(VIEW, spine=replace(SPINE, lookback=HOUR)),
        replace(VIEW, spine=replace(SPINE, horizons=(HOUR,))),
        replace(VIEW, labels=replace(LABELS, horizon=2 * HOUR)),
        replace(VIEW, labels=replace(LABELS, where="delay > 0")),
        replace(VIEW, labels=replace(LABELS, targets={"departed": count("delay")})),
        replace(VIEW, labels=replace(LABELS, group=replace(MOVES, delay=2 * HOUR))),
        replace(VIEW, spine=replace(SPINE, horizons=(HOUR,)), labels=replace(LABELS, anchor="target_time")),
        replace(VIEW, spine=replace(SPINE, horizons=(HOUR,)), choices=(replace(BEFORE, anchor="target_time"),)),
    ]
    assert len({view_definition(each).text for each in (VIEW, *changed)}) == len(changed) + 1
    assert len({view_digest(each) for each in (VIEW, *changed)}) == len(changed) + 1


def test_people_in_spines_and_labels_are_found_by_lineage() -> None:
    spine, choice = every(RIDES, "1 day", "18:00", "UTC"), Aggregates(RIDES, {"rides": count(window=HOUR)})
    labels = FutureLabels(RIDES, HOUR, {"worst": maximum("delay"), "same_rider": last("rider")})
    made = FeatureView("riders", 1, spine, labels, ("worst", "same_rider"), (choice,))
    assert made.subjects == ("rider", "same_rider")
    assert made.group_subjects == {RIDES: ("rider",)}
    assert replace(made, targets=("worst",)).subjects == ("rider",)
    # An erasure knows only what was recorded of the view.
    columns, people = ("rider", "event_time", "worst", "same_rider", "rides"), {"rides_v1": frozenset({"rider"})}
    assert set(_columns_with_people(view_definition(made).parts, people, columns)) == {"rider", "same_rider"}
    personal = replace(RIDES, entity_key=("delay",), personal=("delay",))
    with pytest.raises(DefinitionError, match="'delay' of feature group 'rides' is personal, but rider, which names the person"):
        FeatureView(
            "riders",
            1,
            every(personal, "1 day", "18:00", "UTC"),
            FutureLabels(personal, HOUR, {"rides_next": count()}),
            ("rides_next",),
            (replace(choice, group=personal),),
        )
