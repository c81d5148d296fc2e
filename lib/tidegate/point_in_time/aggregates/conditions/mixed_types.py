"""Find comparisons of a text column with a number.

For them, Spark converts every text to a number. The job fails at the first text that is none, and shows this text in its message.
"""

from collections.abc import Callable, Iterable

from pyspark.sql import types as T
from sqlglot import exp

_COMPARISONS = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.NullSafeEQ, exp.In, exp.Between)


def text_and_number(tree: exp.Expression, kind_of: Callable[[str], T.DataType | None]) -> str | None:
    """Return a comparison of a text column with a number in a condition; None if there is none.

    Args:
        tree: The syntax tree of the condition.
        kind_of: Returns the type of a column of the row by its name; None for the argument of a lambda function.
    """
    for node in tree.find_all(*_COMPARISONS):
        parts = list(_plain(node.iter_expressions()))
        texts = [each for each in parts if isinstance(each, exp.Column) and len(each.parts) == 1]
        has_text = any(isinstance(kind_of(each.name), T.StringType) for each in texts)
        if has_text and any(isinstance(each, exp.Literal) and not each.is_string for each in parts):
            return str(node.sql(dialect="spark"))
    return None


def _plain(parts: Iterable[exp.Expr]) -> Iterable[exp.Expr]:
    for each in parts:
        while isinstance(each, (exp.Paren, exp.Neg)):
            each = each.this
        yield each
