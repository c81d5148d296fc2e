"""Score a Spark frame with a portable scorer, in Python workers."""

from collections.abc import Iterator

import pandas as pd
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.pandas.functions import pandas_udf

from tidegate.schema import quoted, require_columns
from tidegate.scorers.portable_scorer import PortableScorer, digest_of
from tidegate.scorers.specification import BaseRate
from tidegate.workers import keep_imports

# Spark reuses Python workers for many tasks, so each worker builds the trees of a scorer only once.
_LOADED: dict[str, PortableScorer] = {}
_MOST_LOADED = 8


def score_frame(frame: DataFrame, scorer: bytes, output: str) -> DataFrame:
    """Add P(class 1) as a double column.

    Args:
        frame: Rows with the required columns of the scorer. Other columns are kept as they are.
        scorer: The bytes that `PortableScorer.to_bytes` returned.
        output: Name of the new column.

    Raises:
        MissingColumnsError: A required column is not in the frame.
        CorruptScorerError: The bytes are not a scorer.
    """
    portable = PortableScorer.from_bytes(scorer)
    require_columns(frame, portable.required_columns, "frame to score")
    if isinstance(portable.specification.model, BaseRate):
        return frame.withColumn(output, F.lit(portable.specification.model.probability))
    columns, digest = portable.required_columns, digest_of(scorer)

    def probability(batches: Iterator[tuple[pd.Series, ...]]) -> Iterator[pd.Series]:
        keep_imports()
        loaded = _loaded(digest, scorer)
        for batch in batches:
            yield pd.Series(loaded.probability(_frame(columns, batch)))

    # The kind of UDF follows from the annotations of the function, but the type stubs have no overload for that.
    scored = pandas_udf(probability, "double")  # type: ignore[call-overload]
    return frame.withColumn(output, scored(*_typed(portable)))


def _frame(columns: tuple[str, ...], batch: pd.Series | tuple[pd.Series, ...]) -> pd.DataFrame:
    # Spark passes several columns as a tuple, but a single column as it is.
    series = (batch,) if isinstance(batch, pd.Series) else batch
    return pd.DataFrame(dict(zip(columns, series, strict=True)))


def _typed(scorer: PortableScorer) -> list[Column]:
    # Spark casts the columns as the MLlib stages do, so that 1.0 becomes the label "1.0" in both.
    numeric = set(scorer.numeric_columns)
    return [F.col(quoted(name)).cast("double" if name in numeric else "string") for name in scorer.required_columns]


def _loaded(digest: str, scorer: bytes) -> PortableScorer:
    if digest not in _LOADED:
        if len(_LOADED) >= _MOST_LOADED:
            _LOADED.clear()
        _LOADED[digest] = PortableScorer.from_bytes(scorer)
    return _LOADED[digest]
