"""Several drivers on one local table for hours: no acknowledged commit is lost, and a killed holder stops nobody for long.

Interrupted, they go on where they were, as long as the commit tested is the same.
"""

import json
import random
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import pytest
from pyspark.sql import SparkSession
from tests.drivers.starting import Driver, acknowledged_rows, until
from tests.evidence.reporting import kept_state, write_report

from tidegate.tables.create import TableShape, create_table

VERSIONS = 12_000
DRIVERS = 4
COMMITS_A_ROUND = 100
KILLS = 20
# Seconds from the kill to another driver's lock; a JVM whose Python was killed takes some to end.
LONGEST_TAKEOVER = 20.0
# The first commit of a driver takes seconds, on a busy machine many.
LONGEST_COMMIT = 120.0

pytestmark = pytest.mark.slow


@contextmanager
def running(folder: Path, generation: int) -> Iterator[list[Driver]]:
    """Start the drivers; a new generation has new names, so that a row says which process wrote it.

    What stands in the list at the end is stopped, so that who replaces one puts the new one in.
    """
    drivers = [started(folder, slot, generation) for slot in range(DRIVERS)]
    try:
        for driver in drivers:
            driver.ready()
        yield drivers
    finally:
        for driver in drivers:
            driver.stop()


def started(folder: Path, slot: int, generation: int) -> Driver:
    return Driver(f"driver{slot}_{generation}", folder).start()


def acknowledged_in(folder: Path) -> list[tuple[str, int]]:
    lines = [line.split() for file in sorted(folder.glob("*.acknowledged")) for line in file.read_text().splitlines()]
    return [(words[0], int(words[1])) for words in lines if len(words) == 3]


def rows_of(spark: SparkSession, table: Path) -> Counter[tuple[str, int]]:
    return Counter((row.worker, row.id) for row in spark.read.format("delta").load(str(table)).collect())


def marks_in_logs(folder: Path) -> Counter[tuple[str, int]]:
    """Return the marks that stand in the logs of the folder's tables, read without Delta."""
    logs = folder.glob("table*/_delta_log/*.json")
    lines = [json.loads(line) for log in logs for line in log.read_text().splitlines()]
    return Counter((line["txn"]["appId"], int(line["txn"]["version"])) for line in lines if "txn" in line)


def generations(folder: Path) -> int:
    return len(list(folder.glob("driver0_*.log")))


def made_table(spark: SparkSession, folder: Path, name: str = "table") -> Path:
    shape = TableShape(spark.createDataFrame([], "id long, worker string").schema)
    create_table(spark, str(folder / name), shape)
    return folder / name


def versions_of(spark: SparkSession, table: Path) -> int:
    """Return how many versions were written after the first, which made the table."""
    newest = spark.sql(f"DESCRIBE HISTORY delta.`{table}` LIMIT 1").first()
    assert newest is not None
    return int(newest["version"])


def test_contended_versions_lose_no_commit(spark: SparkSession) -> None:
    folder = kept_state("several_drivers")
    generation, began, done = generations(folder), time.monotonic(), len(acknowledged_in(folder))
    before = done
    with running(folder, generation) as drivers:
        round_number = 0
        while done < VERSIONS:
            # Delta lists the whole log for every commit: one table for all of them would take ever longer.
            table = made_table(spark, folder, f"table_{generation}_{round_number}")
            for driver in drivers:
                driver.append(table, COMMITS_A_ROUND, round_number * COMMITS_A_ROUND, do="mark")
            for driver in drivers:
                driver.answer()
            round_number += 1
            done = len(acknowledged_in(folder))
            rate = (done - before) / (time.monotonic() - began)
            left = max(0, VERSIONS - done) / rate / 60
            print(f"several drivers: {done} of {VERSIONS} versions, {rate:.1f} a second, {left:.0f} min left", flush=True)
    tables = sorted(folder.glob("table*"))
    acknowledged, marks = acknowledged_in(folder), marks_in_logs(folder)
    versions = sum(versions_of(spark, table) for table in tables)
    lost = Counter(acknowledged) - marks
    # An interruption of the test can stop each driver between its commit and writing down that it was made.
    unrecorded = marks - Counter(acknowledged)
    assert not lost
    assert max(marks.values()) == 1
    assert len(unrecorded) <= DRIVERS * generation
    assert versions == len(marks)
    write_report(
        "several_drivers",
        "Several drivers on one local table",
        [
            f"- {DRIVERS} driver processes, each with its own JVM, committed versions without files to one table, all the time,",
            f"  so that they met at its log as often as they could; after {DRIVERS * COMMITS_A_ROUND} versions to the next.",
            f"- Versions: {versions}. Commits acknowledged: {len(acknowledged)}. **Lost: {len(lost)}.**",
            f"- The test was started {generation + 1} time(s); commits that an interruption left unrecorded: {len(unrecorded)}.",
            "- Without the lock Delta acknowledged 4 of 11,000 contended versions to two drivers each; `make test` shows the",
            "  same with a pause between the look at the version and its rename (`tests/integration/test_several_drivers.py`).",
        ],
    )
    shutil.rmtree(folder)


@dataclass(frozen=True)
class Killed:
    """A driver that was killed when the lock file named it."""

    driver: Driver
    seconds_to_next_holder: float
    seconds_to_next_commit: float

    def held_the_lock(self, others: list[Driver]) -> bool:
        """Tell whether it died with the lock, by what its successor logged; else it had freed it a moment before."""
        left = f" pid {self.driver.pids['jvm']} since"
        lines = [line for other in others for line in other.log.read_text().splitlines()]
        return any("took over the lock" in line and left in line for line in lines)


def kill_holder(drivers: list[Driver], lock: Path, which: tuple[str, ...]) -> Killed:
    """Wait until the lock file names a driver's JVM, let a random part of a commit go by, kill it, see who is next."""
    by_pid = {driver.pids["jvm"]: driver for driver in drivers}
    until(lambda: holder(lock) in by_pid, "somebody holds the lock")
    victim = by_pid[holder(lock) or next(iter(by_pid))]
    time.sleep(random.uniform(0, 0.2))
    victim.kill(*which)
    moment = time.monotonic()
    until(lambda: holder(lock) not in (None, victim.pids["jvm"]), "another driver holds the lock", LONGEST_TAKEOVER)
    taken = time.monotonic()
    others = [driver for driver in drivers if driver is not victim]
    until(lambda: committed_since(taken, others), "another driver commits", LONGEST_COMMIT)
    return Killed(victim, taken - moment, time.monotonic() - moment)


def holder(lock: Path) -> int | None:
    words = lock.read_text().split()
    return int(words[words.index("pid") + 1]) if "since" in words else None


def committed_since(moment: float, drivers: list[Driver]) -> bool:
    files = [driver.acknowledged for driver in drivers if driver.acknowledged.exists()]
    last = [line.split() for file in files for line in file.read_text().splitlines()[-1:]]
    return any(len(words) == 3 and float(words[2]) > moment for words in last)


def test_killed_holders_stop_nobody_for_long(spark: SparkSession, tmp_path: Path) -> None:
    table = made_table(spark, tmp_path)
    lock = table.with_name(".table.lock")
    ways = [("python", "jvm"), ("jvm",), ("python",)]
    killed: list[Killed] = []
    kills = 0
    with running(tmp_path, 0) as drivers:
        everybody = list(drivers)
        for driver in drivers:
            driver.append(table, count=1_000_000)
        while len(killed) < KILLS:
            one = kill_holder(drivers, lock, ways[kills % len(ways)])
            kills += 1
            one.driver.stop()
            successor = started(tmp_path, DRIVERS + kills, 0)
            drivers[drivers.index(one.driver)] = successor
            everybody.append(successor)
            successor.append(table, count=1_000_000)
            if one.held_the_lock(drivers):
                killed.append(one)
            print(f"killed holders: {len(killed)} of {KILLS}, next commit after {one.seconds_to_next_commit:.1f} s", flush=True)
    acknowledged, rows = Counter(acknowledged_rows(*everybody)), rows_of(spark, table)
    unrecorded = rows - acknowledged
    assert not acknowledged - rows
    assert max(rows.values()) == 1
    # Of each driver one commit at most was made and not acknowledged: all of them were killed in the end.
    assert max(Counter(worker for worker, _ in unrecorded).values(), default=0) <= 1
    assert versions_of(spark, table) == len(rows)
    holders = sorted(each.seconds_to_next_holder for each in killed)
    commits = sorted(each.seconds_to_next_commit for each in killed)
    write_report(
        "killed_holders",
        "Drivers killed while they hold the lock of a table",
        [
            f"- {DRIVERS} drivers committed to one table. {kills} times the one that the lock file named was killed by SIGKILL",
            f"  (Python and JVM, JVM, or Python, in turn) and replaced; {len(killed)} of them died holding the lock.",
            f"- The next driver had the lock after {median(holders):.2f} s (median), {holders[-1]:.2f} s (longest),",
            f"  and had committed after {median(commits):.1f} s (median), {commits[-1]:.1f} s (longest).",
            f"- Commits acknowledged: {sum(acknowledged.values())}. **Lost: {len(acknowledged - rows)}.**",
            f"- Made, and not acknowledged since their driver died: {len(unrecorded)}, at most one a driver.",
        ],
    )
