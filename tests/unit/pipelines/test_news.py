"""What counts as news: rows with other values, and nothing else that gives a table a new version."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T

from tidegate import FeatureGroup, FeatureStep, FeatureStore, Field, reads
from tidegate.pipelines.news import has_news

pytestmark = pytest.mark.slow
FIELDS = (Field("k", T.StringType(), "key"), Field("v", T.IntegerType(), "value"))
VALUES, DOUBLED = (FeatureGroup(name, 1, ("k",), FIELDS, name, history="all") for name in ("values", "doubled"))
NOON = datetime(2024, 1, 1, 12, tzinfo=UTC)


def doubled(values: DataFrame) -> DataFrame:
    return values.selectExpr("k", "2 * v AS v", "event_time", "available_at")


def test_a_row_that_is_observed_again_is_no_news(spark: SparkSession, tmp_path: Path) -> None:
    store, step = FeatureStore(spark, tmp_path), FeatureStep(DOUBLED, (reads(VALUES),), doubled)

    def observe(value: int, hours: int) -> None:
        store.write(VALUES, spark.createDataFrame([("a", value, NOON, NOON + timedelta(hours=hours))], VALUES.schema))

    def reached() -> tuple[datetime | None, ...]:
        return tuple(store.catalog.loaded_until([VALUES, DOUBLED]).values())

    observe(1, 0)
    assert has_news(store.handle, [step])
    store.run(step)
    assert not has_news(store.handle, [step])
    assert reached() == (NOON, NOON)
    observe(1, 1)
    assert store.history(VALUES).count() == 3
    assert not has_news(store.handle, [step])
    # The computed group is loaded as far as its input, also if no row of it has changed.
    assert reached() == (NOON + timedelta(hours=1), NOON)
    assert store.run(step).computed[0].written is None
    assert reached() == (NOON + timedelta(hours=1),) * 2
    observe(2, 2)
    assert has_news(store.handle, [step])
