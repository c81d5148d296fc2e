"""What the model looks at, as the definitions of the feature groups say it."""

from collections.abc import Collection
from dataclasses import dataclass

from tidegate import FeatureView, Field


@dataclass(frozen=True)
class GroupFeatures:
    """The features that a view takes from one group.

    Attributes:
        group: Name and version of the group.
        description: What the group holds.
        fields: The features, with meaning and unit.
    """

    group: str
    description: str
    fields: tuple[Field, ...]


def view_features(view: FeatureView, entity_features: Collection[str] = ()) -> tuple[GroupFeatures, ...]:
    """Return the view's features by group.

    Args:
        view: The view.
        entity_features: Columns of the spine's entity that the model takes as features too.
    """
    found = []
    for choice in view.choices:
        names = {*choice.features, *(entity_features if choice.group == view.spine else ())}
        fields = tuple(field for field in choice.group.fields if field.name in names)
        found.append(GroupFeatures(choice.group.full_name, choice.group.description, fields))
    return tuple(found)
