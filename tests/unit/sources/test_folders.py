from datetime import date
from pathlib import Path

from pyspark.sql import SparkSession

from tidegate.sources import list_folder


def test_list_folder_names_days_and_files_and_skips_what_spark_skips(spark: SparkSession, tmp_path: Path) -> None:
    for name in ("day=2013-01-02", "day=2013-01-01", "day=soon", "_temporary"):
        (tmp_path / name).mkdir()
    (tmp_path / "a.csv").touch()
    (tmp_path / "_SUCCESS").touch()

    folder = list_folder(spark, tmp_path.as_uri())

    assert folder.exists
    assert folder.days == (date(2013, 1, 1), date(2013, 1, 2))
    assert folder.folders == ("day=2013-01-01", "day=2013-01-02", "day=soon")
    assert folder.files == ("a.csv",)


def test_list_folder_tells_that_a_folder_is_not_there(spark: SparkSession, tmp_path: Path) -> None:
    folder = list_folder(spark, f"{tmp_path}/nowhere")

    assert not folder.exists
    assert folder.days == ()
