"""The rows and the fitted models of the benchmark of scoring."""

from collections.abc import Mapping
from pathlib import Path

from made_rows import LABEL, names_of, numeric_rows
from pyspark.sql import DataFrame, SparkSession

from tidegate import Binary, BoostedTrees, LogisticRegression, XGBoost
from tidegate.training.estimators import Estimator, FittedModel, TrainingRows
from tidegate.training.model_columns import ModelColumns

COLUMNS = 48
TREES = 100
NAMES = names_of(COLUMNS)
MODELS: Mapping[str, Estimator] = {
    "boosted trees": BoostedTrees(max_iter=TREES, max_depth=5),
    "XGBoost": XGBoost(rounds=TREES, max_depth=6, early_stopping_rounds=None),
    "linear": LogisticRegression(max_iter=20),
}
# Enough for full trees. More rows only make the fits longer, not the scoring.
_FITTED_TO = 10_000


def make_rows(spark: SparkSession, folder: Path, rows: int, partitions: int) -> None:
    """Write the rows as Parquet into a folder, in one file for each partition, without the answers."""
    numeric_rows(spark, 0, rows, partitions, COLUMNS).drop(LABEL).write.parquet(str(folder))


def read_rows(spark: SparkSession, folder: Path) -> DataFrame:
    """Return the rows of a folder, in one partition for each of its files.

    Spark packs small files into one partition and splits large ones. With the size of the largest file as the limit it does
    neither. The setting counts when the rows are read, so the next call changes the partitions of earlier frames.
    """
    largest = max(file.stat().st_size for file in folder.glob("*.parquet"))
    spark.conf.set("spark.sql.files.maxPartitionBytes", str(largest))
    return spark.read.parquet(str(folder))


def fit(spark: SparkSession, kind: str) -> FittedModel:
    """Fit one of the models. The rows are others than those that are scored."""
    rows = numeric_rows(spark, -_FITTED_TO, 0, 1, COLUMNS).persist()
    model = MODELS[kind].fit(TrainingRows(rows, ModelColumns((), NAMES), LABEL, most_labels=0), Binary())
    rows.unpersist()
    return model
