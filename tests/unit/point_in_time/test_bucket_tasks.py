"""Buckets are shared out among tasks by their sizes."""

from collections import Counter

from tidegate.point_in_time.bucket_tasks import shared_out


def test_a_large_bucket_gets_a_task_of_its_own() -> None:
    assert shared_out([10, 1_000, 10, 10, 10], 2) == [1, 0, 1, 1, 1]


def test_empty_buckets_are_shared_out_too() -> None:
    assert sorted(Counter(shared_out([0] * 8, 4)).values()) == [2, 2, 2, 2]
