import numpy as np
from pyspark.sql import functions as F

from tidegate.evaluation.number_totals import by_size


def test_by_size_keeps_the_order_in_few_groups(spark):
    """However far predictions are apart, the number of groups stays bounded."""
    magnitudes = np.concatenate([np.logspace(-320, 308, 20_000), np.logspace(-9, 12, 60_000)])
    values = np.sort(np.concatenate([-magnitudes, [0.0], magnitudes]))
    frame = spark.createDataFrame([(float(value),) for value in (*values, -0.0)], "value double")

    place = by_size(F.col("value"))["place"].alias("place")
    places = frame.select(place).toPandas()["place"].to_numpy()

    assert np.all(np.diff(places[:-1]) >= 0)
    assert 15_000 < len(np.unique(places)) <= 21_221
    # Between a millionth and a billion, numbers that differ by half a percent are in different groups.
    ordinary = magnitudes[(magnitudes > 1e-4) & (magnitudes < 1e9)]
    at = dict(zip(values, places, strict=False))
    assert all(at[value] < at[larger] for value, larger in zip(ordinary, ordinary[20:], strict=False) if larger > value * 1.005)
