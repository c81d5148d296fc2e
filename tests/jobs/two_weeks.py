"""Two weeks of the flight system, run once a process by the README's own command; tests copy what they change."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from tests.jobs.starting import run

FIRST_DAY, LAST_DAY, NEXT_DAY = "2013-01-01", "2013-01-14", "2013-01-15"
SYSTEM = ("--system", "flight_delays")


@dataclass(frozen=True)
class SystemRun:
    """What the command printed, and where it wrote."""

    root: Path
    printed: str


def run_two_weeks(root: Path) -> SystemRun:
    """Run the README's main command on two weeks."""
    done = run("jobs/run_system.py", *SYSTEM, "--from", FIRST_DAY, "--to", LAST_DAY, "--root", root, COLUMNS="200")
    assert done.returncode == 0, done.stderr[-5000:]
    return SystemRun(root, done.stdout)


def copied(root: Path, to: Path) -> Path:
    """Copy a root, so that a test may change it; registered models still name the artifacts of the original."""
    return Path(shutil.copytree(root, to / "root"))
