"""A driver is killed inside a commit and right after one: the next run ends in what an undisturbed one gives.

Kills at random moments need their number: tests/evidence/test_killed_writers.py.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from tests.drivers.batches import GROUP, batches, write_batch
from tests.drivers.starting import Driver, compiled_failpoint, until

from tidegate import FeatureStore

pytestmark = pytest.mark.slow
NUMBERS = range(len(list(batches())))


def files_on_disk(root: Path) -> set[str]:
    return {file.name for file in (root / "feature_groups" / GROUP.full_name).rglob("*.parquet")}


def files_of_tables(store: FeatureStore) -> set[str]:
    return {Path(file).name for file in store.read(GROUP).inputFiles()}


@pytest.fixture
def victims(tmp_path: Path) -> Iterator[list[Driver]]:
    failpoint = compiled_failpoint(tmp_path)
    if failpoint is None:
        pytest.skip("no javac here: the file system that pauses a commit can't be compiled")
    started = [Driver(name, tmp_path, failpoint).start() for name in ("in_commit", "after_commit")]
    yield started
    for driver in started:
        driver.stop()


def test_killed_drivers_leave_what_an_undisturbed_one_gives(spark: SparkSession, tmp_path: Path, victims: list[Driver]) -> None:
    undisturbed = FeatureStore(spark, str(tmp_path / "undisturbed"))
    for number in NUMBERS:
        write_batch(undisturbed, spark, number)

    root = tmp_path / "killed"
    log = root / "feature_groups" / GROUP.full_name / "_delta_log"
    in_commit, after_commit = victims
    # With its files written and its commit not made: they are there, and nothing counts them.
    in_commit.ask("write", root=str(root), first=0, last=0)
    before = files_on_disk(root)
    in_commit.pause_at_next_commit()
    in_commit.tell("write", root=str(root), first=1, last=1)
    in_commit.wait_until_paused()
    in_commit.stop()
    store = FeatureStore(spark, str(root))
    orphans = files_on_disk(root) - before
    assert orphans
    assert not orphans & files_of_tables(store)
    # Right after its commit, before it has said so.
    after_commit.tell("write", root=str(root), first=1, last=1)
    until(lambda: (log / f"{2:020}.json").exists(), "the second batch is there")
    after_commit.stop()

    for number in NUMBERS:
        write_batch(store, spark, number)
    assert store.audit.content_hash(GROUP) == undisturbed.audit.content_hash(GROUP)
    assert not orphans & files_of_tables(store)
