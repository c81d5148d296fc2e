"""Rows of features as the commands that list them show them: the catalog's and those of statistics."""

from collections.abc import Sequence
from datetime import UTC, datetime

from pyspark.sql import Row


def full_name(row: Row) -> str:
    """Return name and version of the row's feature group."""
    return f"{row['group']}_v{row['group_version']}"


def of_group(rows: Sequence[Row], group: str | None) -> list[Row]:
    """Return the rows of a feature group, named with or without its version; all of them where none is named."""
    return [row for row in rows if group is None or group in (row["group"], full_name(row))]


def recorded_text(row: Row) -> str:
    """Return when the row was recorded, UTC."""
    return collected_text(row["recorded_at"])


def collected_text(moment: datetime) -> str:
    """Return a collected timestamp in UTC, for a column whose head says so."""
    # It comes without a zone, in that of this process.
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
