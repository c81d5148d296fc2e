"""Every strategy of the point-in-time join equals a slow and obviously right one, whatever the input."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import Row, SparkSession
from tests.properties.point_in_time_oracle import Observation, known_value

from tidegate.point_in_time.feature_rows import FeatureRows
from tidegate.point_in_time.union_window import point_in_time_join

START = datetime(2024, 2, 28, 20, tzinfo=UTC)
TICK = timedelta(microseconds=1)
LOOKBACKS = (timedelta(hours=3), timedelta(days=2))
CASES_A_JOB = 60

moments = st.builds(
    lambda hours, ticks: START + timedelta(hours=hours) + ticks * TICK, st.integers(0, 12), st.sampled_from([0, 0, 0, 1, -1])
)
# (1, "11") and (11, "1") are one string when glued together; NULL matches nothing, not even NULL.
keys = st.tuples(st.sampled_from([1, 11, None]), st.sampled_from(["1", "11", None]))


@dataclass(frozen=True)
class Case:
    """Labels and feature rows that have nothing to do with those of another case."""

    labels: list[tuple[tuple[object, ...], datetime | None]]
    rows: list[tuple[tuple[object, ...], datetime, datetime, int | None]]


feature_rows = st.tuples(keys, moments, st.integers(0, 5), st.none() | st.integers(0, 9)).map(
    lambda row: (row[0], row[1], row[1] + timedelta(hours=row[2]), row[3])
)
cases = st.builds(
    Case,
    labels=st.lists(st.tuples(keys, st.none() | moments), max_size=5),
    rows=st.lists(feature_rows, max_size=10, unique_by=lambda row: row[:3]),
)


@pytest.mark.slow
@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(batch=st.lists(cases, min_size=CASES_A_JOB, max_size=CASES_A_JOB))
def test_point_in_time_join_equals_the_oracle(spark_of_process: SparkSession, batch: list[Case]) -> None:
    labels = [
        (case_id, place, *key, moment) for case_id, case in enumerate(batch) for place, (key, moment) in enumerate(case.labels)
    ]
    rows = [(case_id, *key, *rest) for case_id, case in enumerate(batch) for key, *rest in case.rows]
    label_frame = spark_of_process.createDataFrame(labels, "case_id int, place int, number int, word string, t timestamp")
    row_frame = spark_of_process.createDataFrame(
        rows, "case_id int, number int, word string, event_time timestamp, available_at timestamp, value int"
    )
    ways = [(lookback, inclusive) for lookback in LOOKBACKS for inclusive in (True, False)]
    inputs = [
        FeatureRows(
            name=f"group_{way}",
            frame=row_frame,
            entity_key=("case_id", "number", "word"),
            features={"value": f"value_{way}"},
            lookback=lookback,
            boundary="inclusive" if inclusive else "exclusive",
        )
        for way, (lookback, inclusive) in enumerate(ways)
    ]
    joined = {(row.case_id, row.place): row for row in point_in_time_join(label_frame, "t", inputs, provenance=True).collect()}
    assert len(joined) == len(labels)
    for case_id, case in enumerate(batch):
        observations = [Observation(*row) for row in case.rows]
        for place, (key, moment) in enumerate(case.labels):
            for way, (lookback, inclusive) in enumerate(ways):
                expected = known_value(observations, key, moment, lookback, inclusive)
                assert chosen(joined[case_id, place], way) == described(expected), (case, place, way)


def chosen(row: Row, way: int) -> tuple[object, datetime | None, datetime | None]:
    times = (row[f"group_{way}__event_time"], row[f"group_{way}__available_at"])
    return (row[f"value_{way}"], *times)


def described(row: Observation | None) -> tuple[object, datetime | None, datetime | None]:
    if row is None:
        return (None, None, None)
    # Spark hands timestamps back without a zone; the process counts in UTC.
    return (row.value, row.event_time.replace(tzinfo=None), row.available_at.replace(tzinfo=None))
