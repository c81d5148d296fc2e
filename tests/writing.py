"""Write into a feature group and nothing else: most tests of the write contract don't look at what a store records beside it."""

from pyspark.sql import DataFrame

from tidegate import Batch, FeatureGroup, FeatureStore
from tidegate.feature_groups.writing.result import WriteResult
from tidegate.feature_groups.writing.write import write_group
from tidegate.feature_groups.writing.write_sizes import WriteSizes


def write_rows(
    store: FeatureStore,
    group: FeatureGroup,
    rows: DataFrame,
    batch: Batch = Batch(),  # noqa: B008  # frozen
    sizes: WriteSizes = WriteSizes(),
) -> WriteResult:
    """Do what `store.write` does, but for the map of subjects and the table of statistics: half of its commits."""
    return write_group(store.handle, group, rows, batch, sizes)
