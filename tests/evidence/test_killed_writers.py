"""A driver killed two hundred times at random moments of a sequence of batches: the next run ends in the undisturbed tables.

Interrupted, it goes on where it was, as long as the commit tested is the same.
"""

import random
import shutil
import time
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from tests.drivers.batches import GROUP, batches, write_batch
from tests.drivers.starting import Driver
from tests.evidence.reporting import kept_state, write_report

from tidegate import FeatureStore

KILLS = 200
LAST = len(list(batches())) - 1
# Kills come at any moment of as long as the sequence takes a driver and a bit more, so that some come too late.
BEYOND = 1.1

pytestmark = pytest.mark.slow


def written(spark: SparkSession, root: Path) -> str | None:
    store = FeatureStore(spark, str(root))
    for number in range(LAST + 1):
        write_batch(store, spark, number)
    return store.audit.content_hash(GROUP)


def seconds_of_sequence(folder: Path) -> float:
    """Return how long a new driver takes for all batches."""
    driver = Driver("undisturbed", folder).start().ready()
    began = time.monotonic()
    driver.ask("write", root=str(folder / "timed"), first=0, last=LAST)
    taken = time.monotonic() - began
    driver.stop()
    shutil.rmtree(folder / "timed")
    return taken


def kill(driver: Driver, root: Path, after: float) -> None:
    """Let a driver write into a new root and kill it after a time."""
    shutil.rmtree(root, ignore_errors=True)
    driver.ready().tell("write", root=str(root), first=0, last=LAST)
    time.sleep(after)
    driver.stop()


def test_kills_at_random_moments_change_nothing_in_the_end(spark: SparkSession) -> None:
    folder = kept_state("killed_writers")
    expected = written(spark, folder / "undisturbed")
    record = folder / "kills.txt"
    done = len(record.read_text().splitlines()) if record.exists() else 0
    longest, began = BEYOND * seconds_of_sequence(folder), time.monotonic()
    following = Driver(f"driver_{done}", folder).start()
    for number in range(done, KILLS):
        after = random.Random(number).uniform(0, longest)
        kill(following, folder / str(number), after)
        # Its JVM starts while the tables of the killed one are looked at.
        following = Driver(f"driver_{number + 1}", folder).start()
        log = folder / str(number) / "feature_groups"
        commits = len(list(log.glob("*/_delta_log/*.json")))
        assert written(spark, folder / str(number)) == expected, f"killed after {after:.1f} s, {commits} commits"
        with record.open("a") as kills:
            kills.write(f"{after:.1f} {commits}\n")
        shutil.rmtree(folder / str(number))
        left = (KILLS - number - 1) * (time.monotonic() - began) / (number + 1 - done) / 60
        print(f"killed writers: {number + 1} of {KILLS}, {left:.0f} min left", flush=True)
    following.stop()
    commits_seen = sorted({int(line.split()[1]) for line in record.read_text().splitlines()})
    write_report(
        "killed_writers",
        "Drivers killed while they write feature groups",
        [
            f"- {KILLS} drivers were killed by SIGKILL (Python and JVM) at random moments of {LAST + 1} batches.",
            f"- Commits that were there when they were killed: {commits_seen}.",
            "- Each time the whole sequence was written again. **Content hashes equal to an undisturbed run: all.**",
        ],
    )
    shutil.rmtree(folder)
