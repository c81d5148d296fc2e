"""The notebook runs from top to bottom, and its two forms are the same."""

import runpy
from pathlib import Path

import jupytext
import pytest
from pyspark.sql import SparkSession
from tests.jobs.starting import CHECKOUT

from tidegate import FeatureStore

SCRIPT = CHECKOUT / "notebooks" / "01_explore_flight_delays.py"
NOTEBOOK = SCRIPT.with_suffix(".ipynb")


@pytest.mark.slow
def test_notebook_runs_on_a_prepared_root_and_shows_no_tail_number(
    spark: SparkSession, prepared_root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TIDEGATE_ROOT", str(prepared_root))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(SCRIPT.parent)
    seen = runpy.run_path(str(SCRIPT))
    printed = capsys.readouterr().out
    assert len(seen["sample"]) == 5
    assert [row.feature for row in seen["weather"].collect()] == ["temperature_f"]
    assert "degrees Fahrenheit" in printed
    assert seen["chosen"]["available_at"].notna().any()
    assert set(seen["metrics"].index) >= {"boosted_trees", "logistic_regression", "naive"}
    assert seen["by_day"]["flights"].sum() == FeatureStore(spark, str(prepared_root)).predictions("flight_delays").count()
    assert "The page for people:" in printed
    tailnums = [row.tailnum for row in seen["predictions"].select("tailnum").distinct().dropna().collect()]
    assert tailnums
    assert [tailnum for tailnum in tailnums if tailnum in printed] == []


def test_notebook_is_the_same_in_both_forms_and_holds_no_output() -> None:
    notebook, script = jupytext.read(NOTEBOOK), jupytext.read(SCRIPT)
    assert [(cell.cell_type, cell.source) for cell in notebook.cells] == [(cell.cell_type, cell.source) for cell in script.cells]
    assert [cell for cell in notebook.cells if cell.get("outputs") or cell.get("execution_count")] == []
