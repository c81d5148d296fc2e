"""MLlib pipelines with imputing, encoding and assembling inside, so that one object holds all that was learnt."""

from typing import Any

from pyspark.ml import Pipeline
from pyspark.ml.base import Estimator, Transformer
from pyspark.ml.classification import GBTClassifier
from pyspark.ml.classification import LogisticRegression as LogisticRegressionEstimator
from pyspark.ml.feature import Imputer, OneHotEncoder, SQLTransformer, StringIndexer, VectorAssembler

from tidegate.training.parameters import BoostedTreesParameters, LogisticRegressionParameters, ModelColumns

# The pipeline's own columns, beside those of the rows.
_FEATURES, _RAW, _PROBABILITY, _PREDICTION = "_features", "_raw_prediction", "_probability", "_prediction"
Stage = Estimator[Any] | Transformer


def boosted_trees_pipeline(columns: ModelColumns, target: str, parameters: BoostedTreesParameters, most_labels: int) -> Pipeline:
    """Return gradient-boosted trees on category places and imputed numbers.

    Args:
        columns: What the model reads.
        target: Column of 0 and 1.
        parameters: Of the trees.
        most_labels: Labels of the category column that has most of them; MLlib needs as many bins, and one for unseen.
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
    """Return logistic regression on one-hot categories and imputed numbers, standardised by MLlib itself."""
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
    # Alphabetic places do not move when the counts of two labels change by a row.
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
    # Imputer casts its fill to the column's own type; in double, the pipeline and its portable scorer hold one number.
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
