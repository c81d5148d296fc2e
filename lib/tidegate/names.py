"""The names of columns that belong to tidegate, so that no column of a user can meet one of them.

Every name that begins with an underscore is tidegate's: code that adds a column beside a user's columns gives it such a name,
and every definition refuses them. Delta and Spark follow the same rule for their own columns (`_metadata`, `_change_type`).
The few columns of ours that people read, such as `event_time`, have plain names; a definition beside whose columns they are
added names them in `taken`.
"""

from collections.abc import Iterable, Sequence

from tidegate.errors import DefinitionError

RESERVED = "_"


def is_reserved(name: str) -> bool:
    """Tell whether a column of this name belongs to tidegate."""
    return name.startswith(RESERVED)


def free_name(name: str, taken: Iterable[str] = ()) -> str:
    """Return the name that a user's column gets in place of a reserved one: `_x` becomes `x_`, or `x__` where `x_` is taken."""
    used = {each.lower() for each in taken}
    free = f"{name.lstrip(RESERVED) or 'column'}_"
    while free.lower() in used:
        free += "_"
    return free


def require_free_names(names: Iterable[str], where: str, taken: Iterable[str] = ()) -> None:
    """Refuse columns that tidegate uses itself.

    Args:
        names: Names of columns in a definition.
        where: The definition, as a message names it: `feature group 'trips'`.
        taken: Plain names of columns that tidegate adds beside them. Spark doesn't tell upper from lower case, so neither do we.

    Raises:
        DefinitionError: A name begins with an underscore or is taken.
    """
    given = list(names)
    reserved = [name for name in given if is_reserved(name)]
    if reserved:
        raise DefinitionError(
            f"{where}: {', '.join(reserved)}: names of columns that begin with an underscore are tidegate's own. "
            f"{_renamed(reserved, given)}. Where a table is stored with such a column, ./spark-submit.sh jobs/maintain.py "
            "--system SYSTEM --migrate renames it in the same way."
        )
    added = {name.lower() for name in taken}
    met = [name for name in given if name.lower() in added]
    if met:
        raise DefinitionError(
            f"{where}: {', '.join(met)}: tidegate adds columns of its own with these names: {', '.join(sorted(added))}. "
            f"{_renamed(met, given)}, or leave it out if it is meant to be tidegate's column."
        )


def _renamed(names: Sequence[str], taken: Sequence[str]) -> str:
    return "Rename " + ", ".join(f"{name} to {free_name(name, taken)}" for name in names)
