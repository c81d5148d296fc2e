"""The lock of a local table: held by the JVM, one thread at a time, bounded waiting that says who holds it."""

import fcntl
import logging
import os
import struct
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from tidegate.errors import LockFileError, TableBusyError
from tidegate.tables.commits import commit
from tidegate.tables.commits.commit_lock import exclusive
from tidegate.tables.commits.lock_file import lock_file_of
from tidegate.tables.create import TableShape, create_table, table_exists
from tidegate.tables.vacuum import vacuum_table
from tidegate.tables.write import MergeRule, append_rows, delete_rows, merge_rows, replace_rows

# struct flock of Linux: type, whence, start, length, process.
FLOCK = "@hhqqi"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return tmp_path / "store" / "table"


@pytest.fixture
def file(table: Path) -> Path:
    return table.with_name(".table.lock")


def process_that_holds(file: Path) -> int | None:
    """Ask the kernel which process holds a lock on the file."""
    with file.open("r+b") as opened:
        asked = fcntl.fcntl(opened, fcntl.F_GETLK, struct.pack(FLOCK, fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0))
    kind, _, _, _, process = struct.unpack(FLOCK, asked)
    return None if kind == fcntl.F_UNLCK else process


HOLDER = """
import fcntl, sys
with open(sys.argv[1], "w") as file:
    fcntl.lockf(file, fcntl.LOCK_EX, *map(int, sys.argv[3:]))
    print(sys.argv[2], file=file, flush=True)
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def held_by_another_process(file: Path, who: str = "", *place: int) -> Iterator[None]:
    """Hold the lock elsewhere, or a part of it, by length and start: this process would lose it by reading the file (POSIX)."""
    file.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-c", HOLDER, str(file), who, *map(str, place)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield
        finally:
            process.kill()


def test_exclusive_lets_the_jvm_hold_the_lock_until_the_outermost_block_ends(
    spark: SparkSession, table: Path, file: Path
) -> None:
    jvm = spark.sparkContext._jvm.java.lang.ProcessHandle.current().pid()  # type: ignore[union-attr]
    assert jvm != os.getpid()
    with exclusive(spark, str(table)):
        with exclusive(spark, f"file:{table}/", wait=1):
            assert process_that_holds(file) == jvm
        assert process_that_holds(file) == jvm
        assert f" pid {jvm} since 20" in file.read_text()
    assert process_that_holds(file) is None
    assert file.read_text() == ""
    with pytest.raises(ValueError, match="broken"), exclusive(spark, str(table)):
        raise ValueError("broken")
    assert process_that_holds(file) is None


def test_exclusive_waits_says_for_whom_and_gives_up(
    spark: SparkSession, table: Path, file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "tidegate")
    with held_by_another_process(file, "elsewhere pid 7 since then"):
        busy = f"table {table} is busy: its lock is held by elsewhere pid 7 since then and did not become free within 1.5 s"
        with pytest.raises(TableBusyError, match=busy), exclusive(spark, str(table), wait=1.5):
            pytest.fail("entered while another process holds the lock")
    assert caplog.messages == [f"waiting for the lock of {table}, held by elsewhere pid 7 since then"]
    # What stands in the file now is what a killed holder leaves.
    with exclusive(spark, str(table), wait=0):
        pass
    assert caplog.messages[1:] == [f"took over the lock of {table}: elsewhere pid 7 since then ended without freeing it"]


def test_exclusive_does_not_overtake_who_waits(spark: SparkSession, table: Path, file: Path) -> None:
    # The lock is free, and somebody sits on the chair behind it, or on the next one.
    for chair in (1, 2):
        waiting = held_by_another_process(file, "", 1, chair)
        with waiting, pytest.raises(TableBusyError), exclusive(spark, str(table), wait=0.2):
            pytest.fail("overtook who came before")
        with exclusive(spark, str(table), wait=0):
            pass


def test_exclusive_lets_one_thread_in_at_a_time(spark: SparkSession, table: Path) -> None:
    def enter() -> None:
        with exclusive(spark, str(table), wait=0.1):
            pass

    with ThreadPoolExecutor(1) as pool:
        with exclusive(spark, str(table)):
            assert isinstance(pool.submit(enter).exception(), TableBusyError)
            with exclusive(spark, str(table.with_name("other"))):
                pass
        assert pool.submit(enter).exception() is None


def test_interrupted_commit_keeps_the_lock_until_the_next_one(spark: SparkSession, table: Path, file: Path) -> None:
    # The JVM goes on with what Python no longer waits for.
    with pytest.raises(KeyboardInterrupt), exclusive(spark, str(table)):
        raise KeyboardInterrupt
    assert process_that_holds(file) is not None
    with exclusive(spark, str(table), wait=0):
        assert process_that_holds(file) is not None
    assert process_that_holds(file) is None


def test_lock_file_of_is_one_for_every_name_of_a_local_table_and_none_elsewhere(
    spark: SparkSession, table: Path, file: Path, tmp_path: Path
) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "store")
    names = [
        table,
        f"{table}/",
        f"file:{table}",
        f"file://{table}",
        tmp_path / "link" / "table",
        tmp_path / "store/../store/table",
    ]
    assert {lock_file_of(spark, str(name)) for name in names} == {file}
    for elsewhere in ("s3a://bucket/table", "hdfs://host/table", "abfss://container@account/table", "gs://bucket/table"):
        assert lock_file_of(spark, elsewhere) is None


def test_lock_file_of_is_none_where_a_name_without_a_scheme_lies_elsewhere(spark: SparkSession, hdfs_by_default: str) -> None:
    assert lock_file_of(spark, "/store/table") is None


def test_lock_file_that_cannot_be_opened_is_named(spark: SparkSession, table: Path, file: Path) -> None:
    file.mkdir(parents=True)
    with pytest.raises(LockFileError, match=r"the lock file .*/store/\.table\.lock can't be used: .*Is a directory"):
        create_table(spark, str(table), TableShape(spark.range(1).schema))
    file.rmdir()
    assert create_table(spark, str(table), TableShape(spark.range(1).schema))


@pytest.mark.slow
def test_every_commit_waits_for_the_lock_and_works_beside_its_file(
    spark: SparkSession, table: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, rows = str(table), spark.range(1)
    commits = [
        lambda: create_table(spark, path, TableShape(rows.schema)),
        lambda: append_rows(rows, path),
        lambda: merge_rows(spark, path, spark.range(3), MergeRule(["id"])),
        lambda: delete_rows(spark, path, rows),
        lambda: vacuum_table(spark, path),
        lambda: replace_rows(spark.range(5), path, {}),
    ]
    for each in commits:
        with monkeypatch.context() as patience, held_by_another_process(file):
            patience.setattr(commit, "exclusive", partial(exclusive, wait=0))
            with pytest.raises(TableBusyError):
                each()
        each()
    assert table_exists(spark, path)
    assert spark.read.format("delta").load(path).count() == 5
    assert sorted(entry.name for entry in table.parent.iterdir()) == [".table.lock", "table"]
