"""The rows of a period with the features of a view, which several models can score."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from pyspark import StorageLevel
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidegate.datasets.absent_groups import absent_groups, choice_names, with_marked_features, without_marks
from tidegate.datasets.prepare_view import snapshot_for_use
from tidegate.datasets.view import FeatureView
from tidegate.datasets.view_rows import Snapshot, Span, rows_to_predict
from tidegate.feature_groups.definition import EVENT_TIME
from tidegate.inference.entity_rows import entity_rows, require_entities
from tidegate.inference.scored_batch import ABSENT, MISSED
from tidegate.moments import require_moment
from tidegate.schema import quoted
from tidegate.tables.store import Store

_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class Entities:
    """Entities to predict at one moment.

    Attributes:
        frame: Rows with the entity key of the spine. Other columns are not read.
        as_of: The prediction time, with a zone.

    Raises:
        NaiveMomentError: The prediction time has no zone.
    """

    frame: DataFrame
    as_of: datetime

    def __post_init__(self) -> None:
        require_moment(self.as_of, "as_of of entities to predict")

    @property
    def span(self) -> Span:
        """The range of the prediction times: this one."""
        return Span(self.as_of, self.as_of + _MICROSECOND)


@dataclass(frozen=True)
class RowsWithFeatures:
    """The rows to predict, joined with their features.

    Attributes:
        snapshot: The table versions that were read.
        view: The feature view.
        span: The range of the prediction times.
        frame: The entity columns and the carried ones of all models, `event_time`, the features, the names of absent
            groups, and why a row can't be predicted.
    """

    snapshot: Snapshot
    view: FeatureView
    span: Span
    frame: DataFrame


@contextmanager
def rows_with_features(
    store: Store, view: FeatureView, wanted: Span | Entities, kept: Iterable[str], several: bool
) -> Iterator[RowsWithFeatures]:
    """Join the rows to predict with their features, and yield them.

    Args:
        store: The store.
        view: The feature view.
        wanted: The range of the prediction times, or entities and one prediction time.
        kept: The columns of the spine that the prediction tables keep.
        several: Whether several models score the rows. Then the joined rows are kept in memory, so that they are joined once.

    Raises:
        MissingColumnsError, UsageError: The entities lack a column of the key, or have one of another type.
    """
    snapshot, columns = snapshot_for_use(store, view, (view.spine_group,)), tuple(dict.fromkeys(kept))
    if isinstance(wanted, Entities):
        span, frame = wanted.span, _of_entities(snapshot, view, wanted, columns)
    else:
        span, frame = wanted, _of_period(snapshot, view, wanted, columns)
    if not several:
        yield RowsWithFeatures(snapshot, view, span, frame)
        return
    frame.persist(StorageLevel.MEMORY_AND_DISK)
    try:
        yield RowsWithFeatures(snapshot, view, span, frame)
    finally:
        frame.unpersist()


def _of_period(snapshot: Snapshot, view: FeatureView, span: Span, kept: tuple[str, ...]) -> DataFrame:
    rows = rows_to_predict(snapshot, view, span).select(*map(quoted, kept), EVENT_TIME)
    marked = with_marked_features(snapshot, view, rows, span).withColumn(ABSENT, absent_groups(view))
    return without_marks(marked, view).withColumn(MISSED, F.lit(None).cast("string"))


def _of_entities(snapshot: Snapshot, view: FeatureView, wanted: Entities, kept: tuple[str, ...]) -> DataFrame:
    require_entities(wanted.frame, view)
    rows = entity_rows(snapshot, view, wanted.frame, wanted.as_of, kept)
    marked = with_marked_features(snapshot, view, rows, wanted.span).withColumn(ABSENT, absent_groups(view))
    groups = choice_names(view)
    nothing = F.when(
        F.size(ABSENT) == len(groups), F.lit(f"no feature was known, or all were too old: {', '.join(groups)} had no row")
    )
    return without_marks(marked, view).withColumn(MISSED, F.coalesce(MISSED, nothing))
