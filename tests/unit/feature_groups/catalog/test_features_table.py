"""What the catalog says of the fields of a group; writing and searching are in integration/test_catalog.py."""

from dataclasses import fields

import pytest
from pyspark.sql import DataFrame
from pyspark.sql import types as T

from tidegate import FeatureGroup, FeatureStep, Field
from tidegate.errors import DefinitionError
from tidegate.feature_groups.catalog.features_table import SCHEMA, CatalogEntry, catalog_entries
from tidegate.feature_groups.catalog.transformation import transformation_of

FIELDS = (
    Field("customer", T.StringType(), "customer id"),
    Field("spent", T.DoubleType(), "money spent", "EUR", origin="till: amount", since=2),
    Field("street", T.StringType(), "where the customer lives"),
)


def build(till: DataFrame, visits: DataFrame) -> DataFrame:
    return till


def group(**changes: object) -> FeatureGroup:
    given = {"name": "spending", "version": 3, "entity_key": ("customer",), "fields": FIELDS, "description": "x", **changes}
    return FeatureGroup(**given)  # type: ignore[arg-type]


def test_catalog_entries_say_of_each_field_what_group_and_step_know() -> None:
    known = group(subject="customer", personal=("street",), owner="team tills", history="all")
    till, visits = (FeatureGroup(name, 1, ("customer",), FIELDS[:1], name) for name in ("till", "visits"))
    step = FeatureStep(known, (till, visits), build)
    customer, spent, street = catalog_entries(step)
    code = transformation_of(build)
    assert code.path.endswith("test_features_table.build")
    assert spent == CatalogEntry(
        *("spending", 3, "spent", "double", "money spent", "EUR", "till: amount"),
        *(code.path, code.source_hash, "team tills", 2, "feature", None),
    )
    assert (customer.role, customer.personal, customer.since, customer.unit) == ("entity key", "subject", 1, None)
    assert customer.origin in ("till: customer", "visits: customer")
    assert (street.role, street.personal, street.origin) == ("feature", "personal", "till, visits")


def test_catalog_entry_has_the_columns_of_the_table_in_their_order() -> None:
    assert [field.name for field in fields(CatalogEntry)] == SCHEMA.names[:-2]


@pytest.mark.parametrize("since", [0, 4])
def test_group_refuses_a_field_since_a_version_that_it_has_not_reached(since: int) -> None:
    late = Field("late", T.DoubleType(), "x", since=since)
    with pytest.raises(DefinitionError, match=f"field late has since={since}, but this is version 3"):
        group(fields=(*FIELDS, late))
