"""Compare scoring on Spark with its parts, with one process without Spark, and with MLflow's `spark_udf`.

    ./spark-submit.sh --dev benchmarks/inference.py --quick --json inference.json

The rows have 48 numeric columns and lie in Parquet files. Boosted trees of MLlib with 100 trees, XGBoost with 100 trees and a
logistic regression score them. All ways to score have to give the same probabilities, and these have to be those of the fitted
model itself. What is compared:

- `score_frame`, without writing the result, with two parts that no way on Spark can do without: a pandas UDF that passes the same
  columns to Python and returns one of them as it is, and the model alone on arrays of numbers, divided by the number of cores;
- `score_frame`, whose result is written to Parquet, with a process on one core that reads, scores and writes with pyarrow;
- `score_frame` with `mlflow.pyfunc.spark_udf` on 200 and on 8 partitions. MLflow's model scores with the same portable scorer.

Then a scorer that counts its loads scores 200 partitions twice, and the memory of the workers is compared between partitions of
one size and of ten times that size.
"""

import argparse
import statistics
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import counted_scorer
import numpy as np
import numpy.typing as npt
import pyarrow.dataset as ds
from contender_processes import Contender, Contenders
from inference_alone import ARRAYS, FILES, SCORED
from inference_data import MODELS, NAMES, fit, make_rows, read_rows
from inference_ways import SCORE, by_mlflow, identity, ours, run, save_for_mlflow
from made_rows import KEY
from measuring import QUICK_RUNS, Goal, at_least, at_most, machine, quick_runs, report, spread
from pyspark.sql import DataFrame, SparkSession
from turns import in_turns
from worker_memory import forget_worker_peaks, worker_peak

from tidegate.scorers import PortableScorer
from tidegate.scorers.inputs import NumericInput
from tidegate.scorers.loading import SCORER_FILE
from tidegate.scorers.models.own_model import OwnModel
from tidegate.scorers.specification import Specification
from tidegate.session import build_session

ROWS = 1_000_000
FEW, MANY = 8, 200
# Partitions of one size, and partitions of ten times that size. The smaller ones fill one batch for a Python worker.
SMALL, LARGE = 20, 2
# The ways run the same scorer on the same numbers, so only the order of sums could differ.
SAME = 1e-9
# Rows that the fitted model itself scores.
COMPARED = 20_000


@dataclass(frozen=True)
class Prepared:
    """A fitted model that is ready to score.

    Attributes:
        spark: The session.
        kind: Name of the model.
        scorer: The bytes of its portable scorer.
        folder: Folder with the rows, one folder for each number of partitions, and with a folder for the model.
        alone: The process that scores without Spark.
    """

    spark: SparkSession
    kind: str
    scorer: bytes
    folder: Path
    alone: Contender

    @property
    def saved(self) -> Path:
        """The folder with the model of MLflow."""
        return self.folder / self.kind / "mlflow"

    def ours(self, partitions: int) -> DataFrame:
        """Return the rows, scored by tidegate."""
        return ours(read_rows(self.spark, self.folder / str(partitions)), self.scorer)

    def by_mlflow(self, partitions: int) -> DataFrame:
        """Return the rows, scored by MLflow."""
        return by_mlflow(read_rows(self.spark, self.folder / str(partitions)), self.saved)

    def written(self, scored: DataFrame, name: str) -> Path:
        """Write scored rows to Parquet, and return the folder."""
        target = self.folder / self.kind / name
        scored.write.mode("overwrite").parquet(str(target))
        return target

    def without_spark(self, way: str) -> float:
        """Score once in the process of its own, and return the seconds."""
        return float(self.alone.run(self.folder, f"{way}/{self.kind}/{FEW}")["seconds"])


def prepared(spark: SparkSession, kind: str, folder: Path, alone: Contender) -> Prepared:
    """Fit a model, save it for every way, and compare the probabilities of all ways. This also warms them up.

    Raises:
        RuntimeError: Two ways differ.
    """
    model = fit(spark, kind)
    scorer = model.scorer.to_bytes()
    (folder / kind).mkdir()
    (folder / kind / SCORER_FILE).write_bytes(scorer)
    each = Prepared(spark, kind, scorer, folder, alone)
    save_for_mlflow(scorer, each.saved)
    found = probabilities(each.written(each.ours(FEW), "ours"))
    each.without_spark(FILES)
    require_equal(kind, "one process without Spark", found, probabilities(folder / kind / SCORED), SAME)
    require_equal(kind, "spark_udf", found, probabilities(each.written(each.by_mlflow(FEW), "by_mlflow")), SAME)
    some = read_rows(spark, folder / str(FEW)).where(f"{KEY} < {COMPARED}")
    own = probabilities(each.written(model.transform(some, [SCORE]).select(KEY, SCORE), "own"))
    require_equal(kind, "the fitted model itself", found[:COMPARED], own, model.scorer.specification.tolerance)
    return each


def probabilities(scored: Path) -> npt.NDArray[np.float64]:
    """Return the scores in a file or folder of Parquet, in the order of the keys."""
    rows = ds.dataset(scored).to_table().sort_by(KEY)
    [name] = set(rows.column_names) - {KEY}
    return rows[name].to_numpy()


def require_equal(kind: str, way: str, found: npt.NDArray[np.float64], other: npt.NDArray[np.float64], allowed: float) -> None:
    """Raise RuntimeError if a way differs from ours in the number of rows or in a probability."""
    if len(found) != len(other) or not len(found):
        raise RuntimeError(f"{kind}: tidegate scored {len(found):,} rows, and {way} {len(other):,}")
    most = float(np.max(np.abs(found - other)))
    if not most <= allowed:
        raise RuntimeError(f"{kind}: the probabilities of tidegate and of {way} differ by up to {most}; allowed: {allowed}")
    print(f"  {kind}: {len(found):,} probabilities differ from those of {way} by at most {most:.1e}", flush=True)


def times(each: Prepared, runs: int) -> dict[str, float]:
    """Return the median seconds of each way.

    Args:
        each: The model.
        runs: Number of timed runs of each way. 0 means as many as `--quick` gives it.
    """
    few = each.folder / str(FEW)
    run(identity(read_rows(each.spark, few)))
    ways = {
        "identity": lambda: run(identity(read_rows(each.spark, few))),
        "ours": lambda: run(each.ours(FEW)),
        "ours, written": lambda: each.written(each.ours(FEW), "ours"),
        "spark_udf": lambda: run(each.by_mlflow(FEW)),
        "ours, many": lambda: run(each.ours(MANY)),
        "spark_udf, many": lambda: run(each.by_mlflow(MANY)),
    }
    taken = in_turns(ways, runs, warm_up=0)
    for way in (ARRAYS, FILES):
        # The comparison was the warm-up of this process.
        taken[way] = [each.without_spark(way)]
        while len(taken[way]) < (runs or quick_runs(taken[way])):
            taken[way].append(each.without_spark(way))
        print(f"  {'one core without Spark, ' + way:42} {spread(taken[way])}", flush=True)
    return {way: statistics.median(values) for way, values in taken.items()}


def goals_of(each: Prepared, runs: int) -> list[Goal]:
    """Measure one model."""
    cores = each.spark.sparkContext.defaultParallelism
    medians, kind = times(each, runs), each.kind
    floor = medians["identity"] + medians[ARRAYS] / cores
    return [
        at_most(f"{kind}: of an identity UDF and the model on arrays", medians["ours"] / floor, 1.25),
        at_most(f"{kind}: core seconds of one process without Spark", medians["ours, written"] * cores / medians[FILES], 1.5),
        at_least(
            f"{kind}: times faster than spark_udf, {MANY} partitions", medians["spark_udf, many"] / medians["ours, many"], 3.0
        ),
        at_least(f"{kind}: times faster than spark_udf, {FEW} partitions", medians["spark_udf"] / medians["ours"], 1.3),
    ]


def loads_goal(spark: SparkSession, folder: Path) -> Goal:
    """Score many partitions twice with a scorer that counts its loads."""
    counted = folder / "loads"
    counted.mkdir()
    # The workers have to import the class.
    spark.sparkContext.addPyFile(counted_scorer.__file__)
    inputs = tuple(NumericInput(column=name, fill=None) for name in NAMES)
    model = OwnModel.of(counted_scorer.CountedScorer(str(counted)))
    scorer = PortableScorer(Specification(inputs=inputs, model=model)).to_bytes()
    for _ in range(2):
        run(ours(read_rows(spark, folder / str(MANY)), scorer))
    loads = counted_scorer.loads(counted)
    if not loads:
        raise RuntimeError("no worker has loaded the scorer that counts its loads, so nothing is known about them")
    print(f"  loads of a scorer for twice {MANY} partitions: {loads.total()} in {len(loads)} workers", flush=True)
    return at_most("loads of a scorer in one worker", max(loads.values()), 1)


def memory_goal(spark: SparkSession, folder: Path, scorer: bytes) -> Goal:
    """Compare the largest size of a worker between small and large partitions."""
    peaks = []
    # The first run lets the workers import what they need.
    for partitions in (SMALL, SMALL, LARGE):
        forget_worker_peaks(spark)
        run(ours(read_rows(spark, folder / str(partitions)), scorer))
        peaks.append(worker_peak(spark))
    print(f"  largest size of a worker: {peaks[1]:.2f} GiB, with ten times the partition {peaks[2]:.2f} GiB", flush=True)
    return at_most("memory of a worker, with ten times the size of a partition", peaks[2] / peaks[1], 1.2)


def measured(spark: SparkSession, folder: Path, kinds: Sequence[str], rows: int, runs: int) -> list[Goal]:
    """Make the rows, and measure everything on them."""
    for partitions in (LARGE, FEW, SMALL, MANY):
        make_rows(spark, folder / str(partitions), rows, partitions)
    found = list[Goal]()
    with Contenders("inference_alone.py") as contenders:
        [alone] = contenders.only(["alone"])
        # Before the other ways, because a worker does not give all its memory back.
        found.append(memory_goal(spark, folder, fit(spark, "XGBoost").scorer.to_bytes()))
        found.append(loads_goal(spark, folder))
        for kind in kinds:
            print(f"{kind}, {rows:,} rows of {len(NAMES)} columns", flush=True)
            found += goals_of(prepared(spark, kind, folder, alone), runs)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help=f"at most {QUICK_RUNS} runs of each way; within 10 minutes")
    parser.add_argument("--json", type=Path, help="write the goals to this file")
    parser.add_argument("--rows", type=int, default=ROWS, help=f"rows (default: {ROWS:,}); fewer only try the benchmark")
    parser.add_argument("--models", nargs="+", choices=list(MODELS), default=list(MODELS), help="models (default: all)")
    parser.add_argument("--folder", type=Path, help="where the rows are made (default: a temporary folder)")
    arguments = parser.parse_args()
    spark = build_session("benchmark inference")
    spark.sparkContext.setLogLevel("ERROR")
    print(f"machine: {machine()}", flush=True)
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        runs = 0 if arguments.quick else 5
        found = measured(spark, Path(folder), arguments.models, arguments.rows, runs)
    return report(found, arguments.json)


if __name__ == "__main__":
    raise SystemExit(main())
