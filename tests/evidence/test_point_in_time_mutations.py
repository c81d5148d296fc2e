"""Each line of the point-in-time contract broken in the code once: which edit, and which test fails."""

from pathlib import Path

import pytest
from tests.evidence.broken_lines import Edit, edits_that_no_test_sees

JOIN = Path("lib/tidegate/point_in_time")
TESTS = ("tests/unit/point_in_time", "tests/properties/test_point_in_time_join.py")

pytestmark = pytest.mark.slow


EDITS = (
    Edit("1 rows: unmatched labels stay", "interval.py", 'how="left")', 'how="inner")'),
    Edit(
        "1 rows: repeated labels stay",
        "window_frames.py",
        "return labels.select(*_named_key",
        "return labels.distinct().select(*_named_key",
    ),
    Edit("2 knowledge: known at t counts", "union_window.py", '== "inclusive" else', '!= "inclusive" else'),
    Edit("2 knowledge: known at t counts not if exclusive", "native_groups.py", '== "inclusive" else 1', '== "inclusive" else 0'),
    Edit(
        "2 knowledge: a late row never overtakes (windows)", "union_window.py", "F.col(EVENT) >= F.col(", "F.col(EVENT) != F.col("
    ),
    Edit(
        "2 knowledge: a late row never overtakes (native)", "native/knowledge.py", "packed == np.maximum", "packed <= np.maximum"
    ),
    Edit(
        "3 age: exactly the look-back is too old (windows)", "window_frames.py", '> F.col(f"`{time}`")', '>= F.col(f"`{time}`")'
    ),
    Edit(
        "3 age: exactly the look-back is too old (native)",
        "native/chosen_rows.py",
        "events > moments.micros",
        "events >= moments.micros",
    ),
    Edit(
        "4 one row: a NULL in it stays NULL",
        "window_frames.py",
        "return Side(rows, rows.frame.where(",
        "return Side(rows, rows.frame.dropna().where(",
    ),
    Edit("5 keys: tuples", "union_window.py", "for rows in inputs], key_names(key))", "for rows in inputs], key_names(key)[:1])"),
    Edit("5 keys: NULL matches nothing", "native/key_codes.py", "codes[~known] = NO_KEY", "codes[:0] = NO_KEY"),
    Edit("6 ties are told (windows)", "union_window.py", "same_place.alias(", "F.lit(False).alias("),
    Edit("6 ties are told (native)", "native/knowledge.py", "if not bool(same.any()):", "if True:"),
    Edit(
        "6 ties: the sequence orders",
        "native/knowledge.py",
        "(rows.sequence, rows.events, packed)",
        "(-rows.sequence, rows.events, packed)",
    ),
    Edit("8 provenance", "feature_rows.py", "zip((EVENT_TIME, AVAILABLE_AT), self", "zip((AVAILABLE_AT, EVENT_TIME), self"),
    Edit("9 names", "checks.py", "if times > 1]", "if times > 2]"),
    Edit("10 tombstones", "native/standing_events.py", "stands = ~tombstones[by_event]", "stands = tombstones[by_event] | True"),
    Edit(
        "10 tombstones: of any part",
        "native/labels_of_rows.py",
        "None if self.group.keeps_all or self.group.sequence else self.group.rows_at_once",
        "self.group.rows_at_once",
    ),
    Edit("11 slices carry in what was known", "sliced.py", "rows.unionByName(carried)", "rows.unionByName(carried.limit(0))"),
    Edit(
        "11 parts: the later observation of one event",
        "native/found_rows.py",
        "right.known > left.known)",
        "right.known < left.known)",
    ),
)


def test_every_broken_line_of_the_contract_fails_a_test(tmp_path: Path) -> None:
    report = ("point_in_time_mutations", "The point-in-time contract, broken line by line")
    assert edits_that_no_test_sees(EDITS, JOIN, TESTS, tmp_path, report) == []
