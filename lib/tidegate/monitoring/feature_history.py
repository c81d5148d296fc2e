"""What the page of statistics shows: each group's newest commits, and of each feature its newest statistics and their course."""

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

# More than can be told apart in a plot as wide as a thumb.
MOST_COMMITS = 200
# The measure whose course is drawn: the first of these that a feature has in any commit.
COURSES = {"mean": "mean", "true_share": "share true", "distinct": "different values"}
_TIME_MEANING = "When the described thing was true, UTC"


@dataclass(frozen=True)
class ShownCommit:
    """One commit of a group.

    Attributes:
        table_version: Delta version that it made.
        batch: Id of its batch, if it has one.
        recorded_at: When it was made, UTC.
        rows: Rows that were counted.
    """

    table_version: int
    batch: str | None
    recorded_at: datetime
    rows: int


@dataclass(frozen=True)
class FeatureHistory:
    """One feature.

    Attributes:
        newest: Its row of the newest commit, as `statistics_frame` has it.
        meaning: From the catalog; empty where it doesn't know the feature.
        unit: From the catalog.
        is_key: Whether it is part of the entity key.
        measure: Key of `COURSES`; None where no measure has a course.
        course: The measure in each shown commit of the group; None where the commit has none.
        null_shares: The share of NULL in each.
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
        """Column of the group."""
        return str(self.newest["feature"])


@dataclass(frozen=True)
class GroupHistory:
    """One feature group in one version.

    Attributes:
        name: Name and version.
        recorded: How many commits have statistics.
        commits: The newest of them, oldest first.
        features: Features of the newest commit, entity key first.
    """

    name: str
    recorded: int
    commits: Sequence[ShownCommit]
    features: Sequence[FeatureHistory]


def group_histories(store: Store, statistics: DataFrame) -> list[GroupHistory]:
    """Return what is to be shown; the driver holds a few numbers of each feature and shown commit.

    Args:
        store: The store, whose catalog says what each feature means.
        statistics: Rows of `statistics_frame`, perhaps of some groups or features only.
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
    # A collected timestamp is naive, in the zone of this process.
    return ShownCommit(row["table_version"], row["batch"], row["recorded_at"].astimezone(UTC), row["rows"])


def _catalog(store: Store) -> dict[tuple[str, int, str], Row]:
    try:
        rows = find_features(store).select("group", "group_version", "feature", "description", "unit", "role").collect()
    except MissingCatalogError:
        return {}
    return {(*_group_of(row), row["feature"]): row for row in rows}


def _group_of(row: Row) -> tuple[str, int]:
    return row["group"], row["group_version"]
