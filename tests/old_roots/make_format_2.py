"""Makes tests/old_roots/format_2.tar.xz: a root as commit c65a070 wrote it, with erasures whose receipts wrongly say "erased".

Run it in a checkout of that commit; the definitions are those of tests/old_roots/definitions.py:

    git worktree add /tmp/old c65a070 && ln -s "$PWD/.venv" /tmp/old/.venv
    cd /tmp/old && .venv/bin/python "$OLDPWD/tests/old_roots/make_format_2.py" "$OLDPWD/tests/old_roots/format_2.tar.xz"

Archive: `root/` with feature_groups/{orders,returns,rides,riders,drivers}_v1, training_datasets/{returns,rides}_v1,
predictions/waits, quarantine/rides_v1, manifests, statistics, subjects/{tables,suppression,receipts}, runs; no checksum files.
"""

import os
import sys
import tarfile
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path.cwd() / "lib"), str(Path.cwd())]
os.environ["TIDEGATE_SUBJECT_KEY"] = "0123456789abcdef0123456789abcdef"
os.environ["TZ"] = "UTC"
os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
sys.path.insert(0, str(Path(__file__).resolve().parent))

from definitions import DRIVERS, LAST, LATER, ORDERS, RETURNS, RETURNS_VIEW, RIDERS, RIDES, RIDES_VIEW, FIRST  # noqa: E402, I001
from pyspark.sql import functions as F  # noqa: E402
from tidegate import FeatureStore  # noqa: E402
from tidegate.predictions.write import PredictionTable, write_predictions  # noqa: E402
from tidegate.session import build_session, read_properties  # noqa: E402


def make(root: str) -> None:
    settings = {**read_properties(Path("conf/spark/local.conf")), "spark.master": "local[2]", "spark.sql.shuffle.partitions": "1"}
    spark = build_session("old root", settings)
    store = FeatureStore(spark, root)

    def write(group, at, *rows):
        store.write(group, spark.createDataFrame([(*row, at, None) for row in rows], group.schema))

    write(ORDERS, FIRST, ("o1", "C17", "ann@example.com", 10.0), ("o2", "C18", "ben@example.com", 20.0))
    write(RETURNS, LATER, ("o1", 1), ("o2", 0))
    write(RIDERS, FIRST, ("R1", 5), ("R2", 6))
    write(DRIVERS, FIRST, ("D7", 4.5), ("D8", 3.5))
    held = [("x3", "R1", "D8", 9999), ("x4", "R2", "D7", 9999)]
    write(RIDES, LATER, ("x1", "R1", "D7", 1), ("x2", "R2", "D8", 0), *held)
    store.training_dataset(RETURNS_VIEW, FIRST, LAST)
    store.training_dataset(RIDES_VIEW, FIRST, LAST)
    scored = store.read(RIDES).select(
        "ride_id", "rider_id", "driver_id", F.col("event_time").alias("prediction_time"), F.lit(0.5).alias("probability"),
        F.create_map(F.lit("rides_v1"), F.lit(1).cast("bigint"), F.lit("drivers_v1"), F.lit(1).cast("bigint"))
        .alias("feature_table_versions"), F.col("event_time").alias("scored_at"),
    )  # fmt: skip
    write_predictions(store.handle, PredictionTable("waits", ("ride_id",), "rider_id"), scored, (FIRST, LAST))
    for case, person in (("case-1", "C17"), ("case-2", "D7")):
        receipt = store.forget(spark.createDataFrame([(person,)], "subject string"), case)
        sys.stdout.write(f"{case}: erased {receipt.erased}, {receipt.rows_removed} rows\n")
    spark.stop()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        make(f"{folder}/root")
        with tarfile.open(sys.argv[1], "w:xz") as archive:
            archive.add(f"{folder}/root", "root", filter=lambda each: None if Path(each.name).name.startswith(".") else each)
    sys.stdout.write(f"{Path(sys.argv[1]).stat().st_size} bytes\n")
