"""Checkouts and tools that spark-submit.sh is tried with."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from filelock import FileLock
from tests.jobs.starting import CHECKOUT
from tests.jobs.two_weeks import SystemRun, copied, run_two_weeks

JOB = """
import sys, time
from tidegate.session import build_session
session = build_session("signals")
print("running", flush=True)
time.sleep(20)
"""


@pytest.fixture
def job(tmp_path: Path) -> Path:
    path = tmp_path / "job.py"
    path.write_text(JOB)
    return path


@pytest.fixture
def copied_checkout(tmp_path: Path) -> Path:
    """The script, its parts and its settings in another place, without an environment."""
    copy = tmp_path / "copy"
    for name in ("scripts", "requirements", "conf", "lib"):
        shutil.copytree(CHECKOUT / name, copy / name)
    shutil.copy2(CHECKOUT / "spark-submit.sh", copy)
    return copy


@pytest.fixture
def finished_checkout(copied_checkout: Path) -> Path:
    """A checkout whose set-up is done: this environment's packages by links, jars of its own."""
    venv = copied_checkout / ".venv"
    venv.mkdir()
    for name in ("bin", "lib"):
        (venv / name).symlink_to(CHECKOUT / ".venv" / name)
    shutil.copytree(CHECKOUT / ".venv/share/tidegate/jars", venv / "share/tidegate/jars")
    write_run_stamp(copied_checkout)
    return copied_checkout


@pytest.fixture
def checkout_without_archive(finished_checkout: Path) -> Path:
    """A finished checkout on a machine that could not write the archive of classes: to make one starts Spark."""
    script = 'find_java; mkdir -p "$CLASSES"; write_driver_conf >"$DRIVER_CONF"; class_archive_stamp >"$CLASSES/stamp"'
    by_scripts(finished_checkout, script)
    return finished_checkout


def write_run_stamp(checkout: Path) -> None:
    by_scripts(checkout, 'environment_stamp run >"$VENV/run.stamp"')


def by_scripts(checkout: Path, commands: str) -> None:
    """Run commands with the functions that `spark-submit.sh` has."""
    script = f'ROOT=$1; VENV=$1/.venv; for each in "$1"/scripts/*.sh; do source "$each"; done; {commands}'
    subprocess.run(["bash", "-c", script, "-", str(checkout)], check=True)


@pytest.fixture(scope="session")
def two_weeks(tmp_path_factory: pytest.TempPathFactory) -> SystemRun:
    """The README's main command on two weeks of data, as a user runs it; once, also where several workers test."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    printed, root = shared / "two_weeks.txt", shared / "two_weeks" / "root"
    root.parent.mkdir(exist_ok=True)
    with FileLock(shared / "two_weeks.lock"):
        if not printed.exists():
            printed.write_text(run_two_weeks(root).printed)
    return SystemRun(root, printed.read_text())


@pytest.fixture(scope="session")
def prepared_root(two_weeks: SystemRun) -> Path:
    """A root with features, a champion, predictions and a page; for tests that only read it."""
    return two_weeks.root


@pytest.fixture
def own_root(two_weeks: SystemRun, tmp_path: Path) -> Path:
    """A copy of the prepared root, to change."""
    return copied(two_weeks.root, tmp_path)
