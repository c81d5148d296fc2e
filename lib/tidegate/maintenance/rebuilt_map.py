"""Rebuild the map of subjects: find the columns that name people by the definitions, the manifests and what tables record."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pyspark.sql import functions as F

from tidegate.declared_names import suggested_name
from tidegate.feature_groups.catalog.personal_statistics import remove_statistics
from tidegate.feature_groups.definition import BUCKET
from tidegate.feature_groups.evolution.difference import ROLES_PROPERTY
from tidegate.maintenance.definitions import Definitions
from tidegate.maintenance.missing_entries import missing_entries
from tidegate.maintenance.several_subjects import entries_of_any_format
from tidegate.quarantine.table import PERSONAL, SUBJECT
from tidegate.schema import subject_names
from tidegate.subjects.derived_people import with_derived_people
from tidegate.subjects.table_map import FEATURE_GROUP, PREDICTION_TABLE, QUARANTINE, TRAINING_DATASET, MappedTable, map_tables
from tidegate.tables.create import table_exists
from tidegate.tables.protect import protect_columns
from tidegate.tables.read import read_table, table_state
from tidegate.tables.store import Store


@dataclass(frozen=True)
class People:
    """The columns of a table that name people (`subjects`), and its other columns with personal values (`personal`)."""

    subjects: tuple[str, ...] = ()
    personal: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        """All columns, those that name people first."""
        return (*self.subjects, *self.personal)

    def among(self, names: Iterable[str]) -> "People":
        """Return only the columns that have one of these names."""
        there = set(names)
        kept = (tuple(name for name in columns if name in there) for columns in (self.subjects, self.personal))
        return People(*kept)

    def and_also(self, other: "People") -> "People":
        """Return the union of both. A column that names people in either of them names people in the result."""
        subjects = tuple(dict.fromkeys((*self.subjects, *other.subjects)))
        personal = dict.fromkeys((*self.personal, *other.personal))
        return People(subjects, tuple(name for name in personal if name not in subjects))


def rebuild_map(definitions: Definitions, store: Store, dry_run: bool = False) -> list[str]:
    """Add to the map the tables and subject columns that it lacks, and protect these columns.

    Args:
        definitions: The definitions that are known. For other tables, the roles that group tables record, the groups in the
            manifests, the names of the columns and the recorded views show who is in them. If a view that was never recorded
            renamed a column, that column is not recognised.
        store: The store.
        dry_run: Change nothing and only return the lines.

    Returns:
        One line for each table whose entry was missing or lacked a column.
    """
    known = entries_of_any_format(store)
    missing = missing_entries(definitions, store, known)
    entries = [entry for entry in (*known, *missing) if table_exists(store.spark, store.layout.absolute(entry.path))]
    people = people_of_tables(definitions, store, entries)
    grown = [entry for entry in entries if entry in missing or set(people[entry.path].subjects) - set(entry.subject_columns)]
    if not dry_run:
        for entry in entries:
            found = people[entry.path]
            partitions = (BUCKET,) if entry.kind == FEATURE_GROUP else ()
            if entry.kind != QUARANTINE or found.subjects:
                columns = PERSONAL if entry.kind == QUARANTINE else found.all
                _protect(store, entry, columns, partitions)
        groups = {entry.path.rpartition("/")[2]: people[entry.path].all for entry in entries if entry.kind == FEATURE_GROUP}
        remove_statistics(store, groups)
        map_tables(store, [MappedTable(entry.path, entry.kind, people[entry.path].subjects) for entry in grown])
    return [
        f"{entry.path}: enter into the map of subjects, with people in {', '.join(people[entry.path].subjects) or 'no column'}"
        for entry in grown
    ]


def rebuilt_entries(definitions: Definitions, store: Store) -> list[MappedTable]:
    """Return the entries that the map would have after `rebuild_map`. Nothing is written."""
    known = entries_of_any_format(store)
    known += missing_entries(definitions, store, known)
    entries = [entry for entry in known if table_exists(store.spark, store.layout.absolute(entry.path))]
    people = people_of_tables(definitions, store, entries)
    return [MappedTable(entry.path, entry.kind, people[entry.path].subjects) for entry in entries]


def people_of_tables(definitions: Definitions, store: Store, entries: Sequence[MappedTable]) -> Mapping[str, People]:
    """Return the columns with personal data of each table in the map, by the table's path.

    Args:
        definitions: The definitions that are known of the store's tables.
        store: The store.
        entries: The entries of the map, of tables that exist.
    """
    groups = {entry.path: _of_group(definitions, store, entry) for entry in entries if entry.kind == FEATURE_GROUP}
    found = dict(groups)
    for entry in entries:
        if entry.kind in (TRAINING_DATASET, PREDICTION_TABLE):
            names = table_state(store.spark, store.layout.absolute(entry.path)).schema.names
            of_inputs = [_input(groups, name) for name in _inputs(store, entry)]
            told = _defined(definitions, entry)
            for each in of_inputs:
                told = told.and_also(each)
            found[entry.path] = told.among(names)
        elif entry.kind == QUARANTINE:
            held = groups.get(f"feature_groups/{entry.path.rpartition('/')[2]}", People())
            found[entry.path] = People((SUBJECT,) if held.subjects else entry.subject_columns)
    people = {entry.path: found.get(entry.path, People()).and_also(People(entry.subject_columns)) for entry in entries}
    of_all = [MappedTable(entry.path, entry.kind, people[entry.path].subjects) for entry in entries]
    derived = with_derived_people(store, of_all)
    return {entry.path: people[entry.path].and_also(People(entry.subject_columns)) for entry in derived}


def _of_group(definitions: Definitions, store: Store, entry: MappedTable) -> People:
    """Return a group's columns with personal data, by the roles that its table records, its definition, and the views."""
    name = entry.path.rpartition("/")[2]
    state = table_state(store.spark, store.layout.absolute(entry.path))
    roles = json.loads(state.properties.get(ROLES_PROPERTY, "{}"))
    subject = roles.get("subject")
    people = People(subject_names(tuple(subject) if isinstance(subject, list) else subject), tuple(roles.get("personal", ())))
    group = definitions.groups_by_name.get(name)
    if group is not None:
        people = people.and_also(People(group.subjects, group.personal))
    for view in definitions.views:
        for each, columns in view.group_subjects.items():
            if each.full_name == name:
                people = people.and_also(People(columns))
    return people.among(state.schema.names)


def _defined(definitions: Definitions, entry: MappedTable) -> People:
    parts = entry.path.split("/")
    if entry.kind == TRAINING_DATASET:
        view = definitions.views_by_name.get(parts[1])
        return People() if view is None else People(view.subjects, view.personal_columns[len(view.subjects) :])
    tables = [table for table in definitions.predictions if table.name == parts[-1]]
    return People(tables[0].subjects, tables[0].personal) if tables else People()


def _inputs(store: Store, entry: MappedTable) -> list[str]:
    """Return the full names of the groups from which a table was made."""
    if entry.kind == TRAINING_DATASET:
        if not table_exists(store.spark, store.layout.manifests):
            return []
        rows = read_table(store.spark, store.layout.manifests).where(F.col("dataset_id") == entry.path.rpartition("/")[2])
        found = rows.select(F.map_keys("group_versions").alias("names")).first()
    else:
        rows = read_table(store.spark, store.layout.absolute(entry.path))
        found = rows.select(F.map_keys("feature_table_versions").alias("names")).first()
    return list(found["names"] or []) if found else []


def _input(groups: Mapping[str, People], full_name: str) -> People:
    """Return the columns with personal data of a group, found by the name that it had when the table was made."""
    name, _, version = full_name.rpartition("_v")
    paths = (f"feature_groups/{full_name}", f"feature_groups/{suggested_name(name)}_v{version}")
    return next((groups[path] for path in paths if path in groups), People())


def _protect(store: Store, entry: MappedTable, columns: Sequence[str], partitions: Sequence[str]) -> None:
    if columns:
        protect_columns(store.spark, store.layout.absolute(entry.path), columns, partitions)
