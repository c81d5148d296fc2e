"""Buckets are shared out among tasks by their sizes."""

from collections import Counter

import pyarrow as pa
import pytest

from tidegate.point_in_time import bucketed
from tidegate.point_in_time.shares import shared_out


def test_a_large_bucket_gets_a_task_of_its_own() -> None:
    assert shared_out([10, 1_000, 10, 10, 10], 2) == [1, 0, 1, 1, 1]


def test_empty_buckets_are_shared_out_too() -> None:
    assert sorted(Counter(shared_out([0] * 8, 4)).values()) == [2, 2, 2, 2]


@pytest.mark.parametrize("at_once", [1, 7, 1_000_000])
def test_labels_of_several_buckets_are_held_apart(at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bucketed, "_LABELS_AT_ONCE", at_once)
    numbers = [[2, 1, 2], [], [1, 1, 1, 1], [2, 3]]
    batches = [
        pa.RecordBatch.from_pydict({"_bucket_of_label": pa.array(held, pa.int32()), "place": range(place, place + len(held))})
        for held, place in zip(numbers, (0, 3, 3, 7), strict=True)
    ]

    found = [(bucket, labels.column("place").to_pylist()) for bucket, labels in bucketed._by_bucket(iter(batches))]

    together = {bucket: sorted(place for each, places in found if each == bucket for place in places) for bucket, _ in found}
    assert together == {1: [1, 3, 4, 5, 6], 2: [0, 2, 7], 3: [8]}
    if at_once == 1_000_000:
        assert len(found) == 3
