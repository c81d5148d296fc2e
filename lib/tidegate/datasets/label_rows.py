"""The rows to train on: stored labels, or the rows of the spine with labels from the future."""

from dataclasses import dataclass
from datetime import timedelta

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidegate.datasets.future_labels import FutureLabels
from tidegate.datasets.manifest import DatasetInputs
from tidegate.datasets.view import FeatureView
from tidegate.datasets.view_rows import Snapshot, rows_to_predict, within
from tidegate.feature_groups.definition import AVAILABLE_AT, EVENT_TIME
from tidegate.moments import LAST, earlier_by, micros_of, moment_column
from tidegate.point_in_time.aggregates.aggregate_rows import AggregateRows
from tidegate.point_in_time.aggregates.future import KNOWN_AT, attach_future_labels
from tidegate.point_in_time.aggregates.native.future import Maturity
from tidegate.point_in_time.aggregates.ways import what_is_read
from tidegate.point_in_time.planner import JoinChoice

_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class LabelRows:
    """The label rows of a training dataset.

    Attributes:
        frame: The entity columns, `event_time` and the targets. For labels from the future also `_label_known_at`, the moment at
            which each label became known.
        young: The rows of the spine whose labels from the future are not mature; None for stored labels.
    """

    frame: DataFrame
    young: DataFrame | None = None


def label_rows(snapshot: Snapshot, view: FeatureView, inputs: DatasetInputs) -> LabelRows:
    """Return the label rows of a dataset: those of the period that were known by `known_by`."""
    if isinstance(view.labels, FutureLabels):
        return _future_rows(snapshot, view, view.labels, inputs)
    known = within(snapshot.standing(view.labels, inputs.known_by), inputs.span)
    known = known.where(F.col(AVAILABLE_AT) <= moment_column(inputs.known_by))
    return LabelRows(known.select(*view.entity_columns, EVENT_TIME, *view.targets))


def planned_labels(snapshot: Snapshot, labels: FutureLabels) -> JoinChoice:
    """Return how labels from the future are computed. No job starts."""
    rows = label_events(labels, snapshot.rows(labels.group))
    why = f"labels from the future: Spark reads the rows, and shuffles them and the labels; {what_is_read(rows)}"
    return JoinChoice(rows, "shuffled", why)


def _future_rows(snapshot: Snapshot, view: FeatureView, labels: FutureLabels, inputs: DatasetInputs) -> LabelRows:
    spine = rows_to_predict(snapshot, view, inputs.span, inputs.known_by)
    if AVAILABLE_AT in spine.columns:
        spine = spine.where(F.col(AVAILABLE_AT) <= moment_column(inputs.known_by))
    return labels_of_rows(snapshot, view, labels, spine.select(*view.entity_columns, EVENT_TIME), inputs)


def labels_of_rows(
    snapshot: Snapshot, view: FeatureView, labels: FutureLabels, rows: DataFrame, inputs: DatasetInputs
) -> LabelRows:
    """Return the labels from the future of given rows, as known by the moment of a dataset.

    Args:
        snapshot: The groups to read.
        view: The feature view.
        labels: Its labels.
        rows: The entity columns and `event_time`, the label time.
        inputs: The range of the label times, and the moment by which the labels are known.
    """
    newest = labels.newest_mature(inputs.known_by, snapshot.loaded_until.get(labels.group.full_name))
    is_mature = F.lit(False) if newest is None else F.col(labels.anchor) <= moment_column(newest)
    young = rows.where(~is_mature)
    maturity = Maturity(micros_of(inputs.known_by), labels.matures_after // _MICROSECOND)
    events = label_events(labels, _events(snapshot, labels, inputs))
    frame = attach_future_labels(rows.where(is_mature), labels.anchor, events, maturity)
    return LabelRows(frame.select(*view.entity_columns, EVENT_TIME, *view.targets, KNOWN_AT), young)


def _events(snapshot: Snapshot, labels: FutureLabels, inputs: DatasetInputs) -> DataFrame:
    """Return the observations that were known by the moment of a dataset, as far as they can lie in a window."""
    frame = snapshot.rows(labels.group).where(F.col(AVAILABLE_AT) <= moment_column(inputs.known_by))
    if labels.anchor == EVENT_TIME and not labels.one_event_per:
        # An event that moved may have a newer observation outside of the windows. Target times are not known here.
        frame = frame.where(F.col(EVENT_TIME) > moment_column(inputs.label_start))
        frame = frame.where(F.col(EVENT_TIME) <= moment_column(earlier_by(inputs.label_end, -labels.horizon)))
    return frame


def label_events(labels: FutureLabels, frame: DataFrame) -> AggregateRows:
    """Return observations of the group of labels from the future, and what is computed from them."""
    group = labels.group
    return AggregateRows(
        name=group.name,
        frame=frame,
        entity_key=group.entity_key,
        key=labels.joined_on,
        features=labels.aggregates.features,
        where=labels.where,
        sequence=group.sequence,
        one_event_per=labels.one_event_per,
        immutable=group.immutable,
        # Only mature labels are computed, so it is known how many events there are.
        fresh_until=LAST,
    )
