"""Several drivers, each with its own JVM, commit to one table on a local path; they are killed in a commit and after one.

Kills at random moments need their number: tests/evidence/test_killed_writers.py.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from tests.drivers.batches import GROUP, batches, write_batch
from tests.drivers.starting import Driver, acknowledged_rows, alive, compiled_failpoint, until

from tidegate import FeatureStore

pytestmark = pytest.mark.slow

COMMITS_EACH = 3  # thousands: tests/evidence
# Seconds from the kill to the next one's lock; a JVM whose Python was killed takes some to end.
LONGEST_TAKEOVER = 20.0


@pytest.fixture(scope="module")
def failpoint(tmp_path_factory: pytest.TempPathFactory) -> Path | None:
    return compiled_failpoint(tmp_path_factory.mktemp("failpoint"))


@pytest.fixture(scope="module")
def drivers(tmp_path_factory: pytest.TempPathFactory, failpoint: Path | None) -> Iterator[list[Driver]]:
    folder = tmp_path_factory.mktemp("drivers")
    started = [Driver(name, folder, failpoint).start() for name in "abcd"]
    yield [driver.ready() for driver in started]
    for driver in started:
        driver.stop()


@pytest.fixture
def paused(failpoint: Path | None) -> None:
    if failpoint is None:
        pytest.skip("no javac here: the file system that pauses a commit can't be compiled")


@pytest.fixture
def table(drivers: list[Driver], tmp_path: Path) -> Path:
    for driver in drivers:
        driver.acknowledged.unlink(missing_ok=True)
    return tmp_path / "store" / "table"


def rows_of(spark: SparkSession, table: Path) -> list[tuple[str, int]]:
    return [(row.worker, row.id) for row in spark.read.format("delta").load(str(table)).collect()]


def versions_of(table: Path) -> int:
    return len(list((table / "_delta_log").glob("*.json")))


@pytest.mark.usefixtures("paused")
def test_paused_commit_is_lost_without_the_lock(spark: SparkSession, drivers: list[Driver], table: Path) -> None:
    first, second = drivers[:2]
    first.ask("create", table=str(table))
    for driver in (first, second):
        driver.ask("without_lock")
        driver.pause_at_next_commit()
        driver.append(table)
    for driver in (first, second):
        driver.wait_until_paused()
    for driver in (first, second):
        driver.resume()
        driver.answer()
        driver.ask("with_lock")
    # Both were told that version 1 is theirs.
    assert len(acknowledged_rows(first, second)) == 2
    assert (len(rows_of(spark, table)), versions_of(table)) == (1, 2)


@pytest.mark.usefixtures("paused")
def test_paused_commit_is_waited_for_with_the_lock(spark: SparkSession, drivers: list[Driver], table: Path) -> None:
    first, second = drivers[:2]
    first.ask("create", table=str(table))
    first.pause_at_next_commit()
    first.append(table)
    first.wait_until_paused()
    second.append(table)
    second.wait_until_logged(f"waiting for the lock of {table}, held by ", f" pid {first.pids['jvm']} since 20")
    assert acknowledged_rows(first, second) == []
    first.resume()
    first.answer()
    second.answer()
    assert sorted(rows_of(spark, table)) == sorted(acknowledged_rows(first, second)) == [("a", 0), ("b", 0)]
    assert versions_of(table) == 3


def test_four_drivers_lose_no_commit(spark: SparkSession, drivers: list[Driver], table: Path) -> None:
    # All of them create it at once as well; one of them does.
    for driver in drivers:
        driver.tell("create", table=str(table))
    assert Counter(driver.answer()["created"] for driver in drivers) == {False: 3, True: 1}
    for driver in drivers:
        driver.append(table, COMMITS_EACH)
    for driver in drivers:
        driver.answer()
    expected = sorted((driver.name, number) for driver in drivers for number in range(COMMITS_EACH))
    assert sorted(acknowledged_rows(*drivers)) == expected
    assert sorted(rows_of(spark, table)) == expected
    assert versions_of(table) == 1 + len(expected)


def wait_for_takeover(victim: Driver, survivor: Driver, table: Path, *killed: str) -> None:
    """Kill a driver while it holds the lock and the survivor waits for it; return when the survivor has the lock."""
    held = f" pid {victim.pids['jvm']} since "
    survivor.wait_until_logged(f"waiting for the lock of {table}, held by ", held)
    victim.kill(*killed)
    survivor.wait_until_logged(f"took over the lock of {table}: ", held, seconds=LONGEST_TAKEOVER)
    # Whether its Python was killed or not: as long as the JVM can commit, nobody else can.
    assert not alive(victim.pids["jvm"])


@pytest.mark.usefixtures("paused")
def test_killed_holder_is_followed_by_the_next_one(spark: SparkSession, drivers: list[Driver], table: Path) -> None:
    """It kills two of the four, each in another way, while they hold the lock."""
    _, *victims, survivor = drivers
    survivor.ask("create", table=str(table))
    for number, (victim, killed) in enumerate(zip(victims, ("jvm", "python"), strict=True)):
        victim.pause_at_next_commit()
        victim.append(table)
        victim.wait_until_paused()
        survivor.append(table, first=number)
        wait_for_takeover(victim, survivor, table, killed)
        survivor.answer()
        victim.resume()
    assert sorted(rows_of(spark, table)) == acknowledged_rows(*drivers) == [("d", 0), ("d", 1)]
    assert versions_of(table) == 3


def files_on_disk(root: Path) -> set[str]:
    return {file.name for file in (root / "feature_groups" / GROUP.full_name).rglob("*.parquet")}


def files_of_tables(store: FeatureStore) -> set[str]:
    return {Path(file).name for file in store.read(GROUP).inputFiles()}


@pytest.mark.usefixtures("paused")
def test_killed_drivers_leave_what_an_undisturbed_one_gives(spark: SparkSession, drivers: list[Driver], tmp_path: Path) -> None:
    """The last test of the file: it kills the other two, one inside a commit and one right after its commit."""
    in_commit, after_commit = drivers[0], drivers[-1]
    undisturbed, numbers = FeatureStore(spark, str(tmp_path / "undisturbed")), range(len(list(batches())))
    for number in numbers:
        write_batch(undisturbed, spark, number)

    root = tmp_path / "killed"
    store, group = FeatureStore(spark, str(root)), root / "feature_groups" / GROUP.full_name
    # With its files written and its commit not made: they are there, and nothing counts them.
    in_commit.ask("write", root=str(root), first=0, last=0)
    before = files_on_disk(root)
    in_commit.pause_at_next_commit()
    in_commit.tell("write", root=str(root), first=1, last=1)
    in_commit.wait_until_paused()
    orphans = files_on_disk(root) - before
    assert orphans
    after_commit.tell("write", root=str(root), first=1, last=1)
    wait_for_takeover(in_commit, after_commit, group, "python", "jvm")
    # Right after its commit, before it has said so.
    until(lambda: (group / "_delta_log" / f"{2:020}.json").exists(), "the second batch is there")
    after_commit.stop()
    assert not orphans & files_of_tables(store)

    for number in numbers:
        write_batch(store, spark, number)
    assert store.audit.content_hash(GROUP) == undisturbed.audit.content_hash(GROUP)
    assert not orphans & files_of_tables(store)
