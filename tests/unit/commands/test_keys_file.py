"""A file of keys is read whole or refused, with what is wrong and without a value."""

from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
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
    "another type": (b"person,ward\nzoe,one\nbob,\n", "2 line(s) have no value of ward, or a value of another type than int"),
    "no key": (b"person,ward\n\n", "it has no key below its header"),
    "a time without a zone": (
        b"person,event_time\nzoe,2024-01-01 00:00:00\n",
        "1 line(s) have no value of event_time, or a value without a day",
    ),
    "a time without a day": (
        b"person,event_time\nzoe,12:30Z\n",
        "or a value without a day, a time and a zone, such as 2024-01-31T12:00:00Z",
    ),
    "a year": (b"person,event_time\nzoe,2024\nbob,2024-01-01\n", "2 line(s) have no value of event_time"),
    "a blank first line": (b"\nperson,ward\nzoe,1\n", "its first line is blank, but must be the header"),
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
        assert "a header that has one or several of the columns person, ward, event_time" in str(refused.value)
    for place, message in ((tmp_path / "none.csv", "there is no such file"), (tmp_path, "it is a folder")):
        with pytest.raises(KeysFileError, match=message):
            read_keys(spark, str(place), GROUP)


def test_a_time_of_any_zone_is_that_moment(spark: SparkSession, tmp_path: Path) -> None:
    path = tmp_path / "keys.csv"
    times = ("2024-01-01T00:00:00Z", "2024-01-01 01:00:00+01:00", "2023-12-31T19:00:00-05:00", "2024-01-01 00:00:00.000000 UTC")
    path.write_text("person,event_time\n" + "".join(f"zoe,{time}\n" for time in times))
    found = read_keys(spark, str(path), GROUP).select(F.unix_seconds("event_time").alias("seconds")).collect()
    assert {row.seconds for row in found} == {1704067200}
