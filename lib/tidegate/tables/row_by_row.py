"""Find out from Spark's plan whether a transformation computes each of its rows from one row of its input.

Such a transformation returns the same for a row whether it gets that row alone or with all others. A transformation that groups,
orders or compares rows does not.
"""

from typing import Any

from pyspark.sql import DataFrame

from tidegate.tables.internals.lookup import is_there
from tidegate.tables.internals.names import PLAN_NODES
from tidegate.tables.internals.own_log import python_list
from tidegate.tables.internals.spark_plans import analyzed_plan

# Nodes of Spark's analysed plan that compute each row from one row, or only move rows. All other nodes may use several rows.
_ONE_ROW = ("Project", "Filter", "Generate", "SubqueryAlias", "ResolvedHint", "CollectMetrics", "Union")
_MOVES_ROWS = ("Sort", "Repartition", "RepartitionByExpression", "RebalancePartitions")
# Joins in which every row comes from a row of the left side, or from one of the right side. In a full join that is not so.
_LEFT = ("INNER", "CROSS", "LEFT OUTER", "LEFT SEMI", "LEFT ANTI")
_RIGHT = ("INNER", "CROSS", "RIGHT OUTER")


def why_not_row_by_row(result: DataFrame, given: DataFrame) -> str | None:
    """Return which part of a result's plan may use several of the given rows at once; None if no part does.

    No job starts. Other tables may be joined with the given rows. A part that the plan does not show, such as a function over
    the rows of a partition, counts as using several rows.

    Args:
        result: The frame that the transformation returned.
        given: The frame that it got: checkpointed rows, or a projection, filter or join of them, with a frame on the right.
    """
    if not is_there(given.sparkSession, PLAN_NODES):
        return "tidegate can't read the plans of this release of Spark"
    source = _checkpoint(analyzed_plan(given))
    if source is None:
        raise RuntimeError("the given rows are no checkpoint")
    plan = analyzed_plan(result)
    return _obstacle(plan, source) if _reads(plan, source) else "its rows are not made from those that it gets"


def _obstacle(node: Any, source: int) -> str | None:  # noqa: ANN401  # Spark's own class
    """Return the first node that may use several rows, in the part of a plan that reads the source; None if there is none."""
    kind = str(node.getClass().getSimpleName())
    if kind == "LogicalRDD":
        return None
    if any(_reads(plan, source) for plan in python_list(node.subqueries())):
        return "a subquery of the same rows"
    if not all(expression.deterministic() for expression in python_list(node.expressions())):
        return "a number or a random value that depends on the place of a row"
    children = python_list(node.children())
    reading = [_reads(child, source) for child in children]
    if kind == "Join":
        if str(node.joinType().sql()) not in (_LEFT if reading[0] else _RIGHT) or all(reading):
            return f"a {str(node.joinType().sql()).lower()} join of these rows"
    elif kind not in (*_ONE_ROW, *_MOVES_ROWS) or not all(reading):
        return kind
    below = (_obstacle(child, source) for child, is_read in zip(children, reading, strict=True) if is_read)
    return next(filter(None, below), None)


def _reads(plan: Any, source: int) -> bool:  # noqa: ANN401
    """Return whether a plan or one of its subqueries reads the checkpoint."""
    if plan.getClass().getSimpleName() == "LogicalRDD":
        return int(plan.rdd().id()) == source
    return any(_reads(part, source) for part in (*python_list(plan.children()), *python_list(plan.subqueries())))


def _checkpoint(plan: Any) -> int | None:  # noqa: ANN401
    """Return the id of the checkpoint that a plan begins with, of a join on its left side; None if it begins with other rows."""
    while plan.getClass().getSimpleName() != "LogicalRDD":
        children = python_list(plan.children())
        if len(children) != 1 and str(plan.getClass().getSimpleName()) != "Join":
            return None
        plan = children[0]
    return int(plan.rdd().id())
