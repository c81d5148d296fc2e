"""The data of the statistics page: the newest commits of each group, and each feature's statistics in these commits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby

from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from tidegate.errors import MissingCatalogError
from tidegate.feature_groups.catalog.features_table import ENTITY_KEY, find_features
from tidegate.feature_groups.catalog.statistics_table import newest_commits
from tidegate.feature_groups.definition import EVENT_TIME
from tidegate.tables.store import Store

# A small plot can't show more points than this.
MOST_COMMITS = 200
# The page draws one measure of a feature over the commits: the first of these that the feature has in any commit.
COURSES = {"mean": "mean", "true_share": "share true", "distinct": "different values"}
_TIME_MEANING = "When the described thing was true, UTC"


@dataclass(frozen=True)
class ShownCommit:
    """One commit of a feature group.

    Attributes:
        table_version: Version of the Delta table that the commit made.
        batch: Id of its batch; None where it has none.
        recorded_at: When the statistics of the commit were recorded, UTC.
        rows: Number of rows in the statistics.
    """

    table_version: int
    batch: str | None
    recorded_at: datetime
    rows: int


@dataclass(frozen=True)
class FeatureHistory:
    """The statistics of one feature over the shown commits of its group.

    Attributes:
        newest: The row of `statistics_frame` for the newest commit.
        meaning: Meaning of the feature in the catalog; empty if the catalog does not contain the feature.
        unit: Unit of the feature in the catalog; empty if it has none.
        is_key: Whether the feature is part of the entity key.
        measure: Key of `COURSES` that the page draws; None if the feature has none of these measures.
        course: Value of the measure in each shown commit of the group, oldest first; None if a commit has no value.
        null_shares: Share of NULL in each shown commit, between 0 and 1; None if a commit has no statistics of the feature.
    """

    newest: Row
    meaning: str
    unit: str
    is_key: bool
    measure: str | None
    course: Sequence[float | None]
    null_shares: Sequence[float | None]

    @property
    def name(self) -> str:
        """Name of the feature's column."""
        return str(self.newest["feature"])


@dataclass(frozen=True)
class GroupHistory:
    """The shown commits and features of one version of a feature group.

    Attributes:
        name: Name and version, such as `weather_v1`.
        recorded: Number of commits with statistics.
        commits: The newest `MOST_COMMITS` of these commits, oldest first.
        features: Features of the newest commit, entity key first.
    """

    name: str
    recorded: int
    commits: Sequence[ShownCommit]
    features: Sequence[FeatureHistory]


def group_histories(store: Store, statistics: DataFrame) -> list[GroupHistory]:
    """Return the history of each feature group for the page.

    The numbers are collected to the driver: a few for each feature and shown commit.

    Args:
        store: The store; its catalog gives the meaning of each feature.
        statistics: Rows of `statistics_frame`, of all or of some groups and features.
    """
    shown = newest_commits(statistics, MOST_COMMITS).orderBy("group", "group_version", "table_version")
    columns = ["group", "group_version", "table_version", "batch", "recorded_at", "feature", "rows", "null_share"]
    points = shown.select(*columns, *COURSES).collect()
    newest = {(*_group_of(row), row["feature"]): row for row in newest_commits(statistics, 1).collect()}
    counts = statistics.groupBy("group", "group_version").agg(F.count_distinct("table_version").alias("commits")).collect()
    recorded = {_group_of(row): row["commits"] for row in counts}
    catalog = _catalog(store)
    return [
        _group_history(recorded[group], list(rows), [row for key, row in newest.items() if key[:2] == group], catalog)
        for group, rows in groupby(points, _group_of)
    ]


def _group_history(
    recorded: int, points: Sequence[Row], newest: Sequence[Row], catalog: Mapping[tuple[str, int, str], Row]
) -> GroupHistory:
    name, version = _group_of(points[0])
    by_commit: dict[int, dict[str, Row]] = {}
    for row in points:
        by_commit.setdefault(row["table_version"], {})[row["feature"]] = row
    commits = [_commit(next(iter(rows.values()))) for rows in by_commit.values()]
    features = [
        _feature_history(
            row, [rows.get(row["feature"]) for rows in by_commit.values()], catalog.get((name, version, row["feature"]))
        )
        for row in newest
    ]
    features.sort(key=lambda feature: (not feature.is_key, feature.name))
    return GroupHistory(f"{name}_v{version}", recorded, commits, features)


def _feature_history(newest: Row, points: Sequence[Row | None], entry: Row | None) -> FeatureHistory:
    known = entry.asDict() if entry is not None else {}
    is_time = newest["feature"] == EVENT_TIME
    there = [point for point in points if point is not None]
    measure = next((name for name in COURSES if any(point[name] is not None for point in there)), None)
    return FeatureHistory(
        newest=newest,
        meaning=_TIME_MEANING if is_time else known.get("description") or "",
        unit=known.get("unit") or "",
        is_key=known.get("role") == ENTITY_KEY,
        measure=measure,
        course=[None if point is None or measure is None else point[measure] for point in points],
        null_shares=[None if point is None else point["null_share"] for point in points],
    )


def _commit(row: Row) -> ShownCommit:
    # Spark returns a collected timestamp without a zone, in the time zone of this process.
    return ShownCommit(row["table_version"], row["batch"], row["recorded_at"].astimezone(UTC), row["rows"])


def _catalog(store: Store) -> dict[tuple[str, int, str], Row]:
    try:
        rows = find_features(store).select("group", "group_version", "feature", "description", "unit", "role").collect()
    except MissingCatalogError:
        return {}
    return {(*_group_of(row), row["feature"]): row for row in rows}


def _group_of(row: Row) -> tuple[str, int]:
    return row["group"], row["group_version"]
