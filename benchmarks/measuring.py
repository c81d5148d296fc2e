"""Functions for every benchmark: timed runs, goals, a description of the machine, and reports as text and JSON."""

import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import log
from pathlib import Path

import psutil
import pyspark

# Of a run this short, in seconds, one alone says little: the rest of the machine and the compiler take as long.
SHORT = 5.0
QUICK_RUNS = 3


@dataclass(frozen=True)
class Goal:
    """A goal, with what was measured.

    Attributes:
        name: What is measured.
        measured: The measured value.
        goal: The limit, as text.
        met: Whether the value is within the limit.
    """

    name: str
    measured: float
    goal: str
    met: bool


def at_most(name: str, measured: float, limit: float) -> Goal:
    """Return the goal that a value must not be larger than a limit."""
    return Goal(name, round(measured, 3), f"at most {limit}", measured <= limit)


def at_least(name: str, measured: float, limit: float) -> Goal:
    """Return the goal that a value must not be smaller than a limit."""
    return Goal(name, round(measured, 3), f"at least {limit}", measured >= limit)


def seconds(work: Callable[[], object]) -> float:
    """Run once and return the wall-clock seconds."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def quick_runs(warm_up: Sequence[float]) -> int:
    """Return how many timed runs `--quick` gives a contender: three where its runs are short, else one.

    Args:
        warm_up: The seconds of the runs before, at least one, which are not counted.
    """
    return QUICK_RUNS if min(warm_up) <= SHORT else 1


def growth_exponent(times: Mapping[int, float]) -> float:
    """Return the slope of log seconds over log size, by least squares: 0 for constant and 1 for linear time."""
    points = [(log(size), log(taken)) for size, taken in times.items()]
    mean_x, mean_y = (statistics.fmean(values) for values in zip(*points, strict=True))
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / sum((x - mean_x) ** 2 for x, _ in points)


def spread(values: Sequence[float]) -> str:
    """Format the median of some seconds, with the smallest and largest value."""
    return f"{statistics.median(values):.2f} s ({min(values):.2f}-{max(values):.2f})"


def machine() -> str:
    """Describe the machine and the versions on which something is measured."""
    memory = psutil.virtual_memory().total / 2**30
    load = os.getloadavg()[0]
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GiB, {platform.machine()}, Python {platform.python_version()}, "
        f"Spark {pyspark.__version__}, load at start {load:.1f}"
    )


def report(goals: Sequence[Goal], target: Path | None) -> int:
    """Print the goals, write them as JSON if a file is given, and return the exit code: 0 if all goals are met, else 1."""
    for goal in goals:
        print(f"{'met   ' if goal.met else 'MISSED'} {goal.name}: {goal.measured} (goal: {goal.goal})", flush=True)
    if target is not None:
        target.write_text(json.dumps({"goals": [asdict(goal) for goal in goals]}, indent=2) + "\n")
    return 0 if all(goal.met for goal in goals) else 1
