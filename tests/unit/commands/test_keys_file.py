"""A file of keys is read whole or refused, with what is wrong and without a value."""

from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import types as T

from tidegate import FeatureGroup, Field
from tidegate.commands.keys_file import read_keys
from tidegate.errors import KeysFileError

FIELDS = (Field("person", T.StringType(), "who"), Field("ward", T.IntegerType(), "where"), Field("n", T.LongType(), "n"))
GROUP = FeatureGroup("stays", 1, ("person", "ward"), FIELDS, "stays")
REFUSED = {
    "a longer line": (b"person,ward\nzoe,1,2\n", "1 line(s) don't have 2 values, or have a quote"),
    "a shorter line": (b"person,ward\nzoe\n", "1 line(s) don't have 2 values"),
    "an open quote": (b'person,ward\n"zoe,1\nbob,2\n', "don't have 2 values, or have a quote"),
    "not UTF-8": (b"person,ward\nzoe\xff\xfe,1\n", "1 line(s) are not UTF-8"),
    "another type": (b"person,ward\nzoe,one\nbob,\n", "2 line(s) have no value of ward, or one of another type than int"),
    "no key": (b"person,ward\n\n", "it holds no key below its header"),
    "nothing": (b"", "it is empty"),
    "no header": (b"zoe,1\n", "its first line names 2 column(s) that feature group stays doesn't have"),
    "another column": (b"person,n\nzoe,1\n", "it has the columns person, n"),
    "a column twice": (b"person,person\nzoe,zoe\n", "it has the columns person, person"),
}


def test_keys_are_read_in_the_types_of_the_entity_key(spark: SparkSession, tmp_path: Path) -> None:
    path = tmp_path / "keys [1]#50%.csv"
    path.write_bytes('\ufeffward,person\r\n1,"zoe, the ""first"""\r\n\r\n2,größe\r\n'.encode())
    found = read_keys(spark, str(path), GROUP)
    assert found.schema == T.StructType([T.StructField("ward", T.IntegerType()), T.StructField("person", T.StringType())])
    assert {tuple(row) for row in found.collect()} == {(1, 'zoe, the "first"'), (2, "größe")}


def test_an_unusable_file_is_refused_and_no_value_shown(spark: SparkSession, tmp_path: Path) -> None:
    for name, (content, message) in REFUSED.items():
        path = tmp_path / "keys.csv"
        path.write_bytes(content)
        with pytest.raises(KeysFileError) as refused:
            read_keys(spark, str(path), GROUP)
        assert message in str(refused.value), name
        assert "zoe" not in str(refused.value), name
        assert "Give a CSV file with a header that names some of person, ward, event_time" in str(refused.value)
    for place, message in ((tmp_path / "none.csv", "there is no such file"), (tmp_path, "it is a folder")):
        with pytest.raises(KeysFileError, match=message):
            read_keys(spark, str(place), GROUP)
