import pytest
from pyspark.sql import functions as F

from tidegate import Quantiles
from tidegate.errors import DefinitionError


def test_quantiles_of_a_row_never_cross(spark):
    frame = spark.createDataFrame([(1.0, 2.0, 3.0), (3.0, -1.0, 2.0), (2.0, 2.0, 1.0)], "a double, b double, c double")
    task = Quantiles((0.05, 0.5, 0.975))

    found = frame.select(*task.predictions([F.col(name) for name in "abc"])).collect()

    assert task.outputs == ("quantile_0_05", "quantile_0_5", "quantile_0_975")
    assert [tuple(row) for row in found] == [(1.0, 2.0, 3.0), (-1.0, 2.0, 3.0), (1.0, 2.0, 2.0)]


@pytest.mark.parametrize("levels", [(), (0.0, 0.5), (0.5, 1.0), (0.9, 0.1), (0.5, 0.5), (float("nan"),), (0.1, None)])
def test_quantiles_refuses_levels_that_do_not_rise_between_0_and_1(levels):
    with pytest.raises(DefinitionError, match="levels"):
        Quantiles(levels)
