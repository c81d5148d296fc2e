"""What a batch says to the expectations of it: measured, then stopped or warned of."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidegate.errors import ExpectationFailedError
from tidegate.expectations.batch_expectation import BatchExpectation
from tidegate.expectations.expectation import Expectation
from tidegate.expectations.relations import Change, Reference

LookUp = Callable[[Reference | Change], Any]


def batch_complaints(
    rows: DataFrame, expectations: Sequence[BatchExpectation], arrived_at: datetime | None, look_up: LookUp | None = None
) -> dict[BatchExpectation, str]:
    """Return what is wrong with a batch; one pass, and one more for each `unique` and each reference.

    Args:
        rows: The rows that count.
        expectations: What is to hold of them.
        arrived_at: When the batch arrived.
        look_up: Finds what of the store the batch is looked at beside; a source has none.
    """
    measured = [expectation for expectation in expectations if expectation.measure is not None]
    columns = [each.measure().alias(f"_{place}") for place, each in enumerate(measured) if each.measure is not None]
    found = rows.agg(*columns).first() if columns else None
    values = {} if found is None else {each: found[place] for place, each in enumerate(measured)}
    for each in expectations:
        if each.unique:
            values[each] = rows.groupBy(*each.unique).agg(F.count(F.lit(1)).alias("_rows")).where("_rows > 1").count()
    values |= {each: look_up(each.relation) for each in expectations if each.relation is not None and look_up is not None}
    complaints = {each: each.complaint(values[each], arrived_at) for each in expectations}
    return {each: text for each, text in complaints.items() if text is not None}


@dataclass(frozen=True)
class Complaints:
    """What is wrong with a batch, in words by the name of the expectation.

    Attributes:
        stopping: What stops the batch.
        warnings: What is reported, and doesn't stop it.
    """

    stopping: Mapping[str, str]
    warnings: tuple[str, ...]


def complaints(batch: Mapping[BatchExpectation, str], broken: Mapping[Expectation, int], stops: Mapping[str, str]) -> Complaints:
    """Part what stops a batch from what is only reported.

    Args:
        batch: What is wrong with the batch as a whole.
        broken: How many rows break which expectation.
        stops: The actions that stop the batch, each with the reason where the action's name doesn't give it.
    """
    found: dict[str, tuple[str, str]] = {each.name: (each.action, text) for each, text in batch.items()}
    found |= {each.name: (each.action, f"{rows:,} rows break it{stops.get(each.action, '')}") for each, rows in broken.items()}
    stopping = {name: text for name, (action, text) in found.items() if action in stops}
    return Complaints(stopping, tuple(f"{name}: {text}" for name, (action, text) in found.items() if action == "warn"))


def refuse_or_warn(
    where: str, batch: Mapping[BatchExpectation, str], broken: Mapping[Expectation, int], stops: Mapping[str, str]
) -> tuple[str, ...]:
    """Raise what stops a batch; return what is only reported. The arguments are those of `complaints`, and where it happened.

    Raises:
        ExpectationFailedError: Something stops the batch.
    """
    found = complaints(batch, broken, stops)
    if found.stopping:
        raise ExpectationFailedError(where, found.stopping)
    return found.warnings
