"""Every strategy of the point-in-time join equals a slow and obviously right one, whatever the input."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession
from tests.joined_cases import assert_every_strategy_equals_the_oracle
from tests.properties.point_in_time_cases import Shape, case_of, shapes

# Hypothesis begins with the emptiest; 200,000 cases: tests/evidence.
SHAPES_A_JOB, CASES_A_SHAPE, JOBS = 25, 60, 2


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("stored")


@pytest.mark.slow
# Not made smaller: the message names the one case that failed, and each attempt would be a dozen Spark jobs.
@settings(
    max_examples=JOBS,
    phases=[Phase.explicit, Phase.generate],
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(batch=st.lists(shapes, min_size=SHAPES_A_JOB, max_size=SHAPES_A_JOB))
def test_every_strategy_equals_the_oracle(spark_of_process: SparkSession, folder: Path, batch: list[Shape]) -> None:
    made = [case_of(shape, number) for shape in batch for number in range(CASES_A_SHAPE)]
    assert_every_strategy_equals_the_oracle(spark_of_process, folder, made)
