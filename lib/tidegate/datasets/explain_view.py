"""Explain the features of one entity at one moment: which row of each group the join chooses, and why not the others."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate.datasets.entity_values import typed_values
from tidegate.datasets.future_labels import FutureLabels
from tidegate.datasets.label_rows import label_events
from tidegate.datasets.spines import TARGET_TIME, SpineByRule
from tidegate.datasets.view import Choice, FeatureView
from tidegate.datasets.view_rows import Snapshot, view_inputs
from tidegate.errors import AmbiguousEntityError, EntityValueError, MissingColumnsError, UnknownEntityError, UsageError
from tidegate.feature_groups.definition import EVENT_TIME
from tidegate.moments import LAST, moment_column, moment_of, require_moment
from tidegate.point_in_time.aggregates.aggregate_rows import AggregateRows
from tidegate.point_in_time.aggregates.explain import FEATURE, explained_aggregates
from tidegate.point_in_time.explain import explained_rows

EntityValues = Mapping[str, object]


@dataclass(frozen=True)
class EntityAt:
    """One entity and a label or prediction time.

    Attributes:
        values: A value for each entity column of the view. Values may be personal.
        moment: The label or prediction time, with a time zone.

    Raises:
        NaiveMomentError: The moment has no time zone.
    """

    values: EntityValues
    moment: datetime

    def __post_init__(self) -> None:
        require_moment(self.moment, "the moment that features are explained at")


def explain_view(snapshot: Snapshot, view: FeatureView, entity: EntityAt) -> DataFrame:
    """Return all rows of an entity in each group, newest event first. `verdict` says whether a row is chosen or why it is not.

    Each aggregate lists the rows of its key, with a verdict that says whether a row is counted; its name follows that of the
    group in `feature_group`. So does each label from the future, with the rows as they are known now.

    The columns are feature_group, table_version, event_time, available_at, age_seconds (from the event to the moment), verdict
    and features (JSON without personal columns).

    Raises:
        MissingColumnsError: An entity column has no value.
        EntityValueError: A value can't be converted to the type of its column.
        NaiveMomentError: A time among the values has no time zone, but its column has times with a zone.
    """
    missing = set(view.entity_columns) - set(entity.values)
    if missing:
        raise MissingColumnsError(f"the entity to explain with feature view {view.full_name}", missing, list(entity.values))
    _require_moments(view, entity.values)
    explained = []
    for choice, rows in zip(view.choices, view_inputs(snapshot, view), strict=True):
        key = typed_values(snapshot.store.spark, choice.group, {name: entity.values[name] for name in choice.joined_on})
        hidden = frozenset(choice.group.personal_columns)
        name, version = _shown_name(choice, rows.name), F.lit(snapshot.versions[choice.group.full_name])
        if isinstance(rows, AggregateRows):
            found = explained_aggregates(rows, key, entity.moment, hidden, _anchor(rows, entity))
            # The names of features are unique in a view, so the number of the choice is not needed.
            shown = F.concat(F.lit(f"{choice.group.full_name}: "), F.col(FEATURE))
            explained.append(found.select(shown.alias("feature_group"), version.alias("table_version"), "*").drop(FEATURE))
        else:
            found = explained_rows(rows, key, entity.moment, hidden)
            explained.append(found.select(F.lit(name).alias("feature_group"), version.alias("table_version"), "*"))
    if isinstance(view.labels, FutureLabels):
        explained.append(_explained_labels(snapshot, view.labels, entity))
    return reduce(DataFrame.unionByName, explained).orderBy(
        "feature_group", F.col(EVENT_TIME).desc(), F.col("available_at").desc()
    )


def entity_of_spine(snapshot: Snapshot, view: FeatureView, given: EntityValues, moment: datetime | None) -> EntityAt:
    """Find the row of the spine with the given values, and complete the entity from it.

    Args:
        snapshot: The groups to read.
        view: The feature view.
        given: Values for some or all entity columns of the view.
        moment: The prediction time. None takes it from the row of the spine.

    Returns:
        The entity with a value for each entity column, and the time.

    Raises:
        MissingColumnsError: A given name is not an entity column of the view.
        EntityValueError: A value can't be converted to the type of its column.
        NaiveMomentError: The moment, or a time among the values, has no time zone.
        UnknownEntityError: The spine has no such row.
        AmbiguousEntityError: The spine has several such rows, and they give different entities or times.
        UsageError: The spine is a rule, and a value or the moment is missing.
    """
    require_moment(moment, "the moment that features are explained at")
    unknown = set(given) - set(view.entity_columns)
    if unknown:
        raise MissingColumnsError(f"feature view {view.full_name}", unknown, view.entity_columns)
    _require_moments(view, given)
    complete = set(given) == set(view.entity_columns)
    if moment is not None and complete:
        return EntityAt(given, moment)
    if isinstance(view.spine, SpineByRule):
        raise UsageError(
            f"feature view {view.full_name}: its spine is a rule and stores no rows in which the rest could be looked up. Give "
            f"the moment, and a value for each of {', '.join(view.entity_columns)}."
        )
    matches = [F.col(name) == value for name, value in typed_values(snapshot.store.spark, view.spine, given).items()]
    rows = reduce(DataFrame.where, matches, snapshot.standing(view.spine))
    seconds = F.unix_micros(F.col(EVENT_TIME)).alias("_micros")
    # More rows are not needed to see whether there is one or several.
    found = rows.select(*view.entity_columns, *([] if moment else [seconds])).distinct().limit(3).collect()
    if not found:
        raise UnknownEntityError(view.spine.full_name, sorted(given))
    if len(found) > 1:
        raise AmbiguousEntityError(view.spine.full_name, sorted(given), view.entity_columns)
    values = {name: found[0][name] for name in view.entity_columns}
    return EntityAt(values, moment or moment_of(found[0]["_micros"]))


def _explained_labels(snapshot: Snapshot, labels: FutureLabels, entity: EntityAt) -> DataFrame:
    group = labels.group
    key = typed_values(snapshot.store.spark, group, {name: entity.values[name] for name in labels.joined_on})
    moment = entity.moment if labels.anchor == EVENT_TIME else _target_time(entity)
    rows, hidden = label_events(labels, snapshot.rows(group)), frozenset(group.personal_columns)
    found = explained_aggregates(rows, key, LAST, hidden, moment)
    age = (F.unix_micros(moment_column(entity.moment)) - F.unix_micros(EVENT_TIME)) / 1_000_000
    shown = F.concat(F.lit(f"{group.full_name}: "), F.col(FEATURE), F.lit(" (label)"))
    version = F.lit(snapshot.versions[group.full_name]).alias("table_version")
    return found.withColumn("age_seconds", age).select(shown.alias("feature_group"), version, "*").drop(FEATURE)


def _anchor(rows: AggregateRows, entity: EntityAt) -> datetime | None:
    """Return the target time of an entity if the windows are placed at it."""
    return None if rows.anchor is None else _target_time(entity)


def _target_time(entity: EntityAt) -> datetime:
    """Return the target time of an entity. A command gives it as a text."""
    value = entity.values[TARGET_TIME]
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        moment = None
    if not isinstance(moment, datetime):
        raise EntityValueError("the spine", TARGET_TIME, repr(value), "timestamp")
    require_moment(moment, f"the value of {TARGET_TIME}")
    return moment


def _require_moments(view: FeatureView, values: EntityValues) -> None:
    """Refuse a time without a time zone as the value of an entity column, unless the times of the column have no zone."""
    kinds = {field.name: field.type for group in (view.spine, *view.groups) for field in group.fields}
    for name, value in values.items():
        if isinstance(value, datetime) and isinstance(kinds.get(name), T.TimestampType):
            require_moment(value, f"the value of {name}")


def _shown_name(choice: Choice, name: str) -> str:
    """Return the full name of the group, with the name of the choice if the view chooses from the group more than once."""
    return choice.group.full_name if name == choice.group.name else f"{choice.group.full_name} ({name})"
