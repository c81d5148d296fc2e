"""The columns of stored tables that a feature view reads."""

from collections.abc import Mapping

from tidegate.datasets.aggregates import Aggregates
from tidegate.datasets.future_labels import FutureLabels
from tidegate.datasets.spines import SpineByRule
from tidegate.datasets.view import FeatureView
from tidegate.feature_groups.definition import TIME_COLUMNS, TOMBSTONE, FeatureGroup


def columns_read(view: FeatureView) -> Mapping[FeatureGroup, tuple[str, ...]]:
    """Return, for each group of a view, the columns of its table that the spine, the labels or the features are made from.

    The times and the mark of tombstones are read from every group.
    """
    found: dict[FeatureGroup, list[str]] = {group: [*TIME_COLUMNS, TOMBSTONE] for group in view.stored_groups}
    found[view.spine_group].extend(view.spine.key if isinstance(view.spine, SpineByRule) else view.entity_columns)
    if isinstance(view.labels, FutureLabels):
        found[view.labels.group].extend(view.labels.aggregates.columns_read)
    else:
        found[view.labels].extend((*view.entity_columns, *view.targets))
    for choice in view.choices:
        features = choice.columns_read if isinstance(choice, Aggregates) else (*choice.joined_on, *choice.features)
        found[choice.group].extend(features)
    for group, names in found.items():
        names.extend([group.sequence] if group.sequence else [])
    return {group: tuple(dict.fromkeys(names)) for group, names in found.items()}
