"""The union-window strategy: one sort by (key, time) of labels and feature rows together, and a running last value."""

from collections.abc import Sequence
from functools import reduce

from pyspark.sql import Column, DataFrame, Window, WindowSpec
from pyspark.sql import functions as F

from tidegate.feature_groups.definition import AVAILABLE_AT, EVENT_TIME
from tidegate.point_in_time.checks import check_join
from tidegate.point_in_time.feature_rows import FeatureRows
from tidegate.point_in_time.ties import raise_tie

# Order of the sides at one moment: what counts at the label's own time stands before it, what doesn't behind it.
_BEFORE_LABEL, _LABEL, _AFTER_LABEL = 0, 1, 2


def point_in_time_join(labels: DataFrame, time: str, inputs: Sequence[FeatureRows], provenance: bool = False) -> DataFrame:
    """Attach to every label row the feature values that were known at its time.

    Exactly one row comes out for each label row, with the label columns untouched. Per group the newest event among those
    known at the label time wins, if it is within the look-back; all its features come from that one row, or all are NULL.
    A NULL in a key or in the label time matches nothing.

    Args:
        labels: Rows with the entity keys and the label time.
        time: The label time's column, a timestamp.
        inputs: The feature groups. Groups with the same entity key share one sort.
        provenance: Add `<group>__event_time` and `<group>__available_at` of the chosen row.

    Raises:
        MissingColumnsError, JoinTypeError, SchemaMismatchError, NameClashError: before any job starts.
        Spark's own error with "point-in-time join: tied rows" in its message, when the result is computed: two rows of a
            group have the same key, event_time and knowledge time, and no sequence orders them. `ties_told` makes it a
            TiedRowsError.
    """
    check_join(labels, time, inputs, provenance)
    by_key: dict[tuple[str, ...], list[FeatureRows]] = {}
    for rows in inputs:
        by_key.setdefault(rows.entity_key, []).append(rows)
    joined = reduce(lambda frame, key: _attach(frame, time, by_key[key]), by_key, labels)
    chosen = [column for rows in inputs for column in _output(rows, time, provenance)]
    return joined.select(*labels.columns, *chosen)


def _attach(labels: DataFrame, time: str, inputs: Sequence[FeatureRows]) -> DataFrame:
    """Add one struct column per group, the newest row known at the label time; all groups have the same entity key."""
    key = inputs[0].entity_key
    keys = [f"_key_{place}" for place in range(len(key))]
    label_side = labels.select(
        *[F.col(name).alias(alias) for name, alias in zip(key, keys, strict=True)],
        F.col(time).alias("_time"),
        F.lit(_LABEL).alias("_side"),
        F.struct(*labels.columns).alias("_label"),
    )
    sides = [label_side, *(_feature_side(rows, keys, source) for source, rows in enumerate(inputs))]
    union = reduce(lambda left, right: left.unionByName(right, allowMissingColumns=True), sides)
    sequences = [f"_sequence_{source}" for source, rows in enumerate(inputs) if rows.sequence]
    order = ["_time", "_side", "_source", "_event_time", *sequences]
    in_order = Window.partitionBy(*keys).orderBy(*order)
    so_far = in_order.rowsBetween(Window.unboundedPreceding, Window.currentRow)
    newest = [
        F.max(F.when(F.col("_source") == source, F.col("_event_time"))).over(so_far).alias(f"_newest_{source}")
        for source in range(len(inputs))
    ]
    same_place = F.struct(*order).eqNullSafe(F.lag(F.struct(*order)).over(in_order)) & (F.col("_side") != _LABEL)
    marked = union.select("*", *newest, same_place.alias("_tie"))
    chosen = [_running_choice(rows, source, so_far) for source, rows in enumerate(inputs)]
    return marked.select("_side", "_label", *chosen).where(F.col("_side") == _LABEL).select("_label.*", *_row_names(inputs))


def _feature_side(rows: FeatureRows, keys: Sequence[str], source: int) -> DataFrame:
    side = _BEFORE_LABEL if rows.boundary == "inclusive" else _AFTER_LABEL
    payload = F.struct(F.col(EVENT_TIME), rows.known_at.alias(AVAILABLE_AT), *[F.col(name) for name in rows.features])
    complete = F.col(EVENT_TIME).isNotNull() & rows.known_at.isNotNull()
    for name in rows.entity_key:
        complete = complete & F.col(name).isNotNull()
    return rows.frame.where(complete).select(
        *[F.col(name).alias(alias) for name, alias in zip(rows.entity_key, keys, strict=True)],
        rows.known_at.alias("_time"),
        F.lit(side).alias("_side"),
        F.lit(source).alias("_source"),
        F.col(EVENT_TIME).alias("_event_time"),
        *([F.col(rows.sequence).alias(f"_sequence_{source}")] if rows.sequence else []),
        payload.alias(f"_payload_{source}"),
    )


def _running_choice(rows: FeatureRows, source: int, so_far: WindowSpec) -> Column:
    """The newest event known so far. A row that came late, behind a newer event, never overtakes it."""
    payload = F.col(f"_payload_{source}")
    candidate = F.when(
        (F.col("_source") == source) & (F.col("_event_time") >= F.col(f"_newest_{source}")),
        F.when(F.col("_tie"), raise_tie(rows.name, "_event_time")).otherwise(payload),
    )
    return F.last(candidate, ignorenulls=True).over(so_far).alias(_row_name(rows))


def _output(rows: FeatureRows, time: str, provenance: bool) -> list[Column]:
    """The features of the chosen row under their result names; all NULL where it is too old."""
    row = _row_name(rows)
    young_enough = F.col(f"`{row}`.{EVENT_TIME}") > F.col(time) - F.lit(rows.lookback)
    wanted = dict(rows.features)
    if provenance:
        wanted |= dict(zip((EVENT_TIME, AVAILABLE_AT), rows.provenance_names, strict=True))
    return [F.when(young_enough, F.col(f"`{row}`.`{name}`")).alias(alias) for name, alias in wanted.items()]


def _row_name(rows: FeatureRows) -> str:
    return f"_row_of_{rows.name}"


def _row_names(inputs: Sequence[FeatureRows]) -> list[str]:
    return [f"`{_row_name(rows)}`" for rows in inputs]
