"""A model whose scores can't be compared is left out and named; it does not end the training of the others."""

from datetime import date, timedelta

import pytest
from pyspark.sql import SparkSession

from tidegate.errors import UnusableRowsError
from tidegate.scorers.models import Constant
from tidegate.scorers.portable_scorer import PortableScorer
from tidegate.scorers.specification import Specification
from tidegate.tasks import Count
from tidegate.training.evaluated_models import best_on_validation, evaluate_models

SCHEMA = "_label double, _block_day date"


def always(rate: float) -> PortableScorer:
    return PortableScorer(Specification(inputs=(), model=Constant(values=(rate,)), outputs=Count().outputs))


def test_models_whose_scores_can_not_be_compared_are_left_out_and_named(spark: SparkSession) -> None:
    days = [(float(number % 3), date(2024, 1, 1) + timedelta(days=number % 10)) for number in range(40)]
    rows = spark.createDataFrame(days, SCHEMA)
    # A rate below 0 is no prediction of a count.
    scorers = {"broken": always(-1.0), "near": always(1.1), "far": always(9.0), "naive": always(1.0)}
    chosen = best_on_validation(rows, scorers, Count())
    assert (chosen[0], list(chosen[1])) == ("near", ["near", "far", "naive"])

    found = evaluate_models(rows, scorers, always(-2.0), Count(), chosen)
    assert list(found.metrics["test"]) == ["near", "far", "naive"]
    assert [each.reference for each in found.comparisons] == ["far", "naive"]
    assert found.naive_against_champion is None
    assert found.unusable.keys() == {"champion"}
    assert found.unusable["champion"].startswith("rows scored by champion: 40 row(s) have no finite rate from 0 on")

    with pytest.raises(UnusableRowsError, match="the chosen model near can't score it: rows scored by near: 40"):
        evaluate_models(rows, {**scorers, "near": always(-3.0)}, None, Count(), chosen)
