"""The names that the library's code gives to columns, found in its source: none of them may matter to a user's column.

What is collected is more than columns: names of options and kinds are among it. That costs nothing.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

LIBRARY = Path(__file__).resolve().parent.parent / "lib" / "tidegate"
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")
# In SQL: what a column or a table is called (AS name), and what something is taken from (name.column).
_IN_SQL = re.compile(r"\bAS ([A-Za-z]\w*)|\b([A-Za-z]\w*)\.[`{A-Za-z]")
# Their texts are messages.
_WITHOUT_COLUMNS = ("errors", "commands")


@cache
def column_names(*packages: str) -> tuple[str, ...]:
    """Return the plain names, in lower case and in order; those with a `_` in front no user's column can have.

    Args:
        packages: Packages of the library to look into; none: all that may have columns.
    """
    found = set()
    for file in sorted(LIBRARY.rglob("*.py")):
        text, package = file.read_text(encoding="utf-8"), file.relative_to(LIBRARY).parts[0]
        if (package in packages if packages else package not in _WITHOUT_COLUMNS) and re.search("pyspark|pyarrow|pandas", text):
            found.update(name.lower() for name in _names_in(ast.parse(text)))
    return tuple(sorted(found))


def _names_in(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            for part in (*node.args, *(keyword.value for keyword in node.keywords)):
                yield from _texts(part)
        elif isinstance(node, ast.Subscript):
            yield from _texts(node.slice)
        elif isinstance(node, ast.JoinedStr):
            text = "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
            yield from (name for pair in _IN_SQL.findall(text) for name in pair if name)
    for statement in tree.body:
        if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None and not _is_export_list(statement):
            yield from _texts(statement.value)


def _is_export_list(statement: ast.Assign | ast.AnnAssign) -> bool:
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    return any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets)


def _texts(node: ast.AST) -> Iterator[str]:
    """Return the names in a literal: a text, or what stands in a tuple, a list or the keys of a dict."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield from [node.value] if _NAME.match(node.value) else []
    elif isinstance(node, ast.Tuple | ast.List | ast.Set):
        for each in node.elts:
            yield from _texts(each)
    elif isinstance(node, ast.Dict):
        for key in filter(None, node.keys):
            yield from _texts(key)
