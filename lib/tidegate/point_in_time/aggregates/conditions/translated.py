"""Translate the syntax tree of a condition into a test that tasks evaluate, where both are sure to give the same result.

Only comparisons of a column with a literal are translated, and only for pairs of types that Spark compares without rounding.
Everything else is left to Spark.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import cast

from pyspark.sql import types as T
from sqlglot import exp

from tidegate.point_in_time.aggregates.conditions.literals import Compatible, NotNativeError, compatible
from tidegate.point_in_time.aggregates.conditions.native import Both, Compared, Either, IsNull, IsTrue, Not, OneOf, Operator, Test

# By the name in lower case: the column as its group names it, and its type.
Columns = Mapping[str, tuple[str, T.DataType]]

_OPERATORS: dict[type[exp.Expression], Operator] = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
}
_TURNED: dict[Operator, Operator] = {"=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


def translated(tree: exp.Expression, columns: Columns) -> Test:
    """Return the test for a syntax tree.

    Raises:
        NotNativeError: A part of the condition can't be evaluated by tasks.
    """
    if type(tree) in _OPERATORS:
        return _compared(tree, _OPERATORS[type(tree)], columns)
    translate = _TRANSLATIONS.get(type(tree))
    if translate is None:
        raise NotNativeError(f"{tree.sql(dialect='spark')} is not a comparison of a column with a literal")
    return translate(tree, columns)


def _compared(tree: exp.Expression, operator: Operator, columns: Columns) -> Test:
    left, right = tree.this, tree.expression
    if isinstance(_unwrapped(right), exp.Column):
        left, right, operator = right, left, _TURNED[operator]
    name, kind = _column(left, columns)
    found = compatible(kind, right)
    return Compared(name, operator, found.value, found.type)


def _one_of(tree: exp.Expression, columns: Columns) -> Test:
    name, kind = _column(tree.this, columns)
    given = tree.args.get("expressions") or []
    if not given or isinstance(kind, T.FractionalType):
        raise NotNativeError(f"{tree.sql(dialect='spark')} is not a list of literals for a column without fractions")
    found: list[Compatible] = [compatible(kind, each) for each in given]
    return OneOf(name, tuple(each.value for each in found), found[0].type)


def _between(tree: exp.Expression, columns: Columns) -> Test:
    if tree.args.get("symmetric"):
        raise NotNativeError("BETWEEN SYMMETRIC is not a comparison of a column with a literal")
    name, kind = _column(tree.this, columns)
    low, high = compatible(kind, tree.args["low"]), compatible(kind, tree.args["high"])
    return Both(Compared(name, ">=", low.value, low.type), Compared(name, "<=", high.value, high.type))


def _is(tree: exp.Expression, columns: Columns) -> Test:
    if not isinstance(tree.expression, exp.Null):
        raise NotNativeError(f"{tree.sql(dialect='spark')} is not a comparison of a column with a literal")
    return IsNull(_column(tree.this, columns)[0])


def _boolean(tree: exp.Expression, columns: Columns) -> Test:
    name, kind = _column(tree, columns)
    if not isinstance(kind, T.BooleanType):
        raise NotNativeError(f"{name} is not a boolean")
    return IsTrue(name)


def _column(tree: exp.Expression, columns: Columns) -> tuple[str, T.DataType]:
    tree = _unwrapped(tree)
    if not isinstance(tree, exp.Column) or tree.table or tree.name.lower() not in columns:
        raise NotNativeError(f"{tree.sql(dialect='spark')} is not a column")
    return columns[tree.name.lower()]


def _unwrapped(tree: exp.Expression) -> exp.Expression:
    while isinstance(tree, exp.Paren):
        tree = tree.this
    return tree


def _chain(kind: type[Both | Either], tree: exp.Expression, columns: Columns) -> Test:
    return _joined(kind, [translated(cast("exp.Expression", each), columns) for each in tree.flatten()])


def _joined(kind: type[Both | Either], tests: Sequence[Test]) -> Test:
    """Join tests in halves: a chain of hundreds of them would nest too deeply to be sent to a task."""
    if len(tests) == 1:
        return tests[0]
    middle = len(tests) // 2
    return kind(_joined(kind, tests[:middle]), _joined(kind, tests[middle:]))


_TRANSLATIONS: dict[type[exp.Expression], Callable[[exp.Expression, Columns], Test]] = {
    exp.And: lambda tree, columns: _chain(Both, tree, columns),
    exp.Or: lambda tree, columns: _chain(Either, tree, columns),
    exp.Not: lambda tree, columns: Not(translated(tree.this, columns)),
    exp.Paren: lambda tree, columns: translated(tree.this, columns),
    exp.In: _one_of,
    exp.Between: _between,
    exp.Is: _is,
    exp.Column: _boolean,
}
