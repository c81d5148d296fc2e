"""The example of docs/sources.md does what it says."""

import re
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

CHECKOUT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.slow


def test_the_example_of_the_docs_loads_files(spark: SparkSession, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", (CHECKOUT / "docs" / "sources.md").read_text(encoding="utf-8"), re.DOTALL)
    landing = tmp_path / "data" / "landing" / "sensors"
    landing.mkdir(parents=True)
    lines = ["sensor;read_at;temperature", *(f"7;2024-01-01T{hour}:00:00;-1,5" for hour in (10, 11, 12))]
    lines += ["8;2024-03-31T02:30:00;3,0", "9;2024-01-01T12:00:00;NA"]
    (landing / "day.csv").write_text("\n".join([*lines, "7;2024-01-01T13:00:00;1.5", "7;2024-01-01T14:00:00;-200,0"]) + "\n")
    # The docs start a session; here it is the one that runs.
    exec(compile(code.replace('"data', f'"{tmp_path}/data'), "docs/sources.md", "exec"), {})
    printed = capsys.readouterr().out
    assert "1 files, 7 rows: 4 accepted, 3 quarantined; WARNING temperature is not NULL: 1 rows break it" in printed
    assert "1 files, 7 rows: 4 accepted, 3 quarantined; 4 rows read, 4 inserted" in printed
    for reason in (
        "temperature: not a number",
        "read_at: a time that clocks in Europe/Warsaw never showed",
        "temperature >= -90",
    ):
        assert reason in printed
