"""The map of subjects: a table that lists every table of the store and the columns in it that name natural persons."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter

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
# Without a lock (object stores, HDFS), two drivers may add columns to one entry at once. The union keeps the columns of both.
_UNION = {"kind": "_change.kind", "subject_columns": "array_union(_stored.subject_columns, _change.subject_columns)"}

FEATURE_GROUP, TRAINING_DATASET, PREDICTION_TABLE = "feature group", "training dataset", "prediction table"
QUARANTINE = "quarantine"

# By Delta table id: the version that was read last, and its entries.
_LAST_READ: dict[str, tuple[int, list["MappedTable"]]] = {}


@dataclass(frozen=True)
class MappedTable:
    """The entry of one table in the map.

    Attributes:
        path: The table's folder, relative to the root.
        kind: `feature group`, `training dataset`, `prediction table` or `quarantine`.
        subject_columns: The columns that name people; empty if the table names none. A row can name several people, one in each
            column. It is deleted when any of them is erased.
    """

    path: str
    kind: str
    subject_columns: tuple[str, ...] = ()

    def covers(self, other: "MappedTable") -> bool:
        """Return whether this entry has the kind and all subject columns of another entry for the same table."""
        return self.kind == other.kind and set(self.subject_columns) >= set(other.subject_columns)


def map_tables(store: Store, tables: Sequence[MappedTable]) -> None:
    """Enter tables into the map before their first row is written. Entering the same tables again changes nothing.

    An existing entry keeps its subject columns, and the new ones are added: a group's definition and a view can each know columns
    that the other does not.
    """
    if not _unknown(mapped_tables(store), tables):
        return
    if not table_exists(store.spark, store.layout.table_map) and written_format(store) is None:
        # This is the first write under the root. The format file tells programs of other versions whether they can read it.
        write_format(store)
    create_table(store.spark, store.layout.table_map, TableShape(SCHEMA))
    with exclusive(store.spark, store.layout.table_map):
        known = mapped_tables(store)
        unknown = _unknown(known, tables)
        if not unknown:
            return
        entries = [(table.path, table.kind, list(table.subject_columns)) for table in unknown]
        # The lock keeps out other writers. So new entries can be appended without a MERGE, which takes about a second.
        if store.is_local and not {table.path for table in known} & {table.path for table in unknown}:
            append_few(store.spark, store.layout.table_map, entries, SCHEMA)
        else:
            rows = store.spark.createDataFrame(entries, SCHEMA).coalesce(1)
            merge_rows(store.spark, store.layout.table_map, rows, MergeRule(["path"], updates=_UNION))


def mapped_tables(store: Store) -> list[MappedTable]:
    """Return the entries of the map by path, one per table. The driver holds them in memory.

    Raises:
        RootFormatError: The map has the columns of an older root format.
    """
    if not table_exists(store.spark, store.layout.table_map):
        return []
    # Every write reads the map, and the map hardly ever changes, so the entries are kept in memory.
    table, version = table_identity(store.spark, store.layout.table_map)
    if _LAST_READ.get(table, (-1, []))[0] != version:
        stored = read_table(store.spark, store.layout.table_map, version)
        if "subject_columns" not in stored.columns:
            raise RootFormatError(store.layout.root, "2", CURRENT_FORMAT)
        rows = sorted(stored.collect(), key=itemgetter("path"))
        _LAST_READ[table] = version, [MappedTable(row["path"], row["kind"], tuple(row["subject_columns"])) for row in rows]
    return list(_LAST_READ[table][1])


def subject_columns_of(store: Store, path: str, declared: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the columns of a table that name people: those that its definition declares, then those that the map adds.

    Args:
        store: The store.
        path: The table.
        declared: The subject columns of the definition.
    """
    relative = store.layout.relative(path)
    known = [name for table in mapped_tables(store) if table.path == relative for name in table.subject_columns]
    return tuple(dict.fromkeys((*declared, *known)))


def with_entries(known: Sequence[MappedTable], tables: Sequence[MappedTable]) -> list[MappedTable]:
    """Return the entries that the map would have after `map_tables`, ordered by path. Nothing is written."""
    entries = {table.path: table for table in known}
    for table in tables:
        columns = entries[table.path].subject_columns if table.path in entries else ()
        entries[table.path] = MappedTable(table.path, table.kind, tuple(dict.fromkeys((*columns, *table.subject_columns))))
    return [entries[path] for path in sorted(entries)]


def _unknown(known: Sequence[MappedTable], tables: Sequence[MappedTable]) -> list[MappedTable]:
    """Return one entry for each table that the map lacks, or whose entry in the map lacks the kind or a column."""
    by_path = {table.path: table for table in known}
    wanted: dict[str, MappedTable] = {}
    for table in tables:
        already = wanted.get(table.path)
        columns = (*(already.subject_columns if already else ()), *table.subject_columns)
        wanted[table.path] = MappedTable(table.path, table.kind, tuple(dict.fromkeys(columns)))
    return [table for path, table in wanted.items() if path not in by_path or not by_path[path].covers(table)]
