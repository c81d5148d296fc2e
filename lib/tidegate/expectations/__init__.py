"""Expectations: conditions that rows and batches have to meet when the store reads or writes them."""

from tidegate.expectations.batch_expectation import (
    BatchExpectation,
    fresh,
    null_share,
    row_count,
    unique,
)
from tidegate.expectations.expectation import Action, Expectation
from tidegate.expectations.ready import (
    after,
    at_least,
    at_most,
    between,
    finite,
    length_between,
    matches,
    not_empty,
    not_null,
    one_of,
    one_of_these_set,
)
from tidegate.expectations.related_batches import changed_at_most, refers_to

__all__ = [
    "Action",
    "BatchExpectation",
    "Expectation",
    "after",
    "at_least",
    "at_most",
    "between",
    "changed_at_most",
    "finite",
    "fresh",
    "length_between",
    "matches",
    "not_empty",
    "not_null",
    "null_share",
    "one_of",
    "one_of_these_set",
    "refers_to",
    "row_count",
    "unique",
]
