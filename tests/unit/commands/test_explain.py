"""Which of an entity's rows the explain command shows."""

from datetime import UTC, datetime, timedelta

from pyspark.sql import SparkSession

from tidegate.commands.explain import nearest_rows

AT = datetime(2024, 6, 1, tzinfo=UTC)


def test_nearest_rows_are_those_around_the_moment_and_the_chosen_one(spark: SparkSession) -> None:
    rows = [
        ("wind", 3, AT - timedelta(days=days), AT, days * 86_400.0, "chosen" if days == 40 else "superseded by a newer event")
        for days in (-9, -1, 0, 2, 30, 40)
    ]
    columns = "feature_group string, table_version long, event_time timestamp, available_at timestamp"
    found = spark.createDataFrame(rows, f"{columns}, age_seconds double, verdict string")
    assert [row.age_seconds / 86_400 for row in nearest_rows(found, 3).collect()] == [-1, 0, 2, 40]
