"""Write the results page of the point-in-time benchmark: tables of the measurements and goals, and two plots."""

import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl
from contender_processes import Runs
from matplotlib.figure import Figure
from measuring import Goal, spread

mpl.use("Agg")
import matplotlib.pyplot as plt  # after the choice of a drawing that needs no screen


def write_page(target: Path, measured: Mapping[tuple[str, str], Runs], goals: Sequence[Goal], machine: str) -> None:
    """Write the page as Markdown, and its plots as SVG files next to it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    plot, growth = target.with_suffix(".svg"), target.with_name(f"{target.stem}_growth.svg")
    _draw_contenders(plot, measured)
    _draw_growth(growth, measured)
    lines = ["# Point-in-time join", "", f"Written by `benchmarks/point_in_time.py` on: {machine}.", ""]
    lines += [
        "The table has the wall-clock seconds for reading, joining and writing, as median (smallest-largest); the CPU seconds of",
        "all processes; and the peak resident memory of the driver's JVM (which also does the work of the executors), of the",
        "largest Python worker, and of all processes in sum. The input files are in the page cache.",
        "",
        "Contenders other than *stored* read the rows from plain files in no order, as in the trial from which the goals come.",
        "*On the stored files* means that they read the files of the feature group instead, which are sorted by key and time, so",
        "that the time for the sort was spent when the rows were written. Results are written without dictionaries, which on",
        "random numbers would cost all contenders the same seconds for nothing.",
        "",
        f"![seconds of each contender]({plot.name})",
        "",
        f"![seconds over the length of histories]({growth.name})",
        "",
        "| shape | contender | seconds | CPU seconds | driver GiB | worker GiB | all GiB |",
        "|---|---|---|---|---|---|---|",
    ]
    for (shape, name), each in measured.items():
        used = f"{statistics.median(each.cpu):.1f} | {each.driver:.1f} | {each.worker:.1f} | {each.peak:.1f}"
        lines.append(f"| {shape} | {name} | {spread(each.seconds)} | {used} |")
    lines += ["", "| goal | measured | wanted | |", "|---|---|---|---|"]
    lines += [f"| {goal.name} | {goal.measured} | {goal.goal} | {'met' if goal.met else '**missed**'} |" for goal in goals]
    target.write_text("\n".join(lines) + "\n")


def _draw_contenders(target: Path, measured: Mapping[tuple[str, str], Runs]) -> None:
    """Draw a bar for each contender, shape by shape."""
    names = [f"{shape}: {name}" for shape, name in measured]
    figure, axes = plt.subplots(figsize=(9, 0.24 * len(names) + 1))
    colors = ["tab:blue" if name == "stored" else "tab:gray" for _, name in measured]
    axes.barh(names, [each.median for each in measured.values()], color=colors)
    axes.bar_label(axes.containers[0], fmt="%.1f", padding=2, fontsize=7)
    axes.invert_yaxis()
    axes.set_xlabel("seconds (blue: feature groups as tidegate stores them)")
    axes.tick_params(axis="y", labelsize=7)
    _save(figure, target)


def _draw_growth(target: Path, measured: Mapping[tuple[str, str], Runs]) -> None:
    """Draw the seconds over the length of the histories, with the same number of rows in all."""
    times = {int(shape.removeprefix("g ")): each.median for (shape, _), each in measured.items() if shape.startswith("g ")}
    figure, axes = plt.subplots(figsize=(6, 3))
    axes.plot(list(times), list(times.values()), marker="o")
    axes.set_xscale("log")
    axes.set_ylim(bottom=0)
    axes.set_xlabel("rows of each entity, at the same number of rows in all")
    axes.set_ylabel("seconds")
    _save(figure, target)


def _save(figure: Figure, target: Path) -> None:
    figure.tight_layout()
    figure.savefig(target)
    plt.close(figure)
