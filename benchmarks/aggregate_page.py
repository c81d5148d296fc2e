"""Write the results page of the benchmark of aggregates: the measurements, the goals, and what inexact contenders get wrong."""

import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path

from contender_processes import Runs
from measuring import Goal, spread

EXPLANATION = """\
The table has the wall-clock seconds for reading, computing and writing, as median (smallest-largest); the CPU seconds of all
processes; and the peak resident memory of the driver's JVM (which also does the work of the executors), of the largest Python
worker, and of all processes in sum. The input files are in the page cache.

*all* is count, sum, mean, max and distinct count over windows of 1, 7 and 30 days. Shape *a* has 100 rows for each key, *b*
10,000; in *c* one key has half of the rows. *a/10* and *b/10* have a tenth of the keys and of the labels of *a* and *b*. *100,000
rows* has so many for each key. *floor* is the point-in-time join of the same group and labels, plus a sort of the ends of each
window and two searches for each label. *tiles* is our own writing of Chronon's way."""


def write_page(
    target: Path, measured: Mapping[tuple[str, str, str], Runs], goals: Sequence[Goal], errors: Sequence[str], about: str
) -> None:
    """Write the page as Markdown.

    Args:
        target: The file.
        measured: The measurements, by shape, set of aggregates and contender.
        goals: The goals.
        errors: What the inexact contenders get wrong, line by line.
        about: The machine, its load, and the size of the data.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    lines = ["# Aggregates at the label time", "", f"Written by `benchmarks/aggregates.py` on: {about}.", ""]
    lines += [
        *EXPLANATION.splitlines(),
        "",
        "| shape | aggregates | contender | seconds | CPU seconds | driver GiB | worker GiB | all GiB |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for (shape, chosen, name), each in measured.items():
        used = f"{statistics.median(each.cpu):.1f} | {each.driver:.1f} | {each.worker:.1f} | {each.peak:.1f}"
        seconds = spread(each.seconds) if each.result else f"ended after {each.median:.0f} s"
        lines.append(f"| {shape} | {chosen} | {name} | {seconds} | {used} |")
    lines += ["", "| goal | measured | wanted | |", "|---|---|---|---|"]
    lines += [f"| {goal.name} | {goal.measured} | {goal.goal} | {'met' if goal.met else '**missed**'} |" for goal in goals]
    lines += ["", "Two contenders are not exact. The share of the labels for which they give a wrong value:", ""]
    lines += [f"- {line}" for line in errors]
    target.write_text("\n".join(lines) + "\n")
