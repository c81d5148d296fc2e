"""Refuse parts of a condition that Spark evaluates, but not as their author means them."""

from collections.abc import Callable

from pyspark.sql import types as T
from sqlglot import exp

from tidegate.errors import DefinitionError
from tidegate.point_in_time.aggregates.conditions.mixed_types import text_and_number
from tidegate.point_in_time.aggregates.conditions.moving_texts import moving_text


def refuse_traps(text: str, tree: exp.Expression, kind_of: Callable[[str], T.DataType | None], where: str) -> None:
    """Raise DefinitionError if a condition compares with a time that moves, or a text with a number.

    Args:
        text: The condition.
        tree: Its syntax tree.
        kind_of: Returns the type of a column of the row by its name; None for the argument of a lambda function.
        where: What declares the condition, for messages.
    """
    moving = moving_text(tree, kind_of)
    if moving is not None:
        raise DefinitionError(
            f"{where}: the condition {text!r} contains {moving!r}, which Spark reads as another time whenever it computes it. "
            "Give the day or the moment itself, such as DATE '2024-01-31', or use a window."
        )
    mixed = text_and_number(tree, kind_of)
    if mixed is not None:
        raise DefinitionError(
            f"{where}: the condition {text!r} contains {mixed!r}, which compares a text with a number. Spark would convert every "
            "text to a number, and fail at the first one that is none. Put the number in quotes, or convert the column with "
            "try_cast."
        )
