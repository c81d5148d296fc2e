"""The point-in-time join against its floor, what users write, and engines of one process, on the same files.

    ./spark-submit.sh --dev benchmarks/point_in_time.py --quick --json point_in_time.json

Every contender runs in a process of its own; they take turns, each run writes its result as Parquet, and results are compared
before times. Runs after the first count. `--quick` has fewer contenders and runs, on the goals' own sizes.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO

from join_shapes import Shape, make
from measuring import Goal, at_least, at_most, growth_exponent, machine, report, spread
from results_page import write_page

from tidegate.session import build_session

A = Shape("a", 10_000_000, 100_000, 1_000_000)
SHAPES = {
    "a": A,
    "b": replace(A, name="b", keys=1_000),
    "c": replace(A, name="c", hot=0.5),
    "d": replace(A, name="d", groups=3),
    "e": replace(A, name="e", rows=1_000_000, keys=10_000, labels=100_000, columns=120),
    "e, 10 columns": replace(A, name="e10", rows=1_000_000, keys=10_000, labels=100_000, columns=10),
    "f": replace(A, name="f", labels=10_000, label_keys=1_000, tables_of="a"),
    "small": replace(A, name="small", rows=1_000_000, keys=10_000, labels=100_000),
}
# Constant rows, ever longer histories; those of a hundred and of ten thousand rows are shapes a and b.
HISTORIES = {length: replace(A, name=f"g{length}", keys=A.rows // length) for length in (10, 100, 1_000, 10_000, 100_000)}
HISTORIES |= {100: SHAPES["a"], 10_000: SHAPES["b"]}
QUICK = (100, 10_000, 100_000)
MEMORY = "4g"


@dataclass
class Contender:
    """One process, and what its runs took."""

    process: subprocess.Popen[str]
    seconds: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    peak: float = 0.0
    result: list[object] = field(default_factory=list)

    @property
    def median(self) -> float:
        """Of the seconds."""
        return statistics.median(self.seconds)

    def run(self, counts: bool) -> None:
        """Join once."""
        stdin, stdout = _pipes(self.process)
        stdin.write("run\n")
        stdin.flush()
        line = stdout.readline()
        if not line:
            raise RuntimeError(f"{self.process.args}: ended with {self.process.wait()}")
        found = json.loads(line)
        self.peak, self.result = max(self.peak, found["peak"]), found["result"]
        if counts:
            self.seconds.append(found["seconds"])
            self.cpu.append(found["cpu"])


def _environment() -> dict[str, str]:
    """This one without what ties a process to the JVM that spark-submit started for it; with the library as it lies here."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYSPARK_GATEWAY")}
    return {**kept, "PYTHONPATH": str(Path(__file__).resolve().parents[1] / "lib")}


def _pipes(process: subprocess.Popen[str]) -> tuple[IO[str], IO[str]]:
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("a contender without pipes")
    return process.stdin, process.stdout


@contextmanager
def started(names: Sequence[str], folder: Path, chosen: int = 0) -> Iterator[dict[str, Contender]]:
    """Start a process for each contender, and end them all."""
    script = str(Path(__file__).with_name("join_contenders.py"))
    arguments = [str(chosen)] if chosen else []
    made = {}
    for name in names:
        command = [sys.executable, script, name, str(folder), MEMORY, *arguments]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=_environment())
        made[name] = Contender(process)
        _pipes(process)[1].readline()
    try:
        yield made
    finally:
        for each in made.values():
            _pipes(each.process)[0].close()
            each.process.wait()


class Benchmark:
    """The data, and the medians that were measured on it."""

    def __init__(self, folder: Path, runs: int) -> None:
        self._folder = folder
        self._runs = runs
        self.measured: dict[tuple[str, str], Contender] = {}

    def measure(self, label: str, shape: Shape, names: Sequence[str], chosen: int = 0, once: Sequence[str] = ()) -> None:
        """Let contenders take turns on a shape; those in `once` run a single time, which counts."""
        folder = self._folder / shape.name
        with started([*names, *once], folder, chosen) as contenders:
            for number in range(self._runs + 1):
                for name in names:
                    contenders[name].run(counts=number > 0)
            for name in once:
                contenders[name].run(counts=True)
        _compare(label, contenders)
        for name, each in contenders.items():
            self.measured[label, name] = each
            used = f"CPU {statistics.median(each.cpu):.1f} s, peak {each.peak:.1f} GiB"
            print(f"  {label:14} {name:22} {spread(each.seconds)}, {used}", flush=True)

    def ratio(self, label: str, name: str, against: str, other: str | None = None) -> float:
        """Median of one contender over that of another, of the same shape or another one."""
        return self.measured[label, name].median / self.measured[other or label, against].median


def _compare(label: str, contenders: Mapping[str, Contender]) -> None:
    """The floor joins nothing: of it the number of rows alone is compared."""
    results = {name: each.result[:1] if name == "floor" else each.result for name, each in contenders.items()}
    joined = [result for name, result in results.items() if name != "floor"]
    if any(result != joined[0] for result in joined) or any(result[0] != joined[0][0] for result in results.values()):
        raise RuntimeError(f"shape {label}: results differ: {results}")


def measure_all(bench: Benchmark, quick: bool) -> list[Goal]:
    """Every shape; goals in the order of the issue."""
    more = [] if quick else ["frames, interval", "polars", "frames, sliced"]
    rest = ["floor", "per-column window", "duckdb"]
    bench.measure("a", SHAPES["a"], ["stored", "frames, union window", *rest, *more], once=["range join"])
    bench.measure(
        "b", SHAPES["b"], ["stored", "frames, union window", *rest, *[each for each in more if each != "frames, interval"]]
    )
    bench.measure("c", SHAPES["c"], ["stored", *rest, *[each for each in more if each == "frames, sliced"]])
    bench.measure("d", SHAPES["d"], ["stored"])
    bench.measure("e", SHAPES["e"], ["stored", "per-column window", "frames, union window"])
    bench.measure("e, 10 chosen", SHAPES["e"], ["stored"], chosen=10)
    bench.measure("e, 10 columns", SHAPES["e, 10 columns"], ["stored"])
    bench.measure("f", SHAPES["f"], ["stored"])
    bench.measure("small", SHAPES["small"], ["stored"])
    lengths = QUICK if quick else tuple(HISTORIES)
    for length in lengths:
        bench.measure(f"g {length}", HISTORIES[length], ["stored"])
    return goals(bench, lengths)


def goals(bench: Benchmark, lengths: Sequence[int]) -> list[Goal]:
    """What was wanted, and what came out."""
    found = []
    for shape in ("a", "b", "c"):
        found.append(at_most(f"{shape}: stored, of the floor", bench.ratio(shape, "stored", "floor"), 0.3))
        found.append(
            at_least(
                f"{shape}: stored, times faster than per-column windows", bench.ratio(shape, "per-column window", "stored"), 5
            )
        )
        found.append(at_most(f"{shape}: stored, of DuckDB", bench.ratio(shape, "stored", "duckdb"), 2.0))
    found += [
        at_most(f"{shape}: frames, of the floor", bench.ratio(shape, "frames, union window", "floor"), 1.25)
        for shape in ("a", "b")
    ]
    found.append(
        at_least("a: frames, times faster than a range join", bench.ratio("a", "range join", "frames, union window"), 1.6)
    )
    found.append(at_least("a: stored, times faster than a range join", bench.ratio("a", "range join", "stored"), 8))
    found.append(at_most("c: stored, of shape a", bench.ratio("c", "stored", "stored", "a"), 1.2))
    found.append(at_most("d: three groups, of one", bench.ratio("d", "stored", "stored", "a"), 2.0))
    found.append(
        at_most(
            "e: 10 of 120 columns, of the 10-column table", bench.ratio("e, 10 chosen", "stored", "stored", "e, 10 columns"), 1.3
        )
    )
    found.append(
        at_least(
            "e: 120 columns stored, times faster than per-column windows", bench.ratio("e", "per-column window", "stored"), 5
        )
    )
    found.append(
        at_least("e: 120 columns as frames, likewise", bench.ratio("e", "per-column window", "frames, union window"), 1.8)
    )
    found.append(at_most("f: labels of 1 % of the keys, of shape a", bench.ratio("f", "stored", "stored", "a"), 0.5))
    found.append(at_most("10 times the rows, times the time", bench.ratio("a", "stored", "stored", "small"), 11))
    times = {length: bench.measured[f"g {length}", "stored"].median for length in lengths}
    found.append(
        at_most(f"g: exponent over histories of {lengths[0]:,} to {lengths[-1]:,} rows", 1 + growth_exponent(times), 1.05)
    )
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer contenders, one timed run each; within 10 minutes")
    parser.add_argument("--json", type=Path, help="write the goals to this file")
    parser.add_argument("--page", type=Path, help="write the results page, with plots, to this file")
    parser.add_argument("--folder", type=Path, help="where the data is made, and found again (default: a temporary folder)")
    arguments = parser.parse_args()
    print(f"machine: {machine()}", flush=True)
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.folder or Path(temporary)
        bench = Benchmark(folder, 1 if arguments.quick else 3)
        spark = build_session("data of the benchmark")
        lengths = QUICK if arguments.quick else tuple(HISTORIES)
        for shape in (*SHAPES.values(), *(HISTORIES[length] for length in lengths)):
            make(spark, shape, folder / shape.name)
        spark.stop()
        found = measure_all(bench, arguments.quick)
    if arguments.page is not None:
        write_page(arguments.page, bench.measured, found, machine())
    return report(found, arguments.json)


if __name__ == "__main__":
    raise SystemExit(main())
