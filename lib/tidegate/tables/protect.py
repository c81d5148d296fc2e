"""Protect columns that become known to be personal only after their table was created."""

from collections.abc import Sequence

from pyspark.sql import SparkSession

from tidegate.tables.commits.commit_lock import exclusive
from tidegate.tables.create import STATISTICS_PROPERTY, table_properties
from tidegate.tables.evolve import set_properties
from tidegate.tables.read import TableState, table_state

# Lists the personal columns that the definition of the table does not name, so that no later change gives them statistics again.
PROTECTED_PROPERTY = "tidegate.protected"


def protect_columns(spark: SparkSession, path: str, columns: Sequence[str], partitioned_by: Sequence[str] = ()) -> bool:
    """Stop Delta from keeping statistics of the columns, and from writing deletion vectors and a change feed for the table.

    Commits that are already in the table's log keep their statistics until an erasure removes them (`remove_old_log`) or until
    Delta removes them, by default after 30 days.

    Args:
        spark: The session.
        path: The table.
        columns: The names of the columns. Names that the table does not have are left out.
        partitioned_by: The partition columns of the table.

    Returns:
        Whether the properties of the table changed.
    """
    with exclusive(spark, path):
        state = table_state(spark, path)
        personal = [name for name in dict.fromkeys((*protected_columns(state), *columns)) if name in state.schema.names]
        wanted = table_properties(state.schema, personal, partitioned_by)
        if not wanted:
            return False
        counted = state.properties.get(STATISTICS_PROPERTY)
        if counted is not None:
            # Columns without statistics so far are personal by the definition of the table.
            allowed = set(counted.split(","))
            wanted[STATISTICS_PROPERTY] = ",".join(name for name in wanted[STATISTICS_PROPERTY].split(",") if name in allowed)
        wanted[PROTECTED_PROPERTY] = ",".join(personal)
        changed = {key: value for key, value in wanted.items() if state.properties.get(key) != value}
        set_properties(spark, path, changed)
    return bool(changed)


def protected_columns(table: TableState) -> tuple[str, ...]:
    """Return the columns of a table that were protected after the table was created."""
    return tuple(name for name in table.properties.get(PROTECTED_PROPERTY, "").split(",") if name)
