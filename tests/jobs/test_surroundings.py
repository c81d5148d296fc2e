"""spark-submit.sh where paths, locales, names, homes and variables are not as its author's; no Spark is started."""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import unquote

import pytest
from tests.jobs.conftest import by_scripts, write_run_stamp
from tests.jobs.starting import CHECKOUT, run

NAME = "Grüße 100% #1 a+b,c & 'd' \"e\" [f]{g}"
NOBODYS_ID = 12_345
# Prints what a job would be started with; the arguments follow the variables.
SHOWN = '#!/usr/bin/env bash\nenv -0; printf "ARGUMENT=%s\\0" "$@"\n'
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


def python_of_all() -> Path:
    """A Python that other users may run, as this one may lie in a home that is closed to them."""
    system = [Path(f"/usr/bin/python3.{minor}") for minor in (12, 11)]
    return next((each for each in system if each.exists()), Path(sys.executable))


def made_checkout(place: Path) -> Path:
    """A checkout whose set-up is done and whose spark-submit shows what it is given; everybody may read it."""
    for name in ("scripts", "requirements", "conf", "lib"):
        shutil.copytree(CHECKOUT / name, place / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy2(CHECKOUT / "spark-submit.sh", place)
    venv = place / ".venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "python").symlink_to(python_of_all())
    (venv / "bin" / "spark-submit").write_text(SHOWN)
    (venv / "bin" / "spark-submit").chmod(0o755)
    packages = venv / "lib" / "python3.11" / "site-packages"
    packages.mkdir(parents=True)
    (packages / "pyspark").symlink_to(next((CHECKOUT / ".venv").glob("lib/python3*/site-packages/pyspark")))
    shutil.copytree(CHECKOUT / ".venv/share/tidegate/jars", venv / "share/tidegate/jars")
    write_run_stamp(place)
    by_scripts(
        place, 'find_java; mkdir -p "$CLASSES"; echo archive >"$CLASSES/driver.jsa"; class_archive_stamp >"$CLASSES/stamp"'
    )
    (place / "jobs").mkdir()
    (place / "jobs" / "a job #1.py").touch()
    subprocess.run(["chmod", "-R", "a+rX", str(place.parent)], check=True)
    return place


@pytest.fixture(scope="module")
def checkout() -> Iterator[Path]:
    # Not pytest's own folder, which is closed to other users.
    with TemporaryDirectory(prefix="tidegate-test-") as folder:
        yield made_checkout(Path(folder) / NAME)


def started(checkout: Path, user: int | None = None, **variables: str | None) -> tuple[dict[str, str], list[str], str]:
    """Start a job; return the variables and arguments that it would have, and what the script said."""
    environment = {name: value for name, value in {**os.environ, **variables}.items() if value is not None}
    become = [] if user is None else ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"]
    command = [*become, str(checkout / "spark-submit.sh"), str(checkout / "jobs" / "a job #1.py"), "--option", "a b"]
    done = subprocess.run(command, env=environment, cwd="/", capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    pairs = [word.partition("=") for word in done.stdout.split("\0") if word]
    given = [value for name, _, value in pairs if name == "ARGUMENT"]
    return {name: value for name, _, value in pairs if name != "ARGUMENT"}, given, done.stderr


def value_of(arguments: list[str], option: str) -> str:
    return arguments[arguments.index(option) + 1]


def driver_options(arguments: list[str]) -> list[str]:
    """The words of the driver's options, as Spark divides them."""
    return shlex.split(value_of(arguments, "--driver-java-options"))


def test_every_part_of_the_command_is_found_whatever_the_checkout_is_called(checkout: Path) -> None:
    variables, arguments, _ = started(checkout, LC_ALL="C")
    assert all(Path(jar).is_file() for jar in value_of(arguments, "--driver-class-path").split(":"))
    assert Path(value_of(arguments, "--properties-file")).is_file()
    library = value_of(arguments, "--py-files")
    assert Path(unquote(library.removeprefix("local:"))).is_file()
    assert not set(library) & set(" ,#[]{}")
    job = arguments[arguments.index("--option") - 1]
    assert Path(unquote(job.removeprefix("file://"))) == checkout / "jobs" / "a job #1.py"
    assert arguments[-2:] == ["--option", "a b"]
    options = dict(option.partition("=")[::2] for option in driver_options(arguments))
    assert Path(options["-XX:SharedArchiveFile"]).is_file()
    assert Path(unquote(options["-Dlog4j2.configurationFile"].removeprefix("file://"))).is_file()
    assert variables["TIDEGATE_HOME"] == str(checkout)
    # Java would lose the accents.
    assert variables["LC_ALL"] == "C.UTF-8"


def test_a_colon_in_the_checkouts_path_is_refused_by_name(tmp_path: Path) -> None:
    place = tmp_path / "a:b"
    shutil.copytree(CHECKOUT / "scripts", place / "scripts")
    shutil.copy2(CHECKOUT / "spark-submit.sh", place)
    refused = run("--setup", checkout=place)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert f"has a colon, which Java and Python can't have in their search paths: {place}" in refused.stderr


def listed(folder: Path) -> list[tuple[str, int]]:
    return sorted((str(path), path.lstat().st_mtime_ns) for path in folder.rglob("*"))


@as_root
@pytest.mark.parametrize("user", [NOBODYS_ID, 65_534], ids=["without a name", "without a home"])
def test_a_user_without_name_or_home_runs_a_checkout_that_is_only_read(checkout: Path, user: int, tmp_path: Path) -> None:
    started(checkout, HOME=str(tmp_path))
    before = listed(checkout)
    home = f"/tmp/tidegate-{user}"  # what the script makes
    for variables in ({"HOME": None}, {"HOME": "/nonexistent"}):
        environment, arguments, _ = started(checkout, user, PYTHONDONTWRITEBYTECODE=None, **variables)
        assert environment["HOME"].startswith(home)
        assert Path(environment["HOME"]).stat().st_uid == user
        assert Path(environment["HOME"]).stat().st_mode & 0o077 == 0
        assert f"-Duser.home={environment['HOME']}" in driver_options(arguments)
        if user == NOBODYS_ID:
            assert f"-Duser.name=uid{user}" in driver_options(arguments)
            assert environment["USER"] == environment["LOGNAME"] == f"uid{user}"
            # Hadoop would ask for the user's name to look at the file.
            assert value_of(arguments, "--py-files").startswith("local:")
    assert listed(checkout) == before
    shutil.rmtree(home, ignore_errors=True)


@as_root
def test_a_library_that_changed_is_packed_for_who_only_reads_the_checkout(checkout: Path) -> None:
    shutil.rmtree(checkout / ".venv/share/tidegate/lib", ignore_errors=True)
    environment, arguments, _ = started(checkout, NOBODYS_ID, HOME=None)
    library = Path(unquote(value_of(arguments, "--py-files").removeprefix("local:")))
    assert library.is_file()
    assert library.is_relative_to(environment["HOME"])
    shutil.rmtree(environment["HOME"])


@as_root
def test_an_archive_for_another_java_keeps_nobody_from_a_checkout_that_is_only_read(checkout: Path) -> None:
    stamp = checkout / ".venv/share/tidegate/classes/stamp"
    kept = stamp.read_text()
    try:
        stamp.write_text("of another Java")
        _, arguments, said = started(checkout, NOBODYS_ID, HOME=None)
        assert "--driver-class-path" in arguments
        assert [line for line in said.splitlines() if "this machine has" not in line] == []
    finally:
        stamp.write_text(kept)
        shutil.rmtree(f"/tmp/tidegate-{NOBODYS_ID}")


@as_root
def test_a_folder_that_somebody_else_made_in_tmp_is_not_used(checkout: Path, tmp_path: Path) -> None:
    theirs = Path(f"/tmp/tidegate-{NOBODYS_ID}")
    theirs.mkdir()
    theirs.chmod(0o777)
    try:
        environment, _, _ = started(checkout, NOBODYS_ID, HOME=None)
        assert environment["HOME"].startswith(f"{theirs}.")
        assert not any(theirs.iterdir())
        shutil.rmtree(environment["HOME"])
    finally:
        shutil.rmtree(theirs)


@as_root
def test_a_checkout_that_is_not_ready_and_only_read_names_who_can_set_it_up(checkout: Path) -> None:
    stamp = checkout / ".venv/run.stamp"
    kept = stamp.read_text()
    command = ["setpriv", f"--reuid={NOBODYS_ID}", "--clear-groups", str(checkout / "spark-submit.sh"), "--setup"]
    try:
        stamp.write_text("another")
        refused = subprocess.run(command, cwd="/", capture_output=True, text=True, check=False)
        assert (refused.returncode, "not made for this version of the checkout" in refused.stderr) == (2, True)
        assert "Its owner, root, can make it ready for all users with:" in refused.stderr
        stamp.chmod(0o600)
        refused = subprocess.run(command, cwd="/", capture_output=True, text=True, check=False)
        assert (refused.returncode, f"the user id {NOBODYS_ID} may not read its environment" in refused.stderr) == (2, True)
    finally:
        stamp.write_text(kept)
        stamp.chmod(0o644)


def test_a_companys_profile_neither_wins_nor_goes_unmentioned(checkout: Path, tmp_path: Path) -> None:
    ignored = {
        "SPARK_CONF_DIR": str(tmp_path),
        "SPARK_REMOTE": "sc://host",
        "SPARK_API_MODE": "connect",
        "PYSPARK_SUBMIT_ARGS": "--master yarn",
        "PYSPARK_DRIVER_PYTHON_OPTS": "notebook",
        "PYTHONHOME": "/usr",
        "PYTHONINSPECT": "1",
        "TMPDIR": "/nonexistent",
    }
    ours = {"SPARK_HOME": "/other", "PYSPARK_PYTHON": "/bin/false", "PYSPARK_DRIVER_PYTHON": "jupyter", "TZ": "Europe/Berlin"}
    variables, arguments, said = started(checkout, PYTHONPATH="/theirs", PYSPARK_GATEWAY_PORT="1", **ignored, **ours)
    for name, value in ignored.items():
        assert f"the variable {name}={value} is ignored" in said
        assert name not in variables
    assert "PYSPARK_GATEWAY_PORT" not in variables
    assert all(variables[name] != value for name, value in ours.items())
    # Theirs stays importable, behind ours.
    packages = str(checkout / ".venv/lib/python3.11/site-packages")
    assert variables["PYTHONPATH"] == f"{packages}:/theirs"
    assert "-Duser.timezone=UTC" in driver_options(arguments)


def test_a_folder_for_temporary_files_is_java_s_and_spark_s_too(checkout: Path, tmp_path: Path) -> None:
    variables, arguments, said = started(checkout, TMPDIR=str(tmp_path), SPARK_LOCAL_DIRS=None)
    assert variables["TMPDIR"] == variables["SPARK_LOCAL_DIRS"] == str(tmp_path)
    assert f"-Djava.io.tmpdir={tmp_path}" in driver_options(arguments)
    assert "ignored" not in said


@pytest.mark.parametrize(
    ("variables", "options"),
    [
        ({}, ""),
        ({"HTTPS_PROXY": "http://u:p@proxy:3128/"}, "-Dhttps.proxyHost=proxy -Dhttps.proxyPort=3128 -Dhttp.nonProxyHosts="),
        (
            {"https_proxy": "proxy:3128", "NO_PROXY": "localhost, .a.example"},
            "-Dhttps.proxyHost=proxy -Dhttps.proxyPort=3128 -Dhttp.nonProxyHosts=localhost|*.a.example",
        ),
        ({"ALL_PROXY": "socks5://proxy:1080"}, "-DsocksProxyHost=proxy -DsocksProxyPort=1080"),
    ],
)
def test_java_is_told_of_the_proxy(variables: dict[str, str], options: str) -> None:
    script = f'source "{CHECKOUT}/scripts/surroundings.sh"; java_proxy_options'
    done = subprocess.run(["bash", "-c", script], env={"PATH": os.environ["PATH"], **variables}, capture_output=True, check=True)
    assert done.stdout.decode().strip() == options
