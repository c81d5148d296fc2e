"""Each line of the contract of aggregates broken in the native code once: which edit, and which test fails."""

from pathlib import Path

import pytest
from tests.evidence.broken_lines import Edit, edits_that_no_test_sees

NATIVE = Path("lib/tidegate/point_in_time/aggregates/native")
UNIT = "tests/unit/point_in_time/aggregates/native"
TESTS = (f"{UNIT}/test_evaluate_contract.py", f"{UNIT}/test_evaluate.py")

pytestmark = pytest.mark.slow

EDITS = (
    Edit(
        "1 knowledge: known at t counts not if exclusive",
        "rows_of_labels.py",
        "self.known + aggregates.earlier, until",
        "self.known, until",
    ),
    Edit("1 knowledge: exclusive moves the replacement too", "rows_of_labels.py", "until + aggregates.earlier", "until"),
    Edit(
        "1 knowledge: not before available_at",
        "evaluate.py",
        "np.maximum(self._positions(low - self._lead), self._known)",
        "self._positions(low - self._lead)",
    ),
    Edit(
        "1 in force until replaced",
        "evaluate.py",
        "np.minimum(ends, self._replaced)",
        "ends",
    ),
    Edit(
        "1 in force: by entity key and event_time",
        "forces.py",
        "codes = _codes(rows, aggregates.entity_key)",
        "codes = _codes(rows, aggregates.key)",
    ),
    Edit(
        "1 in force: tombstones replace",
        "forces.py",
        "rows = complete_rows(rows, (*aggregates.entity_key, EVENT_TIME, AVAILABLE_AT))",
        "rows = complete_rows(rows, (*aggregates.entity_key, EVENT_TIME, AVAILABLE_AT))\n"
        "    if TOMBSTONE in rows.column_names:\n"
        "        rows = rows.filter(pc.invert(rows.column(TOMBSTONE)))",
    ),
    Edit("1 in force: tombstones are no rows", "forces.py", "kept &= ~np.asarray", "kept &= np.asarray"),
    Edit("1 in force: by time of knowledge", "forces.py", "keys = [known, packed]", "keys = [-known, packed]"),
    Edit(
        "1 window: begins after t - window",
        "bounds.py",
        "return start, start + _micros(aggregate.window)",
        "return start, start + _micros(aggregate.window) + 1",
    ),
    Edit(
        "1 window: ends at t",
        "bounds.py",
        "start = events + _micros(aggregate.offset)",
        "start = events + _micros(aggregate.offset) + 1",
    ),
    Edit(
        "1 window: exclusive moves no bound",
        "rows_of_labels.py",
        "self.events = as_longs(self._table.column(EVENT_TIME))",
        "self.events = as_longs(self._table.column(EVENT_TIME)) + aggregates.earlier",
    ),
    Edit("1 offset", "bounds.py", "start = events + _micros(aggregate.offset)", "start = events"),
    Edit("1 the whole history", "bounds.py", "return start, FOREVER", "return start, start + 10**15"),
    Edit("1 ahead: not at t", "bounds.py", "_micros(aggregate.ahead), events", "_micros(aggregate.ahead), events + 1"),
    Edit(
        "1 ahead: up to t + A",
        "bounds.py",
        "return events - _micros(aggregate.ahead)",
        "return events - _micros(aggregate.ahead) + 1",
    ),
    Edit("2 immutable events replace nothing", "forces.py", "if aggregates.keeps_all else", "if not aggregates.keeps_all else"),
    Edit("2 one_event_per", "forces.py", "if aggregates.one_event_per else found", "if not aggregates.one_event_per else found"),
    Edit("2 one_event_per: the newest known", "forces.py", "keys += [known, codes]", "keys += [-known, codes]"),
    Edit("2 one_event_per: NULL names no event", "forces.py", "& (codes[order[1:]] != NO_KEY)", ""),
    Edit(
        "2 one_event_per: ties by sequence",
        "forces.py",
        "keys.append(ranks(rows.column(aggregates.sequence)))",
        "keys.append(-ranks(rows.column(aggregates.sequence)))",
    ),
    Edit(
        "2 one_event_per: ties by event_time",
        "forces.py",
        "keys.append(as_longs(rows.column(EVENT_TIME)))",
        "keys.append(-as_longs(rows.column(EVENT_TIME)))",
    ),
    Edit(
        "2 one_event_per: ties by the entity key",
        "forces.py",
        "keys = [ranks(rows.column(name)) for name in reversed(aggregates.entity_key)]",
        "keys = []",
    ),
    Edit(
        "2 one_event_per: the earlier of both ends",
        "forces.py",
        "np.minimum(until[order[:-1][same]], known[order[1:][same]])",
        "known[order[1:][same]]",
    ),
    Edit(
        "3 count is NULL after the rows are loaded",
        "evaluate.py",
        "line.moments <= fresh_until",
        "line.moments <= fresh_until + 1",
    ),
    Edit("3 up to then it is not", "evaluate.py", "line.moments <= fresh_until", "line.moments < fresh_until"),
    Edit("3 so is count_distinct", "evaluate.py", '("count", "count_distinct")', '("count",)'),
    Edit("3 never loaded", "evaluate.py", "np.zeros(len(line), dtype=bool) if fresh", "np.ones(len(line), dtype=bool) if fresh"),
    Edit(
        "3 no row: others are NULL",
        "totals.py",
        "return pa.array(_double_sums(column, ranges), mask=ranges.counts == 0)",
        "return pa.array(_double_sums(column, ranges))",
    ),
    Edit("3 no row: a map is NULL", "evaluate.py", "_where(entries > 0, found)", "found"),
    Edit("3 a NULL time", "evaluate.py", "label_codes[~moments.known] = NO_KEY", "pass"),
    Edit("4 sums: exact digits", "exact_sums.py", "return _EXACT_BITS - int(rows).bit_length()", "return _EXACT_BITS"),
    Edit("4 sums: rounded once", "exact_sums.py", "high = np.where(halfway, up, high)", "pass"),
    Edit("4 sums: the rest below", "exact_sums.py", "below |= ~going & (term != 0)", "pass"),
    Edit("4 sums: of negative numbers", "exact_sums.py", "return np.where(negative, -high, high)", "return high"),
    Edit(
        "4 NaN is counted apart",
        "totals.py",
        "np.where(has_nan | (has_inf & has_minus), np.nan, found)",
        "np.where(has_inf & has_minus, np.nan, found)",
    ),
    Edit(
        "4 opposite infinities",
        "totals.py",
        "np.where(has_nan | (has_inf & has_minus), np.nan, found)",
        "np.where(has_nan, np.nan, found)",
    ),
    Edit("4 whole sums: an overflow is an error", "totals.py", "if bool((places[-1] != (words[-1] >> 63)).any()):", "if False:"),
    Edit("4 means of decimals: rounded once", "totals.py", "np.abs(found) > 2.0**53 if", "np.abs(found) > 2.0**1000 if"),
    Edit("4 variance: shifted", "spread.py", "_LOST = 1e-4", "_LOST = -1.0"),
    Edit("4 variance: NaN", "spread.py", "np.where(touched > 0, np.nan, found)", "found"),
    Edit(
        "5 NULL is skipped",
        "evaluate.py",
        "self._rows.meeting(feature) & self._rows.complete(feature) if needed",
        "self._rows.meeting(feature) if needed",
    ),
    Edit("5 skip_null=False", "rows_of_labels.py", "None if takes_null else aggregate.column", "aggregate.column"),
    Edit(
        "6 where",
        "rows_of_labels.py",
        "if feature.counts is None else self.true(feature.counts)",
        "if True else self.true(feature.counts)",
    ),
    Edit("6 variance: n - 1", "spread.py", "np.maximum(number - 1, 1)", "np.maximum(number, 1)"),
    Edit("6 variance: NULL below two", "operations_on_rows.py", "mask=number < 2", "mask=number < 1"),
    Edit(
        "6 max: NaN is the greatest",
        "column_values.py",
        "np.where(np.isnan(doubles), _LARGEST, turned)",
        "np.where(np.isnan(doubles), -_LARGEST, turned)",
    ),
    Edit(
        "6 min, max: negative numbers", "column_values.py", "turned = np.where(bits < 0, bits ^ _LARGEST, bits)", "turned = bits"
    ),
    Edit("6 a zero has no sign", "column_values.py", "dtype=np.float64) + 0.0", "dtype=np.float64)"),
    Edit("6 max: whole stretches", "extremes.py", "np.maximum.at(best, ranges.end[here] - (1 << level), taken)", "pass"),
    Edit("6 order: available_at", "rows_of_labels.py", "np.lexsort([*further, known, packed])", "np.lexsort([*further, packed])"),
    Edit("6 order: sequence", "rows_of_labels.py", "further.append(ranks(rows.column(aggregates.sequence)))", "pass"),
    Edit("6 order: the group's key", "rows_of_labels.py", "for name in reversed(aggregates.entity_key)]", "for name in ()]"),
    Edit("6 last: newest first", "newest_rows.py", "(-rows if newest else rows, positions)", "(rows, positions)"),
    Edit("6 last: n", "newest_rows.py", "- starts < most", "- starts <= most"),
    Edit(
        "6 last: late rows",
        "newest_rows.py",
        "regular = lasting[ranges.rows] & _in_order(groups, ranges.first)\n    following",
        "regular = lasting[ranges.rows]\n    following",
    ),
    Edit(
        "6 last: replaced rows",
        "newest_rows.py",
        "regular = lasting[ranges.rows] & _in_order(groups, ranges.first)\n    following",
        "regular = _in_order(groups, ranges.first)\n    following",
    ),
    Edit(
        "6 share: NULL is not true",
        "rows_of_labels.py",
        "pc.fill_null(self.values(name), False)",
        "pc.fill_null(self.values(name), True)",
    ),
    Edit("6 count_distinct: values", "distinct.py", "np.maximum(first, before)", "first"),
    Edit("6 time_since_last: seconds", "operations_on_rows.py", "= micros / 1_000_000", "= 1.0 * (micros // 1_000_000)"),
    Edit(
        "6 time_since_last: rounded once",
        "operations_on_rows.py",
        "np.flatnonzero(np.abs(micros) > 1 << 53)",
        "np.flatnonzero(micros > 1 << 62)",
    ),
    Edit("6 by: capped", "by_value.py", "< most]", "<= most]"),
    Edit("6 by: most rows first", "by_value.py", "(keys, -number, line.labels)", "(keys, number, line.labels)"),
    Edit("6 by: then the smaller value", "by_value.py", "(keys, -number, line.labels)", "(-keys, -number, line.labels)"),
    Edit(
        "7 rows: after where, before NULL",
        "evaluate.py",
        "needed = () if isinstance(aggregate.window, LastRows) else",
        "needed =",
    ),
    Edit("7 rows: n", "evaluate.py", "self._rows.lasting, window.rows)", "self._rows.lasting, window.rows + 1)"),
    Edit("7 days: n", "bounds.py", "+ shift + window.days)", "+ shift + window.days - 1)"),
    Edit(
        "7 days: of the zone",
        "bounds.py",
        "_end_of_day(window.zone, int(day) + shift) for",
        '_end_of_day("UTC", int(day) + shift) for',
    ),
    Edit("7 days: the first midnight of a row's moment", "bounds.py", "events >= ends[1][place]", "events > ends[1][place]"),
    Edit("7 days: a midnight that comes back", "bounds.py", "second if comes_back else first", "first"),
    Edit(
        "7 days: a midnight shown twice on a day",
        "bounds.py",
        "comes_back = second > first and",
        "comes_back = second > first or",
    ),
    Edit("7 days: offset", "bounds.py", "return first + _micros(aggregate.offset), end", "return first, end"),
    Edit("11 anchors: windows", "evaluate.py", "anchors - moments.micros", "0 * anchors"),
    Edit(
        "11 anchors: knowledge at t",
        "evaluate.py",
        "self._positions(self._rows.known, guessed",
        "self._positions(self._rows.known - self._lead, guessed",
    ),
)


def test_every_broken_line_of_the_contract_fails_a_test(tmp_path: Path) -> None:
    report = ("aggregates_mutations", "The contract of aggregates, broken line by line")
    assert edits_that_no_test_sees(EDITS, NATIVE, TESTS, tmp_path, report) == []
