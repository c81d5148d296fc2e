"""What a system used at a moment, and all its releases. Only the table of releases is read, not MLflow."""

from collections.abc import Mapping
from datetime import datetime

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidegate.errors import NoReleaseThenError
from tidegate.moments import require_moment, utc_text
from tidegate.releases.release import Release
from tidegate.releases.table import MODEL, SCHEMA, newest_release_at, release_numbered
from tidegate.tables.create import table_exists
from tidegate.tables.read import read_newest
from tidegate.tables.store import Store


def release_at(store: Store, system: str, moment: datetime) -> Release:
    """Return the release that a system used at a moment.

    Raises:
        NaiveMomentError: The moment has no time zone.
        NoReleaseThenError: No release was recorded by then.
    """
    require_moment(moment, "the moment of a release")
    found = newest_release_at(store, system, moment)
    if found is None:
        first = release_numbered(store, system, 1)
        when = first and first.released_at
        raise NoReleaseThenError(system, utc_text(moment), utc_text(when) if when else None)
    return found


def groups_in_use(store: Store) -> Mapping[str, str]:
    """Return the feature groups that the newest release of any system reads: by full name, the release as text for messages."""
    if not table_exists(store.spark, store.layout.releases):
        return {}
    rows = read_newest(store.spark, store.layout.releases)
    newest = rows.groupBy("system").agg(F.max("number").alias("number"), F.max_by("models", "number").alias("models"))
    groups = newest.select("system", "number", F.explode("models.group_versions").alias("groups"))
    named = groups.select("system", "number", F.explode(F.map_keys("groups")).alias("group")).distinct()
    return {row["group"]: f"release {row['number']} of system {row['system']}" for row in named.collect()}


def releases_frame(store: Store, system: str | None = None) -> DataFrame:
    """Return the recorded releases, one row for each model of each release, without the definitions of the views."""
    if not table_exists(store.spark, store.layout.releases):
        rows = store.spark.createDataFrame([], SCHEMA)
    else:
        rows = read_newest(store.spark, store.layout.releases)
    chosen = rows if system is None else rows.where(F.col("system") == system)
    shown = [f"each.{field.name}" for field in MODEL.fields if field.name != "view_definition"]
    each = chosen.withColumn("each", F.explode_outer("models"))
    return each.select("system", "number", "released_at", "action", "restored", *shown)
