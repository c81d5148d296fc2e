"""The example of docs/sources.md does what it says."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession
from tests.loading import load

from tidegate.errors import DefinitionError

CHECKOUT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.slow


def code_of(page: str, root: Path) -> list[Any]:
    """Return the Python blocks of a page of the docs, compiled; what they call `data` lies in a folder of the test."""
    text = (CHECKOUT / "docs" / page).read_text(encoding="utf-8")
    found = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    return [compile(code.replace('"data', f'"{root}/data'), f"docs/{page}", "exec") for code in found]


def test_the_examples_of_the_docs_load_files_and_compute(
    spark: SparkSession, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, own_format = code_of("sources.md", tmp_path)
    landing = tmp_path / "data" / "landing" / "weather" / "sensors"
    landing.mkdir(parents=True)
    lines = ["sensor;read_at;temperature", *(f"7;2024-01-01T{hour}:00:00;-1,5" for hour in (10, 11, 12))]
    lines += ["8;2024-03-31T02:30:00;3,0", "9;2024-01-01T12:00:00;NA"]
    (landing / "day.csv").write_text("\n".join([*lines, "7;2024-01-01T13:00:00;1.5", "7;2024-01-01T14:00:00;-200,0"]) + "\n")
    # The docs start a session; here it is the one that runs.
    names: dict[str, Any] = {}
    exec(code, names)
    printed = capsys.readouterr().out
    assert "1 files, 7 rows: 4 accepted, 3 quarantined; WARNING temperature is not NULL: 1 rows break it" in printed
    assert "1 files, 7 rows: 4 accepted, 3 quarantined; 4 rows read, 4 inserted" in printed
    for reason in (
        "temperature: not a number",
        "read_at: a time that clocks in Europe/Warsaw never showed",
        "temperature >= -90",
    ):
        assert reason in printed

    (steps,) = code_of("steps.md", tmp_path)
    exec(steps, names)
    assert "4 rows read, 4 inserted" in capsys.readouterr().out
    above = names["store"].read(names["changes"]).where("above_mean IS NOT NULL").select("sensor", "above_mean").collect()
    assert [tuple(row) for row in above] == [("7", 0.0), ("7", 0.0)]

    exec(own_format, names)
    (landing / "archive").mkdir()
    lines = ["7   2024-01-01T10:00:00Z  -1.5", "7   2024-01-01T11:00:00Z", "8   2024-01-01T10:00:00Z      "]
    (landing / "archive" / "day.txt").write_text("\n".join(lines) + "\n")
    archive = replace(names["archive"], folder=str(landing / "archive"), event_time="read_at")
    loaded = load(names["store"], replace(names["step"], inputs=(archive,)), dry_run=True)
    assert loaded.summary == "1 files, 3 rows: 2 accepted, 1 quarantined"
    with pytest.raises(DefinitionError, match="source 'archive': 2 widths for 3 fields"):
        replace(names["archive"], format=names["FixedWidth"]((4, 20)))
