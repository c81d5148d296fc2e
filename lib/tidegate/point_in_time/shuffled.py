"""The shuffled strategy: Spark sends labels and feature rows to tasks by the hash of their key, and native code joins them there.

It takes any frame and needs one shuffle, but no sort by Spark: the tasks sort arrays of numbers, where Spark would sort whole
rows. Only labels, keys and times are converted for the native code. The features stay with Spark, however many there are: for
each row, the native code returns the labels for which the row is chosen.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T
from pyspark.sql.pandas.functions import arrow_udf
from pyspark.sql.pandas.types import to_arrow_type

from tidegate.feature_groups.definition import AVAILABLE_AT
from tidegate.point_in_time.feature_rows import FeatureRows
from tidegate.point_in_time.native.labels_of_rows import PLACE, LabelsOfRows
from tidegate.point_in_time.native_groups import native_group
from tidegate.point_in_time.shuffled_together import IS_LABEL, RowSide, united
from tidegate.workers import keep_imports

_FEATURES, _LABELS, _LABEL = "_features", "_labels", "_label"


def attach_by_shuffle(labels: DataFrame, time: str, rows: FeatureRows, provenance: bool = False) -> DataFrame:
    """Return the labels with the features of one group.

    Args:
        labels: The label rows.
        time: Name of the label time column.
        rows: The group.
        provenance: Whether to attach the times of the chosen rows too.
    """
    group = native_group(replace(rows, features={}, mark=None), provenance=False)
    side = RowSide(rows.frame.withColumn(AVAILABLE_AT, rows.known_at), rows.entity_key)
    features = [F.col(f"`{name}`").alias(alias) for name, alias in rows.outputs(provenance).items()]
    # As one struct, features are copied as a whole wherever a row is copied.
    union = united(labels, side, list(group.types), [F.struct(*features).alias(_FEATURES)])
    kind = T.ArrayType(labels.schema, containsNull=False)
    task = LabelsOfRows(
        replace(group, outputs={PLACE: PLACE}, types={**group.types, PLACE: pa.int64()}),
        time,
        union.label_names,
        union.row_names,
        to_arrow_type(kind, timezone="UTC"),
    )
    # What it returns for a row depends on all other rows of the task. Spark moves no filter and no limit below such a function.
    find = arrow_udf(_find(task), kind).asNondeterministic()  # type: ignore[call-overload]  # PySpark's stubs have no such call
    found = union.frame.select(_FEATURES, find(IS_LABEL, *task.union_columns).alias(_LABELS))
    # A label without a row comes with its own row of the union, which has no features.
    return found.select(F.explode(_LABELS).alias(_LABEL), _FEATURES).select(f"{_LABEL}.*", f"{_FEATURES}.*")


def _find(task: LabelsOfRows) -> Callable[[Iterator[tuple[pa.Array, ...]]], Iterator[pa.Array]]:
    # A plain function, because Spark infers the kind of call from its annotations.
    def find(batches: Iterator[tuple[pa.Array, ...]]) -> Iterator[pa.Array]:
        keep_imports()
        yield from task.found(batches)

    return find
