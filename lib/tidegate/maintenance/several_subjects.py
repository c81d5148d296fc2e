"""Migration from format 2 to 3: rewrite the map of subjects so that it can name several columns per table."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidegate.maintenance.root_format import has_old_map
from tidegate.subjects.table_map import SCHEMA, MappedTable, mapped_tables
from tidegate.tables.commits.commit_lock import exclusive
from tidegate.tables.read import read_table
from tidegate.tables.store import Store
from tidegate.tables.write import replace_rows


def rewrite_map(store: Store, dry_run: bool = False) -> list[str]:
    """Rewrite the map of subjects with its new columns, in one commit.

    Args:
        store: The store.
        dry_run: Change nothing and only return the lines.

    Returns:
        One line if the map was changed, or would be changed; otherwise none.
    """
    if not has_old_map(store):
        return []
    if not dry_run:
        with exclusive(store.spark, store.layout.table_map):
            replace_rows(_in_new_columns(read_table(store.spark, store.layout.table_map)), store.layout.table_map, {})
    return [f"{store.layout.relative(store.layout.table_map)}: name several subject columns per table"]


def entries_of_any_format(store: Store) -> list[MappedTable]:
    """Return the entries of the map, even if the map is not migrated yet, as in a dry run."""
    if not has_old_map(store):
        return mapped_tables(store)
    rows = _in_new_columns(read_table(store.spark, store.layout.table_map)).orderBy("path").collect()
    return [MappedTable(row["path"], row["kind"], tuple(row["subject_columns"])) for row in rows]


def _in_new_columns(old: DataFrame) -> DataFrame:
    nobody = F.array().cast("array<string>")
    columns = F.when(F.col("subject_column").isNull(), nobody).otherwise(F.array("subject_column"))
    return old.withColumn("subject_columns", columns).select(*SCHEMA.names)
