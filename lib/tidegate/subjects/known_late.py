"""Tables of which only now is known that some of their columns name people."""

from collections.abc import Sequence

from pyspark.sql import SparkSession

from tidegate.subjects.suppression_check import suppression_check
from tidegate.subjects.table_map import MappedTable, map_tables
from tidegate.tables.commit_lock import exclusive
from tidegate.tables.create import table_exists
from tidegate.tables.layout import Layout
from tidegate.tables.protect import protect_columns


def enter_known_late(spark: SparkSession, layout: Layout, table: MappedTable, partitioned_by: Sequence[str] = ()) -> None:
    """Protect the columns, remove the rows of people who were forgotten before, and enter the table into the map of subjects.

    The entry comes last, since it says that this is done: a driver that is killed before it does everything again.

    Args:
        spark: The session.
        layout: Where the store lies.
        table: The table with the columns that name people; a table that was never written is entered only.
        partitioned_by: Its partition columns.

    Raises:
        MissingSecretError, WrongSecretError: Somebody was erased, and the environment has no key to recognise them, or another.
    """
    path = layout.absolute(table.path)
    if not table_exists(spark, path):
        map_tables(spark, layout, [table])
        return
    with exclusive(spark, path):
        protect_columns(spark, path, table.subject_columns, partitioned_by)
        suppression_check(spark, layout, path, table.subject_columns).remove_stored_rows()
        map_tables(spark, layout, [table])
    # Where no lock holds, a writer that knew nothing of these columns may have committed in between.
    suppression_check(spark, layout, path, table.subject_columns).remove_rows_stored_meanwhile()
