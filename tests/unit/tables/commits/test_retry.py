"""Conflicts with other writers: a commit is repeated, a bounded number of times."""

import logging
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from delta.exceptions import ConcurrentAppendException, ConcurrentDeleteReadException
from delta.tables import DeltaTable
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from tidegate.errors import ConflictError
from tidegate.tables.commits.retry import BackOff, retried_commit
from tidegate.tables.create import TableShape, create_table
from tidegate.tables.write import MergeRule, append_rows, merge_rows

QUICK = BackOff(attempts=3, first_pause=0.001, longest_pause=0.002)


class Commit:
    """Fails so many times as Delta does where another writer was quicker."""

    def __init__(self, conflicts: int) -> None:
        self.conflicts, self.attempts = conflicts, 0

    def __call__(self) -> str:
        self.attempts += 1
        if self.attempts <= self.conflicts:
            raise ConcurrentAppendException("files were added to day=2013-01-01")
        return "committed"


def test_retried_repeats_conflicts_up_to_its_last_attempt() -> None:
    last = Commit(conflicts=2)
    assert (retried_commit(last, "/t", QUICK), last.attempts) == ("committed", 3)
    hopeless = Commit(conflicts=3)
    with pytest.raises(ConflictError, match="table /t: all 3 attempts .* last one failed with ConcurrentAppend") as caught:
        retried_commit(hopeless, "/t", QUICK)
    assert hopeless.attempts == 3
    # Delta's own message may hold values of rows.
    assert "2013" not in str(caught.value)


def test_retried_leaves_every_other_error_alone() -> None:
    attempts = []

    def broken() -> None:
        attempts.append(1)
        raise ValueError("no conflict")

    with pytest.raises(ValueError, match="no conflict"):
        retried_commit(broken, "/t", QUICK)
    assert len(attempts) == 1


def test_back_off_doubles_up_to_its_longest_pause() -> None:
    plan = BackOff(first_pause=1.0, longest_pause=5.0)
    for attempt, longest in enumerate([1.0, 2.0, 4.0, 5.0, 5.0], start=1):
        pauses = [plan.pause_after(attempt) for _ in range(50)]
        assert longest / 2 <= min(pauses) < max(pauses) <= longest


@pytest.mark.slow
def test_merge_overtaken_by_a_writer_without_our_lock_is_repeated(
    spark: SparkSession, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "tidegate")
    path, reached, go_on = str(tmp_path / "table"), tmp_path / "reached", tmp_path / "go_on"
    create_table(spark, path, TableShape(spark.range(1).withColumn("value", F.lit("")).schema))
    append_rows(spark.range(1).withColumn("value", F.lit("old")), path)

    @F.udf("string", useArrow=False)
    def slow(value: str) -> str:
        reached.touch()
        while not go_on.exists():
            time.sleep(0.01)
        return value

    changes = spark.range(1).withColumn("value", slow(F.lit("new")))
    with ThreadPoolExecutor(1) as pool:
        merge = pool.submit(merge_rows, spark, path, changes, MergeRule(["id"]))
        try:
            while not reached.exists() and not merge.done():
                time.sleep(0.01)
            DeltaTable.forPath(spark, path).update("id = 0", {"value": "'between'"})
        finally:
            go_on.touch()
        merge.result()
    assert [row.value for row in spark.read.format("delta").load(path).collect()] == ["new"]
    kinds = {error.__name__ for error in (ConcurrentAppendException, ConcurrentDeleteReadException)}
    (told,) = caplog.messages
    assert told.startswith(f"table {path}: overtaken by another writer (")
    assert any(kind in told for kind in kinds)
