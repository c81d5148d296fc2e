"""Find by lineage which columns of training datasets and prediction tables name people.

A feature view knows the subject columns that its groups declare. Another view, also a later one, can show that a further column
of a group names people. Then every table that has this column through its own view names people in it, perhaps under another
name. The recorded view definitions and the map of subjects together tell which tables these are.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from tidegate.subjects.people_known_late import enter_known_late
from tidegate.subjects.table_map import FEATURE_GROUP, PREDICTION_TABLE, TRAINING_DATASET, MappedTable, mapped_tables
from tidegate.tables.create import table_exists
from tidegate.tables.definitions import recorded_definitions
from tidegate.tables.read import read_newest, table_state
from tidegate.tables.store import Store

VIEW = "feature view"
_MADE_BY_VIEWS = (TRAINING_DATASET, PREDICTION_TABLE)
_MADE_BY = ("feature_view", "feature_view_version")
ViewKey = tuple[str, int]
_FULL_NAME = re.compile(r"(.+)_v(\d+)")


# The subject columns of each feature group in the map, by the group's full name.
_People = Mapping[str, frozenset[str]]


def with_derived_people(store: Store, mapped: Sequence[MappedTable]) -> list[MappedTable]:
    """Return the map, with the subject columns added that lineage shows in training datasets and prediction tables.

    Nothing is written. A table whose view was never recorded keeps its entry as it is.
    """
    views = {(name, version): parts for name, version, parts in recorded_definitions(store, VIEW)}
    people = _people_of_groups(mapped)
    return [_with_people(store, table, views, people) for table in mapped] if views else list(mapped)


def derived_subjects(store: Store, view: ViewKey, columns: Sequence[str]) -> tuple[str, ...]:
    """Return the columns of a view's output that name people, according to the map's entries for the view's groups.

    Args:
        store: The store.
        view: Name and version of the view. If it is not recorded yet, no column is returned.
        columns: The columns of the output.
    """
    people = _people_of_groups(mapped_tables(store))
    for name, version, parts in recorded_definitions(store, VIEW):
        if (name, version) == view:
            found = dict.fromkeys(_columns_with_people(parts, people, columns))
            return tuple(column for column in found if column in columns)
    return ()


def enter_derived_people(store: Store, derived: Sequence[MappedTable]) -> None:
    """Enter into the map of subjects the columns that lineage shows in training datasets and prediction tables.

    From then on these tables keep no statistics of the added columns. Their rows of people who were erased earlier are deleted.

    Args:
        store: The store.
        derived: The map that `with_derived_people` returned.

    Raises:
        MissingSecretError: Somebody was erased, and the environment has no key to recognise the person.
        WrongSecretError: The environment's key is not the one that the suppression list was made with.
    """
    known = {table.path: table for table in mapped_tables(store)}
    for table in derived:
        if table.kind in _MADE_BY_VIEWS and not known[table.path].covers(table):
            enter_known_late(store, table)


def _people_of_groups(mapped: Sequence[MappedTable]) -> _People:
    groups = [table for table in mapped if table.kind == FEATURE_GROUP]
    return {table.path.rpartition("/")[2]: frozenset(table.subject_columns) for table in groups}


def _with_people(store: Store, table: MappedTable, views: Mapping[ViewKey, Any], people: _People) -> MappedTable:
    if table.kind not in _MADE_BY_VIEWS or not table_exists(store.spark, store.layout.absolute(table.path)):
        return table
    names = table_state(store.spark, store.layout.absolute(table.path)).schema.names
    made_by = _made_by(store, table)
    found = [column for key in made_by if key in views for column in _columns_with_people(views[key], people, names)]
    columns = dict.fromkeys((*table.subject_columns, *[column for column in found if column in names]))
    return replace(table, subject_columns=tuple(columns))


def _made_by(store: Store, table: MappedTable) -> list[ViewKey]:
    """Return the views from which the rows of a table were made."""
    if table.kind == TRAINING_DATASET:
        named = _FULL_NAME.fullmatch(table.path.split("/")[1])
        return [(named[1], int(named[2]))] if named else []
    path = store.layout.absolute(table.path)
    stored = read_newest(store.spark, path)
    if not set(_MADE_BY) <= set(stored.columns):
        return []
    rows = stored.select(*_MADE_BY).distinct().collect()
    return [(row["feature_view"], row["feature_view_version"]) for row in rows]


def _columns_with_people(view: Mapping[str, Any], people: _People, columns: Sequence[str]) -> Iterator[str]:
    """Yield the names of the view's output columns that come from a subject column of one of its groups."""
    rows = {name for group in (view["spine"], view["labels"]) for name in people.get(group, ())}
    # Entity columns, targets and the spine's other columns that a prediction table carries keep their names.
    choices = dict(view["choices"])
    if "future_labels" in view:
        # Their targets are computed as features are.
        choices[f"{view['labels']} (labels)"] = view["future_labels"]
    features = {name for choice in choices.values() for name in choice["names"]}
    yield from (name for name in columns if name in rows and name not in features)
    for name, choice in choices.items():
        # The name is the group's full name. If the view has the group twice, its look-back follows in brackets.
        of_group = people.get(name.partition(" (")[0], frozenset())
        yield from (entity for entity in view["entity_columns"] if entity in of_group)
        yield from (new for old, new in zip(choice["features"], choice["names"], strict=True) if old in of_group)
