"""The table of releases: append-only, with a row for each release of each system."""

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import datetime, timedelta

from pyspark.sql import Column, Row
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate.errors import ReleasedMeanwhileError
from tidegate.moments import from_micros, moment_column, require_moment
from tidegate.releases.release import Release, ReleasedModel
from tidegate.tables.commits.commit_lock import exclusive
from tidegate.tables.commits.few_rows import append_few
from tidegate.tables.create import TableShape, create_table, table_exists
from tidegate.tables.read import read_newest, table_identity
from tidegate.tables.store import Store
from tidegate.tables.write import MergeRule, merge_rows

MODEL = T.StructType(
    [
        T.StructField("model", T.StringType()),
        T.StructField("model_version", T.IntegerType()),
        T.StructField("estimator", T.StringType()),
        T.StructField("task", T.StringType()),
        T.StructField("release_id", T.StringType()),
        T.StructField("view", T.StringType()),
        T.StructField("view_version", T.IntegerType()),
        T.StructField("view_definition", T.StringType()),
        T.StructField("group_versions", T.MapType(T.StringType(), T.IntegerType())),
        T.StructField("scorer_sha256", T.StringType()),
        T.StructField("dataset_id", T.StringType()),
        T.StructField("code_version", T.StringType()),
    ]
)
SCHEMA = T.StructType(
    [
        T.StructField("system", T.StringType()),
        T.StructField("number", T.IntegerType()),
        T.StructField("released_at", T.TimestampType()),
        T.StructField("action", T.StringType()),
        T.StructField("restored", T.IntegerType()),
        T.StructField("models", T.ArrayType(MODEL)),
    ]
)
_MICROSECOND = timedelta(microseconds=1)
# By the id of the table: the version that was read last, and its newest releases by system and number of releases. A batch asks
# several times, and releases hardly ever change.
_LAST_READ: dict[str, tuple[int, dict[tuple[str, int], list[Release]]]] = {}


def newest_releases(store: Store, system: str, count: int = 1) -> list[Release]:
    """Return the newest recorded releases of a system, newest first. Without news since the last call, no job starts."""
    if not table_exists(store.spark, store.layout.releases):
        return []
    table, version = table_identity(store.spark, store.layout.releases)
    if _LAST_READ.get(table, (-1, {}))[0] != version:
        _LAST_READ[table] = version, {}
    known = _LAST_READ[table][1]
    if (system, count) not in known:
        known[system, count] = _found(store, system, F.lit(True), count)
    return list(known[system, count])


def release_numbered(store: Store, system: str, number: int) -> Release | None:
    """Return the release of this number, if it is recorded."""
    return next(iter(_found(store, system, F.col("number") == number, 1)), None)


def newest_release_at(store: Store, system: str, moment: datetime) -> Release | None:
    """Return the newest release that was recorded at a moment or before it."""
    return next(iter(_found(store, system, F.col("released_at") <= moment_column(moment), 1)), None)


def append_releases(store: Store, planned_after: int, releases: Sequence[Release], now: datetime) -> list[Release]:
    """Record releases of one system in one commit, if no other release was recorded since they were planned.

    Args:
        store: The store.
        planned_after: The number of the newest recorded release when these were planned; 0 for none.
        releases: Releases of one system, with the numbers that follow.
        now: The time of recording. If a clock was put back, the releases get the first times after the newest one instead.

    Returns:
        The releases with their times.

    Raises:
        ReleasedMeanwhileError: Another release was recorded in the meantime. Nothing is recorded.
    """
    require_moment(now, "the time of a release")
    system, path = releases[0].system, store.layout.releases
    create_table(store.spark, path, TableShape(SCHEMA))
    with exclusive(store.spark, path):
        newest = next(iter(newest_releases(store, system)), None)
        if newest is not None and newest.number != planned_after:
            raise ReleasedMeanwhileError(system, planned_after, newest.summary)
        recorded = _timed(releases, newest, now)
        if store.is_local:
            append_few(store.spark, path, [_row(each) for each in recorded], SCHEMA)
        else:
            insert_releases(store, recorded, planned_after)
    return recorded


def insert_releases(store: Store, releases: Sequence[Release], planned_after: int) -> None:
    """Record releases where no lock keeps out other drivers: a MERGE that inserts nothing if their numbers are taken.

    Raises:
        ReleasedMeanwhileError: The numbers are taken by others. Nothing is recorded.
    """
    rows = store.spark.createDataFrame([_row(each) for each in releases], SCHEMA).coalesce(1)
    merge_rows(store.spark, store.layout.releases, rows, MergeRule(["system", "number"], only_inserts=True))
    last = releases[-1]
    stored = release_numbered(store, last.system, last.number)
    if stored is not None and stored != last:
        raise ReleasedMeanwhileError(last.system, planned_after, stored.summary)


def _timed(releases: Sequence[Release], newest: Release | None, now: datetime) -> list[Release]:
    after = None if newest is None else newest.released_at
    found = []
    for each in releases:
        after = now if after is None else max(now, after + _MICROSECOND)
        found.append(replace(each, released_at=after))
    return found


def _found(store: Store, system: str, condition: Column, count: int) -> list[Release]:
    """Return the newest releases that fulfil a condition. One Spark job reads them, and no more than `count` are collected."""
    if not table_exists(store.spark, store.layout.releases):
        return []
    rows = read_newest(store.spark, store.layout.releases).where(F.col("system") == system).where(condition)
    newest = rows.orderBy(F.col("number").desc()).limit(count)
    return [_release(row) for row in newest.withColumn("released_at", F.unix_micros("released_at")).collect()]


def _release(row: Row) -> Release:
    models = tuple(ReleasedModel(**each.asDict()) for each in row["models"])
    return Release(row["system"], row["number"], from_micros(row["released_at"]), row["action"], models, row["restored"])


def _row(release: Release) -> tuple[object, ...]:
    names = [each.name for each in fields(ReleasedModel)]
    models = [tuple(getattr(each, name) for name in names) for each in release.models]
    return (release.system, release.number, release.released_at, release.action, release.restored, models)
