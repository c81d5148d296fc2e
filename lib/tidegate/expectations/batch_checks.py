"""Check the expectations of a batch as a whole, and decide which broken ones stop the batch and which only give a warning."""

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
    """Return the expectations that a batch breaks, each with a text that says what is wrong.

    This takes one pass over the rows, and one more for each `unique` and each `refers_to`.

    Args:
        rows: The accepted rows of the batch.
        expectations: The expectations to check.
        arrived_at: When the batch arrived; None if that is not known.
        look_up: A function that looks up in the store what a relation compares the batch with. None for a source, whose
            expectations have no relations.
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
    """The expectations that a batch breaks, in words.

    Attributes:
        stopping: For each broken expectation that stops the batch, by its name: what is wrong.
        warnings: For each broken expectation that only gives a warning: its name and what is wrong.
    """

    stopping: Mapping[str, str]
    warnings: tuple[str, ...]


def complaints(batch: Mapping[BatchExpectation, str], broken: Mapping[Expectation, int], stops: Mapping[str, str]) -> Complaints:
    """Divide broken expectations into those that stop the batch and those that only give a warning.

    Args:
        batch: The broken expectations of the batch as a whole, as `batch_complaints` returns them.
        broken: For each broken expectation of rows, the number of rows that break it.
        stops: The actions that stop the batch. The value is added to the text of the expectation, to explain why an action such
            as `quarantine` stops the batch; it may be empty.
    """
    found: dict[str, tuple[str, str]] = {each.name: (each.action, text) for each, text in batch.items()}
    found |= {each.name: (each.action, f"{rows:,} rows break it{stops.get(each.action, '')}") for each, rows in broken.items()}
    stopping = {name: text for name, (action, text) in found.items() if action in stops}
    return Complaints(stopping, tuple(f"{name}: {text}" for name, (action, text) in found.items() if action == "warn"))


def refuse_or_warn(
    where: str, batch: Mapping[BatchExpectation, str], broken: Mapping[Expectation, int], stops: Mapping[str, str]
) -> tuple[str, ...]:
    """Raise an error if a broken expectation stops the batch; otherwise return the warnings.

    Args:
        where: The source or feature group, for the message.
        batch: As in `complaints`.
        broken: As in `complaints`.
        stops: As in `complaints`.

    Raises:
        ExpectationFailedError: A broken expectation stops the batch.
    """
    found = complaints(batch, broken, stops)
    if found.stopping:
        raise ExpectationFailedError(where, found.stopping)
    return found.warnings
