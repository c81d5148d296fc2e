"""A small HDFS on this machine, as a process: one name node, one data node."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyspark
import pytest
from tests.quick_jvm import QUICK_JVM

COORDINATE = "org.apache.hadoop:hadoop-client-minicluster:3.5.0"
# Spark has these.
NOT_NEEDED = "org.apache.hadoop:hadoop-client-api,org.apache.hadoop:hadoop-client-runtime"
SPARK_HOME = Path(pyspark.__file__).parent
SECONDS_TO_FETCH, SECONDS_TO_START = 240, 90


def minicluster_jar(folder: Path) -> Path:
    """Return the jar with HDFS in it: from where Spark's resolver keeps its jars, else fetched by it; skip where that fails."""
    group, name, version = COORDINATE.split(":")
    jar = Path.home() / ".ivy2.5.2" / "jars" / f"{group}_{name}-{version}.jar"
    if not jar.exists():
        (folder / "nothing.py").write_text("pass\n")
        options = ["--master", "local[1]", "--packages", COORDINATE, "--exclude-packages", NOT_NEEDED]
        options += ["--conf", f"spark.jars.ivy={jar.parent.parent}"]
        command = [str(Path(sys.executable).parent / "spark-submit"), *options, str(folder / "nothing.py")]
        environment = {**os.environ, "SPARK_HOME": str(SPARK_HOME), "PYSPARK_PYTHON": sys.executable}
        try:
            done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=SECONDS_TO_FETCH, check=False)
            said = done.stderr[-300:]
        except subprocess.TimeoutExpired:
            said = f"no answer in {SECONDS_TO_FETCH} s"
        if not jar.exists():
            pytest.skip(f"{COORDINATE} can't be fetched by Spark's resolver, so there is no HDFS to try: {said}")
    return jar


@contextmanager
def small_hdfs(folder: Path) -> Iterator[str]:
    """Yield the URI of a file system that ends with the block."""
    jar, written = minicluster_jar(folder), folder / "hdfs.xml"
    command = ["java", "-Xmx400m", *QUICK_JVM.split(), "-cp", f"{jar}:{SPARK_HOME}/jars/*"]
    command += ["org.apache.hadoop.mapreduce.MiniHadoopClusterManager", "-nomr", "-format", "-datanodes", "1", "-nnport", "0"]
    command += ["-writeConfig", str(written), "-D", f"hdfs.minidfs.basedir={folder / 'hdfs'}"]
    home = os.environ.get("JAVA_HOME")
    command[0] = f"{home}/bin/java" if home else command[0]
    with (folder / "hdfs.log").open("wb") as log:
        # Ends with the test run, even with one that is killed.
        process = subprocess.Popen(["setpriv", "--pdeathsig", "TERM", *command], cwd=folder, stdout=log, stderr=log)
        try:
            yield _address(process, written, folder / "hdfs.log")
        finally:
            process.kill()
            process.wait(timeout=30)


def _address(process: subprocess.Popen[bytes], written: Path, log: Path) -> str:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline and process.poll() is None:
        text = written.read_text() if written.exists() else ""
        if found := re.search(r"<name>fs.defaultFS</name><value>([^<]+)", text):
            return found.group(1)
        time.sleep(0.2)
    raise TimeoutError(f"no HDFS after {SECONDS_TO_START} s:\n{log.read_text(errors='replace')[-2000:]}")
