"""Text files written through Hadoop's file systems."""

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from tidegate.errors import TextFileNotWrittenError
from tidegate.text_files import write_text


@pytest.mark.parametrize("scheme", ["", "file://"])
def test_write_text_replaces_the_file_and_leaves_nothing_beside_it(spark: SparkSession, tmp_path: Path, scheme: str) -> None:
    path = tmp_path / "new folder" / "page.html"
    write_text(spark, f"{scheme}{path}", "a longer text that was there before")
    size = write_text(spark, f"{scheme}{path}", "späť ✓")
    assert path.read_text(encoding="utf-8") == "späť ✓"
    assert size == path.stat().st_size
    assert list(path.parent.iterdir()) == [path]


def test_write_text_names_the_path_that_it_could_not_write(spark: SparkSession, tmp_path: Path) -> None:
    file = tmp_path / "a file"
    file.write_text("kept")
    with pytest.raises(TextFileNotWrittenError, match=r"a file/page\.html: the file was not written"):
        write_text(spark, str(file / "page.html"), "text")
    assert file.read_text() == "kept"
