"""Compare the definitions of a system with the tables under a root, without changing anything."""

from collections.abc import Iterable, Sequence

from tidegate.datasets.future_labels import FutureLabels
from tidegate.datasets.label_rows import planned_labels
from tidegate.datasets.view import FeatureView
from tidegate.datasets.view_definition import view_definition
from tidegate.datasets.view_rows import current_snapshot, planned_joins
from tidegate.errors import AmbiguousGroupError, ChangedDefinitionError, UnknownGroupError, UnknownSourceError
from tidegate.feature_groups.definition import FeatureGroup
from tidegate.feature_groups.evolution.difference import Evolution
from tidegate.feature_groups.steps.feature_step import FeatureStep
from tidegate.feature_groups.storage import group_evolution
from tidegate.pipelines.feature_pipeline import all_steps
from tidegate.point_in_time.planner import JoinChoice
from tidegate.sources.source import Source
from tidegate.system import System
from tidegate.tables.create import table_exists
from tidegate.tables.definitions import changed_definitions
from tidegate.tables.store import Store


def system_groups(system: System, name: str | None = None) -> list[FeatureGroup]:
    """Return the feature groups that a system writes or reads, each once.

    Args:
        system: The system.
        name: Only the groups with this name, which may include a version; None: all groups.

    Raises:
        UnknownGroupError: No feature group has this name.
    """
    return list(system.groups) if name is None else _named(system.groups, name, system)


def system_step(system: System, name: str) -> FeatureStep:
    """Return the step that computes the feature group with this name, which may include a version.

    Raises:
        UnknownGroupError: No step computes a feature group with this name.
        AmbiguousGroupError: Steps compute several versions of the group, and the name does not include a version.
    """
    steps = {step.group: step for step in all_steps(system.steps)}
    found = _named(steps, name, system)
    if len(found) > 1:
        raise AmbiguousGroupError(name, [group.full_name for group in found])
    return steps[found[0]]


def plan_groups(store: Store, groups: Sequence[FeatureGroup]) -> tuple[Evolution, ...]:
    """Compare the definition of each group with its table; only the logs of the tables are read, and nothing is changed."""
    return tuple(group_evolution(store, group) for group in groups)


def plan_joins(store: Store, view: FeatureView, group: str | None = None) -> list[JoinChoice]:
    """Return the join strategy of each group of a view, and why it was chosen; empty if one of the tables does not exist yet.

    Labels from the future come last.
    """
    groups = view.explained_groups
    if not all(table_exists(store.spark, store.layout.feature_group(each.full_name)) for each in groups):
        return []
    snapshot = current_snapshot(store, groups, view.aggregated_groups)
    choices, read = planned_joins(snapshot, view), [each.group for each in view.choices]
    if isinstance(view.labels, FutureLabels):
        choices.append(planned_labels(snapshot, view.labels))
        read.append(view.labels.group)
    wanted = [group in (None, each.name, each.full_name) for each in read]
    return [choice for choice, is_wanted in zip(choices, wanted, strict=True) if is_wanted]


def plan_definitions(store: Store, system: System) -> list[ChangedDefinitionError]:
    """Return an error for each view or model of the system that was changed without a new version after it had been used."""
    models = [model.definition for model in system.models]
    return changed_definitions(store, [*map(view_definition, system.views), *models])


def system_sources(system: System, name: str | None = None) -> list[Source]:
    """Return the sources of a system.

    Args:
        system: The system.
        name: Only the source with this name; None: all sources.

    Raises:
        UnknownSourceError: The system has no source of this name.
    """
    found = [source for source in system.sources if name in (None, source.name)]
    if name is not None and not found:
        raise UnknownSourceError(name, system.name, [source.name for source in system.sources])
    return found


def _named(groups: Iterable[FeatureGroup], name: str, system: System) -> list[FeatureGroup]:
    available = list(groups)
    found = [group for group in available if name in (group.name, group.full_name)]
    if not found:
        raise UnknownGroupError(name, {group.full_name for group in available}, f"system {system.name}")
    return found
