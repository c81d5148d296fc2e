"""The table of statistics: for each commit of each feature group, one row for each feature that is not personal."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate.feature_groups.catalog.statistics import FeatureStatistics
from tidegate.feature_groups.definition import FeatureGroup
from tidegate.feature_groups.writing.result import WriteResult
from tidegate.moments import require_moment
from tidegate.subjects.table_map import subject_columns_of
from tidegate.tables.commits.few_rows import append_few
from tidegate.tables.create import TableShape, create_table, table_exists
from tidegate.tables.read import read_newest
from tidegate.tables.store import Store

_QUANTILE = T.StructType([T.StructField("probability", T.DoubleType()), T.StructField("value", T.DoubleType())])
_TOP_VALUE = T.StructType([T.StructField("value", T.StringType()), T.StructField("count", T.LongType())])

SCHEMA = T.StructType(
    [
        T.StructField("group", T.StringType()),
        T.StructField("group_version", T.IntegerType()),
        T.StructField("table_version", T.LongType()),
        T.StructField("batch", T.StringType()),
        T.StructField("recorded_at", T.TimestampType()),
        T.StructField("feature", T.StringType()),
        T.StructField("type", T.StringType()),
        T.StructField("rows", T.LongType()),
        T.StructField("nulls", T.LongType()),
        T.StructField("null_share", T.DoubleType()),
        T.StructField("not_finite", T.LongType()),
        T.StructField("minimum", T.DoubleType()),
        T.StructField("maximum", T.DoubleType()),
        T.StructField("minimum_text", T.StringType()),
        T.StructField("maximum_text", T.StringType()),
        T.StructField("mean", T.DoubleType()),
        T.StructField("deviation", T.DoubleType()),
        T.StructField("quantiles", T.ArrayType(_QUANTILE)),
        T.StructField("true_share", T.DoubleType()),
        T.StructField("shortest", T.LongType()),
        T.StructField("longest", T.LongType()),
        T.StructField("distinct", T.LongType()),
        T.StructField("top", T.ArrayType(_TOP_VALUE)),
    ]
)
COMMIT = ("group", "group_version", "table_version")


@dataclass(frozen=True)
class CommitStatistics:
    """The statistics of one commit of one feature group.

    Attributes:
        group: The feature group.
        table_version: The Delta version that the commit made. Together with the group it identifies the commit.
        batch: Id of the batch; None if it has none.
        recorded_at: When the commit was made.
        features: The statistics of each feature.

    Raises:
        DefinitionError: recorded_at has no time zone.
    """

    group: FeatureGroup
    table_version: int
    batch: str | None
    recorded_at: datetime
    features: Sequence[FeatureStatistics]

    def __post_init__(self) -> None:
        require_moment(self.recorded_at, "recorded_at of statistics")

    def table_rows(self) -> list[tuple[object, ...]]:
        """Return the rows of the commit for the table of statistics, one for each feature."""
        commit = {
            "group": self.group.name,
            "group_version": self.group.version,
            "table_version": self.table_version,
            "batch": self.batch,
            "recorded_at": self.recorded_at,
        }
        rows = [{**commit, **asdict(feature), "null_share": feature.null_share} for feature in self.features]
        return [tuple(list(v) if isinstance(v := row[name], tuple) else v for name in SCHEMA.names) for row in rows]


def commit_statistics(group: FeatureGroup, result: WriteResult, batch: str | None) -> CommitStatistics:
    """Return the statistics of a write. They contain no feature if the write changed nothing."""
    return CommitStatistics(group, result.table_version, batch, datetime.now(UTC), result.statistics)


def record_statistics(store: Store, commits: Sequence[CommitStatistics]) -> None:
    """Append the statistics of commits of one or several groups to the table of statistics, in one commit of this table.

    If there are no statistics, nothing is written. The function does not read the table, so a write of a group only waits for
    one small append. If the same commit is recorded again, `statistics_frame` returns only its first record.
    """
    rows = [row for commit in commits for row in _not_personal(store, commit).table_rows()]
    if rows:
        create_table(store.spark, store.layout.statistics, TableShape(SCHEMA))
        append_few(store.spark, store.layout.statistics, rows, SCHEMA)


def _not_personal(store: Store, commit: CommitStatistics) -> CommitStatistics:
    """Leave out columns that name people according to a feature view, although the group doesn't declare them as subjects."""
    if not commit.features:
        return commit
    people = subject_columns_of(store, store.layout.feature_group(commit.group.full_name))
    return replace(commit, features=[feature for feature in commit.features if feature.feature not in people])


def statistics_frame(store: Store, group: FeatureGroup | None = None) -> DataFrame:
    """Return the statistics, one row for each commit and feature, ordered by group, versions and feature.

    Args:
        store: The store. If nothing was recorded yet, the frame is empty.
        group: Return only the statistics of this group in this version; None returns all.
    """
    if not table_exists(store.spark, store.layout.statistics):
        return store.spark.createDataFrame([], SCHEMA)
    rows = read_newest(store.spark, store.layout.statistics)
    if group is not None:
        rows = rows.where((F.col("group") == group.name) & (F.col("group_version") == group.version))
    first = Window.partitionBy(*COMMIT, "feature").orderBy("recorded_at")
    rows = rows.withColumn("_place", F.row_number().over(first)).where("_place = 1").drop("_place")
    return rows.orderBy(*COMMIT, "feature")


def newest_commits(statistics: DataFrame, count: int) -> DataFrame:
    """Return only the rows of the newest commits of each group version, at most `count` commits each."""
    newest_first = Window.partitionBy("group", "group_version").orderBy(F.col("table_version").desc())
    return statistics.withColumn("_place", F.dense_rank().over(newest_first)).where(F.col("_place") <= count).drop("_place")
