"""Texts of one row of the catalog or of the statistics, for the commands that list features."""

from collections.abc import Sequence
from datetime import UTC, datetime

from pyspark.sql import Row


def full_name(row: Row) -> str:
    """Return the name of the row's feature group with its version, such as `weather_v1`."""
    return f"{row['group']}_v{row['group_version']}"


def of_group(rows: Sequence[Row], group: str | None) -> list[Row]:
    """Return the rows of a feature group, which is given with or without its version; all rows if it is None."""
    return [row for row in rows if group is None or group in (row["group"], full_name(row))]


def recorded_text(row: Row) -> str:
    """Return the time in UTC at which the row was recorded."""
    return collected_text(row["recorded_at"])


def collected_text(moment: datetime) -> str:
    """Return a collected timestamp as text in UTC; the head of the printed column names the zone."""
    # Spark returns a collected timestamp without a zone, in the time zone of this process.
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
