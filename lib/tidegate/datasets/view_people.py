"""Enter into the map of subjects whom a view shows to be in its groups' tables."""

from pyspark.sql import SparkSession

from tidegate.datasets.view import FeatureView
from tidegate.feature_groups.storage import enter_people
from tidegate.tables.layout import Layout


def map_view(spark: SparkSession, layout: Layout, view: FeatureView) -> None:
    """Enter the columns of the view's groups that name a person only because of what the view joins them to.

    A spine with a column `driver_id`, joined to a group of drivers, holds drivers: when one is forgotten, the spine's rows go,
    too, and its writers let no such row in again. Nothing is entered for a group that was never written.
    """
    for group, columns in view.group_subjects.items():
        further = [name for name in columns if name not in group.subjects]
        if further:
            enter_people(spark, layout, group, further)
