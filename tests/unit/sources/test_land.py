"""Fetched files copied into a landing folder."""

from hashlib import sha256
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from tidegate.errors import NotLandedError
from tidegate.sources import FetchedFile, HttpFile, land_files

OLD, NEW = b"day,flights\n2013-01-01,842\n", b"day,flights\n2013-01-01,843\n"


def fetched(cache: Path, content: bytes, name: str = "a b.csv") -> FetchedFile:
    cache.mkdir(exist_ok=True)
    (cache / name).write_bytes(content)
    file = HttpFile("http://host/a.csv", name=name)
    return FetchedFile(file, cache / name, "new", len(content), sha256(content).hexdigest(), None, None)


@pytest.mark.parametrize("scheme", ["", "file://"])
def test_land_files_copies_what_is_new_and_leaves_the_rest_alone(spark: SparkSession, tmp_path: Path, scheme: str) -> None:
    cache, landing = tmp_path / "a cache", tmp_path / "landing" / "day=2013-01-01"
    uri = f"{scheme}{landing}"
    files = [fetched(cache, OLD), fetched(cache, OLD, name="b.csv")]
    assert land_files(spark, files, f"{uri}/") == (f"{uri}/a b.csv", f"{uri}/b.csv")
    modified = {path.name: path.stat().st_mtime_ns for path in landing.iterdir()}

    # Of the same length, as a corrected file often is.
    files[0] = fetched(cache, NEW)
    land_files(spark, files, uri)
    assert {path.name: path.read_bytes() for path in landing.iterdir()} == {"a b.csv": NEW, "b.csv": OLD}
    assert (landing / "b.csv").stat().st_mtime_ns == modified["b.csv"]
    assert (landing / "a b.csv").stat().st_mtime_ns != modified["a b.csv"]
    assert spark.read.csv(uri, header=True).count() == 2


def test_land_files_replaces_a_file_that_hadoop_wrote_with_a_checksum(spark: SparkSession, tmp_path: Path) -> None:
    landing = tmp_path / "landing"
    jvm = spark.sparkContext._jvm
    path = jvm.org.apache.hadoop.fs.Path(landing.as_uri(), "a.csv")
    stream = path.getFileSystem(spark.sparkContext._jsc.hadoopConfiguration()).create(path)
    stream.write(OLD)
    stream.close()
    assert (landing / ".a.csv.crc").exists()

    land_files(spark, [fetched(tmp_path / "cache", NEW, name="a.csv")], landing.as_uri())
    assert [row.value for row in spark.read.text(landing.as_uri()).collect()] == NEW.decode().splitlines()
    assert [entry.name for entry in landing.iterdir()] == ["a.csv"]


@pytest.mark.parametrize("now", [NEW, None])
def test_land_files_refuses_other_bytes_than_were_fetched(spark: SparkSession, tmp_path: Path, now: bytes | None) -> None:
    file = fetched(tmp_path / "cache", OLD)
    if now is None:
        file.path.unlink()
    else:
        file.path.write_bytes(now)
    with pytest.raises(NotLandedError, match=r"file a b\.csv was not copied into .*fetch the file again"):
        land_files(spark, [file], (tmp_path / "landing").as_uri())
    assert not (tmp_path / "landing").exists()


def test_land_files_that_fails_leaves_nothing_behind(spark: SparkSession, tmp_path: Path) -> None:
    landing = tmp_path / "landing"
    (landing / "a b.csv" / "in the way").mkdir(parents=True)
    with pytest.raises(NotLandedError, match=r"file a b\.csv was not copied into .*landing: .*Check that the folder can"):
        land_files(spark, [fetched(tmp_path / "cache", OLD)], landing.as_uri())
    assert [entry.name for entry in landing.iterdir()] == ["a b.csv"]


def test_land_files_names_the_folder_that_it_can_not_write(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "landing").write_text("a file")
    with pytest.raises(NotLandedError, match="landing"):
        land_files(spark, [fetched(tmp_path / "cache", OLD)], (tmp_path / "landing").as_uri())
    assert (tmp_path / "landing").read_text() == "a file"
