"""A driver killed two hundred times at random moments of a sequence of batches: the next run ends in the undisturbed tables.

Interrupted, it goes on where it was, as long as the commit tested is the same.
"""

import random
import shutil
import time
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from tests.drivers.batches import batches, hashes, write_batch
from tests.drivers.starting import Driver
from tests.evidence.reporting import kept_state, write_report

from tidegate import FeatureStore

KILLS = 200
LAST = len(list(batches())) - 1
# Longer than the whole sequence takes a driver, so that the kills reach all of it and some come too late.
LONGEST_SEQUENCE = 40.0

pytestmark = pytest.mark.slow


def written(spark: SparkSession, root: Path) -> list[str | None]:
    store = FeatureStore(spark, str(root))
    for number in range(LAST + 1):
        write_batch(store, spark, number)
    return hashes(store)


def kill_one(folder: Path, number: int) -> float:
    """Start a driver on a new root and kill it after a random time; return the time."""
    driver = Driver(f"driver_{number}", folder).start().ready()
    driver.tell("write", root=str(folder / str(number)), first=0, last=LAST)
    after = random.Random(number).uniform(0, LONGEST_SEQUENCE)
    time.sleep(after)
    driver.stop()
    return after


def test_kills_at_random_moments_change_nothing_in_the_end(spark: SparkSession) -> None:
    folder = kept_state("killed_writers")
    expected = written(spark, folder / "undisturbed")
    record = folder / "kills.txt"
    done = len(record.read_text().splitlines()) if record.exists() else 0
    began = time.monotonic()
    for number in range(done, KILLS):
        shutil.rmtree(folder / str(number), ignore_errors=True)
        after = kill_one(folder, number)
        log = folder / str(number) / "feature_groups"
        commits = len(list(log.glob("*/_delta_log/*.json")))
        assert written(spark, folder / str(number)) == expected, f"killed after {after:.1f} s, {commits} commits"
        with record.open("a") as kills:
            kills.write(f"{after:.1f} {commits}\n")
        shutil.rmtree(folder / str(number))
        left = (KILLS - number - 1) * (time.monotonic() - began) / (number + 1 - done) / 60
        print(f"killed writers: {number + 1} of {KILLS}, {left:.0f} min left", flush=True)
    commits_seen = sorted({int(line.split()[1]) for line in record.read_text().splitlines()})
    write_report(
        "killed_writers",
        "Drivers killed while they write feature groups",
        [
            f"- {KILLS} drivers were killed by SIGKILL (Python and JVM) at random moments of {LAST + 1} batches into two groups.",
            f"- Commits that were there when they were killed: {commits_seen}.",
            "- Each time the whole sequence was written again. **Content hashes equal to an undisturbed run: all.**",
        ],
    )
    shutil.rmtree(folder)
