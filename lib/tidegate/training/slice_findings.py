"""Compare the slices of the test rows with the bounds of the acceptance rules, and say for people what was found."""

from collections.abc import Sequence
from dataclasses import dataclass

from tidegate.errors import DefinitionError
from tidegate.evaluation.slices import Slice, mean_loss

LOSS, SELECTION_RATE = "loss", "selection_rate"
"""What can be compared between groups, by the names of the attributes of `Slice`."""

_REMEDY = "(give more test days, or lower least_slice_rows)"


@dataclass(frozen=True)
class Finding:
    """What a rule about slices found.

    Attributes:
        kept: Whether the rule is kept.
        text: What was measured, and how it compares with the bound.
    """

    kept: bool
    text: str


def worst_slice(column: str, slices: Sequence[Slice], at_most: float, least_rows: int, loss: str) -> Finding:
    """Compare the largest mean loss of a slice with that of all rows. A rule that can't be checked is not kept.

    Args:
        column: The column that divides the rows.
        slices: The slices of all of its values.
        at_most: The largest factor of the mean loss of all rows that a slice may have.
        least_rows: Slices with fewer rows are left out, because their mean loss is mostly chance.
        loss: Name of the loss, for the text.
    """
    counted = [each for each in slices if each.rows >= least_rows]
    if not counted:
        return Finding(
            False, f"no value of {column} has {least_rows:,} test rows or more, so its worst slice is unknown {_REMEDY}"
        )
    worst, of_all = max(counted, key=lambda each: each.loss), mean_loss(slices)
    # If all predictions are perfect, no slice is worse than the others.
    factor = worst.loss / of_all if of_all else 1.0
    kept = factor <= at_most
    return Finding(
        kept,
        f"the worst slice is {column} {worst.shown}: {worst.rows:,} test rows have a mean {loss} of {worst.loss:.6g}, "
        f"{factor:.6g} times the {of_all:.6g} of all rows, {_compared(kept, at_most)}",
    )


def group_difference(column: str, slices: Sequence[Slice], measure: str, at_most: float, least_rows: int, loss: str) -> Finding:
    """Compare the largest difference of a measure between two groups with a bound. A rule that can't be checked is not kept.

    The difference of the selection rates is the demographic parity difference as Fairlearn defines it: the largest rate of a
    group minus the smallest one (https://fairlearn.org, `demographic_parity_difference`, method `between_groups`; the idea is
    explained in A. Agarwal et al., "A Reductions Approach to Fair Classification", ICML 2018).

    Args:
        column: The column that divides the rows into groups.
        slices: The slices of all of its values.
        measure: What is compared: `loss` or `selection_rate`.
        at_most: The largest difference that two groups may have, in the unit of the measure.
        least_rows: Groups with fewer rows are left out, because their measure is mostly chance.
        loss: Name of the loss, for the text.

    Raises:
        DefinitionError: The measure was not taken, because the task has no such prediction.
    """
    name = f"mean {loss}" if measure == LOSS else measure.replace("_", " ")
    counted = [each for each in slices if each.rows >= least_rows]
    if len(counted) < 2:
        return Finding(
            False,
            f"fewer than two values of {column} have {least_rows:,} test rows or more, so the difference of their {name} is "
            f"unknown {_REMEDY}",
        )
    measured = [(getattr(each, measure), each) for each in counted]
    if any(value is None for value, _ in measured):
        raise DefinitionError(f"Acceptance compares the {name} of groups, which this task doesn't have.")
    low, lowest = min(measured, key=_value)
    high, highest = max(measured, key=_value)
    kept = high - low <= at_most
    return Finding(
        kept,
        f"the {name} of test rows differs by {high - low:.6g} between {column} {highest.shown} ({high:.6g} in {highest.rows:,} "
        f"rows) and {lowest.shown} ({low:.6g} in {lowest.rows:,} rows), {_compared(kept, at_most)}",
    )


def _value(measured: tuple[float, Slice]) -> float:
    return measured[0]


def _compared(kept: bool, bound: float) -> str:
    return f"within {bound:g}" if kept else f"above {bound:g}"
