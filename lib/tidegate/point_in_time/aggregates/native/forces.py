"""Decide between which moments each observation is in force."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tidegate.feature_groups.definition import AVAILABLE_AT, EVENT_TIME, TOMBSTONE
from tidegate.point_in_time.aggregates.native.specification import KNOWN, UNTIL, NativeAggregates
from tidegate.point_in_time.native.arrays import Flags, Longs, Packing, sorting_order
from tidegate.point_in_time.native.complete_rows import complete_rows
from tidegate.point_in_time.native.key_codes import NO_KEY, key_codes
from tidegate.point_in_time.native.row_times import as_longs, as_moment, ranks
from tidegate.point_in_time.ties import tie_message

# In microseconds; later than the whole calendar. A row that nothing replaces is in force until then.
FOREVER = 1 << 61


def rows_in_force(aggregates: NativeAggregates, rows: pa.Table) -> pa.Table:
    """Return the rows that are ever in force, with the columns `_known` and `_until`; tombstones are left out.

    Args:
        aggregates: The description.
        rows: All observations of each event that is among them: entity key, event_time, available_at, and `_tombstone` if the
            group keeps all observations.

    Raises:
        RuntimeError: Two observations of an event became known at the same moment, and no sequence orders them. `ties_told`
            recognises the message.
    """
    rows = complete_rows(rows, (*aggregates.entity_key, EVENT_TIME, AVAILABLE_AT))
    known = as_longs(rows.column(AVAILABLE_AT))
    until = _replaced_at(aggregates, rows, known) if aggregates.keeps_all else np.full(len(rows), FOREVER)
    kept = until > known
    if TOMBSTONE in rows.column_names:
        kept &= ~np.asarray(pc.fill_null(rows.column(TOMBSTONE), False).combine_chunks())
        rows = rows.drop_columns([TOMBSTONE])
    found = rows.append_column(KNOWN, pa.array(known)).append_column(UNTIL, pa.array(until))
    found = found if bool(kept.all()) else found.filter(pa.array(kept))
    return newest_of_each_event(aggregates, found) if aggregates.one_event_per else found


def newest_of_each_event(aggregates: NativeAggregates, rows: pa.Table) -> pa.Table:
    """Return the rows of which each is in force only until a newer observation of the same event becomes known.

    Here the columns `one_event_per` name the event, whatever its event_time is. Tombstones take no part: a tombstone withdraws
    one place of an event, and the event may be known at another place by then.

    Args:
        aggregates: The description, with `one_event_per`.
        rows: Rows with `_known` and `_until`; all rows of each event that is among them.
    """
    codes = _codes(rows, aggregates.one_event_per)
    known, until = (np.asarray(rows.column(name).combine_chunks()) for name in (KNOWN, UNTIL))
    # Two places that became known at the same moment are ordered, so that the order of the rows has no effect.
    keys = [ranks(rows.column(name)) for name in reversed(aggregates.entity_key)]
    keys.append(as_longs(rows.column(EVENT_TIME)))
    if aggregates.sequence is not None:
        keys.append(ranks(rows.column(aggregates.sequence)))
    keys += [known, codes]
    order = np.lexsort(keys)
    same = (codes[order[1:]] == codes[order[:-1]]) & (codes[order[1:]] != NO_KEY)
    until = until.copy()
    until[order[:-1][same]] = np.minimum(until[order[:-1][same]], known[order[1:][same]])
    rows = rows.set_column(rows.column_names.index(UNTIL), UNTIL, pa.array(until))
    return rows.filter(pa.array(until > known))


def _replaced_at(aggregates: NativeAggregates, rows: pa.Table, known: Longs) -> Longs:
    """Return when the next observation of the same entity key and event_time becomes known; `FOREVER` if there is none."""
    until = np.full(len(rows), FOREVER)
    codes = _codes(rows, aggregates.entity_key)
    events = as_longs(rows.column(EVENT_TIME))
    packed = Packing(int(codes.max(initial=-1)) + 1, events).pack(codes, events)
    order = sorting_order(packed)
    if not bool(_repeats(packed if order is None else packed[order]).any()):
        return until
    keys = [known, packed]
    if aggregates.sequence is not None:
        keys.insert(0, ranks(rows.column(aggregates.sequence)))
    order = np.lexsort(keys)
    same = _repeats(packed[order])
    earlier, later = order[:-1][same], order[1:][same]
    _require_order(aggregates, [key[earlier] == key[later] for key in keys], events[earlier])
    until[earlier] = known[later]
    return until


def _require_order(aggregates: NativeAggregates, equal: Sequence[Flags], events: Longs) -> None:
    tied = np.logical_and.reduce(equal)
    if bool(tied.any()):
        raise RuntimeError(tie_message(aggregates.name, as_moment(int(events[int(np.argmax(tied))]))))


def _repeats(ordered: Longs) -> Flags:
    repeats: Flags = ordered[1:] == ordered[:-1]
    return repeats


def _codes(rows: pa.Table, names: Sequence[str]) -> Longs:
    columns = [rows.column(name) for name in names]
    return key_codes(columns, [column.slice(0, 0) for column in columns])[0]
