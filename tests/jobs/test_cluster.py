"""Jobs on a real standalone cluster whose workers have nothing but the shipped archive; what breaks only there breaks here."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.jobs.standalone import standalone_cluster
from tests.jobs.starting import CHECKOUT

pytestmark = [pytest.mark.cluster, pytest.mark.slow]

SMOKE_JOB = '''
import json, os, sys
from collections.abc import Iterator
import pandas as pd
from pyspark.sql import functions as F
from tidegate.session import build_session

session = build_session("smoke")


@F.pandas_udf("string")
def where(batches: Iterator[pd.Series]) -> Iterator[pd.Series]:
    import numpy, pyspark, tidegate
    modules = {module.__name__: module.__file__ for module in (numpy, pyspark, tidegate)}
    seen = {**modules, "python": sys.executable, "folder": os.getcwd(), "zone": os.environ.get("TZ")}
    for batch in batches:
        yield pd.Series([json.dumps(seen)] * len(batch))


session.range(0, 1000, 1, 8).select("id", where("id").alias("seen")).write.format("delta").save(sys.argv[1])
rows = session.read.format("delta").load(sys.argv[1])
distinct = [row.seen for row in rows.select("seen").distinct().collect()]
print(json.dumps({"rows": rows.count(), "seen": [json.loads(seen) for seen in distinct]}))
'''


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with standalone_cluster(tmp_path_factory.mktemp("cluster")) as address:
        yield address


def submit(master: str, folder: Path, *job: object) -> str:
    """Submit a job from a folder that is not the checkout; return what it printed."""
    options = ["--master", master, "--pack", "--conf", "spark.executor.memory=900m", "--conf", "spark.executor.cores=1"]
    sizes = ["--conf", "spark.driver.memory=2g", "--conf", "spark.sql.shuffle.partitions=4", "--conf", "spark.ui.enabled=false"]
    command = [str(CHECKOUT / "spark-submit.sh"), *options, *sizes, *map(str, job)]
    environment = {**os.environ, "PYTHONPATH": "", "SPARK_LOCAL_IP": "127.0.0.1"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout


def test_workers_use_nothing_but_the_archive(cluster: str, tmp_path: Path) -> None:
    job = tmp_path / "smoke.py"
    job.write_text(SMOKE_JOB)
    printed = json.loads(submit(cluster, tmp_path, job, tmp_path / "table").splitlines()[-1])
    assert printed["rows"] == 1000
    assert len(printed["seen"]) == 2, "both workers took part"
    for seen in printed["seen"]:
        assert "/work/app-" in seen["folder"]
        assert seen["zone"] == "UTC"
        assert not [path for path in seen.values() if path and path.startswith(str(CHECKOUT))]
        assert seen["numpy"].startswith(seen["folder"] + "/environment/")
        assert seen["pyspark"].startswith(seen["folder"] + "/environment/")
