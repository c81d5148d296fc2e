"""Migration from format 3 to 4: record how far each feature group is loaded, which older releases did not record."""

from datetime import UTC, datetime

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from tidegate.feature_groups.definition import AVAILABLE_AT
from tidegate.feature_groups.evolution.difference import BUCKETS_PROPERTY
from tidegate.feature_groups.loaded_until import Load, record_loaded_until, recorded_groups
from tidegate.moments import from_micros, utc_text
from tidegate.tables.delta_log.files import logged_files
from tidegate.tables.find import find_tables
from tidegate.tables.read import current_version, lists_files, read_table, table_state
from tidegate.tables.store import Store


def record_groups(store: Store, dry_run: bool = False) -> list[str]:
    """Record for each feature group that it is loaded up to its newest `available_at`, in one commit.

    A group with a record of a load is left out, and so is one without rows. A time after this moment counts as this moment.

    Args:
        store: The store.
        dry_run: Change nothing and only return the lines.

    Returns:
        One line for each group that was recorded, or that would be recorded.
    """
    recorded = recorded_groups(store)
    loads = [load for name in _groups(store) if name not in recorded for load in _load(store, name)]
    if not dry_run:
        record_loaded_until(store, loads)
    return [f"feature_groups/{load.group}: record that it is loaded until {utc_text(load.until)}" for load in loads]


def _groups(store: Store) -> list[str]:
    """Return the full names of all feature groups with a table. Foreign tables are left out."""
    found = find_tables(store.spark, store.layout.feature_group("").rstrip("/"))
    paths = {name: store.layout.feature_group(name) for name in found if "/" not in name}
    return [name for name, path in paths.items() if BUCKETS_PROPERTY in table_state(store.spark, path).properties]


def _load(store: Store, name: str) -> list[Load]:
    path = store.layout.feature_group(name)
    version = current_version(store.spark, path)
    newest = _newest_logged(store.spark, path) or _newest_stored(store.spark, path, version)
    return [] if newest is None else [Load(name, "rows", min(newest, datetime.now(UTC)), version)]


def _newest_logged(spark: SparkSession, path: str) -> datetime | None:
    """Return the newest available_at that the log states; None if it does not state it for every file.

    The log cuts times to milliseconds, so the result can be earlier than the row by less than that, and never later.
    """
    if not lists_files(spark, path):
        return None
    newest = [file.bound("maxValues", AVAILABLE_AT) for file in logged_files(spark, path)]
    known = [text for text in newest if text is not None]
    if not known or len(known) < len(newest):
        return None
    try:
        moments = [datetime.fromisoformat(text) for text in known]
    except ValueError:
        # A year that Python does not have.
        return None
    return max(moment if moment.tzinfo else moment.replace(tzinfo=UTC) for moment in moments)


def _newest_stored(spark: SparkSession, path: str, version: int) -> datetime | None:
    row = read_table(spark, path, version).agg(F.unix_micros(F.max(AVAILABLE_AT)).alias("newest")).first()
    return None if row is None else from_micros(row["newest"])
