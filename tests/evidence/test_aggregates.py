"""Aggregates on 200,000 generated cases, by the native code alone and by every way in Spark, against the oracle.

Interrupted, it goes on where it was, as long as the commit tested is the same. `TIDEGATE_MINUTES` ends it after so many minutes;
then it fails, and the report says how many cases were compared.
"""

import json
import os
import random
import shutil
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from tests.aggregated_cases import BUCKETS, assert_every_way_equals_the_oracle, drawn_cases, projected
from tests.evidence.reporting import kept_state, write_report
from tests.native_aggregates import assert_equal_to_the_oracle, assert_future_equals_the_oracle, native_values
from tests.properties.aggregates_classes import ALL, OTHER_LOADS, classes_of
from tests.properties.aggregates_future import drawn_future
from tests.properties.aggregates_worlds import World, drawn_setting, drawn_worlds, seen_by
from tests.properties.test_spines import compared_rows, drawn_spine, world

CASES, CASES_A_JOB, CASES_A_SETTING = 200_000, 2_000, 20
SPINES, WORLDS_A_SPINE = 60, 200
VALUES, FUTURE_VALUES = "values", "values and moments of labels from the future"

pytestmark = pytest.mark.slow


def test_two_hundred_thousand_cases_in_native_code() -> None:
    done, found = counted("aggregates_native", compared_natively)
    write_report(
        "aggregates_cases",
        "Aggregates in native code against the oracle",
        [
            f"- {done:,} generated worlds of up to 14 observations and 6 labels, {CASES_A_SETTING} for each of",
            f"  {done // CASES_A_SETTING:,} settings with 12 aggregates over one group. The seeds are 0 to {done - 1:,} in steps",
            f"  of {CASES_A_SETTING}: `drawn_worlds(drawn_setting(seed), seed, {CASES_A_SETTING})`.",
            f"- Compared with the oracle: {found[VALUES]:,} values of aggregates, and {found[FUTURE_VALUES]:,} values and",
            "  moments of the same worlds as labels from the future (`drawn_future`). **Different: 0.**",
            *classes_found(found, done),
        ],
    )
    assert done == CASES


def test_two_hundred_thousand_cases_by_every_way(spark: SparkSession, tmp_path: Path) -> None:
    def compare(first: int) -> Counter[str]:
        cases = drawn_cases(first, CASES_A_JOB)
        found = Counter({VALUES: assert_every_way_equals_the_oracle(spark, tmp_path / "stored", cases, first)})
        shutil.rmtree(tmp_path / "stored")
        for setting in cases.settings:
            found += classes_of(
                setting,
                [
                    World([projected(setting, label) for label in world.labels], seen_by(setting, world.rows))
                    for world in cases.worlds
                ],
            )
        loads = {setting.group.fresh_until for setting in cases.settings}
        return found + Counter({OTHER_LOADS: len(cases.worlds) * len(cases.settings) if len(loads) > 1 else 0})

    done, found = counted("aggregates", compare)
    groups = len(BUCKETS)
    write_report(
        "aggregates_cases_in_spark",
        "Aggregates by every way in Spark against the oracle",
        [
            f"- {done:,} of {CASES:,} generated cases, {CASES_A_JOB:,} in a join, each with {groups} groups of 9 aggregates.",
            f"  The seeds are 0 to {done - 1:,} in steps of {CASES_A_JOB:,}: `drawn_cases(seed, {CASES_A_JOB})`.",
            "- Each case was computed in three ways: as frames by a shuffle, with provenance; as stored files in",
            f"  {', '.join(map(str, BUCKETS))} buckets, which the tasks read, by the entity key and by other keys; and, over the",
            "  first group, as labels from the future.",
            f"- Compared with the oracle: {found[VALUES]:,} values. **Different: 0.**",
            *classes_found(found, done * groups),
        ],
    )
    assert done == CASES


def test_spines_by_rule(spark: SparkSession) -> None:
    found = Counter[str]()
    for seed in range(SPINES):
        spine = drawn_spine(seed)
        of_spine = range(seed * WORLDS_A_SPINE, (seed + 1) * WORLDS_A_SPINE)
        found["rows"] += compared_rows(spark, spine, [world(number, spine) for number in of_spine])
        horizons = "hours of the next day" if isinstance(spine.horizons, str) else "spans" if spine.horizons else "none"
        found.update([f"every {spine.times.period}", f"zone {spine.times.zone}", f"horizons: {horizons}"])
        found.update(["look-back" if spine.lookback else "no look-back", f"key {', '.join(spine.key)}"])
        print(f"{seed + 1} of {SPINES} rules, {found['rows']:,} rows compared, none differs", flush=True)
    rules = [f"| {name} | {count} |" for name, count in sorted(found.items()) if name != "rows"]
    write_report(
        "spines_cases",
        "Spines by rule against the oracle",
        [
            f"- {SPINES} rules, `drawn_spine(0)` to `drawn_spine({SPINES - 1})`, each over {WORLDS_A_SPINE} worlds of up to 7",
            "  observations that correct, withdraw and move each other, in four days around a change of clocks.",
            f"- Compared with the oracle: {found['rows']:,} rows. **Different: 0.**",
            *["", "| rules with | number |", "|---|---|", *rules],
        ],
    )


def compared_natively(first: int) -> Counter[str]:
    found = Counter[str]()
    for seed in range(first, first + CASES_A_JOB, CASES_A_SETTING):
        setting, worlds = drawn_worlds(drawn_setting(seed), seed, CASES_A_SETTING)
        found[VALUES] += assert_equal_to_the_oracle(setting, worlds, native_values(setting, worlds, random.Random(seed)), seed)
        future = drawn_future(setting, worlds, seed)
        found[FUTURE_VALUES] += assert_future_equals_the_oracle(future, random.Random(seed), seed)
        found += classes_of(setting, worlds)
    return found


def counted(name: str, compare: Callable[[int], Counter[str]]) -> tuple[int, Counter[str]]:
    """Compare the cases step by step. Return how many cases are compared, and what they had."""
    record = kept_state(name) / "jobs.jsonl"
    lines = record.read_text().splitlines() if record.exists() else []
    done, found = len(lines) * CASES_A_JOB, sum((Counter(json.loads(line)) for line in lines), Counter[str]())
    end = time.monotonic() + 60 * float(os.environ.get("TIDEGATE_MINUTES", "inf"))
    while done < CASES and time.monotonic() < end:
        new = compare(done)
        with record.open("a") as file:
            file.write(f"{json.dumps(new)}\n")
        done, found = done + CASES_A_JOB, found + new
        print(f"{done:,} of {CASES:,} cases, {found[VALUES]:,} values compared, none differs", flush=True)
    return done, found


def classes_found(found: Counter[str], of: int) -> list[str]:
    """Return the lines of a table with each class of inputs, and how many of the worlds had it."""
    lines = [f"| {name} | {found[name]:,} |" for name in (*ALL, OTHER_LOADS) if found[name]]
    return ["", f"Of {of:,} worlds under a setting, so many had", "", "| what | worlds |", "|---|---|", *lines]
