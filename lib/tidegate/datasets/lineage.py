"""Whose data a derived table holds: told by the groups that each of its columns comes from, also after a rename."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tidegate.errors import DefinitionError
from tidegate.feature_groups.definition import FeatureGroup


@dataclass(frozen=True)
class Origin:
    """Where a column of a derived table comes from.

    Attributes:
        name: Its name in the derived table.
        group: The feature group whose rows it comes from.
        column: Its name there.
    """

    name: str
    group: FeatureGroup
    column: str


@dataclass(frozen=True)
class PersonColumns:
    """The columns of a derived table with personal values.

    Attributes:
        subjects: Those that name a person each; a row goes when any of these persons is forgotten.
        personal: The others.
    """

    subjects: tuple[str, ...]
    personal: tuple[str, ...]


def person_columns(origins: Iterable[Origin]) -> PersonColumns:
    """Return the columns that a group of origin declares as a subject or as personal, under their names here."""
    all_origins = list(origins)
    subjects = dict.fromkeys(each.name for each in all_origins if each.column in each.group.subjects)
    personal = dict.fromkeys(each.name for each in all_origins if each.column in each.group.personal)
    return PersonColumns(tuple(subjects), tuple(name for name in personal if name not in subjects))


def require_findable(rows: Sequence[Origin], where: str) -> None:
    """Raise DefinitionError where columns of one group's rows are personal, and the columns that name its persons are missing.

    The derived row would hold personal values, such as an address, and no erasure could find it: an address alone does not tell
    whose it is. The columns that name the person are not added silently, because every copy of a person's identifier should be
    somebody's decision.

    Args:
        rows: The columns that come from one row of one group.
        where: What is defined, for the message.
    """
    for origin in rows:
        if origin.column not in origin.group.personal or origin.column in origin.group.subjects:
            continue
        here = {each.column for each in rows if each.group == origin.group}
        missing = [name for name in origin.group.subjects if name not in here]
        if missing:
            raise DefinitionError(
                f"{where}: {origin.column!r} of feature group {origin.group.name!r} is personal, but {', '.join(missing)}, which "
                "names the person, is not among the columns taken from it: the row could not be found when the person is "
                f"forgotten. Take {', '.join(missing)} as well, or leave {origin.column!r} out."
            )
