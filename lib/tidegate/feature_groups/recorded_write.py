"""Write a batch into a feature group, and record what its rows say of the features."""

from pyspark.sql import DataFrame, SparkSession

from tidegate.feature_groups.batch import Batch
from tidegate.feature_groups.definition import FeatureGroup
from tidegate.feature_groups.result import WriteResult
from tidegate.feature_groups.statistics_table import commit_statistics, record_statistics
from tidegate.feature_groups.write import write_group
from tidegate.tables.layout import Layout


def write_and_record(
    spark: SparkSession,
    layout: Layout,
    group: FeatureGroup,
    frame: DataFrame,
    batch: Batch = Batch(),
) -> WriteResult:
    """Write one batch as `write_group` does, and append its statistics to their table.

    A driver killed between the two leaves that commit without statistics; the rows are all there.
    """
    result = write_group(spark, layout, group, frame, batch)
    record_statistics(spark, layout, [commit_statistics(group, result, batch.id)])
    return result
