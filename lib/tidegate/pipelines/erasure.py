"""The erasure: suppress, delete from every table, vacuum, check, receipt."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tidegate.erasure.impact import TableImpact, personal_tables, table_impact
from tidegate.erasure.receipt import Receipt, TableErased, write_receipt
from tidegate.erasure.subjects_file import SUBJECT
from tidegate.moments import moment_column
from tidegate.pipelines.progress import timed_step
from tidegate.subjects.keyed_hash import SubjectKey
from tidegate.subjects.suppression import current_suppression, suppress
from tidegate.subjects.table_map import MappedTable
from tidegate.tables.commit_lock import exclusive
from tidegate.tables.layout import Layout
from tidegate.tables.read import current_version
from tidegate.tables.runs import recorded_run
from tidegate.tables.write import delete_rows, vacuum_table

# Seconds that an erasure waits for a writer of a table; a training dataset may take hours.
LONGEST_WRITE = 12 * 3600.0


@dataclass(frozen=True)
class ErasureRequest:
    """Who is to be forgotten.

    Attributes:
        subjects: One-column frame `subject` of identifiers.
        reference: Who asked: a case number, never a name.
        out_of_reach: Places that the erasure can't change and the receipt names, such as the landing zone.
    """

    subjects: DataFrame
    reference: str
    out_of_reach: tuple[str, ...] = ()


def planned_erasure(spark: SparkSession, layout: Layout, request: ErasureRequest) -> list[TableImpact]:
    """Return what an erasure would remove, and change nothing.

    Raises:
        UnmappedTableError: A table under the root isn't in the map of subjects.
    """
    return [table_impact(spark, layout, table, request.subjects) for table in personal_tables(spark, layout)]


def run_erasure(spark: SparkSession, layout: Layout, request: ErasureRequest) -> Receipt:
    """Forget the subjects; safe to run again after being killed anywhere.

    Suppression comes first, so that nothing comes back while the tables are worked on. VACUUM removes the older versions
    of these tables for everybody.

    Raises:
        MissingSecretError, WrongSecretError: Without the right key erased subjects could not be recognised later.
        UnmappedTableError: A table under the root isn't in the map of subjects; nothing was changed.
    """
    started, erasure_id = datetime.now(UTC), uuid4().hex
    key = SubjectKey.from_environment()
    current_suppression(spark, layout)
    personal_tables(spark, layout)
    with recorded_run(spark, layout.runs, "forget", "", request.reference) as run:
        hashes = request.subjects.select(
            key.column(SUBJECT).alias("subject_hash"),
            F.lit(key.fingerprint).alias("key_fingerprint"),
            moment_column(started).alias("suppressed_at"),
        )
        with timed_step("suppress"):
            suppress(spark, layout, hashes)
        # Now and not before: a table that is made after this was never written without a look at the list.
        tables = personal_tables(spark, layout)
        erased = [_erase(spark, layout, table, request.subjects) for table in tables]
        listed = [row["subject_hash"] for row in hashes.select("subject_hash").collect()]
        receipt = Receipt(erasure_id, request.reference, listed, erased, request.out_of_reach, started, datetime.now(UTC))
        write_receipt(spark, layout, receipt)
        run.details.update(erasure_id=erasure_id, rows_removed=str(receipt.rows_removed), erased=str(receipt.erased))
    return receipt


def _erase(spark: SparkSession, layout: Layout, table: MappedTable, subjects: DataFrame) -> TableErased:
    path = layout.absolute(table.path)
    # From the count to the check, or a writer that has looked at the list and holds the lock would commit in between.
    with timed_step(f"forget in {table.path}") as step, exclusive(spark, path, LONGEST_WRITE):
        before = current_version(spark, path)
        found = table_impact(spark, layout, table, subjects)
        if found.rows:
            delete_rows(spark, path, subjects, table.subject_columns)
        # Also where nothing was found: an erasure that was killed before its VACUUM left the old files.
        vacuum_table(spark, path)
        remaining = table_impact(spark, layout, table, subjects).rows
        step.outcome = f"{found.rows:,} rows in {found.files} files removed, {remaining:,} left"
    return TableErased(table.path, table.kind, before, current_version(spark, path), found.rows, remaining)
