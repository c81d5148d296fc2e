"""Systems by name."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tidegate.errors import UnknownSystemError
from tidegate.system import available_systems, load_system


def test_load_system_finds_an_example_by_its_short_name() -> None:
    assert load_system("flight_delays").name == "flight_delays"
    assert "flight_delays" in available_systems()


def test_available_systems_leaves_out_packages_without_a_system() -> None:
    assert not {"premier_league", "nba"} & set(available_systems())
    with pytest.raises(UnknownSystemError, match=r"unknown system 'nba': package tidegate_examples.nba has no SYSTEM"):
        load_system("nba")


def test_load_system_names_what_there_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnknownSystemError, match="unknown system 'mycompany.churn': package mycompany can't be imported"):
        load_system("mycompany.churn")
    (tmp_path / "broken_package_of_a_test").mkdir()
    (tmp_path / "broken_package_of_a_test" / "__init__.py").write_text("import no_such_module_at_all\n")
    (tmp_path / "broken_package_of_a_test" / "churn.py").write_text("")
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
    with pytest.raises(ModuleNotFoundError, match="no_such_module_at_all"):
        load_system("broken_package_of_a_test.churn")


def test_load_system_refuses_a_package_without_a_system() -> None:
    with pytest.raises(
        UnknownSystemError, match=r"package tidegate.errors has no SYSTEM. Available: electricity, flight_delays, online_retail"
    ):
        load_system("tidegate.errors")


def test_a_definition_and_a_worker_that_scores_load_neither_mlflow_nor_mllib() -> None:
    code = "import sys, tidegate.scorers.scoring, tidegate_examples.flight_delays; print(*sys.modules)"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert not {"mlflow", "pyspark.ml", "matplotlib"} & set(done.stdout.split())
