"""List the files that hold a feature group's rows at a table version, and find out whether tasks can read them directly."""

from collections import defaultdict
from collections.abc import Sequence
from urllib.parse import unquote

from pyarrow import fs
from pyspark.sql import SparkSession

from tidegate.feature_groups.definition import AVAILABLE_AT, BUCKET, EVENT_TIME, FeatureGroup
from tidegate.feature_groups.evolution.difference import BUCKETS_PROPERTY
from tidegate.point_in_time.stored_rows import StoredFile, StoredRows, logged_moment
from tidegate.tables.delta_log.files import LoggedFile, logged_files
from tidegate.tables.read import table_state


def stored_rows(spark: SparkSession, path: str, group: FeatureGroup, version: int) -> StoredRows:
    """Return the files of a group's table at a version, by bucket. Only the table's log is read."""
    buckets = int(table_state(spark, path, version).properties[BUCKETS_PROPERTY])
    listed = logged_files(spark, path, version)
    files: dict[int, list[StoredFile]] = defaultdict(list)
    for file in listed:
        files[int(file.partition_values[BUCKET])].append(_stored_file(path, file))
    by_bucket = {bucket: tuple(held) for bucket, held in files.items()}
    return StoredRows(by_bucket, buckets, group.history == "all", _why_not(path, listed, by_bucket))


def _stored_file(table: str, file: LoggedFile) -> StoredFile:
    known, event = file.bound("minValues", AVAILABLE_AT), file.bound("maxValues", EVENT_TIME)
    return StoredFile(_location(table, unquote(file.path)), file.rows, logged_moment(known), logged_moment(event))


def _location(table: str, name: str) -> str:
    whole = name if name.startswith("/") or ":/" in name else f"{table.rstrip('/')}/{name}"
    if whole.startswith("file:"):
        return "/" + whole.removeprefix("file:").lstrip("/")
    # Hadoop calls this file system s3a or s3n; Arrow calls it s3.
    return "s3://" + whole.partition("://")[2] if whole.startswith(("s3a://", "s3n://")) else whole


def _why_not(path: str, listed: Sequence[LoggedFile], files: dict[int, tuple[StoredFile, ...]]) -> str | None:
    marked = sum(1 for file in listed if file.hidden)
    if marked:
        return f"{marked} of its {len(listed)} files contain rows that are marked as deleted (compaction removes them)"
    first = next((held[0].path for held in files.values()), None)
    if first is None or "://" not in first:
        return None
    try:
        system, inner = fs.FileSystem.from_uri(first)
        there = system.get_file_info(inner).type is fs.FileType.File
    except (OSError, ValueError) as error:
        return f"Arrow can't open {path.partition('://')[0]}:// ({type(error).__name__})"
    return None if there else f"Arrow does not find the files under {path.partition('://')[0]}://"
