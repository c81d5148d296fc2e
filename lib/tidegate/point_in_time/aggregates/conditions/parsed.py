"""Parse the SQL text of a condition, and refuse what is not a condition on a single row."""

from sqlglot import exp, parse
from sqlglot.errors import SqlglotError

from tidegate.errors import DefinitionError

# Functions that give another result at another time, for another user or in another partition. A feature must not depend on it.
_CHANGING = frozenset(
    (
        "rand",
        "randn",
        "random",
        "randstr",
        "uniform",
        "uuid",
        "shuffle",
        "now",
        "current_date",
        "curdate",
        "current_time",
        "current_timestamp",
        "localtimestamp",
        "unix_timestamp",
        "current_timezone",
        "current_user",
        "user",
        "session_user",
        "current_catalog",
        "current_database",
        "current_schema",
        "monotonically_increasing_id",
        "spark_partition_id",
        "input_file_name",
        "input_file_block_start",
        "input_file_block_length",
        "reflect",
        "try_reflect",
        "java_method",
    )
)


def parsed_condition(text: str, where: str) -> tuple[exp.Expression, tuple[str, ...]]:
    """Return the syntax tree of a condition and the names of the columns that it reads, as they are written.

    Args:
        text: SQL text in Spark's dialect.
        where: What declares the condition, for messages.

    Raises:
        DefinitionError: The text can't be parsed, contains an aggregate, a window, a query or several statements, or calls a
            function whose result depends on more than the row.
    """
    try:
        found = [tree for tree in parse(text, dialect="spark") if tree is not None]
    except SqlglotError as error:
        raise DefinitionError(f"{where}: the condition {text!r} is not valid SQL: {_reason(error)}") from None
    not_single = (exp.Query, exp.AggFunc, exp.Window, exp.Star, exp.Placeholder, exp.Parameter, exp.Command)
    if len(found) != 1 or not isinstance(found[0], exp.Expression) or isinstance(found[0], (exp.Alias, exp.Block)):
        raise DefinitionError(f"{where}: {text!r} is not one condition. Give a SQL condition, such as \"kind = 'departed'\".")
    tree = found[0]
    for node in tree.walk():
        if isinstance(node, not_single):
            raise DefinitionError(
                f"{where}: the condition {text!r} contains {node.sql(dialect='spark')!r}. A condition reads the columns of one "
                "row: it has no aggregate, window, query or parameter."
            )
        called = _called(node)
        if called is not None and called.lower() in _CHANGING:
            raise DefinitionError(
                f"{where}: the condition {text!r} calls {called.lower()}(), whose result depends on more than the row. A feature "
                "would then have another value each time it is computed. Compare columns of the row instead."
            )
    return tree, tuple(dict.fromkeys(_root_name(column) for column in tree.find_all(exp.Column) if not _is_argument(column)))


def _reason(error: Exception) -> str:
    """Return the first sentence of a parser's message, without the characters that underline text on a terminal."""
    first = str(error).split(". Line ", maxsplit=1)[0].splitlines()[0]
    return first.replace("\x1b[4m", "").replace("\x1b[0m", "").rstrip(".") + "."


def _called(node: exp.Expr) -> str | None:
    if isinstance(node, exp.Anonymous):
        return str(node.name)
    if isinstance(node, exp.Func):
        names: list[str] = [name.lower() for name in node.sql_names()]
        return next((name for name in names if name in _CHANGING), names[0])
    # Spark accepts these without parentheses, as the parser reads columns.
    if isinstance(node, exp.Column) and not node.table and not node.this.quoted and node.name.lower() in _BARE:
        return str(node.name)
    return None


_BARE = frozenset(("current_date", "current_time", "current_timestamp", "localtimestamp", "current_user", "user", "session_user"))


def _root_name(column: exp.Column) -> str:
    """Return the name of the column of the row; in `a.b` that is `a`, because rows have no tables but may have structs."""
    return str(column.parts[0].name)


def _is_argument(column: exp.Column) -> bool:
    """Return whether a name is the argument of a lambda function around it."""
    above = column.find_ancestor(exp.Lambda)
    while above is not None:
        if any(each.name == _root_name(column) for each in above.expressions):
            return True
        above = above.find_ancestor(exp.Lambda)
    return False
