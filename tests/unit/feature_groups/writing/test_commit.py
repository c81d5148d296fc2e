"""The commit of a compared batch: every way to commit leaves the same table, in one version."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from chispa import assert_df_equality
from pyspark.sql import DataFrame, SparkSession
from tests.write_cases import CASES, STAYS, WRITABLE, Side, dust, hour, new_sides, rows_of, stored_sides
from tests.write_steps import compared, target_of

from tidegate import Batch, FullState
from tidegate.feature_groups.writing.commit import commit
from tidegate.feature_groups.writing.target import Target
from tidegate.feature_groups.writing.write import write_group
from tidegate.feature_groups.writing.write_sizes import WriteSizes
from tidegate.schema import quoted
from tidegate.tables.delta_log.files import data_files
from tidegate.tables.store import Store

pytestmark = pytest.mark.slow
GROUP = dust("latest")
LARGE = WriteSizes(small_table=-1)
# By each way to commit a batch that replaces rows: the limits that choose it, Delta's operation, and the rows it hides in files.
WAYS = {
    "rewrites a small table": (WriteSizes(), "WRITE", 0),
    "copies the files of replaced rows": (LARGE, "WRITE", 0),
    "marks replaced rows": (replace(LARGE, copied_rows=0), "WRITE", 4),
    "merges": (replace(LARGE, may_mark=False), "MERGE", 4),
}


@pytest.fixture(scope="module")
def stored(spark_of_process: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root of a store whose table holds the stored row of each case."""
    root = tmp_path_factory.mktemp("stored")
    write_group(Store.open(spark_of_process, root), GROUP, rows_of(spark_of_process, stored_sides(CASES)))
    return root


@pytest.fixture
def target(spark: SparkSession, stored: Path, tmp_path: Path) -> Callable[..., Target]:
    """Makes a target of a copy of that store."""

    def made(sizes: WriteSizes = LARGE, batch: Batch = Batch("named")) -> Target:  # noqa: B008  # frozen
        root = shutil.copytree(stored, tmp_path / "copied")
        return target_of(Store.open(spark, root), GROUP, batch, sizes)

    return made


def newest_commit(target: Target) -> dict[str, object]:
    """Return what the log says of the newest commit."""
    newest = max((Path(target.path) / "_delta_log").glob("*.json"))
    actions = [json.loads(line) for line in newest.read_text().splitlines()]
    return next(action["commitInfo"] for action in actions if "commitInfo" in action)


def in_table(target: Target) -> DataFrame:
    columns = rows_of(target.store.spark, {"any": (1, 1, 1, False)}).columns
    return target.rows.selectExpr(*map(quoted, columns))


def after(sides: dict[str, Side]) -> dict[str, Side]:
    """Return the rows that the table holds after a batch, where it keeps the latest observation of each."""
    kept = {name: side for name, side in stored_sides(CASES).items() if name not in sides or CASES[name][2] in STAYS}
    return {**sides, **kept}


@pytest.mark.parametrize("way", WAYS)
def test_every_way_to_replace_rows_leaves_the_same_table(spark: SparkSession, target: Callable[..., Target], way: str) -> None:
    limits, operation, hidden = WAYS[way]
    into = target(limits)
    before, batch = into.version, new_sides(WRITABLE)
    committed = commit(compared(into, batch))
    assert_df_equality(in_table(into), rows_of(spark, after(batch)), ignore_row_order=True, ignore_nullable=True)
    note = newest_commit(into)
    assert (into.version, note["operation"]) == (before + 1, operation)
    assert sum(file.hidden for file in data_files(spark, into.path, "_bucket", "event_time")) == hidden
    counts = {"read": 9, "inserted": 2, "updated": 3, "reobserved": 1, "unchanged": 1, "older": 2}
    written = json.loads(str(note["userMetadata"]))
    assert {name: written[name] for name in counts} == counts
    assert (written["batch"], committed.result.counts["updated"]) == ("named", 3)
    assert target_of(into.store, GROUP, Batch("named")).took_batch
    assert {each.feature: each.rows for each in committed.statistics} == {"pm25": 7, "revision": 7, "sensor": 7, "event_time": 7}


def test_new_rows_are_appended_without_a_look_at_the_files(spark: SparkSession, target: Callable[..., Target]) -> None:
    into, batch = target(WriteSizes()), {"new": (5, 1, 2, False), "gone": (None, None, 2, True)}
    commit(compared(into, batch))
    assert_df_equality(in_table(into), rows_of(spark, after(batch)), ignore_row_order=True, ignore_nullable=True)
    assert target_of(into.store, GROUP, Batch("named")).took_batch
    assert len(data_files(spark, into.path, "_bucket", "event_time")) == 2


def test_where_nothing_is_new_only_the_moment_of_a_state_is_committed(spark: SparkSession, target: Callable[..., Target]) -> None:
    into = target(batch=Batch())
    before = into.version
    commit(compared(into, stored_sides(CASES)))
    assert into.version == before
    state = Batch(contents=FullState(hour(2)))
    for expected in (before + 1, before + 1):
        of_state = target_of(into.store, GROUP, state, LARGE)
        commit(compared(of_state, stored_sides(CASES)))
        assert into.version == expected
        assert [mark.moment for mark in target_of(into.store, GROUP).marks] == [hour(2)]
    assert_df_equality(in_table(into), rows_of(spark, after({})), ignore_row_order=True, ignore_nullable=True)
