"""Add up scored rows by model: everything that metrics need, in a size that does not grow with the number of rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F

from tidegate.errors import UnusableRowsError, UnusableScoresError
from tidegate.schema import quoted, require_columns

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ScoredRows:
    """Rows with their labels, and with the scores of one or more models.

    Attributes:
        frame: The rows.
        label: Name of the column with the encoded labels.
        models: For each model, the names of the columns with its scores, in the order of the task's outputs.
    """

    frame: DataFrame
    label: str
    models: Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Totals:
    """What to add up, written in terms of the columns `label` and `score_0`, `score_1` and so on of a row and a model.

    Attributes:
        usable_label: Whether a label can be evaluated. NULL means no.
        usable_score: Whether a score can be evaluated. NULL means no.
        label_rule: What a usable label is, as the end of the sentence `1 row(s) have no …`.
        score_rule: What a usable score is, in the same way.
        sums: Columns to add up, by name.
        groups: Columns to group by, by name. They must have a limited number of different values, all of them numbers.
    """

    usable_label: Column
    usable_score: Column
    label_rule: str
    score_rule: str
    sums: Mapping[str, Column]
    groups: Mapping[str, Column] = field(default_factory=dict)


def add_up(rows: ScoredRows, totals: Totals) -> dict[str, dict[str, Array]]:
    """Add up the rows of each model by group, in one Spark job.

    Args:
        rows: The scored rows.
        totals: What to add up.

    Returns:
        For each model, the number of `rows`, the groups and the sums, by name. Each array has one number a group, and the
        groups are in rising order.

    Raises:
        MissingColumnsError: The frame lacks a column.
        UnusableRowsError: There are no rows, or a label is not usable.
        UnusableScoresError: A score is not usable.
    """
    require_columns(rows.frame, [rows.label, *(name for names in rows.models.values() for name in names)], "scored rows")
    found = (
        _by_model(rows)
        .groupBy("model", *(group.alias(name) for name, group in totals.groups.items()))
        .agg(
            F.count("*").alias("rows"),
            F.count_if(~F.coalesce(totals.usable_label, F.lit(False))).alias("bad_labels"),
            F.count_if(~F.coalesce(totals.usable_score, F.lit(False))).alias("bad_scores"),
            *(F.sum(value).alias(name) for name, value in totals.sums.items()),
        )
        .collect()
    )
    return {model: _arrays(model, [row for row in found if row["model"] == model], totals) for model in rows.models}


def _by_model(rows: ScoredRows) -> DataFrame:
    """Return one row for each row and model, with the columns `model`, `label`, `score_0`, `score_1` and so on."""
    scores = F.array(*(_score(model, names) for model, names in rows.models.items()))
    return rows.frame.select(F.col(quoted(rows.label)).cast("double").alias("label"), F.inline(scores))


def _score(model: str, names: Sequence[str]) -> Column:
    columns = (F.col(quoted(name)).cast("double").alias(f"score_{place}") for place, name in enumerate(names))
    return F.struct(F.lit(model).alias("model"), *columns)


def _arrays(model: str, found: list[Row], totals: Totals) -> dict[str, Array]:
    bad_labels, bad_scores = (sum(row[name] for row in found) for name in ("bad_labels", "bad_scores"))
    problems = [] if found else ["there are none"]
    problems += [f"{bad_labels} row(s) have no {totals.label_rule}"] if bad_labels else []
    of_scores = f"{bad_scores} row(s) have no {totals.score_rule}"
    if bad_scores and not problems:
        raise UnusableScoresError(model, of_scores)
    problems += [of_scores] if bad_scores else []
    if problems:
        raise UnusableRowsError(f"rows scored by {model}", problems)
    names = ("rows", *totals.groups, *totals.sums)
    arrays = {name: np.array([row[name] for row in found], dtype=np.float64) for name in names}
    if not totals.groups:
        return arrays
    # The last key of lexsort is the one that it sorts by first.
    order = np.lexsort([arrays[name] for name in reversed(list(totals.groups))])
    return {name: values[order] for name, values in arrays.items()}
