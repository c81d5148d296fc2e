"""A root whose tables have users' columns that begin with an underscore, as older releases allowed, is renamed by migration."""

from copy import copy
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate import FeatureGroup, FeatureStore, Field, at_least
from tidegate.errors import DefinitionError
from tidegate.maintenance.quarantine_arrivals import record_arrivals
from tidegate.maintenance.reserved_names import rename_reserved_columns
from tidegate.subjects.table_map import mapped_tables
from tidegate.tables.create import remove_table, table_properties
from tidegate.tables.read import read_table, table_state
from tidegate.tables.write import replace_rows

FIELDS = (
    Field("person_", T.StringType(), "who"),
    Field("n_", T.LongType(), "taken"),
    Field("n", T.DecimalType(20, 3), "number"),
    Field("value", T.DoubleType(), "points"),
)
NOW = FeatureGroup("scores", 1, ("person_",), FIELDS, "scores", subject="person_", expectations=(at_least("value", 0),))
OLD_NAMES = {"person_": "_person", "n": "_n"}
NOON = datetime(2024, 1, 1, 12, tzinfo=UTC)


def as_it_was() -> FeatureGroup:
    """The definition as a release before format 3 took it; today it is refused."""
    fields = tuple(replace(field, name=OLD_NAMES.get(field.name, field.name)) for field in FIELDS)
    old = copy(NOW)
    for name, value in {"fields": fields, "entity_key": ("_person",), "subject": "_person"}.items():
        object.__setattr__(old, name, value)
    return old


@pytest.mark.slow
def test_stored_columns_with_reserved_names_are_renamed(spark: SparkSession, tmp_path: Path) -> None:
    store = FeatureStore(spark, str(tmp_path / "root"))
    layout, old = store.layout, as_it_was()
    with pytest.raises(DefinitionError, match=r"_person, _n: .*Rename _person to person_, _n to n__. .*--migrate renames"):
        replace(NOW, fields=old.fields, entity_key=("_person",), subject="_person")
    rows = [("a", 1, "1.234", 1.0, NOON, None), ("b", 2, "2.5", -1.0, NOON, None)]
    times = "event_time timestamp, available_at timestamp"
    typed = spark.createDataFrame(rows, f"_person string, n_ long, _n string, value double, {times}")
    store.write(old, typed.withColumn("_n", F.col("_n").cast("decimal(20,3)")))
    quarantine = layout.quarantine("scores_v1")
    before = read_table(spark, quarantine).drop("arrived_at").localCheckpoint()
    remove_table(spark, quarantine)
    replace_rows(before, quarantine, table_properties(before.schema, ("row", "cells", "subject")))
    # A table without the column is read as it will be.
    assert store.quarantined(old).where("arrived_at = quarantined_at").count() == 1

    said = [f"feature_groups/scores_v1: rename column {name} to {new}" for name, new in (("_person", "person_"), ("_n", "n__"))]
    assert rename_reserved_columns(store.handle, True) == said
    assert record_arrivals(store.handle, True) == ["quarantine/scores_v1: add column arrived_at"]
    assert record_arrivals(store.handle) == ["quarantine/scores_v1: add column arrived_at"]
    assert rename_reserved_columns(store.handle) == said
    assert (rename_reserved_columns(store.handle), record_arrivals(store.handle)) == ([], [])

    new = replace(NOW, fields=tuple(replace(field, name="n__") if field.name == "n" else field for field in FIELDS))
    assert [(r["person_"], r["n_"], str(r["n__"])) for r in store.read(new).collect()] == [("a", 1, "1.234")]
    mapped = {table.path: table.subject_columns for table in mapped_tables(store.handle)}
    assert mapped["feature_groups/scores_v1"] == ("person_",)
    counted = table_state(spark, layout.feature_group("scores_v1")).properties["delta.dataSkippingStatsColumns"]
    assert ("`n__`" in counted, "person" in counted) == (True, False)
    held = store.quarantined(new).selectExpr("row", "arrived_at = quarantined_at AS same").first()
    assert (held["row"].startswith('{"person_":"b","n_":2,"n__":2.500,"value":-1.0,'), held["same"]) == (True, True)
    assert store.requeue(replace(new, expectations=())).written.inserted == 1
    assert store.catalog.evolve(new).changes == ()
