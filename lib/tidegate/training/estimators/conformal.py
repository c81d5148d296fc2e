"""Conformal: quantiles around the prediction of a regression."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidegate.errors import UnusableRowsError
from tidegate.schema import quoted
from tidegate.scorers.adjustments import Offsets
from tidegate.scorers.portable_scorer import PortableScorer
from tidegate.tasks import Quantiles, Regression, Task
from tidegate.training.estimators.estimator import FittedModel, TrainingRows
from tidegate.training.estimators.held_out import without_held_out
from tidegate.training.estimators.over_another import OverAnother

_CENTRE, _ERROR = "_conformal_centre", "_conformal_error"
# Of `percentile_approx`: 1 / the largest error of a rank.
_ACCURACY = 100_000


@dataclass(frozen=True)
class Conformal(OverAnother):
    """The prediction of a regression plus the quantiles of its errors (split-conformal bands).

    The regression is fitted to a part of the training rows. Its errors on the rest, the rows that are held out, give the bands,
    which are equally wide for all rows. If later rows are like the held-out ones, the band between the levels 0.1 and 0.9 holds
    at least 80 % of the answers, and so on (H. Papadopoulos et al., ECML 2002). Weights of rows count in the fit of the
    regression only.

    Attributes:
        estimator: The estimator of the regression.
        held_out: The share of the training rows that is held out, from 0.01 to 0.9.

    Raises:
        DefinitionError: A parameter has another type, or is out of its range, or the estimator can't answer Regression.
    """

    kind: ClassVar[str] = "conformal"
    tasks: ClassVar[tuple[type[Task], ...]] = (Quantiles,)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.estimator.require_task(Regression(), "Conformal")

    def fit(self, rows: TrainingRows, task: Task) -> FittedModel:
        """Fit the regression, then compute the quantiles of its errors.

        Raises:
            UnusableRowsError: No row was held out.
        """
        assert isinstance(task, Quantiles)
        kept, held_out = without_held_out(rows, self.held_out)
        base = self.estimator.fit(kept, Regression())
        error = (F.col(quoted(rows.label)) - F.col(_CENTRE)).alias(_ERROR)
        offsets = _error_quantiles(base.transform(held_out, [_CENTRE]).select(error), task.levels)

        def own_scores(frame: DataFrame, names: Sequence[str]) -> DataFrame:
            bands = {name: F.col(_CENTRE) + offset for name, offset in zip(names, offsets, strict=True)}
            return base.transform(frame, [_CENTRE]).withColumns(bands).drop(_CENTRE)

        changed = {"adjustments": (Offsets(values=offsets),), "outputs": task.outputs}
        return replace(
            base,
            kind=self.kind,
            scorer=PortableScorer(base.scorer.specification.model_copy(update=changed)),
            pipeline=None,
            parameters=self.parameters(),
            own_scores=own_scores,
        )


def _error_quantiles(errors: DataFrame, levels: Sequence[float]) -> tuple[float, ...]:
    count = errors.count()
    if not count:
        raise UnusableRowsError("rows for conformal bands", ["none were held out of the training rows"])
    # Among n errors and a new one, every rank is equally likely for the new one: ranks of n + 1, rounded outwards.
    ranks = [math.ceil((count + 1) * level) if level >= 0.5 else math.floor((count + 1) * level) for level in levels]
    shares = [min(1.0, max(0.0, rank / count)) for rank in ranks]
    found = errors.select(F.percentile_approx(_ERROR, shares, _ACCURACY)).collect()[0][0]
    return tuple(map(float, found))
