"""The receipt: the append-only record of what an erasure searched, removed and checked."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pyspark.sql import DataFrame
from pyspark.sql import types as T

from tidegate.erasure.subject_list import Unmatched
from tidegate.tables.commits.few_rows import append_few
from tidegate.tables.create import TableShape, create_table
from tidegate.tables.read import read_or_empty
from tidegate.tables.store import Store

_TABLE = T.StructType(
    [
        T.StructField("path", T.StringType()),
        T.StructField("kind", T.StringType()),
        T.StructField("version_before", T.LongType()),
        T.StructField("version_after", T.LongType()),
        T.StructField("rows_removed", T.LongType()),
        T.StructField("rows_remaining", T.LongType()),
        T.StructField("columns", T.ArrayType(T.StringType())),
        T.StructField("declared", T.BooleanType()),
    ]
)
SCHEMA = T.StructType(
    [
        T.StructField("erasure_id", T.StringType()),
        T.StructField("reference", T.StringType()),
        T.StructField("subject_hashes", T.ArrayType(T.StringType())),
        T.StructField("result", T.StringType()),
        T.StructField("checked_by", T.StringType()),
        T.StructField("tables", T.ArrayType(_TABLE)),
        T.StructField("out_of_reach", T.ArrayType(T.StringType())),
        T.StructField("started_at", T.TimestampType()),
        T.StructField("finished_at", T.TimestampType()),
        T.StructField("amends", T.ArrayType(T.StringType())),
    ]
)
BY_ROWS = "reading the rows of every mapped table after VACUUM"
BY_HASHES = "comparing the hashes of the rows of every mapped table with the suppression list"


@dataclass(frozen=True)
class TableErased:
    """What was done to one table.

    Attributes:
        path: The table's folder, relative to the root.
        kind: The kind of the table in the map of subjects.
        version_before: The table version before the erasure.
        version_after: The table version after the erasure.
        rows_removed: The number of rows that were removed.
        rows_remaining: The number of rows in which a person was found afterwards.
        columns: Where the table was searched: columns, and `row.<field>` for a field of a quarantined row.
        declared: Whether these columns are known to name people. Otherwise they only have the name of a column that does, and the
            erasure searched them but removed nothing.
    """

    path: str
    kind: str
    version_before: int
    version_after: int
    rows_removed: int
    rows_remaining: int
    columns: tuple[str, ...] = ()
    declared: bool = True


@dataclass(frozen=True)
class Receipt:
    """The record of one erasure.

    Attributes:
        erasure_id: The id of the erasure.
        reference: The request that the erasure answers: a case number, never a name.
        subject_hashes: The keyed hashes of the people.
        tables: What was done, table by table.
        out_of_reach: The places outside the store's tables that may still hold the people.
        started_at: When the erasure started, UTC.
        finished_at: When the erasure ended, UTC.
        checked_by: How the tables were searched afterwards.
        amends: The ids of the earlier receipts that this one corrects.
        unmatched: The people whom no table names. They are reported and not stored: line numbers mean nothing without the list.
    """

    erasure_id: str
    reference: str
    subject_hashes: Sequence[str]
    tables: Sequence[TableErased]
    out_of_reach: Sequence[str]
    started_at: datetime
    finished_at: datetime
    checked_by: str = BY_ROWS
    amends: tuple[str, ...] = ()
    unmatched: Unmatched = field(default_factory=Unmatched)

    @property
    def erased(self) -> bool:
        """Whether no row that names one of the people is left in any table."""
        return all(table.rows_remaining == 0 for table in self.tables)

    @property
    def rows_removed(self) -> int:
        """The number of rows that were removed from all tables."""
        return sum(table.rows_removed for table in self.tables)


def write_receipt(store: Store, receipt: Receipt) -> None:
    """Append the receipt to the store's table of receipts."""
    create_table(store.spark, store.layout.receipts, TableShape(SCHEMA))
    tables = [
        (
            table.path,
            table.kind,
            table.version_before,
            table.version_after,
            table.rows_removed,
            table.rows_remaining,
            list(table.columns),
            table.declared,
        )
        for table in receipt.tables
    ]
    row = (
        receipt.erasure_id,
        receipt.reference,
        list(receipt.subject_hashes),
        "erased" if receipt.erased else "not erased",
        # The check reads rows. It does not decode the pages and logs of the files yet, and the receipt says how it checked.
        receipt.checked_by,
        tables,
        list(receipt.out_of_reach),
        receipt.started_at,
        receipt.finished_at,
        list(receipt.amends),
    )
    append_few(store.spark, store.layout.receipts, [row], SCHEMA)


def receipts_frame(store: Store) -> DataFrame:
    """Return all receipts as a frame, one row per receipt; empty if there are none."""
    return read_or_empty(store.spark, store.layout.receipts, SCHEMA)
