"""The ways to score rows on Spark: ours, MLflow's, and a function that only returns a column."""

from collections.abc import Iterator
from pathlib import Path

import tidegate.registry.quiet  # noqa: F401  # isort: skip  # MLflow reads its settings when it is imported

import mlflow.pyfunc
import pandas as pd
from inference_data import NAMES
from made_rows import KEY
from mlflow.pyfunc.model import PythonModel
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.pandas.functions import pandas_udf

from tidegate.scorers import PortableScorer
from tidegate.scorers.scoring import score_frame

SCORE = "score"


def ours(rows: DataFrame, scorer: bytes) -> DataFrame:
    """Score rows with `score_frame`."""
    return score_frame(rows, scorer, [SCORE]).select(KEY, SCORE)


def identity(rows: DataFrame) -> DataFrame:
    """Pass the same columns to Python as `ours` does, and return the first one as it is."""

    # Inside this function, so that the workers get it as it is and need not import this module.
    def first(batches: Iterator[tuple[pd.Series, ...]]) -> Iterator[pd.Series]:
        for batch in batches:
            yield batch[0]

    columns = [F.col(name).cast("double") for name in NAMES]
    return rows.withColumn(SCORE, pandas_udf(first, "double")(*columns)).select(KEY, SCORE)


def save_for_mlflow(scorer: bytes, folder: Path) -> None:
    """Save a model of MLflow that scores with the same portable scorer as ours, so that only the way to it differs."""

    # Inside this function for the same reason as `first`.
    class Scored(PythonModel):
        """The scorer, which is built when MLflow loads the model."""

        def load_context(self, context: object) -> None:
            self._scorer = PortableScorer.from_bytes(scorer)

        def predict(self, context: object, model_input: pd.DataFrame, params: object = None) -> pd.Series:
            return pd.Series(self._scorer.scores(model_input)[:, 0])

    mlflow.pyfunc.save_model(path=str(folder), python_model=Scored(), pip_requirements=["tidegate"])


def by_mlflow(rows: DataFrame, folder: Path) -> DataFrame:
    """Score rows with a saved model and `mlflow.pyfunc.spark_udf`, which passes the columns in a struct with their names."""
    scored = mlflow.pyfunc.spark_udf(rows.sparkSession, str(folder), result_type="double", env_manager="local")
    return rows.withColumn(SCORE, scored(F.struct(*NAMES))).select(KEY, SCORE)


def run(scored: DataFrame) -> None:
    """Compute all rows, and write them nowhere."""
    scored.write.format("noop").mode("overwrite").save()
