"""Two weeks of the flight system, run once a process by the README's own command; tests copy what they change."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from tests.jobs.starting import CHECKOUT, run
from tests.quick_jvm import QUICK_JVM, WITHOUT_ORIGIN

FIRST_DAY, LAST_DAY, NEXT_DAY = "2013-01-01", "2013-01-14", "2013-01-15"
SYSTEM = ("--system", "flight_delays")
# The other models of the system are trained in test_flight_models.py.
MODEL = ("--model", "flight_delays")
# On so few rows the training, too, takes longer to compile than to interpret.
INTERPRETED = ("--conf", "spark.sql.codegen.wholeStage=false", "--conf", "spark.sql.codegen.factoryMode=NO_CODEGEN")
QUICK = ("--driver-java-options", QUICK_JVM, *INTERPRETED, *(f"--conf={key}={value}" for key, value in WITHOUT_ORIGIN.items()))


@dataclass(frozen=True)
class SystemRun:
    """What the command printed, and where it wrote."""

    root: Path
    printed: str


def quick_conf(folder: Path) -> Path:
    """Copy the configuration with an overlay of few trees and steps: on two weeks more of them only take time."""
    conf = Path(shutil.copytree(CHECKOUT / "conf", folder / "conf", ignore=shutil.ignore_patterns("local")))
    (conf / "local").mkdir()
    few = "{boosted_trees: {max_iter: 5}, logistic_regression: {max_iter: 10}, xgboost: {rounds: 5}}"
    (conf / "local" / "base.yml").write_text(f"training: {{models: {{flight_delays: {few}}}}}\n")
    return conf


def run_two_weeks(root: Path) -> SystemRun:
    """Run the README's main command on two weeks."""
    days = ("--from", FIRST_DAY, "--to", LAST_DAY)
    conf = quick_conf(root.parent)
    done = run(*QUICK, "jobs/run_system.py", *SYSTEM, *MODEL, *days, "--root", root, "--conf-dir", conf, COLUMNS="200")
    assert done.returncode == 0, done.stderr[-5000:]
    return SystemRun(root, done.stdout)


def copied(root: Path, to: Path) -> Path:
    """Copy a root, so that a test may change it; registered models still name the artifacts of the original."""
    return Path(shutil.copytree(root, to / "root"))
