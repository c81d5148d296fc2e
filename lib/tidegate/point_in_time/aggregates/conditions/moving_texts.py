"""Find the texts that Spark reads as another moment each day, such as `'today'` in `event_time < 'today'`."""

import re
from collections.abc import Callable

from pyspark.sql import types as T
from sqlglot import exp

# Also with a zone after it: 'today Europe/Warsaw'.
_MOVING = re.compile(r"\s*(now|today|tomorrow|yesterday)(\s+\S+)?\s*\Z", re.IGNORECASE)
_OF_TIME = re.compile(r"cast|date|time|ts|trunc", re.IGNORECASE)


def moving_text(tree: exp.Expression, kind_of: Callable[[str], T.DataType | None]) -> str | None:
    """Return a part of a condition with a text that Spark converts to a time that depends on the clock; None if there is none.

    Args:
        tree: The syntax tree of the condition.
        kind_of: Returns the type of a column of the row by its name; None for the argument of a lambda function.
    """
    for literal in tree.find_all(exp.Literal):
        if not literal.is_string or not _MOVING.match(literal.this):
            continue
        above = literal.parent
        while isinstance(above, exp.Paren):
            above = above.parent
        if above is not None and _is_of_time(above, kind_of):
            return str(above.sql(dialect="spark"))
    return None


def _is_of_time(above: exp.Expr, kind_of: Callable[[str], T.DataType | None]) -> bool:
    if isinstance(above, exp.Func):
        return _OF_TIME.search(above.name if isinstance(above, exp.Anonymous) else type(above).__name__) is not None
    columns = [str(column.parts[0].name) for column in above.find_all(exp.Column)]
    return not columns or any(not isinstance(kind_of(name), T.StringType) for name in columns)
