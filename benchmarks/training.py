"""Compare training with XGBoost on arrays in memory, and with a plain script of MLlib.

    ./spark-submit.sh --dev benchmarks/training.py --quick --json training.json

The first part fits `tidegate.XGBoost` to rows that are sorted and persisted, as an experiment has them after the join, and
`xgboost.train` to the same rows as an array in memory, with the same parameters and two threads; making its DMatrix counts. The
test log losses of both have to agree. The time to sort and persist the rows is printed, but counts for neither.

The second part fits `tidegate.BoostedTrees` to rows like those of flights, and an MLlib pipeline written by hand with the same
parameters to the same persisted rows. Both have to give the same probabilities. Ours includes making the portable scorer.

`--quick` fits XGBoost to 500,000 rows and the boosted trees to 100,000. A full run fits them to 5 million and 300,000.
"""

import argparse
import statistics
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow.dataset as ds
import xgboost
from made_rows import CATEGORIES, KEY, LABEL, NUMBERS, flight_rows, names_of, numeric_rows
from measuring import Goal, at_most, machine, report, seconds
from pyspark import StorageLevel
from pyspark.ml import Pipeline, PipelineModel
from pyspark.ml.classification import GBTClassifier
from pyspark.ml.feature import Imputer, StringIndexer, VectorAssembler
from pyspark.ml.functions import vector_to_array
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from turns import in_turns

from tidegate import Binary, BoostedTrees, XGBoost
from tidegate.session import build_session
from tidegate.training.estimators import FittedModel, TrainingRows
from tidegate.training.fixed_order import in_fixed_order
from tidegate.training.model_columns import ModelColumns

COLUMNS = 20
ROUNDS, DEPTH, LEARNING_RATE = 100, 6, 0.1
# An experiment has its rows in two partitions by default (`TrainingPlan.partitions`), so at most two workers can fit.
THREADS = 2
TREES, TREE_DEPTH, STEP_SIZE, BINS, SEED = 30, 5, 0.2, 128, 7
# Rows whose probabilities are compared, and how far they may differ.
COMPARED, SAME = 20_000, 1e-6
Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class InMemory:
    """Rows as arrays.

    Attributes:
        features: One row for each row, one column for each feature; NaN is missing.
        labels: The answers, 0.0 or 1.0.
    """

    features: Array
    labels: Array

    @staticmethod
    def read(folder: Path) -> "InMemory":
        """Read the Parquet files of a folder."""
        names = names_of(COLUMNS)
        rows = ds.dataset(folder).to_table(columns=[*names, LABEL])
        return InMemory(
            np.column_stack([rows[name].to_numpy() for name in names]).astype(np.float64, copy=False), rows[LABEL].to_numpy()
        )

    def log_loss(self, probabilities: Array) -> float:
        """Return the mean log loss of probabilities of 1.0."""
        kept = np.clip(probabilities, 1e-15, 1 - 1e-15)
        return float(-np.mean(np.where(self.labels > 0, np.log(kept), np.log1p(-kept))))


def persisted(rows: DataFrame) -> DataFrame:
    """Sort and persist rows as an experiment does, and print how long it takes."""
    ordered = in_fixed_order(rows, (KEY,), THREADS).persist(StorageLevel.MEMORY_AND_DISK)
    print(f"  {'sort and persist the rows, not counted':42} {seconds(ordered.count):.2f} s", flush=True)
    return ordered


def on_spark(rows: DataFrame) -> FittedModel:
    """Fit our XGBoost to persisted rows."""
    estimator = XGBoost(
        rounds=ROUNDS, max_depth=DEPTH, learning_rate=LEARNING_RATE, early_stopping_rounds=None, workers=THREADS, seed=SEED
    )
    columns = ModelColumns(categorical=(), numeric=names_of(COLUMNS))
    return estimator.fit(TrainingRows(rows, columns, LABEL, most_labels=0), Binary())


def in_memory(rows: InMemory) -> xgboost.Booster:
    """Fit XGBoost to arrays, with the parameters of `on_spark`."""
    settings = {
        "objective": "binary:logistic",
        "max_depth": DEPTH,
        "learning_rate": LEARNING_RATE,
        "max_bin": 256,
        "min_child_weight": 1.0,
        "reg_lambda": 1.0,
        "tree_method": "hist",
        "seed": SEED,
        "nthread": THREADS,
    }
    matrix = xgboost.DMatrix(rows.features, rows.labels, nthread=THREADS)
    return xgboost.train(settings, matrix, num_boost_round=ROUNDS)


def xgboost_goals(spark: SparkSession, folder: Path, rows: int, runs: int) -> list[Goal]:
    """Measure XGBoost on Spark and in memory."""
    print(f"XGBoost, {rows:,} rows of {COLUMNS} columns", flush=True)
    numeric_rows(spark, 0, rows, 4, COLUMNS).write.parquet(str(folder / "train"))
    numeric_rows(spark, rows, rows + rows // 10, 1, COLUMNS).write.parquet(str(folder / "test"))
    arrays, test = InMemory.read(folder / "train"), InMemory.read(folder / "test")
    frame = persisted(spark.read.parquet(str(folder / "train")))
    models: dict[str, FittedModel | xgboost.Booster] = {}
    ways: Mapping[str, Callable[[], object]] = {
        "tidegate.XGBoost": lambda: models.update(ours=on_spark(frame)),
        "xgboost.train in memory": lambda: models.update(theirs=in_memory(arrays)),
    }
    # The first runs also give the models whose quality is compared, before any time counts.
    for way in ways.values():
        way()
    ours = models["ours"].scorer.scores(pd.DataFrame(test.features, columns=names_of(COLUMNS)))[:, 0]
    theirs = models["theirs"].predict(xgboost.DMatrix(test.features))
    losses = test.log_loss(ours), test.log_loss(theirs.astype(np.float64))
    base = test.log_loss(np.full(len(test.labels), arrays.labels.mean()))
    print(f"  test log loss: ours {losses[0]:.5f}, in memory {losses[1]:.5f}, base rate {base:.5f}", flush=True)
    taken = in_turns(ways, runs, warm_up=0)
    frame.unpersist()
    medians = {name: statistics.median(values) for name, values in taken.items()}
    return [
        at_most(f"XGBoost, {rows:,} rows: difference of the test log losses", abs(losses[0] - losses[1]), 0.002),
        at_most(
            f"XGBoost, {rows:,} rows: of xgboost.train in memory",
            medians["tidegate.XGBoost"] / medians["xgboost.train in memory"],
            1.3,
        ),
    ]


def our_trees(rows: DataFrame) -> FittedModel:
    """Fit our boosted trees to persisted rows."""
    columns = ModelColumns(categorical=tuple(CATEGORIES), numeric=tuple(NUMBERS))
    training = TrainingRows(rows, columns, LABEL, most_labels=max(CATEGORIES.values()))
    estimator = BoostedTrees(max_iter=TREES, max_depth=TREE_DEPTH, step_size=STEP_SIZE, max_bins=BINS, seed=SEED)
    return estimator.fit(training, Binary())


def trees_by_hand(rows: DataFrame) -> PipelineModel:
    """Fit the pipeline that a user of MLlib would write."""
    indexed, imputed = [f"{name}_index" for name in CATEGORIES], [f"{name}_imputed" for name in NUMBERS]
    stages = [
        StringIndexer(inputCols=list(CATEGORIES), outputCols=indexed, handleInvalid="keep", stringOrderType="alphabetAsc"),
        Imputer(inputCols=list(NUMBERS), outputCols=imputed, strategy="median"),
        VectorAssembler(inputCols=indexed + imputed, outputCol="features"),
        GBTClassifier(labelCol=LABEL, maxIter=TREES, maxDepth=TREE_DEPTH, stepSize=STEP_SIZE, maxBins=BINS, seed=SEED),
    ]
    return Pipeline(stages=stages).fit(rows)


def require_same_trees(rows: DataFrame, ours: FittedModel, by_hand: PipelineModel) -> None:
    """Raise RuntimeError if two models of the same rows give different probabilities."""
    some = rows.orderBy(KEY).limit(COMPARED)
    probability = vector_to_array(F.col("probability"))[1].alias("theirs")
    both = ours.transform(by_hand.transform(some).select(KEY, *CATEGORIES, *NUMBERS, probability), ["ours"])
    most = both.agg(F.max(F.abs(F.col("ours") - F.col("theirs"))).alias("most"), F.count("ours").alias("rows")).first()
    if most is None or not most.rows or not most.most <= SAME:
        raise RuntimeError(f"ours and the pipeline by hand differ in their probabilities, or gave none: {most}; allowed: {SAME}")
    print(f"  largest difference of {most.rows:,} probabilities: {most.most:.1e}", flush=True)


def trees_goals(spark: SparkSession, folder: Path, rows: int, runs: int) -> list[Goal]:
    """Measure boosted trees of tidegate and by hand."""
    print(f"boosted trees, {rows:,} rows like flights", flush=True)
    flight_rows(spark, rows, 4).write.parquet(str(folder / "flights"))
    frame = persisted(spark.read.parquet(str(folder / "flights")))
    models: dict[str, FittedModel | PipelineModel] = {}
    ways: Mapping[str, Callable[[], object]] = {
        "tidegate.BoostedTrees": lambda: models.update(ours=our_trees(frame)),
        "MLlib by hand": lambda: models.update(theirs=trees_by_hand(frame)),
    }
    for way in ways.values():
        way()
    require_same_trees(frame, models["ours"], models["theirs"])
    taken = in_turns(ways, runs, warm_up=0)
    frame.unpersist()
    ratio = statistics.median(taken["tidegate.BoostedTrees"]) / statistics.median(taken["MLlib by hand"])
    return [at_most(f"boosted trees, {rows:,} rows like flights: of MLlib by hand", ratio, 1.05)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a tenth of the rows, fewer runs; within 10 minutes")
    parser.add_argument("--json", type=Path, help="write the goals to this file")
    parser.add_argument("--rows", type=int, help="rows for XGBoost; fewer only try the benchmark")
    parser.add_argument("--flights", type=int, help="rows like flights; fewer only try the benchmark")
    parser.add_argument("--folder", type=Path, help="where the rows are made (default: a temporary folder)")
    arguments = parser.parse_args()
    rows = arguments.rows or (500_000 if arguments.quick else 5_000_000)
    flights = arguments.flights or (100_000 if arguments.quick else 300_000)
    spark = build_session("benchmark training")
    spark.sparkContext.setLogLevel("ERROR")
    print(f"machine: {machine()}", flush=True)
    with tempfile.TemporaryDirectory(dir=arguments.folder) as temporary:
        folder, runs = Path(temporary), 0 if arguments.quick else 3
        found = [*xgboost_goals(spark, folder, rows, runs), *trees_goals(spark, folder, flights, runs)]
    return report(found, arguments.json)


if __name__ == "__main__":
    raise SystemExit(main())
