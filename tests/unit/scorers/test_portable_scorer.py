import io
import zipfile

import numpy as np
import pandas as pd
import pytest

from tidegate.errors import CorruptScorerError, MissingColumnsError
from tidegate.scorers.adjustments import Isotonic, Offsets
from tidegate.scorers.inputs import CategoricalInput, NumericInput
from tidegate.scorers.models import BoostedTrees, FirstValue, LogisticRegression, MultinomialRegression
from tidegate.scorers.portable_scorer import PortableScorer, digest_of
from tidegate.scorers.specification import Specification
from tidegate.scorers.trees import CategorySplit, Leaf, NumericSplit

TREE = (
    CategorySplit(feature=0, categories=(0, 2), left=1, right=2),
    Leaf(value=0.1),
    NumericSplit(feature=1, threshold=2.5, left=3, right=4),
    Leaf(value=0.2),
    Leaf(value=1 / 3),
)
INPUTS = (CategoricalInput(column="carrier", labels=("AA", "B6")), NumericInput(column="hour", fill=2.5))
TREES = PortableScorer(Specification(inputs=INPUTS, model=BoostedTrees(trees=(TREE,))))


def margins(frame: pd.DataFrame) -> list[float]:
    probability = TREES.scores(frame)[:, 0]
    return [float(value) for value in (np.log(probability / (1 - probability)) / 2).round(9)]


def test_scores_of_trees_sends_null_unseen_and_threshold_the_right_way():
    frame = pd.DataFrame({"carrier": ["AA", "B6", "B6", "B6", None, "ZZ"], "hour": [9, 2.5, 2.6, None, 9, np.nan]})

    assert margins(frame) == [0.1, 0.2, round(1 / 3, 9), 0.2, 0.1, 0.1]


def test_scores_takes_integers_at_their_extremes_and_infinity():
    smallest, largest = np.iinfo(np.int64).min, np.iinfo(np.int64).max

    assert margins(pd.DataFrame({"carrier": ["B6", "B6"], "hour": [smallest, largest]})) == [0.2, round(1 / 3, 9)]
    assert margins(pd.DataFrame({"carrier": ["B6"], "hour": [-np.inf]})) == [0.2]


def test_scores_of_regression_saturates_without_a_warning():
    inputs = (CategoricalInput(column="carrier", labels=("AA", "B6"), one_hot_width=2), NumericInput(column="hour", fill=0))
    model = LogisticRegression(coefficients=(1.0, 2.0, 3.0), intercept=-1.0)
    scorer = PortableScorer(Specification(inputs=inputs, model=model))
    frame = pd.DataFrame({"carrier": ["AA", "B6", None, "ZZ", "AA"], "hour": [0.0, 0.0, 0.0, 1e308, -1e308]})

    expected = [0.5, 1 / (1 + np.exp(-1)), 1 / (1 + np.exp(1)), 1.0, 0.0]
    np.testing.assert_allclose(scorer.scores(frame)[:, 0], expected, atol=1e-15)


def test_scores_of_no_rows_is_empty():
    assert TREES.scores(pd.DataFrame({"carrier": [], "hour": []})).shape == (0, 1)


def test_scores_names_a_missing_column():
    with pytest.raises(MissingColumnsError, match=r"missing column\(s\) hour; available: carrier"):
        TREES.scores(pd.DataFrame({"carrier": ["AA"]}))


def test_from_bytes_gives_the_same_scorer_and_digest():
    read = PortableScorer.from_bytes(TREES.to_bytes())

    assert read.specification == TREES.specification
    assert read.to_bytes() == TREES.to_bytes()
    assert read.digest == TREES.digest == digest_of(TREES.to_bytes())


@pytest.mark.parametrize("member", ["scorer.json", "other.json"])
def test_from_bytes_refuses_another_zip(member):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(member, '{"format": 3}')

    with pytest.raises(CorruptScorerError, match="Train and register the model again"):
        PortableScorer.from_bytes(packed.getvalue())


def test_from_bytes_refuses_cut_bytes():
    with pytest.raises(CorruptScorerError, match="BadZipFile"):
        PortableScorer.from_bytes(TREES.to_bytes()[:100])


def test_a_scorer_of_format_1_keeps_its_bytes_and_has_one_output():
    # As older versions wrote it.
    content = '{"format":1,"inputs":[],"model":{"kind":"base_rate","probability":0.25}}'
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(zipfile.ZipInfo("scorer.json", date_time=(1980, 1, 1, 0, 0, 0)), content)

    read = PortableScorer.from_bytes(packed.getvalue())

    assert read.outputs == ("probability",)
    assert read.to_bytes() == packed.getvalue()
    assert read.scores(pd.DataFrame(index=range(2))).tolist() == [[0.25], [0.25]]


def test_scores_of_two_classes_fit_the_outputs_of_the_task():
    inputs = (NumericInput(column="hour", fill=0.0),)
    frame = pd.DataFrame({"hour": [1.0]})
    one = LogisticRegression(coefficients=(1.0,), intercept=0.0)
    two = MultinomialRegression(coefficients=((0.0,), (1.0,)), intercepts=(0.0, 0.0))
    p = 1 / (1 + np.exp(-1))

    for model in (one, two):
        binary = PortableScorer(Specification(inputs=inputs, model=model))
        multiclass = PortableScorer(Specification(inputs=inputs, model=model, outputs=("no", "yes")))
        np.testing.assert_allclose(binary.scores(frame), [[p]])
        np.testing.assert_allclose(multiclass.scores(frame), [[1 - p, p]])


def test_adjustments_change_the_outputs_in_order():
    model = FirstValue(otherwise=5.0)
    outputs = ("low", "high")
    banded = Specification(
        inputs=(NumericInput(column="hour", fill=None),), model=model, outputs=outputs, adjustments=(Offsets(values=(-1.0, 2.0)),)
    )
    calibrated = Specification(
        inputs=(NumericInput(column="hour", fill=None),),
        model=model,
        adjustments=(Isotonic(boundaries=(1.0, 3.0), values=(0.0, 0.5)),),
    )
    frame = pd.DataFrame({"hour": [2.0, None, 0.0]})

    assert PortableScorer(banded).scores(frame).tolist() == [[1.0, 4.0], [4.0, 7.0], [-1.0, 2.0]]
    assert PortableScorer(calibrated).scores(frame).tolist() == [[0.25], [0.5], [0.0]]
