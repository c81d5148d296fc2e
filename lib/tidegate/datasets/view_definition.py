"""The definition of a feature view as the store records it: everything that decides a value, and nothing else."""

from datetime import timedelta

from tidegate.datasets.absent_groups import choice_names
from tidegate.datasets.aggregates import Aggregates
from tidegate.datasets.future_labels import FutureLabels
from tidegate.datasets.spines import SpineByRule
from tidegate.datasets.view import Choice, FeatureView
from tidegate.feature_groups.definition import EVENT_TIME
from tidegate.point_in_time.aggregates.aggregate import Aggregate
from tidegate.point_in_time.aggregates.windows import window_text
from tidegate.subjects.derived_people import VIEW
from tidegate.tables.definitions import Definition, Parts


def view_definition(view: FeatureView) -> Definition:
    """Return the recorded definition of a feature view. Those of its groups are recorded in their tables."""
    choices = {name: choice_parts(choice) for name, choice in zip(choice_names(view), view.choices, strict=True)}
    parts: Parts = {
        "spine": view.spine_group.full_name,
        "labels": view.label_groups[0].full_name,
        "targets": list(view.targets),
        "entity_columns": list(view.entity_columns),
        "choices": choices,
    }
    return Definition(VIEW, view.name, view.version, {**parts, **declared_rows(view)})


def declared_rows(view: FeatureView) -> Parts:
    """Return the rule of the spine and the labels from the future, if a view has them, as further parts of its definition."""
    parts: dict[str, object] = {}
    if isinstance(view.spine, SpineByRule):
        parts["spine_rule"] = view.spine.full_name
    if isinstance(view.labels, FutureLabels):
        labels = view.labels
        # The horizon is part of each target, as `ahead`.
        times = {"delay": str(labels.group.delay), "anchor": labels.anchor}
        parts["future_labels"] = {**_aggregates(labels.aggregates), **times}
    return parts


def choice_parts(choice: Choice) -> Parts:
    """Return the parts of a choice that decide a value."""
    if isinstance(choice, Aggregates):
        return _aggregates(choice)
    return {
        "features": list(choice.features),
        "names": list(choice.output_names),
        "lookback": _text(choice.lookback),
        "boundary": choice.boundary,
    }


def _aggregates(choice: Aggregates) -> Parts:
    copied = {origin.name: origin.column for origin in choice.origins if origin.is_single}
    return {
        # As for stored features, these two say which column each result is a value of. Most results, such as counts, are of none.
        "features": [copied.get(name, "") for name in choice.features],
        "names": list(choice.features),
        "group": choice.group.full_name,
        "key": list(choice.joined_on),
        "where": choice.where or "none",
        "staleness": str(choice.staleness),
        "boundary": choice.boundary,
        "one_event_per": list(choice.one_event_per),
        "aggregates": {name: _aggregate(each) for name, each in choice.features.items()},
        **({"anchor": choice.anchor} if choice.anchor != EVENT_TIME else {}),
    }


def _aggregate(each: Aggregate) -> Parts:
    """Return the attributes of an aggregate. Those that have no meaning for it are left out."""
    given = {
        "operation": each.operation,
        "column": each.column,
        "window": window_text(each.window) if each.ahead is None else None,
        "where": each.where,
        "by": each.by,
        "most": each.most if each.by is not None else None,
        "offset": str(each.offset) if each.offset else None,
        "ahead": None if each.ahead is None else str(each.ahead),
        "n": each.n,
        "skip_null": each.skip_null if each.operation in ("first", "last") else None,
        "condition": each.condition,
    }
    return {name: value for name, value in given.items() if value is not None}


def _text(span: timedelta | None) -> str:
    return "no limit" if span is None else str(span)
