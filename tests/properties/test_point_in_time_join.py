"""Every strategy of the point-in-time join equals a slow and obviously right one, whatever the input."""

import random
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from tests.joined_cases import assert_every_strategy_equals_the_oracle
from tests.properties.point_in_time_cases import case_of, shape_of

# 200,000 cases: tests/evidence.
SHAPES, CASES_A_SHAPE, MOST_ROWS = 12, 30, 14


@pytest.mark.slow
def test_every_strategy_equals_the_oracle(spark: SparkSession, tmp_path: Path) -> None:
    # Other cases in every run; a failure shows the one that failed.
    drawn = [shape_of(seed, MOST_ROWS) for seed in random.SystemRandom().sample(range(2**32), SHAPES)]
    made = [case_of(shape, number) for shape in drawn for number in range(CASES_A_SHAPE)]
    assert_every_strategy_equals_the_oracle(spark, tmp_path / "stored", made)
