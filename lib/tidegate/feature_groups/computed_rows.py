"""Call the code of a system that computes rows. If it uses an unknown column, raise an error that names the column."""

import re
import traceback
from collections.abc import Callable
from pathlib import Path

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame

from tidegate.errors import TransformationError, did_you_mean

_UNKNOWN = "UNRESOLVED_COLUMN"
_NAME = re.compile(r"`((?:[^`]|``)*)`")


def computed_rows(compute: Callable[[], object], what: str) -> DataFrame:
    """Call a function of a system and return the DataFrame that it computes.

    Args:
        compute: The function to call.
        what: The name of the function for error messages, such as `the step of feature group weather_v1`.

    Raises:
        TransformationError: The function uses a column that its rows don't have, or it does not return a DataFrame.
    """
    try:
        rows = compute()
    except AnalysisException as error:
        if not (error.getCondition() or "").startswith(_UNKNOWN):
            raise
        raise TransformationError(what, _unknown_column(error)) from error
    if not isinstance(rows, DataFrame):
        raise TransformationError(what, f"returned {type(rows).__name__}, not a DataFrame. Is its `return` missing?")
    return rows


def _unknown_column(error: AnalysisException) -> str:
    parameters = error.getMessageParameters() or {}
    named = ".".join(_names(parameters.get("objectName", "")))
    # Spark proposes only names that are similar, so the list may be incomplete. The columns that tidegate adds are left out.
    near = [name for name in _names(parameters.get("proposal", "")) if not name.startswith("_")]
    has = f"; similar columns there: {', '.join(near)}" if near else ""
    return f"uses the column {named}, which its rows don't have{has}{_place(error)}.{did_you_mean(named, near)}"


def _names(text: str) -> list[str]:
    return [name.replace("``", "`") for name in _NAME.findall(text)]


def _place(error: AnalysisException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames[1:] if not {"pyspark", "py4j"} & {*Path(frame.filename).parts}]
    return f" ({Path(own[-1].filename).name}, line {own[-1].lineno})" if own else ""
