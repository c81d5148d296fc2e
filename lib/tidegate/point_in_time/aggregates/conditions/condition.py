"""A SQL condition on a row: its text, the columns that it reads, and how it can be evaluated."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from pyspark.sql import types as T

from tidegate.errors import DefinitionError, did_you_mean
from tidegate.point_in_time.aggregates.conditions.native import Test


@dataclass(frozen=True)
class Condition:
    """A condition that was parsed.

    Attributes:
        text: The SQL text.
        columns: The columns that it reads, as the group names them.
        test: The same condition for the tasks. None if only Spark can evaluate it.
        why_not: Why only Spark can evaluate it; None if tasks can.
    """

    text: str
    columns: tuple[str, ...]
    test: Test | None
    why_not: str | None


def condition(text: str, columns: Mapping[str, T.DataType], where: str) -> Condition:
    """Parse a condition.

    Args:
        text: SQL text in Spark's dialect.
        columns: The types of the columns that it may read, by their names.
        where: What declares the condition, for messages.

    Raises:
        DefinitionError: The text is not a condition on a single row, reads an unknown column, or depends on more than the row.
    """
    try:
        return _condition(text, tuple(columns.items()), where)
    except RecursionError:
        shown = f"{text[:60]!r} with {len(text):,} characters"
        raise DefinitionError(f"{where}: the condition {shown} is nested too deeply. Use fewer parentheses.") from None


# A view's conditions are needed when it is defined and at each use. Parsing one takes a millisecond.
@cache
def _condition(text: str, known: tuple[tuple[str, T.DataType], ...], where: str) -> Condition:
    # These modules import the SQL parser, which takes a fifth of a second. Programs without conditions don't need it, and a task
    # never does.
    from tidegate.point_in_time.aggregates.conditions.literals import NotNativeError  # noqa: PLC0415
    from tidegate.point_in_time.aggregates.conditions.parsed import parsed_condition  # noqa: PLC0415
    from tidegate.point_in_time.aggregates.conditions.translated import translated  # noqa: PLC0415
    from tidegate.point_in_time.aggregates.conditions.traps import refuse_traps  # noqa: PLC0415

    columns = dict(known)
    tree, names = parsed_condition(text, where)
    # Spark ignores upper and lower case in the names of columns.
    spelled = {name.lower(): name for name in columns}
    for name in names:
        if name.lower() not in spelled:
            raise DefinitionError(
                f"{where}: the condition {text!r} reads {name!r}, but there is no such column; available: "
                f"{', '.join(columns)}.{did_you_mean(name, columns)}"
            )
    refuse_traps(text, tree, lambda name: columns.get(spelled.get(name.lower(), "")), where)
    read = tuple(dict.fromkeys(spelled[name.lower()] for name in names))
    try:
        test = translated(tree, {name.lower(): (name, kind) for name, kind in columns.items()})
    except NotNativeError as error:
        return Condition(text, read, None, str(error))
    return Condition(text, read, test, None)
