import pytest
from pyspark.sql import functions as F

from tidegate import Binary
from tidegate.errors import DefinitionError


def test_binary_predicts_by_its_threshold_and_reads_booleans(spark):
    frame = spark.createDataFrame([(True, 0.3), (False, 0.7), (None, 0.29)], "label boolean, p double")
    task, label = Binary(threshold=0.3), F.col("label")

    found = frame.select(*task.predictions([F.col("p")]), task.is_usable(label), task.encoded(label)).collect()

    assert [tuple(row) for row in found] == [(0.3, 1, True, 1.0), (0.7, 1, True, 0.0), (0.29, 0, False, None)]
    assert (task.outputs, task.classes) == (("probability",), 2)


@pytest.mark.parametrize("threshold", [-0.1, 1.5, float("nan")])
def test_binary_refuses_a_threshold_that_is_no_probability(threshold):
    with pytest.raises(DefinitionError, match="threshold is .* between 0 and 1"):
        Binary(threshold)
