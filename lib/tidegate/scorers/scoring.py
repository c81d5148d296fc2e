"""Score a Spark frame with a portable scorer, in Python workers."""

from collections.abc import Iterator, Sequence

import pandas as pd
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T
from pyspark.sql.pandas.functions import pandas_udf

from tidegate.errors import UsageError
from tidegate.schema import quoted, require_columns
from tidegate.scorers.models import BaseRate, Constant
from tidegate.scorers.portable_scorer import PortableScorer, digest_of
from tidegate.workers import keep_imports

# Spark reuses Python workers for many tasks, so each worker builds the trees of a scorer only once.
_LOADED: dict[str, PortableScorer] = {}
_MOST_LOADED = 8
# Holds all outputs of a scorer until each has a column of its own.
_ALL = "_all_outputs"


def score_frame(frame: DataFrame, scorer: bytes, names: Sequence[str]) -> DataFrame:
    """Add each output of a scorer as a double column.

    Args:
        frame: Rows with the required columns of the scorer. Other columns are kept as they are.
        scorer: The bytes that `PortableScorer.to_bytes` returned.
        names: Names of the new columns, in the order of the scorer's outputs.

    Raises:
        MissingColumnsError: A required column is not in the frame.
        CorruptScorerError: The bytes are not a scorer.
        UsageError: There are more or fewer names than outputs.
    """
    portable = PortableScorer.from_bytes(scorer)
    require_columns(frame, portable.required_columns, "frame to score")
    if isinstance(names, str) or len(names) != len(portable.outputs):
        raise UsageError(
            f"score_frame: names is {names!r}, but the scorer has {len(portable.outputs)} output(s): "
            f"{', '.join(portable.outputs)}. Give one name for each."
        )
    model = portable.specification.model
    if isinstance(model, Constant | BaseRate):
        values = model.values if isinstance(model, Constant) else (model.probability,)
        return frame.withColumns({name: F.lit(value) for name, value in zip(names, values, strict=True)})
    if len(names) == 1:
        return frame.withColumn(names[0], _one_output(portable, scorer))
    scored = frame.withColumn(_ALL, _several_outputs(portable, scorer))
    return scored.withColumns({name: F.col(f"{_ALL}.o{place}") for place, name in enumerate(names)}).drop(_ALL)


def _one_output(portable: PortableScorer, scorer: bytes) -> Column:
    columns, digest = portable.required_columns, digest_of(scorer)

    def score(batches: Iterator[tuple[pd.Series, ...]]) -> Iterator[pd.Series]:
        keep_imports()
        loaded = _loaded(digest, scorer)
        for batch in batches:
            yield pd.Series(loaded.scores(_frame(columns, batch))[:, 0])

    # The kind of UDF follows from the annotations of the function, but the type stubs have no overload for that.
    return pandas_udf(score, "double")(*_typed(portable))  # type: ignore[call-overload,no-any-return]


def _several_outputs(portable: PortableScorer, scorer: bytes) -> Column:
    """Return a struct with all outputs, so that Spark evaluates one function, once for each row."""
    columns, digest = portable.required_columns, digest_of(scorer)
    fields = [f"o{place}" for place in range(len(portable.outputs))]

    def score(batches: Iterator[tuple[pd.Series, ...]]) -> Iterator[pd.DataFrame]:
        keep_imports()
        loaded = _loaded(digest, scorer)
        for batch in batches:
            yield pd.DataFrame(loaded.scores(_frame(columns, batch)), columns=fields)

    kind = T.StructType([T.StructField(field, T.DoubleType()) for field in fields])
    return pandas_udf(score, kind)(*_typed(portable))  # type: ignore[call-overload,no-any-return]


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
