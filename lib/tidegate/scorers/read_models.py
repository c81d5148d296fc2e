"""Read a fitted model of MLlib as the model of a portable scorer."""

from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any

from pyspark.ml import Transformer
from pyspark.ml.classification import (
    GBTClassificationModel,
    LogisticRegressionModel,
    MultilayerPerceptronClassificationModel,
    RandomForestClassificationModel,
)
from pyspark.ml.feature import StandardScalerModel
from pyspark.ml.regression import (
    GBTRegressionModel,
    GeneralizedLinearRegressionModel,
    LinearRegressionModel,
    RandomForestRegressionModel,
)

from tidegate.errors import UnsupportedModelError
from tidegate.scorers.models import (
    BoostedTrees,
    ClassForest,
    Layer,
    LinearRegression,
    LogisticRegression,
    Model,
    MultinomialRegression,
    Perceptron,
    SummedTrees,
)
from tidegate.scorers.read_trees import read_class_trees, read_trees


def read_model(stage: Transformer, scaler: StandardScalerModel | None = None) -> Model | None:
    """Return a fitted model in portable form; None if the stage is no model that has one.

    Args:
        stage: The fitted model.
        scaler: The stage before it, if that scales the features. Only a perceptron may have one.

    Raises:
        UnsupportedModelError: A parameter of the model has no portable form.
    """
    if isinstance(stage, MultilayerPerceptronClassificationModel):
        return _perceptron(stage, scaler)
    read = _READERS.get(type(stage))
    if read is not None and scaler is not None:
        raise UnsupportedModelError(type(stage).__name__, "its features are scaled")
    return read(stage) if read else None


def _boosted_trees(stage: GBTClassificationModel) -> BoostedTrees:
    return BoostedTrees(trees=read_trees(stage.trees, stage.treeWeights))


def _boosted_regression(stage: GBTRegressionModel) -> SummedTrees:
    return SummedTrees(trees=read_trees(stage.trees, stage.treeWeights))


def _class_forest(stage: RandomForestClassificationModel) -> ClassForest:
    return ClassForest(trees=read_class_trees(stage.trees), classes=stage.numClasses)


def _regression_forest(stage: RandomForestRegressionModel) -> SummedTrees:
    return SummedTrees(trees=read_trees(stage.trees, [1.0 / len(stage.trees)] * len(stage.trees)))


def _logistic_regression(stage: LogisticRegressionModel) -> LogisticRegression | MultinomialRegression:
    if stage.coefficientMatrix.numRows == 1:
        return LogisticRegression(coefficients=_numbers(stage.coefficients.toArray()), intercept=stage.intercept)
    rows = tuple(tuple(map(float, row)) for row in stage.coefficientMatrix.toArray())
    return MultinomialRegression(coefficients=rows, intercepts=_numbers(stage.interceptVector.toArray()))


def _linear_regression(stage: LinearRegressionModel) -> LinearRegression:
    return LinearRegression(coefficients=_numbers(stage.coefficients.toArray()), intercept=stage.intercept)


def _poisson_regression(stage: GeneralizedLinearRegressionModel) -> LinearRegression:
    family, link = stage.getFamily(), stage.getOrDefault(stage.link) if stage.isDefined(stage.link) else "log"
    if (family, link) != ("poisson", "log"):
        raise UnsupportedModelError("GeneralizedLinearRegressionModel", f"its family is {family}, and its link is {link}")
    return LinearRegression(coefficients=_numbers(stage.coefficients.toArray()), intercept=stage.intercept, link="log")


def _perceptron(stage: MultilayerPerceptronClassificationModel, scaler: StandardScalerModel | None) -> Perceptron:
    """Read the layers from the vector of weights.

    For each layer the vector has the weights by columns (all nodes for the first input, then all for the second), and then the
    intercepts.
    """
    weights, sizes = stage.weights.toArray(), stage.getLayers()
    layers, start = [], 0
    for inputs, nodes in pairwise(sizes):
        middle, end = start + inputs * nodes, start + inputs * nodes + nodes
        by_node = weights[start:middle].reshape(inputs, nodes).T
        layers.append(Layer(weights=tuple(tuple(map(float, row)) for row in by_node), intercepts=_numbers(weights[middle:end])))
        start = end
    if scaler is None or not (scaler.getWithMean() and scaler.getWithStd()):
        raise UnsupportedModelError(
            "MultilayerPerceptronClassificationModel", "no StandardScaler with mean and deviation before it"
        )
    means, deviations = scaler.mean.toArray(), scaler.std.toArray()
    factors = [1.0 / deviation if deviation else 0.0 for deviation in deviations]
    return Perceptron(means=_numbers(means), factors=_numbers(factors), layers=tuple(layers))


def _numbers(values: Iterable[float]) -> tuple[float, ...]:
    return tuple(map(float, values))


_READERS: dict[type[Transformer], Callable[[Any], Model]] = {
    GBTClassificationModel: _boosted_trees,
    GBTRegressionModel: _boosted_regression,
    GeneralizedLinearRegressionModel: _poisson_regression,
    LinearRegressionModel: _linear_regression,
    LogisticRegressionModel: _logistic_regression,
    RandomForestClassificationModel: _class_forest,
    RandomForestRegressionModel: _regression_forest,
}
