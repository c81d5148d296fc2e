"""List the features that the model reads, with their meaning, from the definitions of the feature groups."""

from collections.abc import Collection
from dataclasses import dataclass

from tidegate import FeatureView, Field


@dataclass(frozen=True)
class GroupFeatures:
    """The features that a view takes from one group.

    Attributes:
        group: Full name of the group, with its version.
        description: Description of the group.
        fields: The features, with their meaning and unit.
    """

    group: str
    description: str
    fields: tuple[Field, ...]


def view_features(view: FeatureView, entity_features: Collection[str] = ()) -> tuple[GroupFeatures, ...]:
    """Return the features of a view by group.

    Args:
        view: The view.
        entity_features: Entity columns of the spine that the model also reads as features.
    """
    found = []
    for choice in view.choices:
        of_spine = entity_features if choice.group == view.spine else ()
        entities = tuple(field for field in choice.group.fields if field.name in of_spine)
        found.append(GroupFeatures(choice.group.full_name, choice.group.description, (*entities, *choice.output_fields)))
    return tuple(found)
