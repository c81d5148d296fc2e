"""Since when the present values of a row are known: later observations of the same values don't count."""

from datetime import UTC, datetime, timedelta

from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate import FeatureGroup, Field
from tidegate.feature_groups.read import present_rows

START = datetime(2024, 1, 1, tzinfo=UTC)
GROUP = FeatureGroup(
    "levels", 1, ("key",), (Field("key", T.StringType(), "key"), Field("value", T.LongType(), "value")), "levels", history="all"
)
# The observations of each key, one an hour (None: a tombstone), and the hour since which the present value is known.
CASES = {
    "once": ([1], 0),
    "again": ([1, 1, 1], 0),
    "corrected and again": ([1, 2, 2], 1),
    "corrected back": ([1, 2, 1, 1], 2),
    "gone": ([1, None], None),
    "there again": ([1, None, 1, 1], 2),
}


def test_a_present_value_is_known_since_the_first_of_its_equal_observations(spark: SparkSession) -> None:
    observed = [
        (key, value, START, START + timedelta(hours=hour), value is None)
        for key, (values, _) in CASES.items()
        for hour, value in enumerate(values)
    ]
    schema = "key string, value long, event_time timestamp, available_at timestamp, _tombstone boolean"
    rows = present_rows(spark.createDataFrame(observed, schema).withColumn("_bucket", F.lit(0)), GROUP)
    assert rows.columns == ["key", "value", "event_time", "available_at"]
    found = {
        row["key"]: (row["value"], row["hour"])
        for row in rows.select("key", "value", F.hour("available_at").alias("hour")).collect()
    }
    assert found == {key: (values[-1], since) for key, (values, since) in CASES.items() if since is not None}
