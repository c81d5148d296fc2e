"""Write a batch into a feature group, and record what its rows say of the features."""

from pyspark.sql import DataFrame

from tidegate.feature_groups.catalog.statistics_table import commit_statistics, record_statistics
from tidegate.feature_groups.definition import FeatureGroup
from tidegate.feature_groups.writing.batch import Batch
from tidegate.feature_groups.writing.result import WriteResult
from tidegate.feature_groups.writing.write import write_group
from tidegate.tables.store import Store


def write_and_record(
    store: Store,
    group: FeatureGroup,
    frame: DataFrame,
    batch: Batch = Batch(),
) -> WriteResult:
    """Write one batch as `write_group` does, and append its statistics to their table.

    A driver killed between the two leaves that commit without statistics; the rows are all there.
    """
    result = write_group(store, group, frame, batch)
    record_statistics(store, [commit_statistics(group, result, batch.id)])
    return result
