"""The comparison of a definition with its table; nothing of Spark runs."""

from dataclasses import replace

import pytest
from pyspark.sql import types as T

from tidegate import Csv, FeatureGroup, FeatureStep, Field, OlderVersion, Source
from tidegate.errors import DefinitionDiffersError, DefinitionError, NewVersionNeededError
from tidegate.feature_groups.definition import BUCKET
from tidegate.feature_groups.evolution.difference import (
    IMMUTABLE_PROPERTY,
    ROLES_PROPERTY,
    Evolution,
    evolution_between,
    group_properties,
)
from tidegate.tables.create import STATISTICS_PROPERTY, table_properties
from tidegate.tables.read import TableState
from tidegate.tables.widening import can_widen

PATIENT = Field("patient", T.StringType(), "patient id")
WARD = Field("ward", T.IntegerType(), "ward")
PULSE = Field("pulse", T.FloatType(), "heart rate", "1/min")
NOTE = Field("note", T.StringType(), "what the nurse saw")
GROUP = FeatureGroup(
    "visits", 1, ("patient", "ward"), (PATIENT, WARD, PULSE, NOTE), "visits", subject="patient", personal=("note",)
)
VISITS = Source("visits", (PATIENT, WARD, PULSE, NOTE), Csv(), subject="patient")


def table(group: FeatureGroup, **properties: str) -> TableState:
    """The table as it was made for a group."""
    made = table_properties(group.stored_schema, group.personal_columns, (BUCKET,))
    return TableState(group.stored_schema, {**made, **group_properties(group), **properties})


def with_fields(*fields: Field, **changed: object) -> FeatureGroup:
    return replace(GROUP, fields=fields, **changed)  # type: ignore[arg-type]


def refused(group: FeatureGroup, stored: FeatureGroup = GROUP) -> str:
    evolution = evolution_between(group, table(stored))
    assert (evolution.action, evolution.changes, evolution.properties) == ("refuse", (), {})
    with pytest.raises(NewVersionNeededError) as caught:
        evolution.require_none()
    return str(caught.value)


def test_a_group_without_a_table_is_created_and_one_as_defined_is_left_alone() -> None:
    assert evolution_between(GROUP, None) == Evolution(GROUP, is_new=True)
    assert evolution_between(GROUP, None).action == "create"
    # Neither the order of the fields nor what is said of them is a matter of the table.
    described = with_fields(NOTE, replace(PULSE, description="beats", unit=None), WARD, PATIENT, expected_rows=10_000_000)
    for group in (GROUP, described):
        evolution = evolution_between(group, table(GROUP))
        assert (evolution.action, evolution.changes, evolution.upkeep) == ("nothing", (), ())
        evolution.require_none()


def test_added_columns_and_wider_types_are_an_evolution_that_keeps_statistics_right() -> None:
    wider = replace(PULSE, type=T.DoubleType())
    secret, height = Field("diagnosis", T.StringType(), "x"), Field("height", T.ShortType(), "x")
    group = with_fields(PATIENT, WARD, wider, secret, height, NOTE, personal=("note", "diagnosis"))
    evolution = evolution_between(group, table(GROUP))
    assert evolution.action == "evolve"
    assert evolution.changes == (
        "added column diagnosis string (personal)",
        "added column height smallint",
        "column pulse widened from float to double",
    )
    assert evolution.properties[STATISTICS_PROPERTY] == "`ward`,`pulse`,`height`,`event_time`,`available_at`"
    assert '"personal": ["diagnosis", "note"]' in evolution.properties[ROLES_PROPERTY]
    with pytest.raises(DefinitionDiffersError, match=r"visits_v1: .* added column height smallint; .*jobs/evolve.py"):
        evolution.require_none()
    # Killed after the first commit, and after the second.
    recorded = table(GROUP, **{ROLES_PROPERTY: evolution.properties[ROLES_PROPERTY]})
    half_done = TableState(group.stored_schema, recorded.properties)
    assert [evolution_between(group, state).action for state in (recorded, half_done, table(group))] == [
        "evolve",
        "evolve",
        "nothing",
    ]
    assert evolution_between(group, half_done).upkeep == ("columns with statistics recorded",)
    evolution_between(group, half_done).require_none()
    # Back to the older code after the first commit: the table has none of the new columns yet.
    assert evolution_between(GROUP, recorded).action == "evolve"
    assert evolution_between(GROUP, recorded).changes == ()


def test_a_group_without_personal_columns_sets_no_statistics() -> None:
    before = FeatureGroup("wards", 1, ("ward",), (WARD, PULSE), "wards")
    evolution = evolution_between(replace(before, fields=(WARD, PULSE, NOTE)), table(before))
    assert (evolution.changes, evolution.properties) == (("added column note string",), {})


def test_a_declared_sequence_evolves_and_another_one_is_refused() -> None:
    ordered = replace(GROUP, sequence="pulse")
    assert evolution_between(ordered, table(GROUP)).changes == ("rows of the same moment are ordered by pulse",)
    assert "sequence was pulse, is now note" in refused(replace(GROUP, sequence="note"), ordered)
    assert "sequence was pulse, is now none" in refused(GROUP, ordered)


def test_an_immutable_group_may_become_mutable_and_never_immutable_again() -> None:
    events = replace(GROUP, immutable=True)
    assert evolution_between(events, table(events)) == Evolution(events)
    evolution = evolution_between(GROUP, table(events))
    assert evolution.changes == ("stored rows can be updated and deleted: the group is no longer immutable",)
    assert (evolution.properties, evolution.upkeep) == ({IMMUTABLE_PROPERTY: "false"}, ())
    with pytest.raises(DefinitionDiffersError, match="no longer immutable"):
        evolution.require_none()
    evolved = table(events, **evolution.properties)
    assert evolution_between(GROUP, evolved).action == "nothing"
    assert "its table has immutable=False" in evolution_between(events, evolved).obstacles[0]


def test_a_removed_or_renamed_column_is_refused_with_the_next_version() -> None:
    message = refused(with_fields(PATIENT, WARD, replace(PULSE, name="pulses"), NOTE))
    assert "feature group visits_v1: its table can't be changed" in message
    assert "column pulse is not in the definition. Did you mean 'pulses'?" in message
    assert "Define version 2 in addition to version 1" in message
    assert "jobs/backfill.py --system SYSTEM --group visits_v2" in message


@pytest.mark.parametrize(
    ("group", "reason"),
    [
        (replace(GROUP, entity_key=("patient",)), "entity key was patient, ward, is now patient"),
        (replace(GROUP, entity_key=("ward", "patient")), "entity key was patient, ward, is now ward, patient"),
        (replace(GROUP, subject=None, personal=()), "subject was patient, is now none"),
        (replace(GROUP, personal=()), "personal columns were note, are now none"),
        (replace(GROUP, personal=("note", "pulse")), "personal columns were note, are now note, pulse"),
        (replace(GROUP, history="all"), "has history='latest', the definition has 'all'"),
        (replace(GROUP, immutable=True), "its table has immutable=False, so rows of it may have been changed"),
        (with_fields(PATIENT, WARD, replace(PULSE, type=T.IntegerType()), NOTE), "pulse is float, declared int"),
        (with_fields(PATIENT, replace(WARD, type=T.ShortType()), PULSE, NOTE), "ward is int, declared smallint"),
        (with_fields(PATIENT, replace(WARD, type=T.LongType()), PULSE, NOTE), "hash of a key decides"),
    ],
)
def test_what_only_a_new_version_can_do_is_refused(group: FeatureGroup, reason: str) -> None:
    assert reason in refused(group)


def test_the_type_of_a_subject_never_changes() -> None:
    number = replace(PATIENT, type=T.IntegerType())
    before = FeatureGroup("wards", 1, ("ward",), (WARD, number), "wards", subject="patient")
    message = refused(replace(before, fields=(WARD, replace(number, type=T.LongType()))), before)
    assert "patient is int, declared bigint: erased people are recognised by how their identifier is written" in message


def test_tables_of_older_releases_say_what_they_can() -> None:
    [obstacle] = evolution_between(GROUP, TableState(GROUP.stored_schema, {})).obstacles
    assert obstacle.startswith("its table was made before tables had buckets; ./spark-submit.sh jobs/maintain.py")
    without = {key: value for key, value in table(GROUP).properties.items() if key != ROLES_PROPERTY}
    evolution = evolution_between(GROUP, TableState(GROUP.stored_schema, without))
    assert evolution.upkeep == ("key, subject and personal columns recorded",)
    evolution.require_none()
    added_key = with_fields(PATIENT, WARD, PULSE, NOTE, Field("day", T.DateType(), "x"), entity_key=("patient", "day"))
    assert "day is part of the entity key" in evolution_between(added_key, TableState(GROUP.stored_schema, without)).obstacles[0]


LADDER = (T.ByteType(), T.ShortType(), T.IntegerType(), T.LongType())


def test_only_types_that_hold_every_value_are_widened() -> None:
    for low, smaller in enumerate(LADDER):
        for high, larger in enumerate(LADDER):
            assert can_widen(smaller, larger) == (low <= high)
    allowed = [
        (T.FloatType(), T.DoubleType()),
        (T.DateType(), T.TimestampNTZType()),
        (T.IntegerType(), T.DoubleType()),
        (T.ByteType(), T.DecimalType(10, 0)),
        (T.IntegerType(), T.DecimalType(12, 2)),
        (T.LongType(), T.DecimalType(20, 0)),
        (T.DecimalType(10, 2), T.DecimalType(12, 2)),
        (T.DecimalType(10, 2), T.DecimalType(12, 4)),
    ]
    refused_types = [
        (T.DoubleType(), T.FloatType()),
        (T.LongType(), T.DoubleType()),
        (T.IntegerType(), T.FloatType()),
        (T.IntegerType(), T.DecimalType(11, 2)),
        (T.LongType(), T.DecimalType(19, 0)),
        (T.DecimalType(10, 2), T.DecimalType(12, 5)),
        (T.DecimalType(10, 2), T.DecimalType(12, 1)),
        (T.DateType(), T.TimestampType()),
        (T.IntegerType(), T.StringType()),
        (T.ArrayType(T.IntegerType()), T.ArrayType(T.LongType())),
    ]
    assert [pair for pair in allowed if not can_widen(*pair)] == []
    assert [pair for pair in refused_types if can_widen(*pair)] == []


def test_an_older_version_is_a_lower_version_of_the_same_group() -> None:
    second = replace(GROUP, version=2)
    FeatureStep(second, (VISITS,), lambda rows: rows, older=OlderVersion(GROUP, lambda rows: rows))
    for older in (second, replace(GROUP, name="other")):
        with pytest.raises(DefinitionError, match="is no older version of it. Give a version of 'visits' below 2"):
            FeatureStep(second, (VISITS,), lambda rows: rows, older=OlderVersion(older, lambda rows: rows))


def test_an_immutable_version_is_not_filled_from_events_that_could_change() -> None:
    def step(older: FeatureGroup) -> FeatureStep:
        events = replace(GROUP, version=2, immutable=True)
        return FeatureStep(events, (VISITS,), lambda rows: rows, older=OlderVersion(older, lambda rows: rows))

    with pytest.raises(DefinitionError, match="visits_v2 is immutable, but its older version visits_v1 is not.*leave out"):
        step(GROUP)
    for older in (replace(GROUP, immutable=True), replace(GROUP, history="all")):
        assert step(older).older is not None
