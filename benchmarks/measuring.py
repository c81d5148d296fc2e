"""What every benchmark needs: timed runs, goals, the machine, and a report as JSON and as lines."""

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


@dataclass(frozen=True)
class Goal:
    """One claim of speed: what was measured, what was wanted, and whether it holds."""

    name: str
    measured: float
    goal: str
    met: bool


def at_most(name: str, measured: float, limit: float) -> Goal:
    """A ratio that must not be larger."""
    return Goal(name, round(measured, 3), f"at most {limit}", measured <= limit)


def at_least(name: str, measured: float, limit: float) -> Goal:
    """A ratio that must not be smaller."""
    return Goal(name, round(measured, 3), f"at least {limit}", measured >= limit)


def seconds(work: Callable[[], object]) -> float:
    """Run once and return the wall-clock seconds."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def growth_exponent(times: Mapping[int, float]) -> float:
    """Return the slope of log seconds over log size, by least squares: 0 is constant, 1 linear."""
    points = [(log(size), log(taken)) for size, taken in times.items()]
    mean_x, mean_y = (statistics.fmean(values) for values in zip(*points, strict=True))
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / sum((x - mean_x) ** 2 for x, _ in points)


def spread(values: Sequence[float]) -> str:
    """Median with the smallest and the largest."""
    return f"{statistics.median(values):.2f} s ({min(values):.2f}-{max(values):.2f})"


def machine() -> str:
    """The machine and the versions that a figure belongs to."""
    memory = psutil.virtual_memory().total / 2**30
    load = os.getloadavg()[0]
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GiB, {platform.machine()}, Python {platform.python_version()}, "
        f"Spark {pyspark.__version__}, load at start {load:.1f}"
    )


def report(goals: Sequence[Goal], target: Path | None) -> int:
    """Print the goals, write them as JSON, and return the exit code: 0 where all are met."""
    for goal in goals:
        print(f"{'met   ' if goal.met else 'MISSED'} {goal.name}: {goal.measured} (goal: {goal.goal})", flush=True)
    if target is not None:
        target.write_text(json.dumps({"goals": [asdict(goal) for goal in goals]}, indent=2) + "\n")
    return 0 if all(goal.met for goal in goals) else 1
