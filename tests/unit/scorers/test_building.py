import numpy as np
import pytest
from pyspark.ml import Pipeline, PipelineModel
from pyspark.ml.feature import MinMaxScaler, SQLTransformer, StringIndexer, VectorAssembler
from pyspark.ml.functions import vector_to_array
from pyspark.sql import DataFrame

from tidegate.errors import UnsupportedModelError
from tidegate.scorers.building import build_scorer

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(("kind", "tolerance"), [("trees", 1e-12), ("regression", 1e-12)])
def test_build_scorer_gives_the_probabilities_of_the_pipeline(rows, kind, tolerance, request):
    model: PipelineModel = request.getfixturevalue(kind).pipeline
    expected = _expected(model, rows)

    actual = build_scorer(model).scores(expected)[:, 0]

    assert np.abs(actual - expected["p"].to_numpy()).max() < tolerance
    assert len(set(actual.round(6))) > 4


def test_build_scorer_of_trees_uses_categories_and_numbers(trees):
    nodes = [node for tree in build_scorer(trees.pipeline).specification.model.trees for node in tree]

    assert {node.kind for node in nodes} >= {"leaf", "numeric"}
    assert build_scorer(trees.pipeline).required_columns == ("carrier", "origin", "hour", "wind")


def test_build_scorer_refuses_an_indexer_that_fails_on_unseen_labels(rows):
    model = Pipeline(stages=[StringIndexer(inputCol="origin", outputCol="place")]).fit(rows)

    with pytest.raises(UnsupportedModelError, match=r'StringIndexerModel: handleInvalid is not "keep"'):
        build_scorer(model)


def test_build_scorer_refuses_a_stage_without_a_portable_form(rows):
    assembled = VectorAssembler(inputCols=["delayed"], outputCol="numbers")
    scaler = MinMaxScaler(inputCol="numbers", outputCol="scaled").fit(assembled.transform(rows))

    with pytest.raises(UnsupportedModelError, match="MinMaxScalerModel: it has no portable form"):
        build_scorer(PipelineModel(stages=[scaler]))


def test_build_scorer_refuses_numbers_that_nothing_imputed():
    stages = [VectorAssembler(inputCols=["wind"], outputCol="features")]

    with pytest.raises(
        UnsupportedModelError, match="VectorAssembler: no stage before it indexes or imputes its input column.* wind"
    ):
        build_scorer(PipelineModel(stages=stages))


def test_build_scorer_refuses_sql_that_is_more_than_casts(spark):
    stages = [SQLTransformer(statement="SELECT *, CAST(`a` AS DOUBLE) AS `b`, 1 AS c FROM __THIS__")]

    with pytest.raises(UnsupportedModelError, match="its statement does more than cast columns to double"):
        build_scorer(PipelineModel(stages=stages))


def test_build_scorer_refuses_a_pipeline_without_a_model(trees):
    with pytest.raises(UnsupportedModelError, match="does not end in a model"):
        build_scorer(PipelineModel(stages=trees.pipeline.stages[:-1]))


def _expected(model: PipelineModel, rows: DataFrame):
    scored = model.transform(rows).withColumn("p", vector_to_array("_probability")[1])
    return scored.select("carrier", "origin", "hour", "wind", "p").toPandas()
