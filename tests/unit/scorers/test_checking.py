from dataclasses import replace

import pytest

from tidegate.errors import ScorerMismatchError, UnusableRowsError
from tidegate.scorers.checking import check_scorer
from tidegate.scorers.inputs import NumericInput
from tidegate.scorers.portable_scorer import PortableScorer
from tidegate.scorers.specification import Specification

pytestmark = pytest.mark.slow


def test_check_scorer_compares_ten_thousand_rows_and_every_awkward_case(trees, rows):
    check = check_scorer(trees, rows)

    # NULL in 4 columns, an unseen category in 2, 8 extremes in 2, and the ordinary rows.
    assert check.cases == 4 + 2 + 2 * 8 + 1
    assert check.rows >= 10_000 + 10 * 22
    assert check.largest_difference <= check.tolerance == 1e-9


def test_check_scorer_holds_for_regression(regression, rows):
    check = check_scorer(regression, rows)

    assert check.largest_difference <= check.tolerance == 1e-6


def test_check_scorer_finds_another_fill_for_null(trees, rows):
    true = trees.scorer.specification
    inputs = [item.model_copy(update={"fill": 1e6}) if isinstance(item, NumericInput) else item for item in true.inputs]
    wrong = PortableScorer(Specification(inputs=tuple(inputs), model=true.model))

    with pytest.raises(ScorerMismatchError, match=r"NULL in (hour|wind)[\s\S]*Nothing was registered"):
        check_scorer(replace(trees, scorer=wrong), rows.dropna())


def test_check_scorer_finds_another_model_without_showing_values(trees, rows):
    true = trees.scorer.specification
    fewer = true.model.model_copy(update={"trees": true.model.trees[:-1]})

    with pytest.raises(ScorerMismatchError) as caught:
        check_scorer(replace(trees, scorer=PortableScorer(true.model_copy(update={"model": fewer}))), rows)

    assert "kind(s) of rows" in str(caught.value)
    assert "JFK" not in str(caught.value)


def test_check_scorer_refuses_no_rows(trees, rows):
    with pytest.raises(UnusableRowsError, match="rows to check a scorer on: there are none"):
        check_scorer(trees, rows.where("false"))
