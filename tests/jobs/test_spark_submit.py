"""How spark-submit.sh starts a job: options, shipped library, signals."""

import signal
import subprocess
from pathlib import Path

import pytest
from tests.jobs.starting import CHECKOUT, printed_command, run, value_of


def test_help_needs_no_set_up(copied_checkout: Path) -> None:
    printed = run("--help", checkout=copied_checkout)
    assert printed.returncode == 0
    assert "Usage: ./spark-submit.sh [OPTIONS] jobs/NAME.py" in printed.stdout
    assert not (copied_checkout / ".venv").exists()


def test_options_before_the_job_are_sparks_and_the_rest_is_the_jobs(job: Path) -> None:
    command = printed_command("--conf", "spark.x=1", "--name=night", "--verbose", job, "--master", "mine")
    position = command.index(str(job))
    assert command[position + 1 :] == ["--master", "mine"]
    assert value_of(command[:position], "--conf") == "spark.x=1"
    assert value_of(command[:position], "--name") == "night"
    assert "--verbose" in command[:position]
    assert value_of(command[:position], "--properties-file").endswith("conf/spark/local.conf")


def test_lists_given_by_the_caller_are_joined_with_ours(job: Path) -> None:
    command = printed_command("--py-files", "a.py,b.zip", "--jars=c.jar", "--archives", "d.zip#d", job)
    assert value_of(command, "--py-files").split(",")[1:] == ["a.py", "b.zip"]
    assert value_of(command, "--jars") == "c.jar"
    assert value_of(command, "--archives") == "d.zip#d"


def test_delta_stands_on_the_class_path_here_and_is_shipped_elsewhere(job: Path) -> None:
    given = ("--driver-class-path", "e.jar", "--conf", "spark.driver.extraJavaOptions=-Dx=1")
    here = printed_command(*given, job)
    class_path = [Path(jar).name for jar in value_of(here, "--driver-class-path").split(":")]
    assert class_path[-1] == "e.jar"
    assert sum(jar.startswith("io.delta") for jar in class_path) == 5
    assert "-Dx=1" in here
    assert any(word.startswith("-XX:SharedArchiveFile=") for word in here)
    assert "-XX:+UseParallelGC" in here, "of conf/spark/local.conf"
    elsewhere = printed_command("--master", "spark://host:7077", "--jars", "c.jar", job)
    jars = [Path(jar).name for jar in value_of(elsewhere, "--jars").split(",")]
    assert jars[-1] == "c.jar"
    assert sum(jar.startswith("io.delta") for jar in jars) == 5


def test_workers_of_this_machine_are_forked_by_the_daemon_of_the_library(job: Path) -> None:
    daemon, path = "spark.python.daemon.module", "spark.executorEnv.PYTHONPATH"
    here = printed_command(job)
    assert f"{daemon}=tidegate_daemon" in here
    assert f"{path}={value_of(here, '--py-files')}" in here
    for options in (("--master", "spark://host:7077"), ("--conf", f"{daemon}=mine"), ("--conf", f"{path}=mine")):
        command = printed_command(*options, job)
        assert [word for word in command if word.startswith((daemon, path))] == [*options[1:]] * (options[0] == "--conf")


@pytest.mark.parametrize("separator", [" ", "=", " : "])
def test_java_options_of_a_properties_file_are_joined_with_ours(job: Path, tmp_path: Path, separator: str) -> None:
    file = tmp_path / "own.conf"
    file.write_text(f"spark.driver.extraJavaOptions{separator}-Dfrom=file -Dcolon=a:b\n")
    command = printed_command("--properties-file", str(file), "--driver-java-options", "-Dx=1", job)
    assert {"-Dfrom=file", "-Dcolon=a:b", "-Dx=1"} <= {*command}
    assert any(word.startswith("-Dlog4j2.configurationFile=") for word in command)


@pytest.mark.parametrize("options", [("--master", "spark://host:7077"), ("--conf", "spark.master=yarn")])
def test_a_master_elsewhere_takes_the_cluster_settings(job: Path, options: tuple[str, str]) -> None:
    command = printed_command(*options, job)
    assert value_of(command, "--properties-file").endswith("conf/spark/cluster.conf")
    assert value_of(command, "--deploy-mode") == "client"


def test_unknown_job_names_the_jobs_there_are() -> None:
    refused = run("jobs/no_such_job.py")
    assert refused.returncode == 2
    assert "no job jobs/no_such_job.py; available: " in refused.stderr


def test_option_without_a_value_is_refused() -> None:
    refused = run("--master")
    assert refused.returncode == 2
    assert "--master needs a value" in refused.stderr


def test_library_is_zipped_anew_only_when_it_changed(checkout_without_archive: Path, job: Path) -> None:
    checkout = checkout_without_archive

    def zip_now() -> Path:
        printed = run("--print-command", job, checkout=checkout).stdout.split()
        return Path(value_of(printed, "--py-files"))

    first = zip_now()
    written = first.stat().st_mtime_ns
    (checkout / "lib/tidegate/schema.py").touch()
    assert zip_now() == first
    assert first.stat().st_mtime_ns == written
    with (checkout / "lib/tidegate/schema.py").open("a") as file:
        file.write("# changed\n")
    assert zip_now() != first
    assert first.exists(), "a running job may still read it"


@pytest.mark.slow
def test_signal_reaches_the_job(job: Path) -> None:
    with subprocess.Popen([str(CHECKOUT / "spark-submit.sh"), str(job)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "running\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 128 + signal.SIGTERM
