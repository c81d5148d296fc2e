"""A feature group refuses to contradict itself when it is defined."""

import pytest
from pyspark.sql import types as T

from tidegate import Field
from tidegate.errors import DefinitionError
from tidegate.feature_groups.definition import FeatureGroup

FIELDS = (Field("customer", T.StringType(), "customer id"), Field("spent", T.DoubleType(), "money spent", "EUR"))


def group(**changes: object) -> FeatureGroup:
    given = {"name": "spending", "version": 2, "entity_key": ("customer",), "fields": FIELDS, "description": "x", **changes}
    return FeatureGroup(**given)  # type: ignore[arg-type]


def test_schema_adds_the_two_times() -> None:
    assert group().schema.names == ["customer", "spent", "event_time", "available_at"]
    assert (group().full_name, group().feature_names) == ("spending_v2", ("spent",))


@pytest.mark.parametrize("role", ["entity_key", "personal"])
def test_group_refuses_an_undeclared_column(role: str) -> None:
    with pytest.raises(
        DefinitionError, match=f"{role} names 'custommer'.*declared fields: customer, spent. Did you mean 'customer'"
    ):
        group(**{"subject": "customer", role: ("custommer",)})


def test_group_refuses_personal_columns_without_a_subject() -> None:
    with pytest.raises(DefinitionError, match="personal columns spent need a declared subject"):
        group(personal=("spent",))


@pytest.mark.parametrize("kind", [T.ArrayType(T.StringType()), T.MapType(T.StringType(), T.StringType())])
def test_group_refuses_a_subject_that_is_not_one_identifier(kind: T.DataType) -> None:
    with pytest.raises(DefinitionError, match=f"feature group 'spending': 'people' of type {kind.simpleString()} can't name a"):
        group(fields=(*FIELDS, Field("people", kind, "customers")), subject="people")


def test_group_refuses_reserved_names_and_an_empty_key() -> None:
    with pytest.raises(DefinitionError, match="event_time: tidegate adds columns of its own.*Rename event_time to event_time_"):
        group(fields=(*FIELDS, Field("event_time", T.TimestampType(), "x")))
    with pytest.raises(DefinitionError, match="entity_key is empty"):
        group(entity_key=())


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"history": "all"}, "history='all' exclude"),
        ({"sequence": "spent"}, "sequence='spent' exclude"),
        ({"history": "all", "sequence": "spent"}, "history='all' and sequence='spent' exclude"),
    ],
)
def test_immutable_events_have_no_history_and_no_order(given: dict[str, object], wrong: str) -> None:
    with pytest.raises(DefinitionError, match=f"feature group 'spending': immutable=True and {wrong} each other.*Remove one"):
        group(immutable=True, **given)
    assert group(immutable=True).history == "latest"
