"""Column names that are reserved for tidegate, so that they can't collide with the columns of a user.

Every name that begins with an underscore is reserved. Code that adds a column to a user's columns gives it such a name, and
every definition refuses them. Delta and Spark follow the same rule for their own columns (`_metadata`, `_change_type`). The
few columns of tidegate that people read, such as `event_time`, have plain names; a definition to whose columns they are added
passes them as `taken`.
"""

from collections.abc import Iterable, Sequence

from tidegate.errors import DefinitionError

RESERVED = "_"


def is_reserved(name: str) -> bool:
    """Return whether a column name is reserved for tidegate."""
    return name.startswith(RESERVED)


def free_name(name: str, taken: Iterable[str] = ()) -> str:
    """Return a free name for a user's column in place of a reserved one: `_x` becomes `x_`, or `x__` if `x_` is taken."""
    used = {each.lower() for each in taken}
    free = f"{name.lstrip(RESERVED) or 'column'}_"
    while free.lower() in used:
        free += "_"
    return free


def require_free_names(names: Iterable[str], where: str, taken: Iterable[str] = ()) -> None:
    """Raise an error if a definition has column names that tidegate uses itself.

    Args:
        names: Names of columns in a definition.
        where: The definition, for the message: `feature group 'trips'`.
        taken: Plain names of columns that tidegate adds to them. Upper and lower case are equal, as in Spark.

    Raises:
        DefinitionError: A name begins with an underscore, or is one of `taken`.
    """
    given = list(names)
    reserved = [name for name in given if is_reserved(name)]
    if reserved:
        raise DefinitionError(
            f"{where}: {', '.join(reserved)}: column names that begin with an underscore are reserved for tidegate. "
            f"{_renamed(reserved, given)}. If a table with such a column is already stored, ./spark-submit.sh jobs/maintain.py "
            "--system SYSTEM --migrate renames the column in the same way."
        )
    added = {name.lower() for name in taken}
    met = [name for name in given if name.lower() in added]
    if met:
        raise DefinitionError(
            f"{where}: {', '.join(met)}: tidegate adds columns of its own with these names: {', '.join(sorted(added))}. "
            f"{_renamed(met, given)}, or leave it out if you meant the column of tidegate."
        )


def _renamed(names: Sequence[str], taken: Sequence[str]) -> str:
    return "Rename " + ", ".join(f"{name} to {free_name(name, taken)}" for name in names)
