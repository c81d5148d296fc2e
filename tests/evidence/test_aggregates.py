"""Aggregates on 200,000 generated cases, by the native code alone and by every way in Spark, against the oracle.

Interrupted, it goes on where it was, as long as the commit tested is the same.
"""

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from tests.aggregated_cases import BUCKETS, assert_every_way_equals_the_oracle, drawn_cases
from tests.evidence.reporting import kept_state, write_report
from tests.native_aggregates import assert_equal_to_the_oracle, native_values
from tests.properties.aggregates_worlds import drawn_setting, drawn_worlds

CASES, CASES_A_JOB, CASES_A_SETTING = 200_000, 2_000, 20

pytestmark = pytest.mark.slow


def test_two_hundred_thousand_cases_in_native_code() -> None:
    compared = counted("aggregates_native", CASES_A_JOB, compared_natively)
    write_report(
        "aggregates_native_cases",
        "Aggregates in native code against the oracle",
        [
            f"- {CASES:,} generated worlds of up to 14 observations and 6 labels, {CASES_A_SETTING} for each of",
            f"  {CASES // CASES_A_SETTING:,} settings with 12 aggregates over one group: all operations, conditions, maps by",
            "  a value, windows of time, rows and calendar days, offsets, planned events, anchors, both boundaries,",
            "  events that move.",
            f"- Compared with the oracle: {compared:,} values. **Different: 0.**",
        ],
    )


def test_two_hundred_thousand_cases_by_every_way(spark: SparkSession, tmp_path: Path) -> None:
    def compare(first: int) -> int:
        compared = assert_every_way_equals_the_oracle(spark, tmp_path / "stored", drawn_cases(first, CASES_A_JOB), first)
        shutil.rmtree(tmp_path / "stored")
        return compared

    compared = counted("aggregates", CASES_A_JOB, compare)
    write_report(
        "aggregates_cases",
        "Aggregates by every way in Spark against the oracle",
        [
            f"- {CASES:,} generated cases, {CASES_A_JOB:,} in a job, each with {len(BUCKETS)} groups in one join.",
            f"- As frames by a shuffle, with provenance; as files in {', '.join(map(str, BUCKETS))} buckets, read by the tasks.",
            f"- Compared with the oracle: {compared:,} values. **Different: 0.**",
        ],
    )


def compared_natively(first: int) -> int:
    compared = 0
    for seed in range(first, first + CASES_A_JOB, CASES_A_SETTING):
        setting, worlds = drawn_worlds(drawn_setting(seed), seed, CASES_A_SETTING)
        compared += assert_equal_to_the_oracle(setting, worlds, native_values(setting, worlds, random.Random(seed)), seed)
    return compared


def counted(name: str, step: int, compare: Callable[[int], int]) -> int:
    """Compare the cases step by step, and return how many values were compared."""
    record = kept_state(name) / "jobs.txt"
    done = [int(line) for line in record.read_text().splitlines()] if record.exists() else []
    for first in range(len(done) * step, CASES, step):
        done.append(compare(first))
        with record.open("a") as file:
            file.write(f"{done[-1]}\n")
        print(f"{first + step:,} of {CASES:,} cases, {sum(done):,} values compared, none differs", flush=True)
    return sum(done)
