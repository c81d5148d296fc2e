"""MLlib pipelines that include imputing, encoding and assembling, so that one object holds everything that was fitted."""

from typing import Any

from pyspark.ml import Pipeline
from pyspark.ml.base import Estimator, Transformer
from pyspark.ml.classification import GBTClassifier
from pyspark.ml.classification import LogisticRegression as LogisticRegressionEstimator
from pyspark.ml.feature import Imputer, OneHotEncoder, SQLTransformer, StringIndexer, VectorAssembler

from tidegate.training.parameters import BoostedTreesParameters, LogisticRegressionParameters, ModelColumns

# Columns that the pipeline adds to those of the rows.
_FEATURES, _RAW, _PROBABILITY, _PREDICTION = "_features", "_raw_prediction", "_probability", "_prediction"
Stage = Estimator[Any] | Transformer


def boosted_trees_pipeline(columns: ModelColumns, target: str, parameters: BoostedTreesParameters, most_labels: int) -> Pipeline:
    """Return a pipeline of gradient-boosted trees on category indices and imputed numbers.

    Args:
        columns: The columns that the model reads.
        target: Column of 0 and 1.
        parameters: Parameters of the trees.
        most_labels: The largest number of labels that a category column has. MLlib needs one bin for each label, and one for
            unseen labels.
    """
    trees = GBTClassifier(
        labelCol=target,
        featuresCol=_FEATURES,
        predictionCol=_PREDICTION,
        maxIter=parameters.max_iter,
        maxDepth=parameters.max_depth,
        stepSize=parameters.step_size,
        maxBins=max(parameters.max_bins, most_labels + 1),
        seed=parameters.seed,
        maxMemoryInMB=512,
        cacheNodeIds=False,
    )
    trees = trees.setRawPredictionCol(_RAW).setProbabilityCol(_PROBABILITY)
    assembled = VectorAssembler(inputCols=_indexed(columns) + _imputed(columns), outputCol=_FEATURES)
    return Pipeline(stages=[*_index_stages(columns), *_number_stages(columns), assembled, trees])


def logistic_regression_pipeline(columns: ModelColumns, target: str, parameters: LogisticRegressionParameters) -> Pipeline:
    """Return a pipeline of logistic regression on one-hot categories and imputed numbers. MLlib standardises its inputs.

    Args:
        columns: The columns that the model reads.
        target: Column of 0 and 1.
        parameters: Parameters of the regression.
    """
    regression = LogisticRegressionEstimator(
        labelCol=target,
        featuresCol=_FEATURES,
        rawPredictionCol=_RAW,
        probabilityCol=_PROBABILITY,
        predictionCol=_PREDICTION,
        maxIter=parameters.max_iter,
        regParam=parameters.reg_param,
    )
    one_hot = [f"_one_hot_{name}" for name in columns.categorical]
    encoded = [OneHotEncoder(inputCols=_indexed(columns), outputCols=one_hot)] if one_hot else []
    assembled = VectorAssembler(inputCols=one_hot + _imputed(columns), outputCol=_FEATURES)
    return Pipeline(stages=[*_index_stages(columns), *encoded, *_number_stages(columns), assembled, regression])


def _index_stages(columns: ModelColumns) -> list[Stage]:
    if not columns.categorical:
        return []
    # Alphabetic order is stable; the default order, by frequency, can change when a label gets one more row.
    return [
        StringIndexer(
            inputCols=list(columns.categorical),
            outputCols=_indexed(columns),
            handleInvalid="keep",
            stringOrderType="alphabetAsc",
        )
    ]


def _number_stages(columns: ModelColumns) -> list[Stage]:
    if not columns.numeric:
        return []
    # Imputer casts its fill value to the type of the column. With doubles, the pipeline and its portable scorer use the same
    # number.
    casts = ", ".join(f"CAST(`{name}` AS DOUBLE) AS `_double_{name}`" for name in columns.numeric)
    doubles = [f"_double_{name}" for name in columns.numeric]
    return [
        SQLTransformer(statement=" ".join(("SELECT *,", casts, "FROM __THIS__"))),
        Imputer(inputCols=doubles, outputCols=_imputed(columns), strategy="median"),
    ]


def _indexed(columns: ModelColumns) -> list[str]:
    return [f"_index_{name}" for name in columns.categorical]


def _imputed(columns: ModelColumns) -> list[str]:
    return [f"_imputed_{name}" for name in columns.numeric]
