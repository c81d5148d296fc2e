import base64
import json
import os
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sklearn.naive_bayes import GaussianNB
from tests.own_estimators import NaiveBayes, NaiveBayesScorer

from tidegate.errors import CorruptScorerError, DefinitionError
from tidegate.scorers.checking import check_scorer
from tidegate.scorers.models import OwnModel, OwnScorer
from tidegate.scorers.portable_scorer import PortableScorer
from tidegate.scorers.specification import Specification
from tidegate.tasks import Binary
from tidegate.training.estimators import TrainingRows, own_model
from tidegate.training.model_columns import ModelColumns

COLUMNS = ModelColumns(("carrier",), ("wind",))


def scorer_of(**changed: str) -> PortableScorer:
    model = OwnModel(module="os", name="getcwd", content="").model_copy(update=changed)
    return PortableScorer(Specification(inputs=(), model=model))


def test_a_users_own_estimator_is_fitted_stored_and_scored_by_spark(spark):
    rows = spark.range(400).selectExpr("'AA' AS carrier", "id % 9 + 20D * (id % 2) AS wind", "CAST(id % 2 AS double) AS label")

    fitted = NaiveBayes().fit(TrainingRows(rows, COLUMNS, "label", most_labels=1), Binary())

    assert check_scorer(fitted, rows).largest_difference == 0
    again = PortableScorer.from_bytes(fitted.scorer.to_bytes())
    scores = again.scores(pd.DataFrame({"carrier": ["AA"] * 3, "wind": [4, 24, None]}))
    assert scores.shape == (3, 1)
    assert (scores[:, 0].round(3) == [0.0, 1.0, 0.0]).all()
    assert (again.numeric_columns, again.categorical_columns) == (("wind",), ("carrier",))
    assert fitted.parameters == {"most_rows": "100000"}
    with pytest.raises(DefinitionError, match="NaiveBayes: most_rows is 0; give a number from 1 to"):
        NaiveBayes(most_rows=0)


def test_scores_names_a_class_that_is_not_there():
    with pytest.raises(CorruptScorerError, match=r"its class nowhere\.Scorer can't be imported here: No module named 'nowhere'"):
        scorer_of(module="nowhere", name="Scorer").scores(pd.DataFrame(index=range(1)))
    with pytest.raises(CorruptScorerError, match=r"its class os\.Scorer can't be imported here"):
        scorer_of(name="Scorer").scores(pd.DataFrame(index=range(1)))


def test_scores_calls_nothing_but_a_scorer(tmp_path):
    command = base64.b64encode(f"touch {tmp_path / 'done'}".encode()).decode()

    with pytest.raises(CorruptScorerError, match=r"os\.system is no subclass of tidegate\.OwnScorer"):
        scorer_of(name="system", content=command).scores(pd.DataFrame(index=range(1)))

    assert os.listdir(tmp_path) == []


def test_own_model_refuses_a_class_that_can_not_be_found_again():
    class Hidden(NaiveBayesScorer):
        pass

    scorer: Any = Hidden(GaussianNB().fit([[0.0], [1.0]], [0, 1]), ["wind"])
    assert isinstance(scorer, OwnScorer)
    assert json.loads(scorer.to_bytes())["classes_"] == [0, 1]

    with pytest.raises(DefinitionError, match=r"NaiveBayes: the class .*Hidden of its scorer can't be imported elsewhere"):
        own_model(NaiveBayes(), scorer, TrainingRows(None, COLUMNS, "label", 1), Binary())


def test_the_docs_show_the_estimator_that_is_tested():
    checkout = Path(__file__).resolve().parents[4]
    code = (checkout / "tests" / "own_estimators.py").read_text(encoding="utf-8").split('"""', 2)[2].strip()

    assert code in (checkout / "docs" / "estimators.md").read_text(encoding="utf-8")
