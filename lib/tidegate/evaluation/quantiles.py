"""Compute the metrics of predicted quantiles."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import reduce
from typing import Any

from pyspark.sql import Column
from pyspark.sql import functions as F

from tidegate.evaluation.losses import pinball_loss
from tidegate.evaluation.metrics import Metrics
from tidegate.evaluation.number_totals import is_finite
from tidegate.evaluation.scored_rows import Array, ScoredRows, Totals, add_up


@dataclass(frozen=True)
class QuantileLevel:
    """How good one quantile is.

    Attributes:
        level: The probability of the quantile.
        pinball_loss: Mean pinball loss.
        coverage: Share of the labels at or below the quantile. Close to the level if the quantile is right.
    """

    level: float
    pinball_loss: float
    coverage: float


@dataclass(frozen=True)
class QuantilesMetrics(Metrics):
    """Metrics of one model on one set of rows whose labels are numbers.

    Attributes:
        levels: Each quantile, in order of rising levels.
        band_coverage: Share of the labels from the lowest to the highest quantile, both included; None with one quantile.
        band_width: Mean distance between the lowest and the highest quantile, in the unit of the label; None with one quantile.
    """

    levels: tuple[QuantileLevel, ...]
    band_coverage: float | None
    band_width: float | None

    @property
    def loss(self) -> float:
        """The mean pinball loss over rows and levels."""
        return sum(each.pinball_loss for each in self.levels) / len(self.levels)

    def details(self) -> dict[str, Any]:
        """Return loss and coverage by level."""
        return {"levels": [asdict(each) for each in self.levels]}

    def _measured(self) -> Mapping[str, float | None]:
        by_level = {f"pinball_loss_{level_name(each.level)}": each.pinball_loss for each in self.levels}
        by_level |= {f"coverage_{level_name(each.level)}": each.coverage for each in self.levels}
        return {"pinball_loss": self.loss, **by_level, "band_coverage": self.band_coverage, "band_width": self.band_width}


def level_name(level: float) -> str:
    """Return a level as a part of a name: `0_9` for 0.9."""
    return re.sub("[^A-Za-z0-9]+", "_", str(level))


def rising(quantiles: Sequence[Column]) -> list[Column]:
    """Return the quantiles of a row in rising order.

    Each quantile is fitted by itself, so two of them can cross. Sorting never makes the pinball loss larger (V. Chernozhukov,
    I. Fernandez-Val and A. Galichon, Econometrica 78(3), 2010).
    """
    in_order = F.sort_array(F.array(*quantiles))
    return [F.get(in_order, F.lit(place)) for place in range(len(quantiles))]


def quantiles_metrics(rows: ScoredRows, levels: Sequence[float]) -> dict[str, QuantilesMetrics]:
    """Return the metrics of each model, whose quantiles are put in rising order. This runs one Spark job and collects one row.

    Args:
        rows: Rows with numbers as labels, and one column with the predicted quantile of each level for each model.
        levels: The levels, in rising order.

    Raises:
        UnusableRowsError: There are no rows, or a label or a quantile is NULL or not finite.
    """
    label, scores = F.col("label"), [F.col(f"score_{place}") for place in range(len(levels))]
    quantiles = rising(scores)
    losses = {
        f"loss_{place}": pinball_loss(label, [quantile], [level])
        for place, (quantile, level) in enumerate(zip(quantiles, levels, strict=True))
    }
    covered = {f"covered_{place}": (label <= quantile).cast("double") for place, quantile in enumerate(quantiles)}
    totals = Totals(
        usable_label=is_finite(label),
        usable_score=reduce(lambda left, right: left & right, map(is_finite, scores)),
        label_rule="finite label",
        score_rule="finite quantile for each level",
        sums={
            **losses,
            **covered,
            "inside": label.between(quantiles[0], quantiles[-1]).cast("double"),
            "width": quantiles[-1] - quantiles[0],
        },
    )
    return {model: _metrics(found, levels) for model, found in add_up(rows, totals).items()}


def _metrics(found: Mapping[str, Array], levels: Sequence[float]) -> QuantilesMetrics:
    rows = int(found["rows"][0])
    means = {name: float(values[0]) / rows for name, values in found.items()}
    is_band = len(levels) > 1
    return QuantilesMetrics(
        rows=rows,
        levels=tuple(
            QuantileLevel(level, means[f"loss_{place}"], means[f"covered_{place}"]) for place, level in enumerate(levels)
        ),
        band_coverage=means["inside"] if is_band else None,
        band_width=means["width"] if is_band else None,
    )
