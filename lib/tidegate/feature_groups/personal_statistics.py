"""Remove statistics of columns that turned out to be personal: their extremes and frequent values are values of people."""

from collections.abc import Mapping, Sequence

from pyspark.sql import SparkSession

from tidegate.schema import quoted, text_literal
from tidegate.tables.commit_lock import exclusive
from tidegate.tables.commit_note import Commit
from tidegate.tables.create import table_exists
from tidegate.tables.layout import Layout
from tidegate.tables.old_log import remove_old_log
from tidegate.tables.read import read_table
from tidegate.tables.write import delete_where, vacuum_table


def remove_statistics(spark: SparkSession, layout: Layout, columns: Mapping[str, Sequence[str]]) -> int:
    """Remove what was recorded of these columns, also from the table's older versions; return how many rows there were.

    Args:
        spark: The session.
        layout: Where the store lies.
        columns: Names of columns by the full name of their feature group.
    """
    conditions = [_condition(group, names) for group, names in columns.items() if names]
    if not conditions or not table_exists(spark, layout.statistics):
        return 0
    condition = " OR ".join(conditions)
    with exclusive(spark, layout.statistics):
        found = read_table(spark, layout.statistics).where(condition).count()
        if found:
            delete_where(spark, layout.statistics, condition, Commit(note={"removed": "statistics of personal columns"}))
        # Also where nothing was found: a driver that was killed before this left the old files.
        vacuum_table(spark, layout.statistics)
        # Once maintenance has joined its files, the log has extremes of what they hold.
        remove_old_log(spark, layout.statistics)
    return found


def _condition(group: str, names: Sequence[str]) -> str:
    name, _, version = group.rpartition("_v")
    listed = ", ".join(map(text_literal, names))
    return f"({quoted('group')} = {text_literal(name)} AND group_version = {version} AND feature IN ({listed}))"
