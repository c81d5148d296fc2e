"""Compare the point-in-time join with its lower bound in Spark, with what users write, and with DuckDB and Polars.

    ./spark-submit.sh --dev benchmarks/point_in_time.py --quick --json point_in_time.json

Every contender runs in a process of its own on the same files, and they take turns. Each run writes its result as Parquet, and
the results are compared before the times. On each shape, a contender warms up for 5 s with at least one run, and then three runs
are timed. `--quick` has fewer contenders, on the sizes of the goals. Contenders whose runs take longer than 5 s are then timed
once, and warm up on their first shape only.
"""

import argparse
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from contender_processes import Contender, Contenders, Runs
from join_goals import DUCKDB, FLOOR, FRAMES, ON_STORED, PER_COLUMN, WINDOWS, goals
from join_shapes import Shape, make
from measuring import SHORT, Goal, at_least, machine, quick_runs, report
from results_page import write_page

from tidegate.session import build_session

A = Shape("a", 10_000_000, 100_000, 1_000_000, plain=True)
SHAPES = {
    "a": A,
    "b": replace(A, name="b", keys=1_000),
    "c": replace(A, name="c", hot=0.5),
    "d": replace(A, name="d", groups=3, tables_of="a", plain=False),
    "e": replace(A, name="e", rows=1_000_000, keys=10_000, labels=100_000, columns=120),
    "e, 10 columns": Shape("e10", 1_000_000, 10_000, 100_000, columns=10),
    "f": Shape("f", A.rows, A.keys, 10_000, label_keys=1_000, tables_of="a"),
    "small": Shape("small", 1_000_000, 10_000, 100_000),
}
LARGE = replace(A, name="large", rows=100_000_000, keys=1_000_000, labels=10_000_000)
# Histories of different lengths with the same number of rows in all. Lengths 100 and 10,000 are shapes a and b.
HISTORIES = {length: Shape(f"g{length}", A.rows, A.rows // length, A.labels) for length in (10, 100, 1_000, 10_000, 100_000)}
HISTORIES |= {100: SHAPES["a"], 10_000: SHAPES["b"]}
QUICK = (100, 10_000, 100_000)
TIMED = 3
ENDLESS = 300.0
BASELINES = (FLOOR, PER_COLUMN, DUCKDB)


class Benchmark:
    """The benchmark, with everything that was measured so far."""

    def __init__(self, folder: Path, contenders: Contenders, quick: bool) -> None:
        self._folder = folder
        self._contenders = contenders
        self._quick = quick
        self.measured: dict[tuple[str, str], Runs] = {}

    def measure(self, label: str, shape: Shape, names: Sequence[str], chosen: int = 0, once: Sequence[str] = ()) -> None:
        """Measure contenders on a shape, taking turns.

        Args:
            label: Name of the measurement.
            shape: The shape.
            names: The contenders.
            chosen: Number of features to join; 0 for all.
            once: Slow contenders, which run only once, without a warm-up.
        """
        folder = self._folder / shape.name
        runs = {name: Runs() for name in (*names, *once)}

        def turn(contender: Contender, counts: bool) -> float:
            found = contender.run(folder, chosen)
            runs[contender.name].add(found, counts)
            return float(found["seconds"])

        running = self._contenders.only([*names, *once])
        regular = [contender for contender in running if contender.name not in once]
        for contender in regular:
            warm, is_known_as_long = 0.0, SHORT < contender.fastest_run < float("inf")
            while warm < SHORT and not (self._quick and is_known_as_long):
                warm += turn(contender, counts=False)
        for number in range(TIMED):
            # A first, cold run can make a short contender look like a long one: what it took since counts, too.
            for contender in [each for each in regular if not self._quick or number < quick_runs([each.fastest_run])]:
                turn(contender, counts=True)
        for contender in running[len(regular) :]:
            turn(contender, counts=True)
        _compare(label, runs)
        for name, each in runs.items():
            self.measured[label, name] = each
            print(f"  {label:14} {name:40} {each}", flush=True)

    def measure_endless(self, label: str, shape: Shape, name: str, limit: float) -> Goal:
        """Run a contender with quadratic cost for at most `limit` seconds, and compare its time with ours."""
        ours = self.measured[label, "stored"].median
        [contender] = self._contenders.only([name])
        found = contender.run_until(limit, self._folder / shape.name)
        taken = None if found is None else float(found["seconds"])
        said = f"finished in {taken:.1f} s" if taken else f"ended after {limit:.0f} s"
        print(f"  {label:14} {name:40} {said}", flush=True)
        return at_least(f"{label}: stored, times faster than a {name}, which {said}", (taken or limit) / ours, 8)


def _compare(label: str, runs: Mapping[str, Runs]) -> None:
    """Raise RuntimeError if results differ. The floor does not join, so only its number of rows is compared."""
    results = {name: each.result[:1] if name.startswith(FLOOR) else each.result for name, each in runs.items()}
    joined = [result for name, result in results.items() if not name.startswith(FLOOR)]
    if any(result != joined[0] for result in joined) or any(result[0] != joined[0][0] for result in results.values()):
        raise RuntimeError(f"shape {label}: results differ: {results}")


def measure_all(bench: Benchmark, quick: bool) -> list[Goal]:
    """Measure all shapes. Shapes with the same contenders follow each other, so that their processes keep running."""
    lengths = QUICK if quick else tuple(HISTORIES)
    bench.measure("a", SHAPES["a"], ["stored", FRAMES, *BASELINES], once=["range join"])
    bench.measure("b", SHAPES["b"], ["stored", FRAMES, *BASELINES])
    bench.measure("e", SHAPES["e"], ["stored", FRAMES, WINDOWS, PER_COLUMN])
    bench.measure("c", SHAPES["c"], ["stored", *BASELINES])
    more = [] if quick else [_measure_more(bench)]
    alone = ["d", "e, 10 columns", "f", "small"]
    for label in alone:
        bench.measure(label, SHAPES[label], ["stored"])
    bench.measure("e, 10 chosen", SHAPES["e"], ["stored"], chosen=10)
    for length in lengths:
        bench.measure(f"g {length}", HISTORIES[length], ["stored"])
    return [*goals(bench.measured, lengths), *more]


def _measure_more(bench: Benchmark) -> Goal:
    """Measure what a quick run has no time for."""
    for shape in ("a", "b", "c"):
        bench.measure(f"{shape}, {ON_STORED}", SHAPES[shape], ["stored", *(f"{name}, {ON_STORED}" for name in BASELINES)])
    others = [WINDOWS, "frames, sliced", "polars"]
    bench.measure("a, other ways", SHAPES["a"], ["stored", "frames, interval", *others])
    bench.measure("b, other ways", SHAPES["b"], ["stored", *others])
    bench.measure("large", LARGE, ["stored"], once=[FRAMES])
    return bench.measure_endless("b", SHAPES["b"], "range join", ENDLESS)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--quick", action="store_true", help="fewer contenders, and long ones are timed once; takes less than 10 minutes"
    )
    parser.add_argument("--json", type=Path, help="write the goals to this file")
    parser.add_argument("--page", type=Path, help="write the results page, with plots, to this file")
    parser.add_argument(
        "--folder", type=Path, help="folder for the data, which is used again if it exists (default: a temporary folder)"
    )
    arguments = parser.parse_args()
    print(f"machine: {machine()}", flush=True)
    with tempfile.TemporaryDirectory() as temporary, Contenders() as contenders:
        folder = arguments.folder or Path(temporary)
        bench = Benchmark(folder, contenders, arguments.quick)
        _make_data(folder, arguments.quick)
        found = measure_all(bench, arguments.quick)
    if arguments.page is not None:
        write_page(arguments.page, bench.measured, found, machine())
    return report(found, arguments.json)


def _make_data(folder: Path, quick: bool) -> None:
    shapes = [*SHAPES.values(), *([HISTORIES[100_000]] if quick else [*HISTORIES.values(), LARGE])]
    spark = build_session("data of the benchmark")
    for shape in dict.fromkeys(shapes):
        make(spark, shape, folder / shape.name)
        print(f"  made {shape.name}: {shape.rows:,} rows, {shape.labels:,} labels", flush=True)
    spark.stop()


if __name__ == "__main__":
    raise SystemExit(main())
