"""Migration from format 5 to 6: prediction tables keep every row, with its revision, and say whether it was served."""

import json
from collections.abc import Mapping

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate.feature_groups.evolution.difference import ROLES_PROPERTY
from tidegate.maintenance.definitions import Definitions
from tidegate.maintenance.several_subjects import entries_of_any_format
from tidegate.names import free_name
from tidegate.predictions.columns import OUTPUT_FIELDS, PREDICTION_TIME, REVISION, SERVED, WHY_NOT
from tidegate.predictions.table import OUTPUTS_PROPERTY, table_record
from tidegate.schema import quoted
from tidegate.subjects.derived_people import VIEW
from tidegate.subjects.table_map import PREDICTION_TABLE, MappedTable, map_tables
from tidegate.tables.buckets import ROWS_PER_FILE
from tidegate.tables.commits.commit_metadata import NOTHING_CHANGED, Commit
from tidegate.tables.create import STATISTICS_PROPERTY, table_exists
from tidegate.tables.definitions import recorded_definitions
from tidegate.tables.delta_log.rows_logged import rows_of_table
from tidegate.tables.purge import purge_deleted_rows
from tidegate.tables.read import TableState, read_newest, table_state
from tidegate.tables.rewrite import NewShape, reshape
from tidegate.tables.store import Store

# All tables of these formats have predictions of a binary task.
_OLD_OUTPUTS = ("probability", "prediction")
# Columns that no table of these formats has from tidegate: a column of this name was carried over from the spine.
_NEW = ("code_version", SERVED, WHY_NOT, REVISION)


def keep_all_predictions(definitions: Definitions, store: Store, dry_run: bool = False) -> list[str]:
    """Add the new columns to every prediction table, each in one commit.

    Stored rows get revision 0 and count as served, and keep the id of their release. A carried column that has the name of a new
    one is renamed. Older versions of tables with people are removed, since they contain the same people.

    Args:
        definitions: The definitions that are known of the store's tables.
        store: The store.
        dry_run: Change nothing and only return the lines.

    Returns:
        One line for each table that was changed, or that would be changed.
    """
    tables = [each for each in entries_of_any_format(store) if each.kind == PREDICTION_TABLE]
    lines = []
    for table in tables:
        path = store.layout.absolute(table.path)
        if not table_exists(store.spark, path):
            continue
        state = table_state(store.spark, path)
        if OUTPUTS_PROPERTY not in state.properties:
            lines.append(f"{table.path}: add {', '.join(f.name for f in _added(state, _renamed(state)))}")
            if not dry_run:
                _migrate(store, table, state, _entity_key(definitions, store, table))
        # A killed run may have left the files of a table that has its new columns already.
        if not dry_run and table.subject_columns:
            purge_deleted_rows(store.spark, path)
    return lines


def _renamed(state: TableState) -> Mapping[str, str]:
    """Return the new names of carried columns whose names belong to tidegate from now on."""
    names = state.schema.names
    return {name: free_name(name, names) for name in names if name.lower() in _NEW}


def _added(state: TableState, renamed: Mapping[str, str]) -> list[T.StructField]:
    there = {renamed.get(name, name) for name in state.schema.names}
    return [field for field in OUTPUT_FIELDS if field.name not in there]


def _migrate(store: Store, table: MappedTable, state: TableState, key: tuple[str, ...] | None) -> None:
    path, renamed = store.layout.absolute(table.path), _renamed(state)
    people = tuple(renamed[name] for name in table.subject_columns if name in renamed)
    if people:
        map_tables(store, [MappedTable(table.path, table.kind, people)])
    added = _added(state, renamed)
    kept = [T.StructField(renamed.get(f.name, f.name), f.dataType, f.nullable, f.metadata) for f in state.schema.fields]
    properties = _properties(state, renamed, key)
    files = 1 + rows_of_table(store.spark, path) // ROWS_PER_FILE

    def arrange(rows: DataFrame) -> DataFrame:
        complete = rows.withColumnsRenamed(dict(renamed)).withColumns({field.name: _value(field) for field in added})
        # Batches of later days then read few files.
        divided = complete.coalesce(1) if files == 1 else complete.repartitionByRange(files, PREDICTION_TIME)
        return divided.sortWithinPartitions(PREDICTION_TIME)

    shape = NewShape(T.StructType([*kept, *added]), (), properties)
    reshape(store.spark, path, arrange, shape, Commit(note={**NOTHING_CHANGED, "format": 6}))


def _properties(state: TableState, renamed: Mapping[str, str], key: tuple[str, ...] | None) -> dict[str, str]:
    outputs = tuple(name for name in _OLD_OUTPUTS if name in state.schema.names)
    record = table_record(None if key is None else tuple(renamed.get(name, name) for name in key), outputs)
    counted = state.properties.get(STATISTICS_PROPERTY)
    if counted is None:
        return record
    new = {quoted(old): quoted(name) for old, name in renamed.items()}
    return {**record, STATISTICS_PROPERTY: ",".join(new.get(column, column) for column in counted.split(","))}


def _value(field: T.StructField) -> Column:
    values = {SERVED: F.lit(True), REVISION: F.lit(0)}
    return values.get(field.name, F.lit(None)).cast(field.dataType)


def _entity_key(definitions: Definitions, store: Store, table: MappedTable) -> tuple[str, ...] | None:
    """Return the entity key by the definition of the table, else by the stored spine of the views that made its rows."""
    name = table.path.rpartition("/")[2]
    for each in definitions.predictions:
        if each.name == name:
            return each.entity_key
    stored = read_newest(store.spark, store.layout.absolute(table.path))
    if not {"feature_view", "feature_view_version"} <= {*stored.columns}:
        return None
    made_by = {tuple(row) for row in stored.select("feature_view", "feature_view_version").distinct().collect()}
    for view, version, parts in recorded_definitions(store, VIEW):
        spine = store.layout.feature_group(str(parts["spine"]))
        if (view, version) in made_by and "spine_rule" not in parts and table_exists(store.spark, spine):
            roles = json.loads(table_state(store.spark, spine).properties.get(ROLES_PROPERTY, "{}"))
            if roles.get("entity_key"):
                return tuple(roles["entity_key"])
    return None
