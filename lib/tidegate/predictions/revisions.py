"""Compare a batch of predictions with the stored ones: which rows are new, and which revision each of them is."""

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tidegate.predictions.columns import ARM, PROVENANCE, RELEASE, REVISION, SCORED_AT, SERVED
from tidegate.schema import comparable, named_struct, quoted

# The column that says what is done with a row: `inserted`, `updated` or `unchanged`.
EFFECT = "_effect"
_HISTORY, _OWN, _CURRENT, _SAME = "_history", "_own", "_current", "_same"


def with_revisions(rows: DataFrame, stored: DataFrame, keys: Sequence[str]) -> DataFrame:
    """Add to each row of a batch its revision, and what is done with it (`_effect`).

    The row that a prediction is compared with is, if it is served, the current row of its entity and time; otherwise the newest
    revision of its release and arm. A prediction is unchanged if this row is of the same release and arm and has the same
    values. The provenance is no value: scoring the same again from newer table versions, or by newer code, changes nothing.

    Args:
        rows: The batch, with the columns of the table but `revision`.
        stored: The stored rows of the same span of time.
        keys: The entity key and the prediction time.

    Returns:
        The rows, with `revision` and `_effect`. The `scored_at` of a row that follows a current one is later than that of the
        current one, also if the clock of this driver is behind: the newest row of an entity and time is the last one written.
    """
    values = _values(rows, keys)
    held = F.struct(RELEASE, ARM, SERVED, REVISION, SCORED_AT, values.alias("values"))
    history = stored.groupBy(*map(quoted, keys)).agg(F.collect_list(held).alias(_HISTORY))
    newest = F.array_max(F.transform(_OWN, lambda row: row[REVISION]))
    is_current = (F.col(_CURRENT)[RELEASE] == F.col(RELEASE)) & (F.col(_CURRENT)[ARM] == F.col(ARM))
    before = F.when(F.col(SERVED), F.when(is_current, F.col(_CURRENT)[REVISION])).otherwise(newest)
    compared = F.get(F.filter(_OWN, lambda row: row[REVISION] == before), F.lit(0))["values"]
    was_there = F.when(F.col(SERVED), F.col(_CURRENT).isNotNull()).otherwise(newest.isNotNull())
    effect = F.when(~was_there, "inserted").when(F.col(_SAME), "unchanged").otherwise("updated")
    return (
        rows.join(history, on=list(keys), how="left")
        .withColumns({_OWN: F.filter(_HISTORY, _is_own), _CURRENT: _current_of(F.col(_HISTORY))})
        .withColumns({_SAME: compared.eqNullSafe(values), REVISION: F.coalesce(newest + 1, F.lit(0)), SCORED_AT: _later()})
        .withColumn(EFFECT, effect)
        .select(*map(quoted, rows.columns), REVISION, EFFECT)
    )


def _values(rows: DataFrame, keys: Sequence[str]) -> Column:
    """Return the columns of the task and the carried ones as one struct that can be compared."""
    compared = [field for field in rows.schema.fields if field.name not in (*keys, *PROVENANCE.names)]
    return F.expr(named_struct((field.name, comparable(quoted(field.name), field.dataType)) for field in compared))


def _is_own(row: Column) -> Column:
    return (row[RELEASE] == F.col(RELEASE)) & (row[ARM] == F.col(ARM))


def _current_of(history: Column) -> Column:
    """Return when the current row was scored, its revision, release and arm; NULL if no row was served."""
    in_order = (SCORED_AT, REVISION, RELEASE, ARM)
    served = F.filter(history, lambda row: row[SERVED])
    return F.array_max(F.transform(served, lambda row: F.struct(*(row[name].alias(name) for name in in_order))))


def _later() -> Column:
    after = F.timestamp_micros(F.unix_micros(F.col(_CURRENT)[SCORED_AT]) + 1)
    return F.when(F.col(SERVED), F.greatest(F.col(SCORED_AT), after)).otherwise(F.col(SCORED_AT))
