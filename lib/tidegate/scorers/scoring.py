"""Score a Spark frame by a portable scorer, in Python workers."""

from collections.abc import Iterator

import pandas as pd
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.pandas.functions import pandas_udf

from tidegate.schema import quoted, require_columns
from tidegate.scorers.portable_scorer import PortableScorer, digest_of
from tidegate.scorers.specification import BaseRate
from tidegate.workers import keep_imports

# Python workers live on between tasks: the trees are built once a worker and scorer.
_LOADED: dict[str, PortableScorer] = {}
_MOST_LOADED = 8


def score_frame(frame: DataFrame, scorer: bytes, output: str) -> DataFrame:
    """Add P(class 1) as a double column.

    Args:
        frame: Has the scorer's required columns; others are kept as they are.
        scorer: What `PortableScorer.to_bytes` gave.
        output: Name of the new column.

    Raises:
        MissingColumnsError: A required column is not in the frame.
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

    # The annotations of the function say that it takes iterators; the overloads want that said by a number as well.
    scored = pandas_udf(probability, "double")  # type: ignore[call-overload]
    return frame.withColumn(output, scored(*_typed(portable)))


def _frame(columns: tuple[str, ...], batch: pd.Series | tuple[pd.Series, ...]) -> pd.DataFrame:
    # Spark gives a tuple of columns, but a single column bare.
    series = (batch,) if isinstance(batch, pd.Series) else batch
    return pd.DataFrame(dict(zip(columns, series, strict=True)))


def _typed(scorer: PortableScorer) -> list[Column]:
    # Spark's own casts, as the MLlib stages make them: 1.0 is the label "1.0" in both.
    numeric = set(scorer.numeric_columns)
    return [F.col(quoted(name)).cast("double" if name in numeric else "string") for name in scorer.required_columns]


def _loaded(digest: str, scorer: bytes) -> PortableScorer:
    if digest not in _LOADED:
        if len(_LOADED) >= _MOST_LOADED:
            _LOADED.clear()
        _LOADED[digest] = PortableScorer.from_bytes(scorer)
    return _LOADED[digest]
