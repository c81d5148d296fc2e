"""What spark-submit.sh promises about set-up: named gaps, one environment, never half used."""

import os
import subprocess
import time
from pathlib import Path

import pytest
from tests.jobs.starting import CHECKOUT, SET_UP_LINES, run

from tidegate.session import DELTA_COORDINATE


@pytest.fixture
def tools_without_java(tmp_path: Path) -> Path:
    """A folder with every command of this machine but java."""
    folder = tmp_path / "tools"
    folder.mkdir()
    for source in ("/usr/bin", "/bin"):
        for tool in Path(source).iterdir():
            if not tool.name.startswith("java") and not (folder / tool.name).exists():
                (folder / tool.name).symlink_to(tool)
    return folder


def with_tiny_lock(checkout: Path) -> None:
    """Leave one small package in run.lock: what is tried is the set-up, not the packages."""
    lock = (checkout / "requirements/run.lock").read_text()
    start = lock.index("\nsix==") + 1
    (checkout / "requirements/run.lock").write_text(lock[start : lock.index("    # via", start)])


def test_second_start_does_no_set_up_and_is_quick(job: Path) -> None:
    run("--print-command", job)
    started = time.monotonic()
    printed = run("--print-command", job)
    assert time.monotonic() - started < 2
    assert not any(word in printed.stderr for word in SET_UP_LINES)


def test_missing_java_is_named_with_the_command(tools_without_java: Path) -> None:
    refused = run("--setup", PATH=str(tools_without_java), JAVA_HOME="", JVM_FOLDER="/nowhere")
    assert refused.returncode == 2
    assert "Java 17 or 21 with jdk.incubator.vector is missing" in refused.stderr
    assert "openjdk-" in refused.stderr
    assert "--install-java" in refused.stderr


def test_installing_without_root_and_sudo_says_what_root_has_to_run() -> None:
    functions = (CHECKOUT / "scripts" / "say.sh").read_text()
    as_nobody = ["setpriv", "--reuid=65534", "--clear-groups"] if os.geteuid() == 0 else []
    command = [*as_nobody, "bash", "-c", f"{functions}\nPATH=/nowhere as_root apt-get install java"]
    refused = subprocess.run(command, cwd="/", capture_output=True, text=True, check=False)
    assert refused.returncode == 2
    assert "there is no sudo here. As root run: apt-get install java" in refused.stderr


@pytest.mark.parametrize(
    ("release", "said"),
    [
        ('JAVA_VERSION="11.0.2"\nMODULES="java.base jdk.incubator.vector"\n', "(11)"),
        ('JAVA_VERSION="17.0.2"\nMODULES="java.base java.sql"\n', "(17)"),
    ],
)
def test_java_that_spark_fails_on_is_passed_over(tools_without_java: Path, release: str, said: str) -> None:
    home = tools_without_java.parent / "java"
    (home / "bin").mkdir(parents=True)
    (home / "bin" / "java").symlink_to("/bin/true")
    (home / "release").write_text(release)
    refused = run("--setup", PATH=str(tools_without_java), JAVA_HOME=str(home), JVM_FOLDER="/nowhere")
    assert refused.returncode == 2
    assert f"found: {home} {said}" in refused.stderr


@pytest.mark.parametrize(
    ("os_release", "thing", "line"),
    [
        ("ID=debian\nVERSION_ID=12", "java", "apt-get install --yes openjdk-17-jre-headless"),
        ("ID=debian\nVERSION_ID=13", "java", "apt-get install --yes openjdk-21-jre-headless"),
        ('ID=ubuntu\nVERSION_ID="24.04"', "java", "apt-get install --yes openjdk-21-jre-headless"),
        ('ID=mint\nID_LIKE="ubuntu debian"', "3.12", "apt-get install --yes python3.12 python3.12-venv"),
        ("ID=fedora\nVERSION_ID=42", "java", "dnf install --assumeyes java-21-openjdk-headless"),
        ('ID=rocky\nID_LIKE="rhel centos fedora"', "3.11", "dnf install --assumeyes python3.11"),
        ('ID="opensuse-leap"\nID_LIKE="suse opensuse"', "3.11", "zypper --non-interactive install python311"),
        ("ID=arch", "java", "pacman --sync --noconfirm jre21-openjdk-headless"),
        ("ID=unheard_of", "java", ""),
    ],
)
def test_install_line_is_that_of_the_distribution(tmp_path: Path, os_release: str, thing: str, line: str) -> None:
    (tmp_path / "os-release").write_text(os_release + "\n")
    script = 'source "$1/scripts/say.sh"; install_line "$2" "$3"'
    command = ["bash", "-c", script, "-", str(CHECKOUT), str(tmp_path / "os-release"), thing]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == line


def test_python_that_is_too_old_is_named(copied_checkout: Path) -> None:
    refused = run("--setup", checkout=copied_checkout, PYTHON="/bin/true")
    assert refused.returncode == 2
    assert "Python 3.11 or 3.12 is missing (PYTHON=/bin/true is neither)" in refused.stderr
    assert not (copied_checkout / ".venv").exists()


def test_corrupted_jar_is_refused(finished_checkout: Path, job: Path) -> None:
    assert run("--print-command", job, checkout=finished_checkout).returncode == 0
    jar = next((finished_checkout / ".venv/share/tidegate/jars").glob("*storage*.jar"))
    jar.write_bytes(jar.read_bytes()[:-1] + b"x")
    refused = run("--print-command", job, checkout=finished_checkout)
    assert refused.returncode == 2
    assert f"{jar.name}: FAILED" in refused.stderr
    assert "Nothing was run" in refused.stderr
    assert not refused.stdout


def test_coordinate_of_delta_is_the_same_in_script_and_library() -> None:
    assert f'DELTA_COORDINATE="{DELTA_COORDINATE}"' in (CHECKOUT / "scripts/jars.sh").read_text()


@pytest.mark.slow
def test_interrupted_set_up_is_redone(copied_checkout: Path) -> None:
    with_tiny_lock(copied_checkout)
    venv = copied_checkout / ".venv"
    script = [str(copied_checkout / "spark-submit.sh"), "--setup"]
    with subprocess.Popen(script, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "installing the build tools" in line:
                process.kill()
                break
    assert venv.exists()
    assert not (venv / "run.stamp").exists()
    (venv / "left_over").touch()
    # Without pyspark the jars can't come: what is tried here ends with the packages.
    redone = run("--setup", checkout=copied_checkout)
    assert "creating the environment .venv" in redone.stderr
    assert (venv / "run.stamp").exists()
    assert not (venv / "left_over").exists()
    assert "fetching Delta's jars failed" in redone.stderr
    assert redone.returncode == 2


@pytest.mark.fresh_environment
@pytest.mark.skipif("TIDEGATE_FRESH_ENVIRONMENT" not in os.environ, reason="takes minutes")
def test_run_then_development_on_an_empty_checkout(copied_checkout: Path) -> None:
    assert run("--setup", checkout=copied_checkout).returncode == 0
    assert not (copied_checkout / ".venv/bin/pytest").exists()
    grown = run("--dev", "--setup", checkout=copied_checkout)
    assert grown.returncode == 0
    assert "creating" not in grown.stderr
    assert (copied_checkout / ".venv/bin/pytest").exists()
    assert not any(word in run("--setup", checkout=copied_checkout).stderr for word in SET_UP_LINES)
