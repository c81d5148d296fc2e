"""Resolve tombstones: for each moment at which something became known, compute the row that is in force from then on."""

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate.feature_groups.definition import AVAILABLE_AT, EVENT_TIME, TOMBSTONE
from tidegate.point_in_time.feature_rows import FeatureRows
from tidegate.point_in_time.native.arrays import Longs
from tidegate.point_in_time.native.key_codes import key_codes
from tidegate.point_in_time.native.knowledge import NO_ROW, Knowledge, RowTimes
from tidegate.point_in_time.native.row_times import as_longs, ranks
from tidegate.workers import keep_imports

# The moment from which a row is in force.
STEP = "_step"
_PART = "_part"
# The entities are divided into this many parts. A worker holds one part in memory at a time.
_PARTS = 64


def standing_rows(rows: FeatureRows) -> DataFrame:
    """Return one row for each key and moment at which something became known, with the feature row in force from then on.

    The moment is the column `_step`. The row in force is the one with the newest event that has no tombstone. Once the tombstone
    of an event is known, that event no longer competes, and an older one may win. If no row is in force from a moment on, all
    columns except the key and `_step` are NULL.
    """
    times = [F.col(EVENT_TIME), rows.known_at.alias(AVAILABLE_AT)]
    kept = dict.fromkeys((*rows.features, *((rows.sequence,) if rows.sequence else ())))
    kept_columns = [F.col(f"`{name}`") for name in kept if name not in rows.entity_key]
    keys = [F.col(f"`{name}`") for name in rows.entity_key]
    complete = F.col(EVENT_TIME).isNotNull() & F.col(AVAILABLE_AT).isNotNull()
    for key in keys:
        complete = complete & key.isNotNull()
    narrow = rows.frame.select(*keys, *times, *kept_columns, F.coalesce(F.col(TOMBSTONE), F.lit(False)).alias(TOMBSTONE))
    parts = narrow.where(complete).withColumn(_PART, F.pmod(F.xxhash64(*keys), F.lit(_PARTS)))
    result = T.StructType([*narrow.drop(TOMBSTONE).schema.fields, T.StructField(STEP, T.TimestampType())])
    return parts.groupBy(_PART).applyInArrow(_steps_of(rows.entity_key, rows.sequence), result)


def _steps_of(key: tuple[str, ...], sequence: str | None) -> Callable[[pa.Table], pa.Table]:
    # A plain function, because Spark infers the kind of call from its annotations.
    def steps(table: pa.Table) -> pa.Table:
        keep_imports()
        return _steps(table, key, sequence)

    return steps


def _steps(table: pa.Table, key: tuple[str, ...], sequence: str | None) -> pa.Table:
    columns = [table.column(name) for name in key]
    codes, _ = key_codes(columns, [column.slice(0, 0) for column in columns])
    known = as_longs(table.column(AVAILABLE_AT))
    tombstones = np.asarray(table.column(TOMBSTONE).combine_chunks())
    order = None if sequence is None else ranks(table.column(sequence))
    knowledge = Knowledge(RowTimes(codes, known, as_longs(table.column(EVENT_TIME)), order, tombstones))
    firsts = _first_of_each(codes, known)
    chosen = knowledge.chosen(codes[firsts], known[firsts])
    places = pa.array(np.maximum(chosen, 0), mask=chosen == NO_ROW)
    steps = table.drop_columns([TOMBSTONE, _PART]).take(places)
    for name in key:
        # The key is set even where no row is in force.
        steps = steps.set_column(steps.column_names.index(name), name, table.column(name).take(pa.array(firsts)))
    moments = table.column(AVAILABLE_AT).take(pa.array(firsts))
    return steps.append_column(STEP, pc.cast(moments, pa.timestamp("us", "UTC")))


def _first_of_each(codes: Longs, known: Longs) -> Longs:
    """Return the index of one row for each pair of key and moment."""
    order = np.lexsort((known, codes))
    is_new = np.ones(len(order), dtype=bool)
    is_new[1:] = (codes[order[1:]] != codes[order[:-1]]) | (known[order[1:]] != known[order[:-1]])
    return order[is_new].astype(np.int64)
