"""Choose Spark settings for one driver from the cores and the memory of the machine or its container.

This file imports only Python's standard library, since spark-submit.sh runs it as a script of its own.
"""

import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MEMORY = "spark.driver.memory"
SHUFFLE_PARTITIONS = "spark.sql.shuffle.partitions"
# Tests set this variable to a folder with the files `proc` and `sys` of a made-up machine.
ROOT_VARIABLE = "TIDEGATE_MACHINE_ROOT"

_MIB = 1 << 20
_MIB_A_CORE = 1536
# The heap with which a run of the example system was measured; it is smaller only if this is more than half of the memory.
_COMFORTABLE_MIB = 3072
# Spark refuses to start with less than 450 MiB.
_SMALLEST_MIB = 640
# From 32 GiB on, each reference takes twice the space, so a heap between these sizes holds fewer objects than a smaller heap.
_WIDE_REFERENCES_MIB = (32 * 1024, 48 * 1024)


@dataclass(frozen=True)
class Machine:
    """The resources that this process may use.

    Attributes:
        cores: Number of processors, at least 1.
        memory: Memory in bytes.
    """

    cores: int
    memory: int

    def __str__(self) -> str:
        """Return cores and memory as text, such as `2 cores and 7.6 GiB`."""
        return f"{self.cores} core{'s' if self.cores > 1 else ''} and {self.memory / 2**30:.1f} GiB"


def this_machine(root: Path | None = None) -> Machine:
    """Return the cores and the memory that this process may use: those of the machine, or less if a container limits them.

    Args:
        root: The folder with `proc` and `sys`; None: the value of the variable TIDEGATE_MACHINE_ROOT, or else `/`.
    """
    root = root or Path(os.environ.get(ROOT_VARIABLE, "/"))
    cores = [_processors(root), *_allowed(root / "proc/self/status", "Cpus_allowed_list"), *_cpusets(root), *_cpu_quotas(root)]
    memory = [_physical_memory(root), *_memory_limits(root)]
    return Machine(max(1, min(cores)), min(memory))


def driver_settings_for(machine: Machine, master: str = "local[*]") -> dict[str, str]:
    """Return the Spark settings of one driver that runs all its tasks itself.

    The heap is 1.5 GiB for each core, but at most a quarter of the memory: Python workers need memory too, and a machine may run
    several jobs at the same time. On a small machine the heap is up to half of the memory, since a heap below 3 GiB is slow.

    Args:
        machine: The resources that may be used.
        master: Spark's master, such as `local[*]` or `local[4]`. For a master that is not local the result is empty.
    """
    cores = _cores_of(master, machine.cores)
    if cores is None:
        return {}
    return {
        MEMORY: _memory_text(_heap(machine)),
        # Two tasks for each core, so that no core is idle for long next to one slow task. Spark merges small partitions itself.
        SHUFFLE_PARTITIONS: str(2 * cores),
        # The number of tasks in which Delta reads the log of a table. Eight are enough for a table of a few thousand files.
        "spark.databricks.delta.snapshotPartitions": str(min(8, cores)),
        # The number of tasks in which VACUUM lists files.
        "spark.sql.sources.parallelPartitionDiscovery.parallelism": str(min(64, 2 * cores)),
    }


def _heap(machine: Machine) -> int:
    """Return the driver's heap in MiB."""
    memory = machine.memory // _MIB
    heap = max(min(_MIB_A_CORE * machine.cores, memory // 4), min(_COMFORTABLE_MIB, memory // 2), _SMALLEST_MIB)
    first, last = _WIDE_REFERENCES_MIB
    return first - 1024 if first <= heap < last else heap


def _memory_text(mib: int) -> str:
    return f"{mib // 1024}g" if mib % 1024 == 0 else f"{mib}m"


def _cores_of(master: str, cores: int) -> int | None:
    """Return how many tasks run at the same time with a local master; None for a cluster."""
    found = re.fullmatch(r"local(?:\[(\*|\d+)(?:,\s*\d+)?\])?", master)
    if found:
        return cores if found.group(1) == "*" else int(found.group(1) or 1)
    found = re.fullmatch(r"local-cluster\[\s*(\d+)\s*,\s*(\d+)\s*,.*\]", master)
    return int(found.group(1)) * int(found.group(2)) if found else None


def _processors(root: Path) -> int:
    listed = len(re.findall(r"^processor\s*:", _text(root / "proc/cpuinfo"), flags=re.MULTILINE))
    return listed or os.cpu_count() or 1


def _physical_memory(root: Path) -> int:
    found = re.search(r"^MemTotal:\s*(\d+) kB", _text(root / "proc/meminfo"), flags=re.MULTILINE)
    return int(found.group(1)) * 1024 if found else os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def _allowed(file: Path, name: str = "") -> Iterator[int]:
    """Yield the number of processors in a list such as `0-3,8`, if there is one.

    Args:
        file: The file with the list.
        name: Name before the colon of the line with the list; empty: the whole file is the list.
    """
    text = _text(file)
    if name:
        found = re.search(rf"^{name}:\s*(.*)$", text, flags=re.MULTILINE)
        text = found.group(1) if found else ""
    spans = re.findall(r"(\d+)(?:-(\d+))?", text)
    if spans:
        yield sum(int(last or first) - int(first) + 1 for first, last in spans)


def _cpusets(root: Path) -> Iterator[int]:
    for folder in _control_groups(root, "cpuset"):
        for name in ("cpuset.cpus.effective", "cpuset.effective_cpus", "cpuset.cpus"):
            yield from _allowed(folder / name)


def _cpu_quotas(root: Path) -> Iterator[int]:
    """Yield the number of processors that each CPU quota allows, rounded up as Java does."""
    for folder in _control_groups(root, "cpu"):
        quotas = [_text(folder / "cpu.max").split()]
        quotas.append([_text(folder / "cpu.cfs_quota_us").strip(), _text(folder / "cpu.cfs_period_us").strip()])
        for quota in quotas:
            if len(quota) == 2 and quota[0].isdigit() and quota[1].isdigit() and int(quota[1]) > 0:
                yield max(1, -(-int(quota[0]) // int(quota[1])))


def _memory_limits(root: Path) -> Iterator[int]:
    for folder in _control_groups(root, "memory"):
        for name in ("memory.max", "memory.limit_in_bytes"):
            limit = _text(folder / name).strip()
            if limit.isdigit() and int(limit) > 0:
                yield int(limit)


def _control_groups(root: Path, controller: str) -> Iterator[Path]:
    """Yield the folders of the control groups (cgroups version 1 and 2) of this process and of all their parent groups.

    The limits of parent groups apply too. Inside a container the path names folders of the host, which do not exist there; the
    limits of the container are then in the top folder.
    """
    top = root / "sys/fs/cgroup"
    for line in _text(root / "proc/self/cgroup").splitlines():
        number, controllers, path = line.split(":", 2)
        if number == "0" and not controllers:
            mounts = [top, top / "unified"]
        elif controller in controllers.split(","):
            mounts = [top / controller, top / controllers]
        else:
            continue
        parts = [part for part in path.split("/") if part not in ("", "..")]
        for mount in mounts:
            for depth in range(len(parts), -1, -1):
                yield mount.joinpath(*parts[:depth])


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _main(master: str) -> None:
    """Print the machine as text, then one setting per line: key, blank, value."""
    machine = this_machine()
    settings = driver_settings_for(machine, master)
    sys.stdout.writelines(f"{line}\n" for line in (machine, *map(" ".join, settings.items())))


if __name__ == "__main__":
    _main(sys.argv[1] if len(sys.argv) > 1 and sys.argv[1] else "local[*]")
