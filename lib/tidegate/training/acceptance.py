"""Acceptance: decide whether a trained version is good enough to be released, and give the reasons."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tidegate.declared_types import require_declared_types
from tidegate.errors import DefinitionError


@dataclass(frozen=True)
class Acceptance:
    """The rules by which a trained version is accepted, in addition to two that always hold.

    A version must surely beat the naive prediction, and then the champion, on the same test rows. "Surely" means that the whole
    95 % interval of the paired difference, over blocks of days, is below 0.

    Attributes:
        at_most: The largest value that a test metric may have, by its name, such as `{"log_loss": 0.5}`.
        at_least: The smallest value that a test metric may have, by its name, such as `{"roc_auc": 0.7}`.

    Raises:
        DefinitionError: An attribute has another type than declared, or a metric has a smallest value above its largest.
    """

    # A mapping has no hash.
    at_most: Mapping[str, float] = field(default_factory=dict, hash=False)
    at_least: Mapping[str, float] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        require_declared_types(self)
        for name in self.at_most.keys() & self.at_least.keys():
            if self.at_least[name] > self.at_most[name]:
                raise DefinitionError(
                    f"Acceptance: nothing has a {name} of at least {self.at_least[name]} and at most {self.at_most[name]}."
                )

    @property
    def slice_columns(self) -> tuple[str, ...]:
        """The columns of the view by which the rules divide the test rows."""
        return ()

    def require_columns(self, available: Iterable[str], where: str) -> None:
        """Raise DefinitionError if a rule needs a column that a view doesn't have."""

    def problems(self, metrics: Mapping[str, float]) -> list[str]:
        """Return a sentence for each bound that the test metrics of a model don't keep.

        Raises:
            DefinitionError: A bound names a metric that the task doesn't have.
        """
        for name in (*self.at_most, *self.at_least):
            if name not in metrics:
                raise DefinitionError(
                    f"Acceptance names the metric {name!r}, which was not measured; measured: {', '.join(sorted(metrics))}."
                )
        above = [
            f"{name} is {metrics[name]:.6g}, above {bound:g}" for name, bound in self.at_most.items() if metrics[name] > bound
        ]
        below = [
            f"{name} is {metrics[name]:.6g}, below {bound:g}" for name, bound in self.at_least.items() if metrics[name] < bound
        ]
        return above + below


NO_FURTHER_RULES = Acceptance()
