"""Find the personal columns of a derived table from the feature groups that its columns come from, also after a rename."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tidegate.errors import DefinitionError
from tidegate.feature_groups.definition import FeatureGroup


@dataclass(frozen=True)
class Origin:
    """The feature group and column that a column of a derived table comes from.

    Attributes:
        name: Name of the column in the derived table.
        group: The feature group that it comes from.
        column: Name of the column in this group.
        is_single: Whether a value of the derived column is a single value of this column. If not, it is an array or a map that
            contains such values; then it is personal where the column names a person, but no person can be found by it.
    """

    name: str
    group: FeatureGroup
    column: str
    is_single: bool = True


@dataclass(frozen=True)
class PersonColumns:
    """The columns of a derived table with personal values.

    Attributes:
        subjects: The columns that each name a person. A row is deleted when any of its persons is forgotten.
        personal: The other columns with personal values.
    """

    subjects: tuple[str, ...]
    personal: tuple[str, ...]


def person_columns(origins: Iterable[Origin]) -> PersonColumns:
    """Return the columns that their group declares as a subject or as personal, with their names in the derived table."""
    all_origins = list(origins)
    subjects = dict.fromkeys(each.name for each in all_origins if each.column in each.group.subjects and each.is_single)
    personal = dict.fromkeys(each.name for each in all_origins if each.column in each.group.personal_columns)
    return PersonColumns(tuple(subjects), tuple(name for name in personal if name not in subjects))


def require_findable(rows: Sequence[Origin], where: str) -> None:
    """Check that a derived table with personal columns of a group also has the columns that name the group's persons.

    Without them, a derived row would have personal values, such as an address, but no erasure could find the row: an address does
    not show whose it is. tidegate does not add the missing columns silently, because somebody should decide about every copy of a
    person's identifier.

    Args:
        rows: The columns that come from the same row of a group.
        where: The name of the definition, for the message.

    Raises:
        DefinitionError: A personal column comes without the columns that name the person.
    """
    for origin in rows:
        if origin.column not in origin.group.personal or origin.column in origin.group.subjects:
            continue
        here = {each.column for each in rows if each.group == origin.group}
        missing = [name for name in origin.group.subjects if name not in here]
        if missing:
            raise DefinitionError(
                f"{where}: {origin.column!r} of feature group {origin.group.name!r} is personal, but {', '.join(missing)}, which "
                "names the person, is not taken from the group. So nobody could find the row when the person is to be "
                f"forgotten. Take {', '.join(missing)} as well, or leave {origin.column!r} out."
            )
