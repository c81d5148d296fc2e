"""Whom the tables that views were made into hold: by the recorded views, and by what the map knows of the groups by now.

A view's own definition tells whom its groups declare. That another column of a group names people can be shown by another view,
also later: then every table that has the column by lineage, perhaps under another name, holds these people too.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pyspark.sql import SparkSession

from tidegate.subjects.known_late import enter_known_late
from tidegate.subjects.table_map import FEATURE_GROUP, PREDICTION_TABLE, TRAINING_DATASET, MappedTable, mapped_tables
from tidegate.tables.create import table_exists
from tidegate.tables.definitions import recorded_definitions
from tidegate.tables.layout import Layout
from tidegate.tables.read import read_table, table_state

VIEW = "feature view"
_MADE_BY_VIEWS = (TRAINING_DATASET, PREDICTION_TABLE)
_MADE_BY = ("feature_view", "feature_view_version")
ViewKey = tuple[str, int]
_FULL_NAME = re.compile(r"(.+)_v(\d+)")


# By a group's full name: its columns that name people, as the map knows them.
_People = Mapping[str, frozenset[str]]


def with_derived_people(spark: SparkSession, layout: Layout, mapped: Sequence[MappedTable]) -> list[MappedTable]:
    """Return the map with what lineage adds to its training datasets and prediction tables; nothing is written.

    Of a table whose view was never recorded nothing is added.
    """
    views = {(name, version): parts for name, version, parts in recorded_definitions(spark, layout, VIEW)}
    people = _people_of_groups(mapped)
    return [_with_people(spark, layout, table, views, people) for table in mapped] if views else list(mapped)


def derived_subjects(spark: SparkSession, layout: Layout, view: ViewKey, columns: Sequence[str]) -> tuple[str, ...]:
    """Return those of the columns made by a view, once it is recorded, that name people by what the map knows of its groups."""
    people = _people_of_groups(mapped_tables(spark, layout))
    for name, version, parts in recorded_definitions(spark, layout, VIEW):
        if (name, version) == view:
            found = dict.fromkeys(_columns_with_people(parts, people, columns))
            return tuple(column for column in found if column in columns)
    return ()


def enter_derived_people(spark: SparkSession, layout: Layout, derived: Sequence[MappedTable]) -> None:
    """Enter what lineage adds to training datasets and prediction tables.

    These tables keep no statistics of the columns any more, and lose the rows of people who were forgotten before.

    Args:
        spark: The session.
        layout: Where the store lies.
        derived: What `with_derived_people` returned.

    Raises:
        MissingSecretError, WrongSecretError: Somebody was erased, and the environment has no key to recognise them, or another.
    """
    known = {table.path: table for table in mapped_tables(spark, layout)}
    for table in derived:
        if table.kind in _MADE_BY_VIEWS and not known[table.path].covers(table):
            enter_known_late(spark, layout, table)


def _people_of_groups(mapped: Sequence[MappedTable]) -> _People:
    groups = [table for table in mapped if table.kind == FEATURE_GROUP]
    return {table.path.rpartition("/")[2]: frozenset(table.subject_columns) for table in groups}


def _with_people(
    spark: SparkSession, layout: Layout, table: MappedTable, views: Mapping[ViewKey, Any], people: _People
) -> MappedTable:
    if table.kind not in _MADE_BY_VIEWS or not table_exists(spark, layout.absolute(table.path)):
        return table
    names = table_state(spark, layout.absolute(table.path)).schema.names
    made_by = _made_by(spark, layout, table)
    found = [column for key in made_by if key in views for column in _columns_with_people(views[key], people, names)]
    columns = dict.fromkeys((*table.subject_columns, *[column for column in found if column in names]))
    return replace(table, subject_columns=tuple(columns))


def _made_by(spark: SparkSession, layout: Layout, table: MappedTable) -> list[ViewKey]:
    """Return the views of which a table's rows were made."""
    if table.kind == TRAINING_DATASET:
        named = _FULL_NAME.fullmatch(table.path.split("/")[1])
        return [(named[1], int(named[2]))] if named else []
    stored = read_table(spark, layout.absolute(table.path))
    if not set(_MADE_BY) <= set(stored.columns):
        return []
    rows = stored.select(*_MADE_BY).distinct().collect()
    return [(row["feature_view"], row["feature_view_version"]) for row in rows]


def _columns_with_people(view: Mapping[str, Any], people: _People, columns: Sequence[str]) -> Iterator[str]:
    """Yield the columns of a table made by a view that come from a column that names people, under their names there."""
    rows = {name for group in (view["spine"], view["labels"]) for name in people.get(group, ())}
    # Entity columns and targets keep their names, and so do further columns of the spine that a prediction table carries.
    features = {name for choice in view["choices"].values() for name in choice["names"]}
    yield from (name for name in columns if name in rows and name not in features)
    for name, choice in view["choices"].items():
        # The group's full name, and its look-back as well where the view has the group twice.
        of_group = people.get(name.partition(" (")[0], frozenset())
        yield from (entity for entity in view["entity_columns"] if entity in of_group)
        yield from (new for old, new in zip(choice["features"], choice["names"], strict=True) if old in of_group)
