"""The definition of a feature view as the store records it: everything that decides a value, and nothing else."""

from datetime import timedelta

from tidegate.datasets.absent_groups import choice_names
from tidegate.datasets.view import FeatureChoice, FeatureView
from tidegate.subjects.derived_people import VIEW
from tidegate.tables.definitions import Definition, Parts


def view_definition(view: FeatureView) -> Definition:
    """Return the recorded definition of a feature view. Those of its groups are recorded in their tables."""
    choices = {name: _choice(choice) for name, choice in zip(choice_names(view), view.choices, strict=True)}
    parts: Parts = {
        "spine": view.spine.full_name,
        "labels": view.labels.full_name,
        "targets": list(view.targets),
        "entity_columns": list(view.entity_columns),
        "choices": choices,
    }
    return Definition(VIEW, view.name, view.version, parts)


def _choice(choice: FeatureChoice) -> Parts:
    return {
        "features": list(choice.features),
        "names": list(choice.output_names),
        "lookback": _text(choice.lookback),
        "boundary": choice.boundary,
    }


def _text(span: timedelta | None) -> str:
    return "no limit" if span is None else str(span)
