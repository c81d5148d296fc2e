"""The rows of a feature view: entity rows with the features known at their time, from groups at integer versions."""

from collections.abc import Mapping
from datetime import datetime

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tidegate.datasets.view import FeatureChoice, FeatureView
from tidegate.errors import MissingGroupError
from tidegate.feature_groups.definition import EVENT_TIME, FeatureGroup
from tidegate.point_in_time.feature_rows import FeatureRows
from tidegate.point_in_time.union_window import point_in_time_join
from tidegate.tables.create import table_exists
from tidegate.tables.layout import Layout
from tidegate.tables.read import current_version, read_table

Versions = Mapping[str, int]


def current_versions(spark: SparkSession, layout: Layout, groups: tuple[FeatureGroup, ...]) -> dict[str, int]:
    """Return each group's newest table version, by its full name.

    Raises:
        MissingGroupError: A group's table was never written.
    """
    versions = {}
    for group in dict.fromkeys(groups):
        path = layout.feature_group(group.full_name)
        if not table_exists(spark, path):
            raise MissingGroupError(group.full_name, layout.root)
        versions[group.full_name] = current_version(spark, path)
    return versions


def read_group(spark: SparkSession, layout: Layout, group: FeatureGroup, versions: Versions) -> DataFrame:
    """Return a group's rows at the version named for it."""
    return read_table(spark, layout.feature_group(group.full_name), versions[group.full_name])


def with_features(
    spark: SparkSession,
    layout: Layout,
    view: FeatureView,
    rows: DataFrame,
    versions: Versions,
    provenance: bool = False,
) -> DataFrame:
    """Attach the view's features, known at each row's `event_time`, to rows that have the view's entity columns."""
    inputs = [_feature_rows(read_group(spark, layout, choice.group, versions), choice) for choice in view.choices]
    return point_in_time_join(rows, EVENT_TIME, inputs, provenance)


def within(rows: DataFrame, start: datetime, end: datetime) -> DataFrame:
    """Keep the rows with start <= event_time < end."""
    return rows.where((F.col(EVENT_TIME) >= F.lit(start)) & (F.col(EVENT_TIME) < F.lit(end)))


def _feature_rows(frame: DataFrame, choice: FeatureChoice) -> FeatureRows:
    return FeatureRows(
        name=choice.group.name,
        frame=frame,
        entity_key=choice.group.entity_key,
        features=dict(zip(choice.features, choice.output_names, strict=True)),
        lookback=choice.lookback,
        boundary=choice.boundary,
        delay=choice.group.delay,
        sequence=choice.group.sequence,
    )
