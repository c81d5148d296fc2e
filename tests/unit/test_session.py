"""What the driver's JVM is started with where plain Python starts it."""

from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from tests.conftest import CHECKOUT

from tidegate.machine import MEMORY, SHUFFLE_PARTITIONS
from tidegate.session import JVM_OPTIONS, _settings_of_machine, driver_settings, read_properties

DAEMON = "spark.python.daemon.module"


def test_the_jvm_has_the_options_of_the_environment_and_of_the_properties(spark: SparkSession) -> None:
    environment = driver_settings().get(JVM_OPTIONS)
    if environment is None:
        pytest.skip("this environment was not made by spark-submit.sh")
    started_with = spark.sparkContext.getConf().get(JVM_OPTIONS, "").split()
    properties = read_properties(CHECKOUT / "conf" / "spark" / "local.conf")[JVM_OPTIONS]
    assert {*environment.split(), *properties.split()} <= {*started_with}


@pytest.fixture
def bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No variable of Spark's, and a made-up machine of 16 cores and 64 GiB."""
    for name in ("SPARK_DRIVER_MEMORY", "PYSPARK_SUBMIT_ARGS", "SPARK_HOME"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/cpuinfo").write_text("processor : 0\n" * 16)
    (tmp_path / "proc/meminfo").write_text(f"MemTotal: {64 << 20} kB\n")
    monkeypatch.setenv("TIDEGATE_MACHINE_ROOT", str(tmp_path))
    monkeypatch.setenv("SPARK_CONF_DIR", str(tmp_path))
    return tmp_path


def test_plain_python_gets_what_spark_submit_would_choose(bare_environment: Path) -> None:
    chosen = _settings_of_machine({})
    assert (chosen[MEMORY], chosen[SHUFFLE_PARTITIONS]) == ("16g", "32")
    assert chosen["spark.ui.showConsoleProgress"] == "false"


@pytest.mark.parametrize(
    ("properties", "variables", "defaults", "gone"),
    [
        ({MEMORY: "5g"}, {}, "", {MEMORY}),
        ({}, {"SPARK_DRIVER_MEMORY": "5g"}, "", {MEMORY}),
        ({}, {"PYSPARK_SUBMIT_ARGS": "--driver-memory 5g pyspark-shell"}, "", {MEMORY}),
        ({}, {"PYSPARK_SUBMIT_ARGS": f"--conf '{SHUFFLE_PARTITIONS}=7' pyspark-shell"}, "", {SHUFFLE_PARTITIONS}),
        ({}, {"PYSPARK_SUBMIT_ARGS": f"--conf={SHUFFLE_PARTITIONS}=7 pyspark-shell"}, "", {SHUFFLE_PARTITIONS}),
        ({}, {}, f"{MEMORY} 5g\n", {MEMORY}),
        ({DAEMON: "pyspark.daemon"}, {}, "", {DAEMON}),
    ],
)
def test_plain_python_gives_way_to_what_was_given(
    bare_environment: Path,
    monkeypatch: pytest.MonkeyPatch,
    properties: dict[str, str],
    variables: dict[str, str],
    defaults: str,
    gone: set[str],
) -> None:
    every = set(_settings_of_machine({}))
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    (bare_environment / "spark-defaults.conf").write_text(defaults)
    assert set(_settings_of_machine(properties)) == every - gone


@pytest.mark.parametrize("variables", [{"PYSPARK_SUBMIT_ARGS": "--master yarn pyspark-shell"}, {}])
def test_plain_python_on_a_cluster_gets_nothing(
    bare_environment: Path, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert _settings_of_machine({} if variables else {"spark.master": "spark://host:7077"}) == {}
