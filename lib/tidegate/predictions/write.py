"""Write a batch of predictions into its table, with one row for each entity key and prediction time."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate.errors import PredictionColumnsError
from tidegate.predictions.columns import ADDED_COLUMNS, PREDICTION_TIME
from tidegate.schema import comparable, named_struct, quoted
from tidegate.subjects.suppression import SUPPRESSED
from tidegate.subjects.suppression_check import SuppressionCheck, suppression_check
from tidegate.subjects.table_map import MappedTable, map_tables
from tidegate.tables.buckets import ROWS_PER_FILE
from tidegate.tables.commits.commit_lock import exclusive
from tidegate.tables.create import TableShape, create_table, table_exists
from tidegate.tables.evolve import add_missing_columns
from tidegate.tables.read import current_version, read_newest, table_state
from tidegate.tables.store import Store
from tidegate.tables.write import MergeRule, TimeBounds, append_rows, merge_rows

_EFFECT = "_effect"
_SUPPRESSED = "suppressed"


@dataclass(frozen=True)
class PredictionTable:
    """A prediction table.

    Attributes:
        name: Name in the store.
        entity_key: The columns that name the entity. Together with `prediction_time` they are the key of the table.
        subjects: The columns that each name a natural person.
        personal: Further columns with personal values.
    """

    name: str
    entity_key: tuple[str, ...]
    subjects: tuple[str, ...] = ()
    personal: tuple[str, ...] = ()


@dataclass(frozen=True)
class PredictionsWritten:
    """The result of writing a batch of predictions.

    Attributes:
        table_version: Delta version of the table after the write.
        rows: Rows of the batch. It is the sum of the following counts.
        inserted: New predictions.
        updated: Predictions that replaced stored ones.
        unchanged: Predictions that were already stored.
        suppressed: Predictions for erased people. They were not written.
    """

    table_version: int
    rows: int
    inserted: int
    updated: int
    unchanged: int
    suppressed: int = 0


@dataclass(frozen=True)
class BatchCheck:
    """A check of a batch before it is committed. Its counts are taken in the same pass that compares the batch with the table.

    Attributes:
        counts: Aggregates over the rows of the batch, by name. Rows of erased people are not counted.
        refuse: A function that gets the number of rows and the counts. It raises an error if the batch must not be written.
    """

    counts: Mapping[str, Column]
    refuse: Callable[[int, Mapping[str, int]], None]


NO_CHECK = BatchCheck({}, lambda rows, counts: None)


def write_predictions(
    store: Store,
    table: PredictionTable,
    rows: DataFrame,
    span: tuple[datetime, datetime],
    check: BatchCheck = NO_CHECK,
) -> PredictionsWritten:
    """Insert new predictions, and replace stored ones if more than their `scored_at` differs.

    Args:
        store: The store.
        table: The prediction table. It is created if it does not exist.
        rows: Rows with the entity key, prediction_time, and the prediction and provenance columns.
        span: The first prediction time of the batch, and the moment after the last. Stored rows outside the span are not read.
        check: A check of the batch. If it raises an error, nothing is committed.

    Raises:
        PredictionColumnsError: The table has other columns. No row was scored and nothing was written.
    """
    path = store.layout.predictions(table.name)
    _require_table(store, path, table, rows)
    keys, bounds = [*table.entity_key, PREDICTION_TIME], TimeBounds(PREDICTION_TIME, *span)
    # Without the lock, a commit of another driver between comparison and commit would make the counts wrong, and the commit of an
    # erasure would be undone.
    with exclusive(store.spark, path):
        people = suppression_check(store, path, table.subjects)
        newest = read_newest(store.spark, path).alias("_stored")
        stored = newest.where(bounds.condition("_stored"))
        # A checkpoint and not persist(): with persist, the MERGE would plan the join of all feature groups again, which takes
        # longer than scoring a day.
        compared = _with_effect(people, rows, stored, keys).localCheckpoint(eager=False)
        counts = _checked_counts(compared, check)
        changes = compared.where(F.col(_EFFECT).isin("inserted", "updated")).drop(_EFFECT)
        _commit(store, path, changes, counts, MergeRule(keys, bounds, only_inserts=not counts["updated"]))
        if (latest := people.remove_late_rows()) is not None:
            late = latest.effects_on_suppressed(compared.where(F.col(_EFFECT) != _SUPPRESSED), _EFFECT)
            counts = counts - late + Counter({_SUPPRESSED: late.total()})
        version = current_version(store.spark, path)
    counted = {name: counts[name] for name in ("inserted", "updated", "unchanged", _SUPPRESSED)}
    return PredictionsWritten(version, sum(counted.values()), **counted)


def _require_table(store: Store, path: str, table: PredictionTable, rows: DataFrame) -> None:
    """Refuse rows with other columns than the table, enter it into the map of subjects, and create it or add newer columns."""
    _require_columns(store.spark, path, table, rows)
    map_tables(store, [MappedTable(store.layout.relative(path), "prediction table", table.subjects)])
    if not create_table(store.spark, path, TableShape(rows.schema, (*table.subjects, *table.personal))):
        added = T.StructType([field for field in rows.schema.fields if field.name in ADDED_COLUMNS])
        add_missing_columns(store.spark, path, added)


def _commit(store: Store, path: str, changes: DataFrame, counts: Counter[str], rule: MergeRule) -> None:
    """Write the inserted and updated rows in one commit; nothing is committed if there are none."""
    if counts["inserted"] and not counts["updated"] and store.is_local:
        append_rows(changes.coalesce(1 + counts["inserted"] // ROWS_PER_FILE), path)
    elif counts["inserted"] or counts["updated"]:
        merge_rows(store.spark, path, changes, rule)


def _require_columns(spark: SparkSession, path: str, table: PredictionTable, rows: DataFrame) -> None:
    """Refuse rows with other columns than the table. The columns of the table come from its log, so no job starts."""
    if not table_exists(spark, path):
        return
    sides = (rows.schema, table_state(spark, path).schema)
    batch, stored = ({field.name: field.dataType.simpleString() for field in side.fields} for side in sides)
    # A table of an older version of tidegate gets the newer columns when it is written.
    batch = {name: kind for name, kind in batch.items() if name in stored or name not in ADDED_COLUMNS}
    differences = [f"the table has no {name}" for name in batch if name not in stored]
    differences += [f"the batch has no {name}" for name in stored if name not in batch]
    both = [name for name in batch if name in stored]
    differences += [f"{name} is {batch[name]}, but {stored[name]} in the table" for name in both if batch[name] != stored[name]]
    if differences:
        raise PredictionColumnsError(table.name, path, differences)


def _checked_counts(compared: DataFrame, check: BatchCheck) -> Counter[str]:
    """Count the rows of each effect, and check the batch without the rows of erased people. This runs one action."""
    wanted = [column.alias(f"_count_{place}") for place, column in enumerate(check.counts.values())]
    found = compared.groupBy(_EFFECT).agg(F.count(F.lit(1)).alias("rows"), *wanted).collect()
    counts = Counter({row[_EFFECT]: row["rows"] for row in found})
    kept = [row for row in found if row[_EFFECT] != _SUPPRESSED]
    totals = {name: sum(row[f"_count_{place}"] for row in kept) for place, name in enumerate(check.counts)}
    check.refuse(sum(row["rows"] for row in kept), totals)
    return counts


def _with_effect(people: SuppressionCheck, rows: DataFrame, stored: DataFrame, keys: Sequence[str]) -> DataFrame:
    compared = [field for field in rows.schema.fields if field.name not in (*keys, "scored_at")]
    values = F.expr(named_struct((field.name, comparable(quoted(field.name), field.dataType)) for field in compared))
    held = stored.select(*keys, values.alias("_held"))
    effect = (
        F.when(F.col(SUPPRESSED), _SUPPRESSED)
        .when(F.col("_held").isNull(), "inserted")
        .when(values.eqNullSafe(F.col("_held")), "unchanged")
        .otherwise("updated")
    )
    return people.mark(rows).join(held, on=list(keys), how="left").withColumn(_EFFECT, effect).select(*rows.columns, _EFFECT)
