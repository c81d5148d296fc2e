"""Write a batch into a growing feature group, and compare with the MERGE that a user would write and with a full rewrite.

    ./spark-submit.sh benchmarks/merge.py --quick --json merge.json

The rows are reports that sensors send every minute. A batch has 1 % of the rows of the first table: 90 % new rows and 10 %
updates. In shape `t` the updates are in the newest part of the history, and in shape `r` they are spread over all of it. In shape
`m` most rows of the table change. All contenders write the same batches to tables with the same rows, one after another in one
process. The first batches are a warm-up. Shape `m` has another contender, a rewrite that gives the same sorted files as ours,
because a plain rewrite does not sort any row.
"""

import argparse
import shutil
import statistics
import tempfile
from pathlib import Path

from measuring import QUICK_RUNS, Goal, at_least, at_most, growth_exponent, machine, quick_runs, report, seconds, spread
from merge_tables import BATCH, FIELDS, FIRST, VALUES, Tables, batch_of, linked, numbered
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from tidegate import FeatureGroup, FeatureStore
from tidegate.feature_groups.definition import BUCKET, EVENT_TIME
from tidegate.feature_groups.storage import arranged
from tidegate.session import build_session
from tidegate.tables.buckets import Spread
from tidegate.tables.delta_log.files import data_files
from tidegate.tables.rewrite import rearrange

# A read takes a quarter of a second. In the first reads, part of this is compilation.
WARM_UP_READS = 4
# With millions of rows, the JVM's compiler is busy during the first rounds, for some contenders longer than for others.
WARM_UP_LARGE = 2


def measured(tables: Tables, shape: str, size: int, runs: int, names: list[str], warm_up: int = 1) -> dict[str, list[float]]:
    """Return the seconds of each contender's runs on copies of the tables, without the warm-up runs.

    Args:
        tables: The tables to copy.
        shape: Shape of the batches.
        size: Number of rows in the tables.
        runs: Number of timed runs of each contender. 0 means as many as `--quick` gives it.
        names: The contenders.
        warm_up: Number of runs before the timed ones.
    """
    with tempfile.TemporaryDirectory(dir=tables.folder.parent) as folder:
        copy = tables.copied(Path(folder) / "tables")
        taken: dict[str, list[float]] = {name: [] for name in names}
        for number in range((runs or QUICK_RUNS) + warm_up):
            batch = batch_of(tables.spark, shape, size, number)
            # The contenders take turns in coming first, because the first one also pays for clearing the last batch's memory.
            first = number % len(names)
            for name in [*names[first:], *names[:first]]:
                if number < warm_up + (runs or quick_runs(taken[name] or [0.0])):
                    taken[name].append(seconds(lambda name=name, batch=batch: copy.contenders()[name](batch)))
    counted = {name: values[warm_up:] for name, values in taken.items()}
    print(f"  {shape} {size:>12,} rows: " + ", ".join(f"{name} {spread(values)}" for name, values in counted.items()), flush=True)
    return counted


def growing(tables: Tables, sizes: list[int], runs: int) -> list[Goal]:
    """Measure shapes t and r at every size, and the other shapes at one size."""
    found: dict[str, dict[int, dict[str, float]]] = {"t": {}, "r": {}}
    goals, before = [], 0
    for size in sizes:
        tables.grow(before, size)
        before = size
        for shape, at_size in found.items():
            names = ["tidegate", "plain merge"] + (["full rewrite"] if size == sizes[-1] and shape == "t" else [])
            taken = measured(tables, shape, size, runs, names)
            at_size[size] = {name: statistics.median(values) for name, values in taken.items()}
        if size == FIRST:
            goals += [*most_changed(tables, size, runs), tiny(tables, size, runs), empty(tables)]
    for shape, exponent, ratio in (("t", 0.15, 1.25), ("r", 0.5, 2.0)):
        ours = {size: medians["tidegate"] for size, medians in found[shape].items()}
        largest = found[shape][sizes[-1]]
        goals.append(at_most(f"{shape}: growth exponent, {sizes[0]:,} to {sizes[-1]:,} rows", growth_exponent(ours), exponent))
        name = f"{shape}: times faster than a plain MERGE at {sizes[-1]:,} rows"
        goals.append(at_least(name, largest["plain merge"] / largest["tidegate"], ratio))
        if "full rewrite" in largest:
            name = f"{shape}: share of a full rewrite at {sizes[-1]:,} rows"
            goals.append(at_most(name, largest["tidegate"] / largest["full rewrite"], 0.25))
    return goals


def most_changed(tables: Tables, size: int, runs: int) -> list[Goal]:
    others = ["full rewrite", "rewrite to our files"]
    taken = measured(tables, "m", size, runs and runs + 1, ["tidegate", *others], WARM_UP_LARGE)
    ours = statistics.median(taken["tidegate"])
    return [
        at_most(f"m: most of {size:,} rows changed, against a {name}", ours / statistics.median(taken[name]), 1.1)
        for name in others
    ]


def tiny(tables: Tables, size: int, runs: int) -> Goal:
    taken = measured(tables, "tiny", size, runs and runs + 2, ["tidegate", "plain merge"])
    ratio = statistics.median(taken["tidegate"]) / statistics.median(taken["plain merge"])
    return at_most(f"ten rows into {size:,}, against a bare MERGE", ratio, 1.5)


def empty(tables: Tables) -> Goal:
    nothing = numbered(tables.spark.range(0), known=0)
    before = tables.store.history(tables.group).count()
    tables.tidegate(nothing)
    return at_most("commits of an empty batch", tables.store.history(tables.group).count() - before, 0)


def reads(spark: SparkSession, folder: Path, shape: str, runs: int) -> Goal:
    """Compare reading a table after a hundred batches with reading a copy that was just compacted."""
    group = FeatureGroup(f"reads_{shape}", 1, ("sensor",), FIELDS, "reports of sensors")
    worn, compacted = (FeatureStore(spark, str(folder / shape / name)) for name in ("worn", "compacted"))
    size, small = FIRST // 2, BATCH // 10
    worn.write(group, numbered(spark.range(0, size), known=0))
    for number in range(100):
        first = size + number * small
        new = numbered(spark.range(first, first + small), known=0)
        oldest, step = (first - small, 10) if shape == "t" else (number, size * 10 // small)
        changed = numbered(spark.range(oldest, oldest + step * small // 10, step), known=number + 1)
        worn.write(group, new.unionByName(changed))
    shutil.copytree(folder / shape / "worn", folder / shape / "compacted", copy_function=linked)
    path = compacted.layout.feature_group(group.full_name)
    files = data_files(spark, path, BUCKET, EVENT_TIME)
    rearrange(
        spark, path, {file.path for file in files}, lambda rows: arranged(rows, group, Spread(EVENT_TIME, size + 100 * small, 1))
    )
    taken: dict[str, list[float]] = {"worn": [], "compacted": []}
    for _ in range(runs + WARM_UP_READS):
        for name, each in (("worn", worn), ("compacted", compacted)):
            taken[name].append(seconds(lambda each=each: each.read(group).agg(*[F.sum(value) for value in VALUES]).collect()))
    counted = {name: values[WARM_UP_READS:] for name, values in taken.items()}
    print(f"  reads {shape}, {len(files)} files: " + ", ".join(f"{name} {spread(v)}" for name, v in counted.items()), flush=True)
    ratio = statistics.median(counted["worn"]) / statistics.median(counted["compacted"])
    return at_most(f"{shape}: reads after 100 batches, against the same table freshly compacted", ratio, 1.2)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="two sizes, one kind of reads; within 10 minutes")
    parser.add_argument("--json", type=Path, help="write the goals to this file")
    parser.add_argument("--only-reads", action="store_true", help="nothing but the reads after a hundred batches")
    parser.add_argument("--folder", type=Path, help="where the tables are made (default: a temporary folder)")
    arguments = parser.parse_args()
    sizes = [FIRST, 16 * FIRST] if arguments.quick else [FIRST * 2**power for power in range(6)]
    spark = build_session("benchmark merge")
    spark.sparkContext.setLogLevel("ERROR")
    print(f"machine: {machine()}", flush=True)
    group = FeatureGroup("reports", 1, ("sensor",), FIELDS, "reports of sensors", expected_rows=sizes[-1])
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        tables = Tables(spark, Path(folder) / "tables", group)
        # The reads come first, because their hundred batches warm up the process for the rest.
        goals = [reads(spark, Path(folder), shape, 5 if arguments.quick else 9) for shape in ("t" if arguments.quick else "tr")]
        goals += [] if arguments.only_reads else growing(tables, sizes, 0 if arguments.quick else 5)
    return report(goals, arguments.json)


if __name__ == "__main__":
    raise SystemExit(main())
