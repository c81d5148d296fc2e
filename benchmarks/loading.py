"""Compare bulk loads with Spark's plain strict read, sorted into the same buckets and appended to Delta, and with DuckDB.

    ./spark-submit.sh --dev benchmarks/loading.py --quick --json loading.json

The rows have five columns, in eight files of CSV, JSON lines and Parquet and in a Delta table. Every load is the first one of a
new feature group in the same store. tidegate and the plain way take turns in one Spark session with a driver of 4 GiB. Both
results must have the same number of rows and the same hash of their content. DuckDB reads the same files strictly, sorts them and
writes Parquet in one process: no load can be expected to be faster.

`--quick` loads 4 million rows. A full run also loads ten times as many. The first runs load a tenth of the rows and are not
counted, because the JVM compiles the code in them.
"""

import argparse
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from contender_processes import Contender, Contenders, Runs
from loading_contenders import CHECKED_LOAD, CHECKED_WRITE, DUCKDB, LOAD, PLAIN, SPARK, WRITE
from loading_data import CSV, DELTA, FORMATS, JSON, PARQUET, make_files
from loading_page import parts_lines, write_page
from measuring import Goal, at_most, machine, report

ROWS = 4_000_000
WARM_UP = 10
# By number of rows, format and way.
Measured = dict[tuple[int, str, str], Runs]
WAYS: Mapping[str, Sequence[str]] = {
    CSV: (PLAIN, LOAD, CHECKED_LOAD),
    JSON: (PLAIN, LOAD),
    PARQUET: (PLAIN, LOAD, CHECKED_LOAD, WRITE, CHECKED_WRITE),
    DELTA: (PLAIN, LOAD),
}
LIMITS = {(CSV, LOAD): 2.5, (JSON, LOAD): 2.5, (PARQUET, LOAD): 1.8, (DELTA, LOAD): 1.8, (PARQUET, WRITE): 1.5}
CHECKED = {CHECKED_LOAD: LOAD, CHECKED_WRITE: WRITE}


class Benchmark:
    """The benchmark, with everything that was measured so far."""

    def __init__(self, folder: Path, contenders: Contenders, formats: Sequence[str]) -> None:
        self._folder = folder
        self._contenders = contenders
        self._formats = formats
        self.measured: Measured = {}
        self.parts: dict[tuple[int, str, str], Mapping[str, Mapping[str, float]]] = {}

    def measure(self, rows: int, turns: int, *, counts: bool = True) -> None:
        """Load rows in every way, in turns. Without `counts`, nothing is remembered: the runs only warm up."""
        folder = self._folder / str(rows)
        folder.mkdir(parents=True, exist_ok=True)
        make_files(folder, rows)
        [spark] = self._contenders.only([SPARK])
        for form in self._formats:
            for turn in range(turns):
                # Those who come first also pay for clearing the memory of the ones before.
                ways = WAYS[form] if turn % 2 == 0 else WAYS[form][::-1]
                results = {way: self._run(spark, (rows, form, way), folder, counts) for way in ways}
                _require_equal(results, rows)
            for way in WAYS[form] if counts else ():
                print(f"  {rows:>11,} rows {form:8} {way:22} {self.measured[rows, form, way]}", flush=True)
                print(*parts_lines(self.parts[rows, form, way]), sep="\n", flush=True)

    def measure_limit(self, rows: int, turns: int) -> None:
        """Load rows with DuckDB."""
        [contender] = self._contenders.only([DUCKDB])
        for form in self._formats:
            if form != DELTA:
                for _ in range(turns):
                    self._run(contender, (rows, form, DUCKDB), self._folder / str(rows), counts=True)
                print(f"  {rows:>11,} rows {form:8} {DUCKDB:22} {self.measured[rows, form, DUCKDB]}", flush=True)

    def _run(self, contender: Contender, of: tuple[int, str, str], folder: Path, counts: bool) -> Sequence[object]:
        found: dict[str, Any] = contender.run(folder, f"{of[1]}/{of[2]}")
        if counts:
            self.measured.setdefault(of, Runs()).add(found, counts=True)
            self.parts[of] = found.get("parts", {})
        return found["result"]


def _require_equal(results: Mapping[str, Sequence[object]], rows: int) -> None:
    if any(result != results[PLAIN] for result in results.values()) or results[PLAIN][0] != rows:
        raise RuntimeError(f"the ways differ in the number of rows or in their content; expected {rows:,} rows: {results}")


def goals(measured: Measured, rows: int, large: int | None) -> list[Goal]:
    """Return the goals with their measurements, in the order of the issue that set them."""
    found = list[Goal]()
    for size in [rows] if large is None else [rows, large]:
        medians = {(form, way): runs.median for (of, form, way), runs in measured.items() if of == size}
        for (form, way), limit in LIMITS.items():
            if (form, way) in medians:
                name = f"{size:,} rows, {form}: {way}, of the plain read, sort and append"
                found.append(at_most(name, medians[form, way] / medians[form, PLAIN], limit))
        for (form, way), taken in medians.items():
            if way in CHECKED:
                found.append(at_most(f"{size:,} rows, {form}: {way}, of without", taken / medians[form, CHECKED[way]], 1.15))
    if large is not None:
        loads = [(form, way) for (of, form, way) in measured if of == large and way in (LOAD, WRITE)]
        for form, way in loads:
            grown = measured[large, form, way].median / measured[rows, form, way].median
            found.append(at_most(f"{form}: {way}, time for ten times the rows", grown, 10.5))
    most = max(size for size, _, _ in measured)
    largest = [runs for (size, _, way), runs in measured.items() if size == most and way not in (PLAIN, DUCKDB)]
    found.append(at_most(f"memory, {most:,} rows: Python worker, GiB", max(runs.worker for runs in largest), 2.0))
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="not ten times the rows; takes less than 10 minutes")
    parser.add_argument("--json", type=Path, help="write the goals to this file")
    parser.add_argument("--page", type=Path, help="write the results page to this file")
    parser.add_argument(
        "--rows", type=int, default=ROWS, help=f"rows of a load (default: {ROWS:,}); fewer only try the benchmark"
    )
    parser.add_argument("--turns", type=int, default=2, help="timed runs of each way (default: 2)")
    parser.add_argument("--formats", nargs="+", choices=FORMATS, default=FORMATS, help="formats to load (default: all)")
    parser.add_argument("--folder", type=Path, help="folder for the data, which is used again if it exists (default: temporary)")
    arguments = parser.parse_args()
    about = f"{machine()}; {arguments.rows:,} rows of five columns{'; --quick' if arguments.quick else ''}"
    print(f"machine: {about}", flush=True)
    large = None if arguments.quick else 10 * arguments.rows
    with tempfile.TemporaryDirectory() as temporary, Contenders("loading_contenders.py") as contenders:
        bench = Benchmark(arguments.folder or Path(temporary), contenders, arguments.formats)
        bench.measure(arguments.rows // WARM_UP, 1, counts=False)
        bench.measure(arguments.rows, arguments.turns)
        if large is not None:
            bench.measure(large, 1)
        bench.measure_limit(arguments.rows, arguments.turns)
    found = goals(bench.measured, arguments.rows, large)
    if arguments.page is not None:
        write_page(arguments.page, bench.measured, bench.parts, found, about)
    return report(found, arguments.json)


if __name__ == "__main__":
    raise SystemExit(main())
