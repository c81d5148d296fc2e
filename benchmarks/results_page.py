"""A page of a benchmark's results: tables of what was measured and of the goals, and a plot beside it."""

import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import matplotlib as mpl
from measuring import Goal, spread

mpl.use("Agg")
import matplotlib.pyplot as plt  # after the choice of a drawing that needs no screen


class Measured(Protocol):
    """What a contender's runs took."""

    seconds: list[float]
    cpu: list[float]
    peak: float


def write_page(target: Path, measured: Mapping[tuple[str, str], Measured], goals: Sequence[Goal], machine: str) -> None:
    """Write the page as Markdown, and its plot as an SVG of the same name."""
    plot = target.with_suffix(".svg")
    _draw(plot, measured)
    lines = ["# Point-in-time join", "", f"Written by `benchmarks/point_in_time.py` on: {machine}.", ""]
    lines += ["Wall-clock seconds of reading, joining and writing, median (smallest-largest); CPU seconds of all processes;", ""]
    lines[-2] += " peak memory: the largest resident size of each process, added up."
    lines += [f"![seconds of each contender]({plot.name})", ""]
    lines += ["| shape | contender | seconds | CPU seconds | peak GiB |", "|---|---|---|---|---|"]
    for (shape, name), each in measured.items():
        lines.append(f"| {shape} | {name} | {spread(each.seconds)} | {statistics.median(each.cpu):.1f} | {each.peak:.1f} |")
    lines += ["", "| goal | measured | wanted | |", "|---|---|---|---|"]
    lines += [f"| {goal.name} | {goal.measured} | {goal.goal} | {'met' if goal.met else '**missed**'} |" for goal in goals]
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text("\n".join(lines) + "\n")


def _draw(target: Path, measured: Mapping[tuple[str, str], Measured]) -> None:
    """One bar a contender, shape by shape."""
    target.parent.mkdir(parents=True, exist_ok=True)
    names = [f"{shape}: {name}" for shape, name in measured]
    medians = [statistics.median(each.seconds) for each in measured.values()]
    figure, axes = plt.subplots(figsize=(9, 0.24 * len(names) + 1))
    colors = ["tab:blue" if name.endswith("stored") else "tab:gray" for name in names]
    axes.barh(names, medians, color=colors)
    axes.bar_label(axes.containers[0], fmt="%.1f", padding=2, fontsize=7)
    axes.invert_yaxis()
    axes.set_xlabel("seconds (blue: feature groups as tidegate stores them)")
    axes.tick_params(axis="y", labelsize=7)
    figure.tight_layout()
    figure.savefig(target)
    plt.close(figure)
