"""For each row of the union of labels and feature rows, the labels that it brings into the result."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random

import pyarrow as pa
import pytest

from tidegate.point_in_time.native.chosen_rows import NativeGroup
from tidegate.point_in_time.native.labels_of_rows import PLACE, LabelsOfRows
from tidegate.point_in_time.native.row_times import NO_LIMIT

MOMENT = pa.timestamp("us", "UTC")
START = datetime(2024, 1, 1, tzinfo=UTC)
LABEL = pa.struct([pa.field("id", pa.int64()), pa.field("at", MOMENT), pa.field("text", pa.string(), nullable=False)])
# Whether it is a label, key, time, and the text of a label.
Row = tuple[bool, int | None, datetime | None, str | None]


def task_of(at_once: int) -> LabelsOfRows:
    types = {"id": pa.int64(), "event_time": MOMENT, "available_at": MOMENT, PLACE: pa.int64()}
    group = NativeGroup("g", ("id",), {PLACE: PLACE}, NO_LIMIT, 0, None, False, types, cells_at_once=4 * at_once)
    label_names = {"id": "c0", "at": "c1", "text": "c3"}
    row_names = {"id": "c0", "event_time": "c1", "available_at": "c2"}
    return LabelsOfRows(group, "at", label_names, row_names, pa.list_(pa.field("element", LABEL, nullable=False)))


def arrays_of(rows: Sequence[Row]) -> list[pa.Array]:
    labels, keys, times, texts = zip(*rows, strict=True) if rows else ((), (), (), ())
    time = pa.array(times, MOMENT)
    return [pa.array(labels, pa.bool_()), pa.array(keys, pa.int64()), time, time, pa.array(texts, pa.string())]


def expected(rows: Sequence[Row]) -> list[list[str]]:
    """Return the texts of the labels that each row brings, by a search through all rows."""
    found: list[list[str]] = [[] for _ in rows]
    for place, (is_label, key, time, text) in enumerate(rows):
        if not is_label:
            continue
        earlier = [
            (other[2], number)
            for number, other in enumerate(rows)
            if not other[0] and None not in (key, time, other[1], other[2]) and other[1] == key and other[2] <= time
        ]
        found[max(earlier)[1] if earlier else place].append(str(text))
    return found


@pytest.mark.parametrize("at_once", [1_000, 3])
def test_every_label_comes_once_with_the_row_that_is_chosen_for_it(at_once: int) -> None:
    random = Random(at_once)
    for _ in range(40):
        minutes = iter(random.sample(range(10_000), 40))
        rows: list[Row] = []
        for number in range(random.randrange(40)):
            is_label = random.random() < 0.4
            key = random.choice([1, 2, 3, 4, None])
            # No two rows have the same time, because they would tie.
            time = random.choice([START + timedelta(minutes=next(minutes)), *([None] if random.random() < 0.1 else [])])
            rows.append((is_label, key, time, f"label {number}" if is_label else None))
        edges = sorted(random.choices(range(len(rows) + 1), k=3))
        batches = [rows[first:last] for first, last in zip([0, *edges], [*edges, len(rows)], strict=True)]
        found = list(task_of(at_once).found(map(arrays_of, batches)))
        assert [len(each) for each in found] == [len(each) for each in batches]
        assert all(each.type == task_of(1).type for each in found)
        brought = [[label["text"] for label in labels] for each in found for labels in each.to_pylist()]
        assert list(map(sorted, brought)) == list(map(sorted, expected(rows)))
        labels = {label["text"]: label for each in found for labels in each.to_pylist() for label in labels}
        assert {(text, label["id"], label["at"]) for text, label in labels.items()} == {
            (text, key, time) for is_label, key, time, text in rows if is_label
        }
    assert list(task_of(at_once).found([])) == []
