"""The bucketed strategy: each task reads the files of its buckets itself and joins them with the labels in native code.

No feature row passes through the JVM, the network or a sort. Only the labels are shuffled. If every group has a single bucket,
the labels are not shuffled either, and each task reads the whole bucket.
"""

from collections.abc import Callable, Iterator, Sequence

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T
from pyspark.sql.pandas.types import to_arrow_schema

from tidegate.point_in_time.aggregates.aggregate_rows import AggregateRows
from tidegate.point_in_time.aggregates.described import output_fields, task_aggregates
from tidegate.point_in_time.bucket_tasks import shared_out
from tidegate.point_in_time.feature_rows import FeatureRows
from tidegate.point_in_time.native.bucket_join import BucketJoin
from tidegate.point_in_time.native.label_buckets import LABEL_BUCKET, labels_by_bucket
from tidegate.point_in_time.native_groups import joined_schema, native_group
from tidegate.tables.buckets import bucket_of
from tidegate.workers import keep_imports

# Starting a task costs some hundredths of a second. Two tasks a core are enough to even out buckets of different sizes.
_TASKS_PER_CORE = 2


def attach_by_buckets(
    labels: DataFrame, time: str, inputs: Sequence[FeatureRows | AggregateRows], provenance: bool = False
) -> DataFrame:
    """Return the labels with the features and aggregates of stored groups that all have the same number of buckets.

    If that number is above one, the groups must also have the same entity key.

    Args:
        labels: The label rows.
        time: Name of the label time column.
        inputs: The groups; `stored` must be set for each.
        provenance: Whether to attach the times of the chosen rows too.
    """
    groups = [(rows, rows.stored) for rows in inputs if isinstance(rows, FeatureRows) and rows.stored is not None]
    aggregates = [(rows, rows.stored) for rows in inputs if isinstance(rows, AggregateRows) and rows.stored is not None]
    stored = [held for _, held in (*groups, *aggregates)]
    buckets = stored[0].buckets
    added = [field for rows, _ in aggregates for field in output_fields(rows, provenance)]
    result = T.StructType([*joined_schema(labels, [rows for rows, _ in groups], provenance).fields, *added])
    join = BucketJoin(
        time,
        tuple((native_group(rows, provenance, held), held) for rows, held in groups),
        tuple((task_aggregates(rows, provenance), held) for rows, held in aggregates),
        to_arrow_schema(result, timezone="UTC"),
    )
    if buckets > 1:
        labels = labels.withColumn(LABEL_BUCKET, bucket_of([f"`{name}`" for name in inputs[0].entity_key], buckets))
        tasks = min(buckets, _TASKS_PER_CORE * labels.sparkSession.sparkContext.defaultParallelism)
        task_of = shared_out([sum(each.rows_in(bucket) for each in stored) for bucket in range(buckets)], tasks)
        # A groupBy on the bucket would make Spark sort the labels first and start a task for each bucket.
        labels = labels.repartitionById(tasks, F.get(F.array(*map(F.lit, task_of)), F.col(LABEL_BUCKET)))
    return labels.mapInArrow(_attach(join), result)


def _attach(join: BucketJoin) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    # A plain function, because Spark infers the kind of call from its annotations.
    def attach(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        keep_imports()
        for bucket, labels in labels_by_bucket(batches):
            yield from join.attach(labels, bucket).to_batches()

    return attach
