"""The findings about slices: which slice is the worst, how far groups differ, and what can't be checked."""

import math

import pytest

from tidegate.errors import DefinitionError
from tidegate.evaluation.slices import Slice
from tidegate.training.slice_findings import Finding, group_difference, worst_slice

# The mean loss of all 1,000 rows is 0.5.
SLICES = (
    Slice("tiny", 10, 5.0, 0.0),
    Slice("bad", 100, 0.8, 0.6),
    Slice("good", 790, 370 / 790, 0.25),
    Slice(None, 100, 0.0, 0.5),
)
OF_TINY = (Slice("a", 9, 1.0, 0.1), Slice("b", 8, 3.0, 0.9))


def test_worst_slice_compares_the_largest_loss_with_that_of_all_rows():
    said = "the worst slice is carrier 'bad': 100 test rows have a mean log loss of 0.8, 1.6 times the 0.5 of all rows"
    assert worst_slice("carrier", SLICES, 1.5, 100, "log loss") == Finding(False, f"{said}, above 1.5")
    assert worst_slice("carrier", SLICES, 1.61, 100, "log loss") == Finding(True, f"{said}, within 1.61")


def test_worst_slice_leaves_out_slices_with_too_few_rows_but_not_their_share_of_the_mean():
    found = worst_slice("carrier", SLICES, 9.0, 10, "log loss")
    assert not found.kept
    assert "carrier 'tiny': 10 test rows have a mean log loss of 5, 10 times the 0.5 of all rows, above 9" in found.text
    assert "carrier 'good'" in worst_slice("carrier", SLICES, 9.0, 101, "log loss").text


def test_worst_slice_that_can_not_be_checked_is_not_kept():
    assert worst_slice("carrier", OF_TINY, 9.0, 10, "log loss") == Finding(
        False,
        "no value of carrier has 10 test rows or more, so its worst slice is unknown (give more test days, or lower "
        "least_slice_rows)",
    )


def test_worst_slice_keeps_perfect_predictions_and_no_infinite_ones():
    assert worst_slice("carrier", [Slice("a", 9, 0.0), Slice("b", 9, 0.0)], 1.0, 1, "log loss").kept
    assert not worst_slice("carrier", [Slice("a", 9, math.inf), Slice("b", 9, 0.0)], 5.0, 1, "squared error").kept


def test_worst_slice_names_null_and_shortens_a_long_value():
    assert "carrier NULL: 9 test rows" in worst_slice("carrier", [Slice(None, 9, 1.0)], 1.0, 1, "log loss").text
    assert "carrier 'NULL': 9 test rows" in worst_slice("carrier", [Slice("NULL", 9, 1.0)], 1.0, 1, "log loss").text
    text = worst_slice("carrier", [Slice("x" * 5_000, 9, 1.0)], 1.0, 1, "log loss").text
    assert f"'{'x' * 59}…'" in text
    assert len(text) < 300


def test_group_difference_compares_the_groups_that_differ_most():
    said = "differs by 0.35 between carrier 'bad' (0.6 in 100 rows) and 'good' (0.25 in 790 rows)"
    found = group_difference("carrier", SLICES, "selection_rate", 0.3, 100, "log loss")
    assert found == Finding(False, f"the selection rate of test rows {said}, above 0.3")
    assert group_difference("carrier", SLICES, "selection_rate", 0.35, 100, "log loss").kept
    of_loss = group_difference("carrier", SLICES, "loss", 0.8, 100, "log loss")
    assert of_loss == Finding(
        True,
        "the mean log loss of test rows differs by 0.8 between carrier 'bad' (0.8 in 100 rows) and NULL (0 in 100 rows), within "
        "0.8",
    )


def test_group_difference_that_can_not_be_checked_is_not_kept():
    for slices in (OF_TINY, SLICES[:2]):
        found = group_difference("carrier", slices, "selection_rate", 1.0, 100, "log loss")
        assert not found.kept
        assert found.text.startswith("fewer than two values of carrier have 100 test rows or more, so the difference of their")


def test_group_difference_names_what_the_task_does_not_have():
    without = [Slice("a", 9, 1.0), Slice("b", 9, 2.0)]
    with pytest.raises(DefinitionError, match="compares the selection rate of groups, which this task doesn't have"):
        group_difference("carrier", without, "selection_rate", 1.0, 1, "squared error")
    assert group_difference("carrier", without, "loss", 1.0, 1, "squared error").kept
