"""Rows that are held in parts, all but one of them in files."""

from pathlib import Path

import pyarrow as pa
import pytest

from tidegate.point_in_time.native.held_rows import HeldRows

SCHEMA = pa.schema([("number", pa.int64()), ("words", pa.list_(pa.string()))])
BATCHES = [
    pa.RecordBatch.from_pydict({"number": held, "words": [[str(each)] * each for each in held]}, SCHEMA)
    for held in ([1, 2], [], [3], [4, 5, 6, 7], [8])
]


@pytest.mark.parametrize(("at_once", "parts"), [(None, 1), (3, 3), (1, 4), (100, 1)])
def test_rows_come_back_whatever_is_in_files(
    at_once: int | None, parts: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPARK_LOCAL_DIRS", f"{tmp_path},/elsewhere")
    with HeldRows(SCHEMA, at_once) as held:
        for batch in BATCHES:
            held.add(batch)
        found = list(held.parts())
        assert len(list(tmp_path.rglob("tidegate-rows-*/*"))) == parts - 1

    assert len(found) == parts
    rows = sorted(pa.concat_tables(found).to_pylist(), key=lambda row: row["number"])
    assert rows == [{"number": number, "words": [str(number)] * number} for number in range(1, 9)]
    assert not list(tmp_path.iterdir())


def test_columns_are_there_without_rows() -> None:
    with HeldRows(SCHEMA, 1) as held:
        assert [part.schema for part in held.parts()] == [SCHEMA]
