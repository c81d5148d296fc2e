"""What a driver gets of made-up machines: folders with the files of Linux that say how much there is."""

import subprocess
from pathlib import Path

import pytest
from tests.conftest import CHECKOUT

from tidegate.machine import MEMORY, SHUFFLE_PARTITIONS, Machine, driver_settings_for, this_machine

GIB = 1 << 30
NO_LIMIT_V1 = "9223372036854771712"


def made_up(root: Path, cores: int, gib: float, files: dict[str, str] | None = None) -> Path:
    """Write the files of a machine, and others above them."""
    every = {
        "proc/cpuinfo": "".join(f"processor\t: {number}\nmodel name\t: made up\n\n" for number in range(cores)),
        "proc/meminfo": f"MemTotal:       {int(gib * 1024 * 1024)} kB\nMemFree:   1 kB\n",
        "proc/self/status": f"Name:\tbash\nCpus_allowed:\tff\nCpus_allowed_list:\t0-{cores - 1}\n",
        "proc/self/cgroup": "0::/\n",
        **(files or {}),
    }
    for name, text in every.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


@pytest.mark.parametrize(
    ("cores", "gib", "memory", "partitions"),
    [
        (1, 1, "640m", "2"),
        (1, 2, "1g", "2"),
        (1, 4, "2g", "2"),
        (2, 8, "3g", "4"),
        (2, 24, "3g", "4"),
        (16, 32, "8g", "32"),
        (16, 64, "16g", "32"),
        (16, 256, "24g", "32"),
        (64, 64, "16g", "128"),
        # Between 32 and 48 GiB a heap holds less than one of 31 GiB.
        (64, 128, "31g", "128"),
        (64, 256, "64g", "128"),
    ],
)
def test_a_whole_machine(tmp_path: Path, cores: int, gib: float, memory: str, partitions: str) -> None:
    machine = this_machine(made_up(tmp_path, cores, gib))
    assert machine == Machine(cores, int(gib * GIB))
    settings = driver_settings_for(machine)
    assert (settings[MEMORY], settings[SHUFFLE_PARTITIONS]) == (memory, partitions)


@pytest.mark.parametrize("cores", [1, 2, 3, 8, 16, 64, 256])
@pytest.mark.parametrize("gib", [2, 4, 7.5, 16, 24, 64, 250, 1000])
def test_two_jobs_at_once_fit_into_every_machine_and_four_into_a_larger_one(cores: int, gib: float) -> None:
    text = driver_settings_for(Machine(cores, int(gib * GIB)))[MEMORY]
    heap = int(text[:-1]) / (1 if text.endswith("g") else 1024)
    assert heap <= gib / 2
    assert heap <= gib / 4 or heap <= 3
    assert not 32 <= heap < 48
    assert heap >= min(3, gib / 2)


V2 = "sys/fs/cgroup"
LIMITED = {
    "version 2, a container's own view": {f"{V2}/cpu.max": "150000 100000\n", f"{V2}/memory.max": f"{4 * GIB}\n"},
    "version 2, a group of the host": {
        "proc/self/cgroup": "0::/user.slice/job\n",
        f"{V2}/user.slice/job/cpu.max": "200000 100000\n",
        f"{V2}/user.slice/job/memory.max": f"{4 * GIB}\n",
    },
    "version 2, limits of the groups around ours": {
        "proc/self/cgroup": "0::/pod/job\n",
        f"{V2}/pod/cpu.max": "200000 100000\n",
        f"{V2}/pod/memory.max": f"{4 * GIB}\n",
        f"{V2}/pod/job/cpu.max": "max 100000\n",
        f"{V2}/pod/job/memory.max": "max\n",
    },
    "version 2, cores by their numbers": {f"{V2}/cpuset.cpus.effective": "3,7\n", f"{V2}/memory.max": f"{4 * GIB}\n"},
    "version 2 at the side of version 1": {
        "proc/self/cgroup": "4:memory:/\n0::/job\n",
        f"{V2}/unified/job/cpu.max": "200000 100000\n",
        f"{V2}/memory/memory.limit_in_bytes": f"{4 * GIB}\n",
    },
    "version 1, a path of the host": {
        "proc/self/cgroup": "5:cpu,cpuacct:/docker/0815\n4:memory:/docker/0815\n3:cpuset:/docker/0815\n",
        f"{V2}/cpu,cpuacct/cpu.cfs_quota_us": "150000\n",
        f"{V2}/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
        f"{V2}/memory/memory.limit_in_bytes": f"{4 * GIB}\n",
    },
    "version 1, cores by their numbers": {
        "proc/self/cgroup": "4:memory:/jobs/one\n3:cpuset:/jobs/one\n1:cpu:/jobs/one\n",
        f"{V2}/cpu/jobs/one/cpu.cfs_quota_us": "-1\n",
        f"{V2}/cpu/jobs/one/cpu.cfs_period_us": "100000\n",
        f"{V2}/cpuset/jobs/one/cpuset.cpus": "0-1\n",
        f"{V2}/memory/jobs/one/memory.limit_in_bytes": NO_LIMIT_V1,
        f"{V2}/memory/jobs/memory.limit_in_bytes": f"{4 * GIB}\n",
    },
    "taskset": {"proc/self/status": "Cpus_allowed_list:\t0,63\n", f"{V2}/memory.max": f"{4 * GIB}\n"},
}


@pytest.mark.parametrize("name", LIMITED)
def test_the_smaller_of_machine_and_limit_counts(tmp_path: Path, name: str) -> None:
    machine = this_machine(made_up(tmp_path, 64, 256, LIMITED[name]))
    assert machine == Machine(2, 4 * GIB)
    assert driver_settings_for(machine)[MEMORY] == "2g"


@pytest.mark.parametrize(("cpu", "memory"), [("max 100000", "max"), ("9900000 100000", str(999 * GIB))])
def test_a_limit_above_the_machine_changes_nothing(tmp_path: Path, cpu: str, memory: str) -> None:
    files = {f"{V2}/cpu.max": cpu, f"{V2}/memory.max": memory}
    assert this_machine(made_up(tmp_path, 16, 64, files)) == Machine(16, 64 * GIB)


def test_less_than_a_core_is_a_core(tmp_path: Path) -> None:
    assert this_machine(made_up(tmp_path, 16, 64, {f"{V2}/cpu.max": "20000 100000"})).cores == 1


def test_a_system_without_these_files_is_asked_by_python(tmp_path: Path) -> None:
    machine = this_machine(tmp_path)
    assert machine.cores >= 1
    assert machine.memory > GIB


@pytest.mark.parametrize(
    ("master", "partitions"),
    [("local[*]", "32"), ("local[*,4]", "32"), ("local[3]", "6"), ("local", "2"), ("local-cluster[2, 4, 1024]", "16")],
)
def test_partitions_follow_from_the_tasks_that_the_master_runs_at_once(master: str, partitions: str) -> None:
    assert driver_settings_for(Machine(16, 64 * GIB), master)[SHUFFLE_PARTITIONS] == partitions


@pytest.mark.parametrize("master", ["spark://host:7077", "yarn", "k8s://https://host:6443", "localhost"])
def test_a_cluster_gets_nothing(master: str) -> None:
    assert driver_settings_for(Machine(16, 64 * GIB), master) == {}


def chosen_by_script(tmp_path: Path, properties: str, before: str, *options: str) -> tuple[list[str], str]:
    """Return what spark-submit.sh adds to its command on a machine of 16 cores and 64 GiB, and what it says."""
    (tmp_path / "own.conf").write_text(properties)
    script = (
        f'ROOT=$1; VENV=$1/.venv; shift; source "$ROOT/scripts/say.sh"; source "$ROOT/scripts/machine.sh"; '
        f'source "$ROOT/scripts/command.sh"; {before} parse_arguments --properties-file {tmp_path}/own.conf "$@"; '
        'COMMAND=(); add_machine_settings; printf "%s\\n" "${COMMAND[@]}"'
    )
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script, "-", str(CHECKOUT), *options],
        env={"PATH": "/usr/bin:/bin", "TIDEGATE_MACHINE_ROOT": str(made_up(tmp_path, 16, 64))},
        capture_output=True,
        text=True,
        check=True,
    )
    return [word for word in done.stdout.split() if word != "-c"], done.stderr


ALL = {
    "spark.driver.memory=16g",
    "spark.sql.shuffle.partitions=32",
    "spark.databricks.delta.snapshotPartitions=8",
    "spark.sql.sources.parallelPartitionDiscovery.parallelism=32",
}


def without(key: str) -> set[str]:
    return {setting for setting in ALL if not setting.startswith(f"{key}=")}


@pytest.mark.parametrize(
    ("properties", "before", "options", "left"),
    [
        ("", "", (), ALL),
        ("spark.driver.memory 5g", "", (), without(MEMORY)),
        (" spark.driver.memory = 5g", "", (), without(MEMORY)),
        ("# spark.driver.memory 5g", "", (), ALL),
        ("", "SPARK_DRIVER_MEMORY=5g;", (), without(MEMORY)),
        ("", "", ("--driver-memory", "5g"), without(MEMORY)),
        ("", "", ("--driver-memory=5g",), without(MEMORY)),
        ("", "", ("--conf", f"{MEMORY}=5g"), without(MEMORY)),
        ("", "", ("-c", f"{SHUFFLE_PARTITIONS}=7"), without(SHUFFLE_PARTITIONS)),
        ("", "", (f"--conf={SHUFFLE_PARTITIONS}=7",), without(SHUFFLE_PARTITIONS)),
        ("", "", ("--conf", "spark.driver.memoryOverhead=1g"), ALL),
        ("", "", ("--master", "yarn"), set()),
        ("", "", ("--conf", "spark.master=spark://host:7077"), set()),
    ],
)
def test_spark_submit_gives_way_to_what_was_given(
    tmp_path: Path, properties: str, before: str, options: tuple[str, ...], left: set[str]
) -> None:
    words, said = chosen_by_script(tmp_path, properties, before, *options)
    assert set(words) == left
    lines = said.splitlines()
    if not left:
        assert lines == []
        return
    assert len(lines) == 1
    assert lines[0].startswith("tidegate: this machine has 16 cores and 64.0 GiB; chosen: ")
    assert all(setting in lines[0] for setting in left)
    assert (f"; as given: {next(iter(ALL - left)).split('=')[0]}" in lines[0]) if left != ALL else ("as given" not in lines[0])


def test_spark_submit_reads_the_defaults_that_it_is_told_to_load(tmp_path: Path) -> None:
    (tmp_path / "spark-defaults.conf").write_text("spark.driver.memory 5g\n")
    words, _ = chosen_by_script(tmp_path, "", f"SPARK_CONF_DIR={tmp_path};", "--load-spark-defaults")
    assert set(words) == without(MEMORY)
