"""Roots that this user may not read or write, such as those of another user."""

import os
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from pyspark.sql import SparkSession
from tests.other_user import as_root, told_to_somebody

from tidegate.commands.opening.local_root import require_local_root, require_readable, require_usable_root
from tidegate.errors import RootNotReadableError, RootNotWritableError
from tidegate.tables.store import Store


@as_root
@pytest.mark.parametrize(
    "closed", ["", "feature_groups", "feature_groups/pulse_v1", "feature_groups/pulse_v1/_delta_log", "runs/_delta_log"]
)
def test_a_folder_that_another_user_closed_is_named_with_its_owner(closed: str) -> None:
    with TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        root = Path(folder, "Grüße 100% #1")
        for table in ("feature_groups/pulse_v1", "runs"):
            (root / table / "_delta_log").mkdir(parents=True)
        assert told_to_somebody(require_readable, root) == ""
        (root / closed).chmod(0o700)
        said = told_to_somebody(require_readable, root)
        assert said.startswith(f"{RootNotReadableError.__name__}: root {str(root)!r} can't be read")
        assert f"the folder {root / closed}, which belongs to root" in said
        require_readable(str(root))


@as_root
def test_a_root_below_a_closed_folder_can_not_be_made() -> None:
    with TemporaryDirectory() as folder:
        said = told_to_somebody(require_local_root, Path(folder, "closed", "root"))
        assert said.startswith(f"{RootNotWritableError.__name__}: ")
        assert f"no write permission on {folder}" in said or f"no write permission on {Path(folder).parent}" in said


def test_a_root_that_is_not_there_or_not_local_is_not_looked_at() -> None:
    require_readable("/nonexistent/root")
    require_readable("s3a://bucket/root")


def test_a_root_below_a_file_is_refused(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RootNotWritableError, match="file is not a folder"):
        require_usable_root(Store.open(spark, tmp_path / "file" / "root"), writes=True)


def test_a_path_that_hadoop_finds_elsewhere_is_not_looked_at_on_this_machine(
    spark: SparkSession, hdfs_by_default: str, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    require_usable_root(Store.open(spark, tmp_path / "file" / "root"), writes=True)
    require_usable_root(Store.open(spark, tmp_path / "file" / "root"), writes=False)
