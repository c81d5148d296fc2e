"""Compare new rows with the stored rows of their events by a window over both. This works for every table."""

from datetime import datetime
from typing import Literal

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidegate.feature_groups.definition import AVAILABLE_AT, EVENT_TIME, FeatureGroup
from tidegate.feature_groups.writing.effects import (
    CONCLUDED,
    EFFECT,
    KEPT,
    REPLACING,
    Neighbours,
    effect_of,
    has_effect,
    known_row,
)
from tidegate.schema import quoted

Returned = Literal["new", "and replaced", "and stored"]
_STORED = "_stored"
_BEFORE, _NEWEST, _READ = "_before", "_newest", "_read"


def by_windows(
    rows: DataFrame,
    related: DataFrame,
    group: FeatureGroup,
    settled: datetime | None = None,
    returned: Returned = "new",
) -> DataFrame:
    """Add `_effect` to new rows and `_kept` to stored ones. This takes one shuffle and one sort of both.

    Args:
        rows: The new rows, with the columns of the table and `_concluded`.
        related: The stored rows of the same keys and event_times. If they have further columns, the result has them too, with
            NULL for new rows.
        group: The feature group.
        settled: The settled moment of the table: what was known before it can't change any more. None if there is none.
        returned: Which rows to return: only the new rows; also the stored rows that they replace; or also all stored rows. The
            effect of a stored row is the empty text.
    """
    columns = [*rows.drop(CONCLUDED).columns, *(name for name in related.columns if name not in rows.columns)]
    named = [quoted(name) for name in columns]
    stored = related.selectExpr(*named, f"false AS {CONCLUDED}", f"true AS {_STORED}")
    both = stored.unionByName(rows.withColumn(_STORED, F.lit(False)), allowMissingColumns=True)
    event = ", ".join(map(quoted, (*group.entity_key, EVENT_TIME)))
    in_order = f"PARTITION BY {event} ORDER BY {AVAILABLE_AT}, {_STORED} DESC"
    both = both.selectExpr("*", *_neighbours(group, in_order))
    effect = effect_of(group, Neighbours(_BEFORE, _NEWEST, _is_repeated(group)), settled)
    if returned == "new":
        new = both.where(f"NOT {_STORED}")
        return new.selectExpr(*named, CONCLUDED, f"{effect} AS {EFFECT}", f"CAST(NULL AS BOOLEAN) AS {KEPT}")
    both = both.withColumn(EFFECT, F.expr(f"if({_STORED}, '', {effect})"))
    # With history="latest", one row of an event stays. With "all", a row is replaced only by one of the same moment with a higher
    # sequence.
    replacing = has_effect(REPLACING if group.history == "latest" else ("replaced",), f"lead({EFFECT}) OVER ({in_order})")
    is_replaced = f"coalesce({replacing}, false)"
    compared = both.selectExpr(*named, CONCLUDED, EFFECT, f"if({_STORED}, NOT {is_replaced}, NULL) AS {KEPT}")
    return compared if returned == "and stored" else compared.where(f"{KEPT} IS NULL OR NOT {KEPT}")


def _neighbours(group: FeatureGroup, in_order: str) -> tuple[str, ...]:
    """Return SQL of the columns `_before` and `_newest`, and of `_read` if the table keeps one row for each event."""
    # With history="latest" the table keeps one row for each event. It can be a stored row or a new one.
    newest = AVAILABLE_AT if group.history == "latest" else f"if({_STORED}, {AVAILABLE_AT}, NULL)"
    whole_event = f"{in_order} ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING"
    known = known_row(group, _STORED, CONCLUDED)
    before = (
        f"first(if({_STORED}, {known}, NULL), true) OVER ({whole_event})"
        if group.immutable
        else f"lag({known}) OVER ({in_order})"
    )
    around = (f"{before} AS {_BEFORE}", f"max({newest}) OVER ({whole_event}) AS {_NEWEST}")
    if group.history == "all":
        return around
    return (*around, f"count_if(NOT {_STORED} AND NOT {CONCLUDED}) OVER ({whole_event}) AS {_READ}")


def _is_repeated(group: FeatureGroup) -> str:
    if group.history == "latest":
        return f"{_READ} > 1"
    return f"{_BEFORE}.known = {AVAILABLE_AT} AND NOT {_BEFORE}.stored AND NOT {_BEFORE}.concluded"
