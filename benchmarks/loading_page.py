"""Write the results page of the benchmark of loads: the measurements, the goals, and the parts of each load."""

import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path

from contender_processes import Runs
from measuring import Goal, spread

Parts = Mapping[str, Mapping[str, float]]
_HEAD = ("part", "seconds", "jobs", "tasks", "CPU", "GC", "files read", "MB shuffled")

EXPLANATION = """\
The first table has the wall-clock seconds as median (smallest-largest), the CPU seconds of all processes, and the peak resident
memory of the driver's JVM, which also does the work of the executors. *plain* is Spark's strict read (FAILFAST), sorted into the
same buckets and appended to Delta. *load* is `store.run` with one step that copies the rows of the source, *write* is
`store.write` of a frame that reads the same files. *duckdb* reads strictly, sorts and writes Parquet. The input files are in the
page cache.

The last tables divide the last run of each way into its parts. *tasks*, *CPU* and *GC* are seconds summed over Spark's tasks.
*files read* is what was read, in multiples of the size of the files. After the first part, these are rows that the executors keep
in memory. Statistics are computed while another part runs."""


def parts_lines(parts: Parts) -> list[str]:
    """Return the parts of a run as a table for the terminal."""
    cells = [_HEAD, *(_cells(name, part) for name, part in parts.items())]
    return [f"    {name:18}" + "".join(f"{cell:>12}" for cell in others) for name, *others in cells]


def write_page(
    target: Path,
    measured: Mapping[tuple[int, str, str], Runs],
    parts: Mapping[tuple[int, str, str], Parts],
    goals: Sequence[Goal],
    about: str,
) -> None:
    """Write the page as Markdown.

    Args:
        target: The file.
        measured: The measurements, by number of rows, format and way.
        parts: The parts of the last run of each.
        goals: The goals.
        about: The machine, its load, and the size of the data.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    lines = ["# Bulk loads", "", f"Written by `benchmarks/loading.py` on: {about}.", "", *EXPLANATION.splitlines(), ""]
    lines += ["| rows | format | way | seconds | CPU seconds | driver GiB |", "|---|---|---|---|---|---|"]
    for (rows, form, way), runs in measured.items():
        used = f"{statistics.median(runs.cpu):.1f} | {runs.driver:.1f}"
        lines.append(f"| {rows:,} | {form} | {way} | {spread(runs.seconds)} | {used} |")
    lines += ["", "| goal | measured | wanted | |", "|---|---|---|---|"]
    lines += [f"| {goal.name} | {goal.measured} | {goal.goal} | {'met' if goal.met else '**missed**'} |" for goal in goals]
    for (rows, form, way), found in parts.items():
        if found:
            lines += ["", f"{rows:,} rows, {form}, {way}:", "", f"| {' | '.join(_HEAD)} |", "|---" * len(_HEAD) + "|"]
            lines += [f"| {' | '.join(_cells(name, part))} |" for name, part in found.items()]
    target.write_text("\n".join(lines) + "\n")


def _cells(name: str, part: Mapping[str, float]) -> tuple[str, ...]:
    times = (f"{part[each]:.1f}" for each in ("tasks", "cpu", "collection"))
    sizes = (f"{part['files_read']:.2f}", f"{part['shuffled'] / 1e6:.0f}")
    return (name, f"{part['seconds']:.1f}", f"{part['jobs']:.0f}", *times, *sizes)
