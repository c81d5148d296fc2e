"""Migration from format 2 to 3: rename users' columns that begin with an underscore, because tidegate now reserves such names.

These columns are in the tables of feature groups, in quarantined rows (as JSON), and in prediction tables that carry them.
Training datasets keep their column names: with new names, the definition of a view changes, and it gets new datasets.
"""

import json
from collections.abc import Mapping

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate.feature_groups.definition import AVAILABLE_AT, BUCKET, EVENT_TIME, TOMBSTONE
from tidegate.feature_groups.evolution.difference import BUCKETS_PROPERTY, ROLES_PROPERTY
from tidegate.names import free_name, is_reserved
from tidegate.predictions.columns import PREDICTION_TIME, SCORED_AT
from tidegate.quarantine.table import ROW
from tidegate.schema import EXACT_JSON, quoted
from tidegate.subjects.table_map import SCHEMA
from tidegate.tables.buckets import Spread, laid_out
from tidegate.tables.commits.commit_lock import exclusive
from tidegate.tables.commits.commit_metadata import NOTHING_CHANGED, Commit
from tidegate.tables.create import STATISTICS_PROPERTY, table_exists
from tidegate.tables.delta_log.files import data_files
from tidegate.tables.find import find_tables
from tidegate.tables.read import TableState, read_table, table_state
from tidegate.tables.rewrite import NewShape, reshape
from tidegate.tables.store import Store
from tidegate.tables.write import replace_rows

Names = Mapping[str, str]


def rename_reserved_columns(store: Store, dry_run: bool = False) -> list[str]:
    """Rename each column `_x` to `x_`, or to the next free name, in every table of the store that has one.

    Each table changes in one commit. The map of subjects changes before the tables. If the driver is killed in between, programs
    still refuse the root, and the next run finds the old names that are left in tables.

    Args:
        store: The store.
        dry_run: Change nothing and only return the lines.

    Returns:
        One line for each column that was renamed, or that would be renamed.
    """
    due = _renames(store)
    if due and not dry_run:
        _rename_in_map(store, due)
        for path, names in due.items():
            if path.startswith("feature_groups/"):
                _rename_in_quarantine(store, path.removeprefix("feature_groups/"), names)
            _rename_in_table(store.spark, store.layout.absolute(path), names)
    return [f"{path}: rename column {old} to {new}" for path, names in due.items() for old, new in names.items()]


def _renames(store: Store) -> dict[str, Names]:
    """Return the new column names of every table that needs some, by the table's path relative to the root."""
    found = {
        path: table_state(store.spark, store.layout.absolute(path))
        for path in find_tables(store.spark, store.layout.root)
        if _is_ours(path)
    }
    renames = {path: _new_names(table.schema.names) for path, table in found.items() if _has_users_columns(table)}
    return {path: names for path, names in renames.items() if names}


def _is_ours(path: str) -> bool:
    return path.startswith(("feature_groups/", "predictions/"))


def _has_users_columns(table: TableState) -> bool:
    """Return whether the table is that of a feature group or a prediction table, and not a foreign one."""
    return BUCKETS_PROPERTY in table.properties or {PREDICTION_TIME, SCORED_AT} <= {*table.schema.names}


def _new_names(columns: list[str]) -> Names:
    taken, renamed = list(columns), dict[str, str]()
    for name in columns:
        if is_reserved(name) and name not in (TOMBSTONE, BUCKET):
            renamed[name] = free_name(name, taken)
            taken.append(renamed[name])
    return renamed


def _rename_in_map(store: Store, due: Mapping[str, Names]) -> None:
    if not table_exists(store.spark, store.layout.table_map):
        return
    pairs = [(path, old, new) for path, names in due.items() for old, new in names.items()]
    with exclusive(store.spark, store.layout.table_map):
        entries = read_table(store.spark, store.layout.table_map).collect()
        new_names = {(path, old): new for path, old, new in pairs}
        rows = [
            (entry["path"], entry["kind"], [new_names.get((entry["path"], name), name) for name in entry["subject_columns"]])
            for entry in entries
        ]
        if rows != [tuple(entry) for entry in entries]:
            replace_rows(store.spark.createDataFrame(rows, SCHEMA).coalesce(1), store.layout.table_map, {})


def _rename_in_quarantine(store: Store, group: str, names: Names) -> None:
    """Rename the JSON keys of a group's quarantined rows. Keys that already have the new name stay."""
    path = store.layout.quarantine(group)
    if not table_exists(store.spark, path):
        return
    columns = [
        field for field in table_state(store.spark, store.layout.feature_group(group)).schema.fields if field.name != BUCKET
    ]
    # If an earlier run was killed, some rows already have the new names.
    both = [T.StructField(each, field.dataType) for field in columns for each in _old_and_new(field.name, names)]
    row = F.from_json(ROW, T.StructType(both), {**EXACT_JSON, "mode": "FAILFAST"}).alias("_row")
    values = [
        F.coalesce(*[F.col(f"_row.{quoted(each)}") for each in _old_and_new(field.name, names)]).alias(
            names.get(field.name, field.name)
        )
        for field in columns
    ]

    def renamed(rows: DataFrame) -> DataFrame:
        return rows.select("*", row).withColumn(ROW, F.to_json(F.struct(*values), EXACT_JSON)).drop("_row")

    shape = NewShape(table_state(store.spark, path).schema, ())
    reshape(store.spark, path, renamed, shape, Commit(note={**NOTHING_CHANGED, "renamed": dict(names)}))


def _old_and_new(name: str, names: Names) -> list[str]:
    return [name, names[name]] if name in names else [name]


def _rename_in_table(spark: SparkSession, path: str, names: Names) -> None:
    table = table_state(spark, path)
    fields = [T.StructField(names.get(f.name, f.name), f.dataType, f.nullable, f.metadata) for f in table.schema.fields]
    is_group = BUCKET in table.schema.names
    roles = _renamed_roles(table, names)
    key = [str(name) for name in roles.get("entity_key") or []]
    properties = {ROLES_PROPERTY: json.dumps(roles)} if roles else {}
    if STATISTICS_PROPERTY in table.properties:
        counted = table.properties[STATISTICS_PROPERTY].split(",")
        new = {quoted(old): quoted(name) for old, name in names.items()}
        properties[STATISTICS_PROPERTY] = ",".join(new.get(column, column) for column in counted)
    spread = _spread(spark, path, int(table.properties[BUCKETS_PROPERTY])) if is_group else None

    def arrange(rows: DataFrame) -> DataFrame:
        renamed = rows.withColumnsRenamed(dict(names))
        if spread is None:
            return renamed.sortWithinPartitions(PREDICTION_TIME)
        return laid_out(renamed, BUCKET, [*key, EVENT_TIME, AVAILABLE_AT], spread)

    shape = NewShape(T.StructType(fields), (BUCKET,) if is_group else (), properties)
    reshape(spark, path, arrange, shape, Commit(note={**NOTHING_CHANGED, "renamed": dict(names)}))


def _renamed_roles(table: TableState, names: Names) -> dict[str, list[str] | str | None]:
    """Return the recorded roles of a group's columns with the new names; empty if the table records none."""
    roles: dict[str, list[str] | str | None] = json.loads(table.properties.get(ROLES_PROPERTY, "{}"))
    for role, value in roles.items():
        if isinstance(value, list):
            roles[role] = [names.get(name, name) for name in value]
        elif value is not None:
            roles[role] = names.get(value, value)
    return roles


def _spread(spark: SparkSession, path: str, buckets: int) -> Spread:
    return Spread(EVENT_TIME, sum(file.rows for file in data_files(spark, path, BUCKET, EVENT_TIME)), buckets)
