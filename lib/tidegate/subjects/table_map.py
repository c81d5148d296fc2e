"""The map of subjects: every table of the store, and the columns in it that name a natural person each."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pyspark.sql import types as T

from tidegate.errors import RootFormatError
from tidegate.tables.commits.commit_lock import exclusive
from tidegate.tables.commits.few_rows import append_few
from tidegate.tables.create import TableShape, create_table, table_exists
from tidegate.tables.format_file import CURRENT_FORMAT, write_format, written_format
from tidegate.tables.read import read_table, table_identity
from tidegate.tables.store import Store
from tidegate.tables.write import MergeRule, merge_rows

SCHEMA = T.StructType(
    [
        T.StructField("path", T.StringType()),
        T.StructField("kind", T.StringType()),
        T.StructField("subject_columns", T.ArrayType(T.StringType())),
    ]
)
# Two drivers that add to one entry at once, where no lock of ours holds, must both be heard.
_UNION = {"kind": "_change.kind", "subject_columns": "array_union(_stored.subject_columns, _change.subject_columns)"}

FEATURE_GROUP, TRAINING_DATASET, PREDICTION_TABLE = "feature group", "training dataset", "prediction table"
QUARANTINE = "quarantine"

# By the table's own id: the version that was read last, and what it holds.
_LAST_READ: dict[str, tuple[int, list["MappedTable"]]] = {}


@dataclass(frozen=True)
class MappedTable:
    """One table of the store.

    Attributes:
        path: Folder below the root.
        kind: feature group, training dataset, prediction table or quarantine.
        subject_columns: The columns that name a person each; empty where the table holds no personal data. A row goes when any of
            these persons is forgotten.
    """

    path: str
    kind: str
    subject_columns: tuple[str, ...] = ()

    def covers(self, other: "MappedTable") -> bool:
        """Tell whether this entry says all that the other one of the same table says."""
        return self.kind == other.kind and set(self.subject_columns) >= set(other.subject_columns)


def map_tables(store: Store, tables: Sequence[MappedTable]) -> None:
    """Enter tables into the map, before their first row is written; entering them again changes nothing.

    A table that is there keeps its subject columns and gets the new ones: a definition and a view can each know of persons in it.
    """
    if not _unknown(mapped_tables(store), tables):
        return
    if not table_exists(store.spark, store.layout.table_map) and written_format(store) is None:
        # The first write under this root: from now on it says its format to programs of other versions.
        write_format(store)
    create_table(store.spark, store.layout.table_map, TableShape(SCHEMA))
    with exclusive(store.spark, store.layout.table_map):
        known = mapped_tables(store)
        unknown = _unknown(known, tables)
        if not unknown:
            return
        entries = [(table.path, table.kind, list(table.subject_columns)) for table in unknown]
        # Nobody else adds one meanwhile, so what is not there needs no MERGE, which takes a second.
        if store.is_local and not {table.path for table in known} & {table.path for table in unknown}:
            append_few(store.spark, store.layout.table_map, entries, SCHEMA)
        else:
            rows = store.spark.createDataFrame(entries, SCHEMA).coalesce(1)
            merge_rows(store.spark, store.layout.table_map, rows, MergeRule(["path"], updates=_UNION))


def mapped_tables(store: Store) -> list[MappedTable]:
    """Return the tables of the store; one entry a table, so the driver can hold them.

    Raises:
        RootFormatError: The map is that of an older root.
    """
    if not table_exists(store.spark, store.layout.table_map):
        return []
    # Every write looks here, and the map hardly ever changes.
    table, version = table_identity(store.spark, store.layout.table_map)
    if _LAST_READ.get(table, (-1, []))[0] != version:
        stored = read_table(store.spark, store.layout.table_map, version)
        if "subject_columns" not in stored.columns:
            raise RootFormatError(store.layout.root, "2", CURRENT_FORMAT)
        rows = stored.orderBy("path").collect()
        _LAST_READ[table] = version, [MappedTable(row["path"], row["kind"], tuple(row["subject_columns"])) for row in rows]
    return list(_LAST_READ[table][1])


def subject_columns_of(store: Store, path: str, declared: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the columns of a table that name a person each: those that its definition declares, and those that the map knows.

    Args:
        store: The store.
        path: The table.
        declared: What the definition says; it comes first.
    """
    relative = store.layout.relative(path)
    known = [name for table in mapped_tables(store) if table.path == relative for name in table.subject_columns]
    return tuple(dict.fromkeys((*declared, *known)))


def with_entries(known: Sequence[MappedTable], tables: Sequence[MappedTable]) -> list[MappedTable]:
    """Return the entries of a map as `map_tables` would leave them, by path; nothing is written."""
    entries = {table.path: table for table in known}
    for table in tables:
        columns = entries[table.path].subject_columns if table.path in entries else ()
        entries[table.path] = MappedTable(table.path, table.kind, tuple(dict.fromkeys((*columns, *table.subject_columns))))
    return [entries[path] for path in sorted(entries)]


def _unknown(known: Sequence[MappedTable], tables: Sequence[MappedTable]) -> list[MappedTable]:
    """Return what the map doesn't say yet, one entry a table."""
    by_path = {table.path: table for table in known}
    wanted: dict[str, MappedTable] = {}
    for table in tables:
        already = wanted.get(table.path)
        columns = (*(already.subject_columns if already else ()), *table.subject_columns)
        wanted[table.path] = MappedTable(table.path, table.kind, tuple(dict.fromkeys(columns)))
    return [table for path, table in wanted.items() if path not in by_path or not by_path[path].covers(table)]
