"""The native choice among rows, against the oracle: arrays alone, without Spark."""

from datetime import timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from tests.properties.point_in_time_cases import START, Shape, case_of, shapes
from tests.properties.point_in_time_oracle import Observation, known_value

from tidegate.point_in_time.native.arrays import Packing
from tidegate.point_in_time.native.key_codes import NO_KEY, key_codes, rows_of_labels
from tidegate.point_in_time.native.knowledge import NO_ROW, Knowledge, RowTimes
from tidegate.point_in_time.native.row_times import ranks

EVER = timedelta(days=100_000)
MICROSECOND = timedelta(microseconds=1)


def longs(values: list[int]) -> np.ndarray:
    return np.array(values, dtype=np.int64)


def columns(keys: list[tuple[object, ...]]) -> list[pa.ChunkedArray]:
    kinds = (pa.int32(), pa.string())
    return [pa.chunked_array([pa.array([key[place] for key in keys], kind)]) for place, kind in enumerate(kinds)]


def knowledge_of(rows: list[Observation], labels: list[tuple[object, ...]]) -> tuple[Knowledge, np.ndarray]:
    codes, label_codes = key_codes(columns([row.key for row in rows]), columns(labels))
    known, events = (longs([(moment - START) // MICROSECOND for moment in each]) for each in times_of(rows))
    tombstones = np.array([row.tombstone for row in rows], dtype=bool)
    return Knowledge(RowTimes(codes, known, events, longs([row.sequence for row in rows]), tombstones)), label_codes


def times_of(rows: list[Observation]) -> list[list]:
    return [[row.available_at for row in rows], [row.event_time for row in rows]]


@settings(max_examples=400, deadline=None)
@given(shape=shapes)
def test_chosen_equals_the_oracle(shape: Shape) -> None:
    case = case_of(shape, 0)
    rows = [row for row in case.rows if None not in row.key]
    labels = [label for label in case.labels if label[1] is not None]
    knowledge, codes = knowledge_of(rows, [key for key, _ in labels])
    found = knowledge.chosen(codes, longs([(moment - START) // MICROSECOND for _, moment in labels]))
    for place, (key, moment) in enumerate(labels):
        expected = known_value(rows, key, moment, EVER, inclusive=True)
        assert (None if found[place] == NO_ROW else rows[found[place]]) == expected


def test_chosen_without_rows_finds_none() -> None:
    knowledge, codes = knowledge_of([], [(1, "a")])
    assert knowledge.chosen(codes, longs([5])).tolist() == [NO_ROW]


def test_chosen_where_moments_span_more_than_fits_beside_the_codes() -> None:
    many, far = 1_000, 2**61
    codes = np.arange(many, dtype=np.int64)
    knowledge = Knowledge(RowTimes(np.tile(codes, 2), longs([0] * many + [far] * many), longs([0] * many + [1] * many)))
    assert knowledge.chosen(codes, np.full(many, far - 1, dtype=np.int64)).tolist() == list(range(many))
    assert knowledge.chosen(codes, np.full(many, far, dtype=np.int64)).tolist() == list(range(many, 2 * many))
    assert knowledge.chosen(codes, np.full(many, -1, dtype=np.int64)).tolist() == [NO_ROW] * many


def test_moments_that_fit_keep_their_span() -> None:
    year = 31_536_000_000_000
    packing = Packing(6_000, longs([1_735_689_600_000_000, 1_735_689_600_000_000 + year]))
    assert packing.pack(longs([1]), longs([1_735_689_600_000_000])).tolist() == [year + 1]


def test_first_tie_is_a_row_that_nothing_orders() -> None:
    rows = RowTimes(longs([0, 0, 1]), longs([5, 5, 5]), longs([3, 3, 3]))
    assert Knowledge(rows).first_tie() in (0, 1)
    ordered = RowTimes(rows.codes, rows.known, rows.events, sequence=longs([1, 2, 1]))
    assert Knowledge(ordered).first_tie() is None
    assert Knowledge(ordered).chosen(longs([0]), longs([5])).tolist() == [1]


def test_first_tie_leaves_alone_what_a_newer_event_covers() -> None:
    rows = RowTimes(longs([0, 0, 0]), longs([1, 5, 5]), longs([9, 3, 3]))
    assert Knowledge(rows).first_tie() is None


def test_ranks_order_equal_values_alike_and_null_first() -> None:
    assert ranks(pa.chunked_array([["b", None], ["a", "b"]])).tolist() == [2, 0, 1, 2]
    assert ranks(pa.chunked_array([[None, 1.5]], pa.float64())).tolist() == [0, 1]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1, 2, 1, None], pa.int8()),
        ([1, 2, 1, None], pa.int64()),
        ([0.0, 1.5, -0.0, None], pa.float64()),
        ([float("nan"), 1.5, float("nan"), None], pa.float32()),
        (["1", "11", "1", None], pa.string()),
        ([b"", b"\x00", b"", None], pa.binary()),
        ([True, False, True, None], pa.bool_()),
        ([10, 20, 10, None], pa.date32()),
        ([10, 20, 10, None], pa.timestamp("us", "UTC")),
        ([1, 2, 1, None], pa.decimal128(38, 10)),
    ],
)
def test_key_codes_of_every_type(values: list[object], kind: pa.DataType) -> None:
    rows, labels = (pa.chunked_array([pa.array(part, kind)]) for part in (values[:2], values[2:]))
    row_codes, label_codes = key_codes([rows], [labels])
    assert row_codes.tolist() == [0, 1]
    assert label_codes.tolist() == [0, NO_KEY]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([7, None], pa.int32()),
        (["7", None], pa.string()),
        ([b"7", None], pa.binary()),
        ([True, None], pa.bool_()),
        ([7, None], pa.date32()),
        ([7, None], pa.timestamp("us", "UTC")),
        ([7, None], pa.duration("us")),
        ([7, None], pa.decimal128(38, 10)),
    ],
)
def test_rows_of_few_labels_are_those_of_their_entities(values: list[object], kind: pa.DataType) -> None:
    key = pa.array(values, kind).take(pa.array([0] * 3 + [1] * 197))
    rows = pa.table({"key": key, "place": np.arange(200)})
    label = pa.table({"key": key.slice(0, 1)})
    assert rows_of_labels(rows, label, ["key"]).column("place").to_pylist() == [0, 1, 2]
    assert len(rows_of_labels(rows, rows.slice(0, 5), ["key"])) == 200
    assert len(rows_of_labels(rows, label.slice(0, 0), ["key"])) == 0


def test_rows_of_few_labels_keep_both_zeros_and_every_part_of_a_tuple() -> None:
    zeros = pa.table({"key": [0.0] * 100, "part": ["a", "b"] * 50})
    label = pa.table({"key": [-0.0], "part": ["a"]})
    assert rows_of_labels(zeros, label, ["key", "part"]).num_rows == 50
    assert rows_of_labels(zeros, label, ["key"]).num_rows == 100


def test_key_codes_compare_tuples_and_not_their_text() -> None:
    rows, labels = key_codes(columns([(1, "11"), (11, "1"), (1, "1")]), columns([(11, "1"), (1, "11"), (1, None), (11, "11")]))
    assert labels.tolist()[:3] == [rows[1], rows[0], NO_KEY]
    assert labels[3] not in rows
