"""Acceptance: decide whether a trained version is good enough to be released, and give the reasons."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pyspark.sql import types as T

from tidegate.declared_names import require_distinct
from tidegate.declared_types import require_declared_types
from tidegate.errors import DefinitionError, did_you_mean
from tidegate.evaluation.slices import Slice
from tidegate.tasks import Binary, Task
from tidegate.training.slice_findings import LOSS, SELECTION_RATE, Finding, group_difference, worst_slice

_SLICED_BY = (T.StringType, T.BooleanType, T.IntegralType, T.DecimalType, T.DateType)


@dataclass(frozen=True)
class Acceptance:
    """The rules by which a trained version is accepted, in addition to two that always hold.

    The two: on the same test rows, a version must surely beat the naive prediction, and surely beat the champion if there is one.
    "Surely" means that the whole 95 % interval of the difference in loss is below 0. The interval comes from drawing whole days
    at random. With fewer than 7 days of test rows, nothing is sure.

    A *slice* is the test rows with one value of a column; NULL counts as a value. If too few slices have enough rows to check a
    rule, the version does not keep the rule.

    Attributes:
        at_most: The largest value that a test metric may have, by its name, such as `{"log_loss": 0.5}`.
        at_least: The smallest value that a test metric may have, by its name, such as `{"roc_auc": 0.7}`.
        slices: Columns of the view. Training logs the mean loss of the test rows with each of their values.
        worst_slice_at_most: No slice of `slices` may have a mean loss of more than this many times the mean loss of all test
            rows; from 1 up. None sets no limit.
        group: Column of the view whose values are groups that the model should treat alike; None for none.
        group_difference_at_most: The largest difference that two groups may have, by what is compared: `loss`, the mean loss of a
            row, or, for a binary task only, `selection_rate`, the share of rows that are predicted to be of class 1.
        least_slice_rows: The rules leave out slices and groups with fewer test rows than this number.

    Raises:
        DefinitionError: An attribute has another type than declared, the smallest value of a metric is above its largest, no
            version could keep a bound or every version would, a bound has no column that it applies to, or a column is named
            twice.
    """

    # A mapping has no hash.
    at_most: Mapping[str, float] = field(default_factory=dict, hash=False)
    at_least: Mapping[str, float] = field(default_factory=dict, hash=False)
    slices: tuple[str, ...] = ()
    worst_slice_at_most: float | None = None
    group: str | None = None
    group_difference_at_most: Mapping[str, float] = field(default_factory=dict, hash=False)
    least_slice_rows: int = 100

    def __post_init__(self) -> None:
        require_declared_types(self)
        for name, bound in [*self.at_most.items(), *self.at_least.items()]:
            if not math.isfinite(bound):
                raise DefinitionError(f"Acceptance: the bound of {name} is {bound}; give a finite number.")
        for name in self.at_most.keys() & self.at_least.keys():
            if self.at_least[name] > self.at_most[name]:
                raise DefinitionError(
                    f"Acceptance: nothing has a {name} of at least {self.at_least[name]} and at most {self.at_most[name]}."
                )
        require_distinct(self.slices, "Acceptance: slices", "name each column once")
        if self.least_slice_rows < 1:
            raise DefinitionError(f"Acceptance: least_slice_rows is {self.least_slice_rows}; a slice has at least 1 row.")
        self._require_factor()
        self._require_differences()

    @property
    def slice_columns(self) -> tuple[str, ...]:
        """The columns of the view by which the rules divide the test rows."""
        return tuple(dict.fromkeys((*self.slices, *([self.group] if self.group else []))))

    def require_columns(self, types: Mapping[str, T.DataType], personal: Iterable[str], where: str) -> None:
        """Check the columns by which the rules divide the test rows.

        Args:
            types: The types of the columns of a view by name.
            personal: The columns of the view with personal values.
            where: The name of the model, for the message.

        Raises:
            DefinitionError: A column is missing, has personal values, or has values of a type that makes no slices.
        """
        hidden = set(personal)
        for name in self.slice_columns:
            if name not in types:
                raise DefinitionError(
                    f"{where}: accept names the column {name!r}, which its feature view doesn't have; available: "
                    f"{', '.join(types)}.{did_you_mean(name, types)}"
                )
            if name in hidden:
                raise DefinitionError(
                    f"{where}: accept divides the test rows by {name!r}, which is personal, so its values would appear in the "
                    "reasons and in MLflow. Name a column without personal values."
                )
            if not isinstance(types[name], _SLICED_BY):
                raise DefinitionError(
                    f"{where}: accept divides the test rows by {name!r}, which is {types[name].simpleString()}; name a column of "
                    "texts, booleans, whole or decimal numbers, or dates. Bands of a number are a feature of their own."
                )

    def require_task(self, task: Task, where: str) -> None:
        """Raise DefinitionError if the rules compare groups by something that a task doesn't have."""
        if SELECTION_RATE in self.group_difference_at_most and not isinstance(task, Binary):
            raise DefinitionError(
                f"{where}: accept compares the {SELECTION_RATE} of groups, the share of rows that are predicted to be of class "
                f"1, but a {task.kind} task doesn't predict this class. Compare the {LOSS}."
            )

    def problems(self, metrics: Mapping[str, float | None]) -> list[str]:
        """Return a sentence for each bound that the test metrics of a model don't keep. A bound of an unknown value is not kept.

        Args:
            metrics: The test metrics by name; None for those that have no value on the test rows.

        Raises:
            DefinitionError: A bound names a metric that the task doesn't have.
        """
        for name in (*self.at_most, *self.at_least):
            if name not in metrics:
                raise DefinitionError(
                    f"Acceptance names the metric {name!r}, which was not measured; measured: {', '.join(sorted(metrics))}."
                )
        bounds = {"above": self.at_most, "below": self.at_least}
        return [
            problem
            for side, of_side in bounds.items()
            for name, bound in of_side.items()
            if (problem := _problem(name, metrics[name], bound, side))
        ]

    def slice_findings(self, slices: Mapping[str, tuple[Slice, ...]], loss: str) -> list[Finding]:
        """Return what each rule about slices found.

        Args:
            slices: The slices of each of `slice_columns`.
            loss: Name of the loss, for the texts.
        """
        least, findings = self.least_slice_rows, []
        if self.worst_slice_at_most is not None:
            findings = [worst_slice(name, slices[name], self.worst_slice_at_most, least, loss) for name in self.slices]
        if self.group is not None:
            findings += [
                group_difference(self.group, slices[self.group], measure, bound, least, loss)
                for measure, bound in self.group_difference_at_most.items()
            ]
        return findings

    def _require_factor(self) -> None:
        factor = self.worst_slice_at_most
        if factor is None:
            return
        if not 1 <= factor < math.inf:
            raise DefinitionError(
                f"Acceptance: worst_slice_at_most is {factor}; give a factor of the mean loss of all test rows, such "
                "as 1.5. It can't be below 1."
            )
        if not self.slices:
            raise DefinitionError("Acceptance: worst_slice_at_most needs slices, the columns whose values are compared.")

    def _require_differences(self) -> None:
        bounds = self.group_difference_at_most
        if bounds and self.group is None:
            raise DefinitionError("Acceptance: group_difference_at_most needs group, the column whose values are compared.")
        for measure, bound in bounds.items():
            if measure not in (LOSS, SELECTION_RATE):
                raise DefinitionError(
                    f"Acceptance: group_difference_at_most names {measure!r}; groups are compared by {LOSS} or {SELECTION_RATE}."
                    f"{did_you_mean(measure, (LOSS, SELECTION_RATE))}"
                )
            if not 0 <= bound < math.inf:
                raise DefinitionError(
                    f"Acceptance: group_difference_at_most[{measure!r}] is {bound}; a difference is a number from 0 up."
                )


def _problem(name: str, value: float | None, bound: float, side: str) -> str:
    """Return how a value breaks its bound; empty if it keeps it."""
    if value is None:
        return f"{name} has no value on these test rows, for example because all of them have the same answer"
    broken = value > bound if side == "above" else value < bound
    return f"{name} is {value:.6g}, {side} {bound:g}" if broken else ""


NO_FURTHER_RULES = Acceptance()
