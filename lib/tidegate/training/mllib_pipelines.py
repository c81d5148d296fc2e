"""MLlib pipelines that include imputing, encoding and assembling, so that one object holds everything that was fitted."""

from typing import Any, TypeVar

from pyspark.ml import Pipeline
from pyspark.ml.base import Estimator, Transformer
from pyspark.ml.feature import Imputer, OneHotEncoder, SQLTransformer, StandardScaler, StringIndexer, VectorAssembler

from tidegate.training.estimators.estimator import TrainingRows
from tidegate.training.model_columns import ModelColumns

# Columns that the pipeline adds to those of the rows.
FEATURES, RAW, PROBABILITY, PREDICTION = "_features", "_raw_prediction", "_probability", "_prediction"
_UNSCALED = "_unscaled_features"
Stage = Estimator[Any] | Transformer
AnyEstimator = TypeVar("AnyEstimator", bound=Estimator[Any])


def indexed_pipeline(columns: ModelColumns, last: Stage) -> Pipeline:
    """Return a pipeline that ends in an estimator on category indices and imputed numbers, as trees can use them.

    Args:
        columns: The columns that the model reads.
        last: The estimator.
    """
    assembled = VectorAssembler(inputCols=_indexed(columns) + _imputed(columns), outputCol=FEATURES)
    return Pipeline(stages=[*_index_stages(columns), *_number_stages(columns), assembled, last])


def one_hot_pipeline(columns: ModelColumns, last: Stage) -> Pipeline:
    """Return a pipeline that ends in an estimator on one-hot categories and imputed numbers, as weighted sums need them.

    Args:
        columns: The columns that the model reads.
        last: The estimator.
    """
    return Pipeline(stages=[*_one_hot_stages(columns, FEATURES), last])


def scaled_pipeline(columns: ModelColumns) -> Pipeline:
    """Return a pipeline that makes features with a mean of 0 and a deviation of 1, as a neural network needs them.

    Args:
        columns: The columns that the model reads.
    """
    scaler = StandardScaler(inputCol=_UNSCALED, outputCol=FEATURES, withMean=True, withStd=True)
    return Pipeline(stages=[*_one_hot_stages(columns, _UNSCALED), scaler])


def missing_pipeline(columns: ModelColumns) -> Pipeline:
    """Return a pipeline that makes the columns `feature_names`: category indices, and numbers in which NULL stays NULL.

    Args:
        columns: The columns that the model reads.
    """
    return Pipeline(stages=[*_index_stages(columns), *_cast_stages(columns)])


def feature_names(columns: ModelColumns) -> list[str]:
    """Return the columns that `missing_pipeline` makes, those of the categories first."""
    return _indexed(columns) + [f"_double_{name}" for name in columns.numeric]


def last_stage(estimator: AnyEstimator, rows: TrainingRows, **parameters: object) -> AnyEstimator:
    """Set the columns of an estimator of MLlib that is the last stage of a pipeline, and its parameters.

    Args:
        estimator: The estimator.
        rows: The rows that it will be fitted to.
        **parameters: Parameters by MLlib's names.
    """
    columns = {
        "labelCol": rows.label,
        "featuresCol": FEATURES,
        "rawPredictionCol": RAW,
        "probabilityCol": PROBABILITY,
        "predictionCol": PREDICTION,
    }
    if rows.weight:
        columns["weightCol"] = rows.weight
    for name, value in {**columns, **parameters}.items():
        if name not in columns or estimator.hasParam(name):
            estimator.set(estimator.getParam(name), value)
    return estimator


def _one_hot_stages(columns: ModelColumns, output: str) -> list[Stage]:
    one_hot = [f"_one_hot_{name}" for name in columns.categorical]
    encoded = [OneHotEncoder(inputCols=_indexed(columns), outputCols=one_hot)] if one_hot else []
    assembled = VectorAssembler(inputCols=one_hot + _imputed(columns), outputCol=output)
    return [*_index_stages(columns), *encoded, *_number_stages(columns), assembled]


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


def _cast_stages(columns: ModelColumns) -> list[Stage]:
    if not columns.numeric:
        return []
    casts = ", ".join(f"CAST(`{name}` AS DOUBLE) AS `_double_{name}`" for name in columns.numeric)
    return [SQLTransformer(statement=" ".join(("SELECT *,", casts, "FROM __THIS__")))]


def _number_stages(columns: ModelColumns) -> list[Stage]:
    if not columns.numeric:
        return []
    # Imputer casts its fill value to the type of the column. With doubles, the pipeline and its portable scorer use the same
    # number.
    doubles = [f"_double_{name}" for name in columns.numeric]
    return [*_cast_stages(columns), Imputer(inputCols=doubles, outputCols=_imputed(columns), strategy="median")]


def _indexed(columns: ModelColumns) -> list[str]:
    return [f"_index_{name}" for name in columns.categorical]


def _imputed(columns: ModelColumns) -> list[str]:
    return [f"_imputed_{name}" for name in columns.numeric]
