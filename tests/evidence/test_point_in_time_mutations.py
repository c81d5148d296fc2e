"""Each line of the point-in-time contract broken in the code once: which edit, and which test fails."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.evidence.reporting import CHECKOUT, write_report

JOIN = Path("lib/tidegate/point_in_time")
TESTS = ("tests/unit/point_in_time", "tests/properties/test_point_in_time_join.py")

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Edit:
    """One place of the code, written otherwise.

    Attributes:
        line: What of the contract it breaks.
        file: Below `lib/tidegate/point_in_time`.
        old: The text that stands there once.
        new: What stands there instead.
    """

    line: str
    file: str
    old: str
    new: str


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
    Edit("10 tombstones: of any part", "shuffled.py", "None if group.keeps_all or group.sequence else group", "group"),
    Edit("11 slices carry in what was known", "sliced.py", "rows.unionByName(carried)", "rows.unionByName(carried.limit(0))"),
    Edit(
        "11 parts: the later observation of one event",
        "native/found_rows.py",
        "right.known > left.known)",
        "right.known < left.known)",
    ),
)


def failing_test(folder: Path) -> str | None:
    """Run the tests of a copied checkout until one fails; return its name."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *TESTS]
    environment = {**os.environ, "PYTHONPATH": str(folder / "lib")}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    found = re.search(r"^(?:FAILED|ERROR) (\S+)", done.stdout, flags=re.MULTILINE)
    assert done.returncode in (0, 1), done.stdout[-2000:] + done.stderr[-2000:]
    return found[1].rpartition("::")[2] if found else None


def test_every_broken_line_of_the_contract_fails_a_test(tmp_path: Path) -> None:
    for name in ("lib", "tests", "conf", "pyproject.toml"):
        source = CHECKOUT / name
        (shutil.copytree if source.is_dir() else shutil.copy2)(source, tmp_path / name)
    lines, unseen = ["| line of the contract | edit | failing test |", "|---|---|---|"], []
    for edit in EDITS:
        file = tmp_path / JOIN / edit.file
        whole = file.read_text()
        assert whole.count(edit.old) == 1, (edit, whole.count(edit.old))
        file.write_text(whole.replace(edit.old, edit.new))
        failed = failing_test(tmp_path)
        file.write_text(whole)
        unseen += [] if failed else [edit.line]
        lines.append(f"| {edit.line} | `{edit.file}`: `{edit.old}` → `{edit.new}` | {failed or '**none**'} |")
        print(lines[-1], flush=True)
    write_report("point_in_time_mutations", "The point-in-time contract, broken line by line", lines)
    assert unseen == []
