"""The point-in-time join by every strategy on 200,000 generated cases, and a million planted values of the future.

Interrupted, it goes on where it was, as long as the commit tested is the same.
"""

import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from tests.evidence.reporting import kept_state, write_report
from tests.joined_cases import STRATEGIES, WAYS, assert_every_strategy_equals_the_oracle
from tests.properties.point_in_time_cases import MOST_LABELS, case_of, shape_of
from tests.stored_frames import stored_frame

from tidegate.point_in_time.feature_rows import FeatureRows
from tidegate.point_in_time.join import point_in_time_join

CASES, CASES_A_JOB = 200_000, 5_000
MOST_ROWS = 25
PLANTED, KEYS, LABELS = 1_000_000, 5_000, 20_000

pytestmark = pytest.mark.slow


def test_two_hundred_thousand_cases_equal_the_oracle(spark: SparkSession, tmp_path: Path) -> None:
    record = kept_state("point_in_time") / "jobs.txt"
    done = [int(line) for line in record.read_text().splitlines()] if record.exists() else []
    for job in range(len(done), CASES // CASES_A_JOB):
        made = [case_of(shape_of(job * CASES_A_JOB + number, MOST_ROWS), 0) for number in range(CASES_A_JOB)]
        compared = assert_every_strategy_equals_the_oracle(spark, tmp_path / "stored", made)
        shutil.rmtree(tmp_path / "stored")
        done.append(compared)
        with record.open("a") as file:
            file.write(f"{compared}\n")
        print(f"{len(done) * CASES_A_JOB:,} of {CASES:,} cases, {sum(done):,} values compared, none differs", flush=True)
    strategies = ", ".join(f"{name} in {buckets} buckets" if buckets else name for name, buckets in STRATEGIES)
    write_report(
        "point_in_time_cases",
        "The point-in-time join against the oracle",
        [
            f"- {CASES:,} generated cases, up to {MOST_ROWS} feature rows and {MOST_LABELS} labels each: keys of three",
            "  columns with NULLs, ties in time, late rows, corrections, tombstones, values that are NULL.",
            f"- By {strategies}; {len(WAYS)} groups a case: {', '.join(way.name for way in WAYS)}.",
            f"- Compared with the oracle: {sum(done):,} values with the times of their rows. **Different: 0.**",
        ],
    )


def test_no_planted_value_of_the_future_is_seen(spark: SparkSession, tmp_path: Path) -> None:
    moment = F.timestamp_seconds(F.lit(1_700_000_000) + F.floor(F.rand(1) * 30 * 86_400))
    key = F.floor(F.rand(2) * KEYS).cast("int")
    labels = spark.range(LABELS).select(key.alias("key"), moment.alias("t"), F.lit(True).alias("mine")).localCheckpoint()
    # For each label fifty values that become known one microsecond to two days after it, of events before and after it.
    later = F.expr("make_dt_interval(0, 0, 0, CAST(0.000001 + rand(3) * 172800 AS DECIMAL(18, 6)))")
    around = F.expr("make_dt_interval(0, 0, 0, CAST((rand(4) - 0.7) * 172800 AS DECIMAL(18, 6)))")
    planted = labels.crossJoin(spark.range(PLANTED // LABELS)).select(
        F.struct("key", "t").alias("of"), (F.col("t") + around).alias("event_time"), (F.col("t") + later).alias("available_at")
    )
    # A group of its own for each label: every value planted for it is one of its future.
    rows = planted.select("of", "event_time", "available_at", F.lit(1).alias("value")).dropDuplicates(["of", "event_time"])
    asked = labels.select(F.struct("key", "t").alias("of"), "t")
    keyed = [frame.withColumn("of", F.xxhash64("of")) for frame in (asked, rows)]
    asked, rows = keyed[0].localCheckpoint(), keyed[1].localCheckpoint()
    assert rows.count() > PLANTED * 0.99
    plain = FeatureRows("planted", rows, ("of",), {"value": "value"}, timedelta(days=3650))
    seen = {}
    for strategy, buckets in STRATEGIES:
        stored = stored_frame(rows, tmp_path / f"rows{buckets}", ("of",), buckets) if buckets else None
        joined = point_in_time_join(asked, "t", [replace(plain, stored=stored)], strategy=strategy)
        seen[strategy, buckets] = joined.where("value IS NOT NULL").count()
        # One microsecond more than the longest wait, and the values are there: they could have been seen.
        late = asked.withColumn("t", F.col("t") + F.expr("INTERVAL 3 DAYS"))
        found = point_in_time_join(late, "t", [replace(plain, stored=stored)], strategy=strategy)
        assert found.where("value IS NOT NULL").count() == asked.count()
    assert set(seen.values()) == {0}
    write_report(
        "point_in_time_planted",
        "Values of the future, planted",
        [
            f"- {rows.count():,} values, {PLANTED // LABELS} for each of {LABELS:,} labels, known 1 microsecond to 2 days later.",
            f"- Seen by {len(STRATEGIES)} ways to join: **{sum(seen.values())}**. Three days later each label sees one.",
        ],
    )
