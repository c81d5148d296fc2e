"""Compare aggregates at the label time with a lower bound, with range joins in Spark and DuckDB, and with inexact ways.

    ./spark-submit.sh --dev benchmarks/aggregates.py --quick --json aggregates.json

The aggregates are count, sum, mean, max and distinct count over windows of 1, 7 and 30 days. Of the rows, 1 % become known up to
20 days late. Every contender runs in a process of its own on the same files, and they take turns. An oracle knows the true values
of some labels; exact contenders are compared with it before times are printed, and the errors of the others are counted: of a
window over the union of labels and rows in the order of event_time, and of tiles with a rounded tail, which is Chronon's way.

The floor is the point-in-time join of the same group and labels, plus one sort of the ends of each window and two searches.

Contenders whose runs take at most 5 s warm up and are timed three times. The others are timed once. In a `--quick` run, the ways
whose cost grows with the square of a history, or with the product of labels and windows, get a tenth of the data: the same
histories, but a tenth of the keys and of the labels, and a run ends after a minute. A full run gives them all of the data, and
ends a run after half an hour.
"""

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from aggregate_goals import DUCKDB, FLOOR, OURS, RANGE_JOIN, TILES, UNION, Compared, Results, Sets, errors, goals
from aggregate_page import write_page
from aggregate_shapes import ALL, LONGEST, SHORTEST, SUMS, make
from contender_processes import Contender, Contenders, Runs
from join_shapes import Shape
from measuring import QUICK_RUNS, SHORT, Goal, machine, report

from tidegate.session import build_session

ROWS = 10_000_000
OTHERS = (RANGE_JOIN, DUCKDB, UNION, TILES)
# Seconds after which a run is ended, with `--quick` and without.
QUICK_LIMIT, LIMIT = 60.0, 1800.0
SETS = Sets(ALL, SUMS, SHORTEST, LONGEST)


def shapes_of(rows: int) -> dict[str, Shape]:
    """Return the shapes by name, for a number of rows."""
    a = Shape("a", rows, max(1, rows // 100), rows // 10)
    b = replace(a, name="b", keys=max(1, rows // 10_000))
    return {
        "a": a,
        "b": b,
        "c": replace(a, name="c", hot=0.5),
        "a/10": replace(a, name="a_tenth", rows=rows // 10, keys=max(1, a.keys // 10), labels=rows // 100),
        "b/10": replace(b, name="b_tenth", rows=rows // 10, keys=max(1, b.keys // 10), labels=rows // 100),
        "1,000 rows": replace(a, name="h1000", keys=max(1, rows // 1_000)),
        "100,000 rows": replace(a, name="h100000", keys=max(1, rows // 100_000)),
        "large": replace(a, name="large", rows=10 * rows, keys=10 * a.keys, labels=rows),
    }


class Benchmark:
    """The benchmark, with everything that was measured so far."""

    def __init__(self, folder: Path, contenders: Contenders, shapes: dict[str, Shape], limit: float) -> None:
        self._folder = folder
        self._contenders = contenders
        self._shapes = shapes
        self._limit = limit
        self._results = Results()
        self.measured: dict[tuple[str, str, str], Runs] = {}

    def measure(self, shape: str, chosen: str, names: Sequence[str]) -> None:
        """Measure contenders on a shape, taking turns.

        Args:
            shape: Name of the shape.
            chosen: Name of the set of aggregates.
            names: The contenders.
        """
        folder = self._folder / self._shapes[shape].name
        runs = {name: Runs() for name in names}

        def turn(contender: Contender, counts: bool) -> float:
            found = contender.run_until(self._limit, folder, chosen)
            found = found or {"seconds": self._limit, "cpu": 0.0, "driver": 0.0, "worker": 0.0, "peak": 0.0, "result": []}
            # A contender that was ended runs no second time.
            runs[contender.name].add(found, counts or contender.has_ended)
            self._results.require_exact(folder, chosen, contender.name, runs[contender.name])
            return float(found["seconds"])

        running = self._contenders.only(names)
        # The first run also compiles and reads the files for the first time. Only of a long run is this a small part.
        warm = {contender.name: turn(contender, counts=False) for contender in running if contender.name not in OTHERS}
        for number in range(QUICK_RUNS):
            for contender in running:
                is_short = min(warm.get(contender.name, self._limit), contender.fastest_run) <= SHORT
                if (number == 0 or is_short) and not contender.has_ended:
                    turn(contender, counts=True)
        for name, each in runs.items():
            self.measured[shape, chosen, name] = each
            ended = "" if each.result else f" (ended after {self._limit:.0f} s)"
            print(f"  {shape:12} {chosen:16} {name:14} {each}{ended}", flush=True)


def measure_all(bench: Benchmark, quick: bool) -> list[Goal]:
    """Measure all shapes."""
    against = {"a": "a/10", "b": "b/10"} if quick else {"a": "a", "b": "b"}
    lengths = ["a", "b", "100,000 rows"] if quick else ["a", "1,000 rows", "b", "100,000 rows"]
    for shape in ("a", "b"):
        bench.measure(shape, ALL, [OURS, FLOOR])
        bench.measure(shape, SUMS, [OURS])
    for chosen in (SHORTEST, LONGEST):
        bench.measure("b", chosen, [OURS])
    for shape in ["c", *lengths[1:-2], lengths[-1], "a/10", "b/10", *([] if quick else ["large"])]:
        bench.measure(shape, ALL, [OURS])
    for shape in against.values():
        for name in OTHERS:
            # One at a time, since each of them uses all cores and much memory.
            bench.measure(shape, ALL, [name])
    small, large = ("a/10", "a") if quick else ("a", "large")
    return goals(bench.measured, SETS, Compared(against, lengths, small, large))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--quick", action="store_true", help="a tenth of the data for slow contenders; takes less than 10 minutes"
    )
    parser.add_argument("--json", type=Path, help="write the goals to this file")
    parser.add_argument("--page", type=Path, help="write the results page to this file")
    parser.add_argument(
        "--rows", type=int, default=ROWS, help=f"rows of a shape (default: {ROWS:,}); fewer only try the benchmark"
    )
    parser.add_argument(
        "--folder", type=Path, help="folder for the data, which is used again if it exists (default: a temporary folder)"
    )
    arguments = parser.parse_args()
    about = f"{machine()}; {arguments.rows:,} rows and {arguments.rows // 10:,} labels{'; --quick' if arguments.quick else ''}"
    print(f"machine: {about}", flush=True)
    shapes = shapes_of(arguments.rows)
    with tempfile.TemporaryDirectory() as temporary, Contenders("aggregate_contenders.py") as contenders:
        folder = arguments.folder or Path(temporary)
        _make_data(
            folder, [shape for name, shape in shapes.items() if not arguments.quick or name not in ("1,000 rows", "large")]
        )
        bench = Benchmark(folder, contenders, shapes, QUICK_LIMIT if arguments.quick else LIMIT)
        found = measure_all(bench, arguments.quick)
    print("share of the labels with a wrong value:", *errors(bench.measured), sep="\n  ", flush=True)
    if arguments.page is not None:
        write_page(arguments.page, bench.measured, found, errors(bench.measured), about)
    return report(found, arguments.json)


def _make_data(folder: Path, shapes: Sequence[Shape]) -> None:
    spark = build_session("data of the benchmark")
    for shape in shapes:
        make(spark, shape, folder / shape.name)
        print(f"  made {shape.name}: {shape.rows:,} rows, {shape.labels:,} labels", flush=True)
    spark.stop()


if __name__ == "__main__":
    raise SystemExit(main())
