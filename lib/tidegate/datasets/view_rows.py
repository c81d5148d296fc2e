"""The rows of a feature view: entity rows with the features known at their times, from groups at fixed table versions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidegate.datasets.aggregates import Aggregates
from tidegate.datasets.feature_choice import FeatureChoice
from tidegate.datasets.spine_rows import spine_rows
from tidegate.datasets.spines import SpineByRule
from tidegate.datasets.view import Choice, FeatureView
from tidegate.errors import MissingGroupError
from tidegate.feature_groups.definition import AVAILABLE_AT, EVENT_TIME, FeatureGroup
from tidegate.feature_groups.evolution.difference import require_same_observations
from tidegate.feature_groups.loaded_until import loaded_until
from tidegate.feature_groups.read import current_rows, joinable_rows, rows_as_known
from tidegate.moments import FIRST, LAST, moment_column, require_moment
from tidegate.point_in_time.aggregates.aggregate_rows import AggregateRows
from tidegate.point_in_time.feature_rows import FeatureRows
from tidegate.point_in_time.join import point_in_time_join
from tidegate.point_in_time.planner import JoinChoice, Strategy, choose_strategies
from tidegate.point_in_time.stored_files import stored_rows
from tidegate.point_in_time.stored_rows import StoredRows
from tidegate.tables.create import table_exists
from tidegate.tables.read import current_version, read_table, table_state
from tidegate.tables.store import Store


@dataclass(frozen=True)
class Snapshot:
    """Feature groups at fixed table versions. A run reads everything from one snapshot, so that its inputs fit together.

    Attributes:
        store: The store.
        versions: The table version of each group, by its full name.
        loaded_until: How far each group with aggregates was loaded at these versions, by its full name; None if nobody knows.
    """

    store: Store
    versions: Mapping[str, int]
    loaded_until: Mapping[str, datetime | None] = field(default_factory=dict)

    def rows(self, group: FeatureGroup) -> DataFrame:
        """Return the rows of a group, at its version, that a point-in-time join chooses from."""
        return joinable_rows(read_table(self.store.spark, self.path(group), self.versions[group.full_name]), group)

    def standing(self, group: FeatureGroup, known_by: datetime | None = None) -> DataFrame:
        """Return the rows in force, one for each event; tombstones are left out.

        Args:
            group: The feature group.
            known_by: Return the rows as they were known at this moment. It only has an effect if the group has `history="all"`.
                None returns the rows as they are known now.
        """
        stored = read_table(self.store.spark, self.path(group), self.versions[group.full_name])
        if known_by is not None and group.history == "all":
            return rows_as_known(stored, group, known_by)
        return current_rows(stored, group)

    def files(self, group: FeatureGroup) -> StoredRows:
        """Return the files of the group's rows at its version. This reads only the table's log."""
        return stored_rows(self.store.spark, self.path(group), group, self.versions[group.full_name])

    def path(self, group: FeatureGroup) -> str:
        """Return the path of a group's table."""
        return self.store.layout.feature_group(group.full_name)


@dataclass(frozen=True)
class Span:
    """A half-open range of label or prediction times: start <= time < end.

    Raises:
        NaiveMomentError: One of the two moments has no time zone.
    """

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        require_moment(self.start, "start of a span")
        require_moment(self.end, "end of a span")


def current_snapshot(store: Store, groups: tuple[FeatureGroup, ...], aggregated: tuple[FeatureGroup, ...] = ()) -> Snapshot:
    """Return the groups at their newest table versions.

    Args:
        store: The store.
        groups: The groups.
        aggregated: Those of the groups for which it matters how far they are loaded.

    Raises:
        MissingGroupError: A group's table was never written.
        NewVersionNeededError: A group's table keeps other observations than its definition says.
    """
    versions = {}
    for group in dict.fromkeys(groups):
        path = store.layout.feature_group(group.full_name)
        if not table_exists(store.spark, path):
            raise MissingGroupError(group.full_name, store.layout.root)
        version = versions[group.full_name] = current_version(store.spark, path)
        require_same_observations(group, table_state(store.spark, path, version))
    # Only loads whose rows are in these versions count.
    return Snapshot(store, versions, loaded_until(store, aggregated, versions) if aggregated else {})


def with_features(
    snapshot: Snapshot,
    view: FeatureView,
    rows: DataFrame,
    span: Span | None = None,
    provenance: bool = False,
    strategy: Strategy | None = None,
) -> DataFrame:
    """Attach to each row the features of the view that were known at the row's `event_time`.

    Args:
        snapshot: The groups to read.
        view: The feature view.
        rows: Rows with the entity columns of the view, `event_time`, and any other columns.
        span: A range that contains all times of the rows. Then feature rows that can't be chosen are not read. None reads all.
        provenance: Whether to add columns that show which row of each group was chosen.
        strategy: The join strategy for all groups. With None, the planner chooses one for each group.
    """
    return point_in_time_join(rows, EVENT_TIME, view_inputs(snapshot, view, span), provenance, strategy)


def view_inputs(
    snapshot: Snapshot, view: FeatureView, span: Span | None = None, marks: Sequence[str] = ()
) -> list[FeatureRows | AggregateRows]:
    """Return the inputs of the join for a view, one for each choice. `marks` are names of columns that mark the chosen rows."""
    # Choices of the same group share its files, so that a task reads them once.
    files = {group: snapshot.files(group) for group in view.groups}
    named = zip(view.choice_names, view.choices, strict=True)
    inputs = [replace(_rows(snapshot, choice, name, span), stored=files[choice.group]) for name, choice in named]
    return [replace(rows, mark=mark) for rows, mark in zip(inputs, marks, strict=True)] if marks else inputs


def planned_joins(snapshot: Snapshot, view: FeatureView) -> list[JoinChoice]:
    """Return the join strategy of each choice for the rows of the spine, and the reason. This reads only the tables' logs."""
    return choose_strategies(rows_to_predict(snapshot, view), view_inputs(snapshot, view))


def rows_to_predict(
    snapshot: Snapshot, view: FeatureView, span: Span | None = None, known_by: datetime | None = None
) -> DataFrame:
    """Return the rows of the spine: its columns and `event_time`, the prediction time.

    Args:
        snapshot: The groups to read.
        view: The feature view.
        span: The range of prediction times. None returns all rows of a stored spine, and only the columns of a spine by rule.
        known_by: Return the rows of a stored spine as they were known at this moment. The rows of a rule depend on nothing that
            became known after their prediction time.
    """
    spine = view.spine
    if isinstance(spine, SpineByRule):
        start, end = (FIRST, FIRST) if span is None else (span.start, span.end)
        return spine_rows(snapshot.rows(spine.group), spine, start, end)
    rows = snapshot.standing(spine, known_by)
    return rows if span is None else within(rows, span)


def within(rows: DataFrame, span: Span) -> DataFrame:
    """Return the rows whose event_time lies in the span."""
    return rows.where((F.col(EVENT_TIME) >= moment_column(span.start)) & (F.col(EVENT_TIME) < moment_column(span.end)))


def _rows(snapshot: Snapshot, choice: Choice, name: str, span: Span | None) -> FeatureRows | AggregateRows:
    return (
        _aggregate_rows(snapshot, choice, name, span)
        if isinstance(choice, Aggregates)
        else _feature_rows(snapshot, choice, name, span)
    )


def _in_span(rows: DataFrame, span: Span | None, reach: timedelta | None) -> DataFrame:
    """Leave out rows that count for no label time of a span: older ones than the reach, or known after the last time."""
    if span is None:
        return rows
    known = rows.where(F.col(AVAILABLE_AT) < moment_column(span.end))
    oldest = _oldest(span.start, reach)
    return known if oldest is None else known.where(F.col(EVENT_TIME) > moment_column(oldest))


def _aggregate_rows(snapshot: Snapshot, choice: Aggregates, name: str, span: Span | None) -> AggregateRows:
    group = choice.group
    loaded = snapshot.loaded_until.get(group.full_name)
    return AggregateRows(
        name=name,
        # If events move, an older observation is needed to see that a newer one has replaced it.
        frame=_in_span(snapshot.rows(group), span, None if choice.one_event_per else choice.reach),
        entity_key=group.entity_key,
        key=choice.joined_on,
        features=choice.features,
        where=choice.where,
        boundary=choice.boundary,
        sequence=group.sequence,
        one_event_per=choice.one_event_per,
        immutable=group.immutable,
        anchor=None if choice.anchor == EVENT_TIME else choice.anchor,
        fresh_until=None if loaded is None else _later(loaded, choice.staleness),
        span=None if span is None else (span.start, span.end),
    )


def _feature_rows(snapshot: Snapshot, choice: FeatureChoice, name: str, span: Span | None) -> FeatureRows:
    return FeatureRows(
        name=name,
        frame=_in_span(snapshot.rows(choice.group), span, choice.lookback),
        entity_key=choice.group.entity_key,
        features=dict(zip(choice.features, choice.output_names, strict=True)),
        lookback=choice.lookback,
        boundary=choice.boundary,
        delay=choice.group.delay,
        sequence=choice.group.sequence,
    )


def _later(moment: datetime, span: timedelta) -> datetime:
    """Return a moment after a span; the end of the calendar if that is sooner."""
    return moment + span if LAST - moment > span else LAST


def _oldest(start: datetime, lookback: timedelta | None) -> datetime | None:
    """Return the earliest moment that a look-back from `start` reaches; None if it has no limit or is before the calendar."""
    if lookback is None or start - datetime.min.replace(tzinfo=UTC) <= lookback:
        return None
    return start - lookback
