"""Whether a transformation makes each of its rows from one row of its input, as Spark's plan of it shows.

Such a transformation gives the same for some rows as it gives for them among all others. One that groups, orders or compares
rows does not.
"""

from typing import Any

from pyspark.sql import DataFrame

from tidegate.tables.internals.lookup import is_there
from tidegate.tables.internals.names import PLAN_NODES
from tidegate.tables.internals.own_log import python_list
from tidegate.tables.internals.spark_plans import analyzed_plan

# Nodes of Spark's analysed plan that look at one row at a time, or only move rows. Whatever is not listed may look at several.
_ONE_ROW = ("Project", "Filter", "Generate", "SubqueryAlias", "ResolvedHint", "CollectMetrics", "Union")
_MOVES_ROWS = ("Sort", "Repartition", "RepartitionByExpression", "RebalancePartitions")
# Joins that give a row for a row of the one side alone; a full join, for one, gives what no row of the input has met.
_LEFT = ("INNER", "CROSS", "LEFT OUTER", "LEFT SEMI", "LEFT ANTI")
_RIGHT = ("INNER", "CROSS", "RIGHT OUTER")


def why_not_row_by_row(result: DataFrame, given: DataFrame) -> str | None:
    """Return what in the plan of a result may look at several rows of what was given; None where nothing does.

    No job starts. Other tables may be joined with the given rows. What can't be told, such as a function over the rows of a
    partition, counts as looking at several.

    Args:
        result: What the transformation returned.
        given: What it got: rows that were checkpointed, or a projection or filter of them.
    """
    if not is_there(given.sparkSession, PLAN_NODES):
        return "this release of Spark shows no plan that could tell"
    source = _checkpoint(analyzed_plan(given))
    if source is None:
        raise RuntimeError("the given rows are no checkpoint")
    plan = analyzed_plan(result)
    return _obstacle(plan, source) if _reads(plan, source) else "its rows are not made from those that it gets"


def _obstacle(node: Any, source: int) -> str | None:  # noqa: ANN401  # Spark's own class
    """Return what stands against the part of a plan that reads the source."""
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
    """Tell whether a plan reads the checkpoint, in a subquery of it too."""
    if plan.getClass().getSimpleName() == "LogicalRDD":
        return int(plan.rdd().id()) == source
    return any(_reads(part, source) for part in (*python_list(plan.children()), *python_list(plan.subqueries())))


def _checkpoint(plan: Any) -> int | None:  # noqa: ANN401
    """Return the number of the checkpoint that a plan of single nodes begins with."""
    while plan.getClass().getSimpleName() != "LogicalRDD":
        children = python_list(plan.children())
        if len(children) != 1:
            return None
        [plan] = children
    return int(plan.rdd().id())
