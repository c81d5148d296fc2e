"""Labels of several buckets, held apart."""

import pyarrow as pa
import pytest

from tidegate.point_in_time.native.label_buckets import LABEL_BUCKET, labels_by_bucket


# Of each table that is given away: its bucket, and how many labels it has. The fullest goes first when too many are held.
@pytest.mark.parametrize(
    ("at_once", "tables"),
    [
        (1, [(2, 2), (1, 1), (1, 4), (2, 1), (3, 1)]),
        (3, [(2, 2), (1, 5), (2, 1), (3, 1)]),
        (1_000_000, [(1, 5), (2, 3), (3, 1)]),
    ],
)
def test_labels_of_several_buckets_are_held_apart(at_once: int, tables: list[tuple[int, int]]) -> None:
    numbers = [[2, 1, 2], [], [1, 1, 1, 1], [2, 3]]
    batches = [
        pa.RecordBatch.from_pydict({LABEL_BUCKET: pa.array(held, pa.int32()), "place": range(place, place + len(held))})
        for held, place in zip(numbers, (0, 3, 3, 7), strict=True)
    ]

    found = [(bucket, labels.column("place").to_pylist()) for bucket, labels in labels_by_bucket(batches, at_once)]

    assert [(bucket, len(places)) for bucket, places in found] == tables
    together = {bucket: sorted(place for each, places in found if each == bucket for place in places) for bucket, _ in found}
    assert together == {1: [1, 3, 4, 5, 6], 2: [0, 2, 7], 3: [8]}
