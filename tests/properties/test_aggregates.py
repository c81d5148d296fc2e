"""Every way to compute aggregates in Spark equals a slow and obviously right one, whatever the rows and declarations."""

import random
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from tests.aggregated_cases import assert_every_way_equals_the_oracle, drawn_cases

# 200,000 cases: tests/evidence.
ROUNDS, CASES_A_ROUND = 2, 1_000


@pytest.mark.slow
@pytest.mark.parametrize("number", range(ROUNDS))
def test_every_way_equals_the_oracle(number: int, spark: SparkSession, tmp_path: Path) -> None:
    # Other cases in every run; a failure names the seed.
    seed = random.SystemRandom().randrange(2**32)
    assert_every_way_equals_the_oracle(spark, tmp_path, drawn_cases(seed, CASES_A_ROUND, settings=3), seed)
