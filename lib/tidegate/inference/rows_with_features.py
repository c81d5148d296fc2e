"""The rows of a period with the features of a view, which several models can score."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pyspark import StorageLevel
from pyspark.sql import DataFrame

from tidegate.datasets.absent_groups import absent_groups, with_marked_features, without_marks
from tidegate.datasets.prepare_view import snapshot_for_use
from tidegate.datasets.view import FeatureView
from tidegate.datasets.view_rows import Snapshot, Span, rows_to_predict
from tidegate.feature_groups.definition import EVENT_TIME
from tidegate.inference.scored_batch import ABSENT
from tidegate.tables.store import Store


@dataclass(frozen=True)
class RowsWithFeatures:
    """The rows to predict, joined with their features.

    Attributes:
        snapshot: The table versions that were read.
        view: The feature view.
        span: The range of the prediction times.
        frame: The entity columns and the carried ones of all models, `event_time`, the features, and the names of absent groups.
    """

    snapshot: Snapshot
    view: FeatureView
    span: Span
    frame: DataFrame


@contextmanager
def rows_with_features(
    store: Store, view: FeatureView, span: Span, kept: Iterable[str], several: bool
) -> Iterator[RowsWithFeatures]:
    """Join the rows to predict with their features, and yield them.

    Args:
        store: The store.
        view: The feature view.
        span: The range of the prediction times.
        kept: The columns of the spine that the prediction tables keep.
        several: Whether several models score the rows. Then the joined rows are kept in memory, so that they are joined once.
    """
    snapshot = snapshot_for_use(store, view, (view.spine_group,))
    rows = rows_to_predict(snapshot, view, span).select(*dict.fromkeys(kept), EVENT_TIME)
    marked = with_marked_features(snapshot, view, rows, span).withColumn(ABSENT, absent_groups(view))
    frame = without_marks(marked, view)
    if not several:
        yield RowsWithFeatures(snapshot, view, span, frame)
        return
    frame.persist(StorageLevel.MEMORY_AND_DISK)
    try:
        yield RowsWithFeatures(snapshot, view, span, frame)
    finally:
        frame.unpersist()
