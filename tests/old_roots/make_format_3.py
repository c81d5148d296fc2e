"""Makes tests/old_roots/format_3.tar.xz: a root as commit cd6164b wrote it, the last one with format 3.

Run it in a checkout of that commit; the definitions are those of tests/old_roots/definitions.py:

    git worktree add /tmp/old cd6164b && ln -s "$PWD/.venv" /tmp/old/.venv
    cd /tmp/old && .venv/bin/python "$OLDPWD/tests/old_roots/make_format_3.py" "$OLDPWD/tests/old_roots/format_3.tar.xz"

Archive: `root/` with feature_groups/{orders,returns,riders}_v1, statistics, subjects/{tables,suppression,receipts}, runs.
"""

import os
import sys
import tarfile
import tempfile
from datetime import timedelta
from pathlib import Path

sys.path[:0] = [str(Path.cwd() / "lib"), str(Path.cwd())]
os.environ["TIDEGATE_SUBJECT_KEY"] = "0123456789abcdef0123456789abcdef"
os.environ["TZ"] = "UTC"
os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
sys.path.insert(0, str(Path(__file__).resolve().parent))

from definitions import FIRST, LATER, ORDERS, RETURNS, RIDERS  # noqa: E402

from tidegate import FeatureStore  # noqa: E402
from tidegate.session import build_session, read_properties  # noqa: E402


def make(root: str) -> None:
    settings = {**read_properties(Path("conf/spark/local.conf")), "spark.master": "local[2]", "spark.sql.shuffle.partitions": "1"}
    spark = build_session("old root", settings)
    store = FeatureStore(spark, root)

    def write(group, at, known, *rows):
        store.write(group, spark.createDataFrame([(*row, at, known) for row in rows], group.schema))

    write(ORDERS, FIRST, LATER, ("o1", "C17", "ann@example.com", 10.0), ("o2", "C18", "ben@example.com", 20.0))
    write(RETURNS, LATER, LATER, ("o1", 1), ("o2", 0))
    write(RETURNS, LATER, LATER + timedelta(hours=5, microseconds=123_456), ("o2", 1))
    write(RIDERS, FIRST, FIRST, ("R1", 5), ("R2", 6))
    receipt = store.forget(spark.createDataFrame([("C17",)], "subject string"), "case-1")
    sys.stdout.write(f"erased {receipt.erased}, {receipt.rows_removed} rows\n")
    spark.stop()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        make(f"{folder}/root")
        with tarfile.open(sys.argv[1], "w:xz") as archive:
            archive.add(f"{folder}/root", "root", filter=lambda each: None if Path(each.name).name.startswith(".") else each)
    sys.stdout.write(f"{Path(sys.argv[1]).stat().st_size} bytes\n")
