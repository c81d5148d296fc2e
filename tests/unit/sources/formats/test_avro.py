"""Avro files are read to the last digit; files of other columns and damaged files are refused by name."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import types as T
from tests.avro_files import avro_file, header

from tidegate.errors import DefinitionError, UnreadableFilesError, WrongFilesError
from tidegate.schema import Field
from tidegate.sources.folders import list_below
from tidegate.sources.formats.avro import Avro
from tidegate.sources.read_files import VERDICT, ReadFiles, read_files
from tidegate.sources.source import Source

MICROS = 1_577_836_800_000_001
T_MICROS, T_LOCAL = ({"type": "long", "logicalType": f"{kind}timestamp-micros"} for kind in ("", "local-"))
SMALL = {"k": "string", "v": ["null", "double"], "t": T_MICROS}
ROWS: list[dict[str, Any]] = [{"k": f"k{place}", "v": place / 2, "t": MICROS} for place in range(5)]
DECLARED = (Field("k", T.StringType(), "key"), Field("v", T.DoubleType(), "value"), Field("t", T.TimestampType(), "time"))


def small(zone: str | None = None) -> Source:
    return Source("feed", DECLARED, Avro(), zone=zone)


def read(spark: SparkSession, declared: Source, folder: Path, **files: bytes) -> ReadFiles:
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        (folder / f"{name}.avro").write_bytes(content)
    return read_files(spark, declared, str(folder), list_below(spark, str(folder)))


def wall(micros: int) -> datetime:
    """A moment as Spark's driver gives it: in UTC, without a zone."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)).replace(tzinfo=None)


def complaint(spark: SparkSession, folder: Path, declared: Source, content: bytes) -> str:
    """Refuse a file beside a right one; what is wrong with it."""
    with pytest.raises((WrongFilesError, UnreadableFilesError)) as caught:
        read(spark, declared, folder, good=avro_file(SMALL, ROWS), bad=content)
    assert "bad.avro" in str(caught.value)
    assert "good.avro: " not in str(caught.value)
    return str(caught.value)


@pytest.mark.slow
def test_every_type_of_avro_is_read_to_the_last_digit(spark: SparkSession, tmp_path: Path) -> None:
    kinds: dict[str, tuple[Any, T.DataType]] = {
        "text": (["null", "string"], T.StringType()),
        "number": (["int", "long"], T.LongType()),
        "single": ("float", T.FloatType()),
        "flag": ("boolean", T.BooleanType()),
        "day": ({"type": "int", "logicalType": "date"}, T.DateType()),
        "micros": (["null", T_MICROS], T.TimestampType()),
        "millis": ({"type": "long", "logicalType": "timestamp-millis"}, T.TimestampType()),
        "local time": (T_LOCAL, T.TimestampType()),
        "price": ({"type": "bytes", "logicalType": "decimal", "precision": 20, "scale": 3}, T.DecimalType(20, 3)),
        "tax": (
            {"type": "fixed", "name": "t", "size": 2, "logicalType": "decimal", "precision": 4, "scale": 1},
            T.DecimalType(4, 1),
        ),
        "kind": ({"type": "enum", "name": "k", "symbols": ["low", "high"]}, T.StringType()),
        "id": ({"type": "string", "logicalType": "uuid"}, T.StringType()),
    }
    columns = {name.replace(" ", "_"): kind for name, (kind, _) in kinds.items()}
    first = {
        "text": "ä",
        "number": 2**40,
        "single": 0.5,
        "flag": True,
        "day": -200_000,
        "micros": MICROS,
        "millis": 1,
        "local_time": MICROS,
        "price": (12345).to_bytes(2),
        "tax": (-15).to_bytes(2, signed=True),
        "kind": "high",
        "id": "u",
    }
    second = {**first, "text": None, "number": -1, "micros": None, "price": (-(10**19)).to_bytes(9, signed=True), "day": 0}
    fields = [Field(name.replace(" ", "_"), kind, name) for name, (_, kind) in kinds.items()]
    fields = [Field("own", T.StringType(), "text") if each.name == "text" else each for each in fields]
    declared = Source(
        "types", tuple(fields), Avro(), zone="Asia/Kolkata", headers={"own": "text"}, required=("micros",), may_hold_back=1.0
    )
    found = read(
        spark,
        declared,
        tmp_path / "f",
        a=avro_file(columns, [first, first, second]),
        b=avro_file(columns, [first], codec="deflate"),
    )
    rows = found.rows.selectExpr("_name", "_line", VERDICT, "_faults", "*").orderBy("_name", "_line").collect()
    places = [(row["_name"], row["_line"], row[VERDICT], row["_faults"]) for row in rows]
    assert places == [
        ("a.avro", 1, "accepted", None),
        ("a.avro", 2, "accepted", None),
        ("a.avro", 3, "quarantined", ["micros: missing"]),
        ("b.avro", 1, "accepted", None),
    ]
    local = MICROS - (5 * 60 + 30) * 60_000_000
    right: list[object] = ["ä", 2**40, 0.5, True, date.fromordinal(719_163 - 200_000), wall(MICROS), wall(1000), wall(local)]
    right += [Decimal("12.345"), Decimal("-1.5"), "high", "u"]
    assert [[row[name] for name in declared.names] for row in rows if row[VERDICT] == "accepted"] == [right] * 3
    assert (rows[2]["own"], rows[2]["number"], rows[2]["price"]) == (None, -1, Decimal(-(10**16)))
    assert rows[2]["day"] == date(1970, 1, 1)


def test_an_avro_file_of_other_columns_is_refused_by_name(spark: SparkSession, tmp_path: Path) -> None:
    def of(**columns: Any) -> bytes:
        found = {name: kind for name, kind in {**SMALL, **columns}.items() if kind is not None}
        return avro_file(found, [])

    cases = [
        (of(v=None), "missing column v"),
        (of(w="int"), "extra column w"),
        (of(k=None, K="string"), "missing column k; extra column K"),
        (of(v="long"), "column v is bigint, declared double"),
        (of(v="float"), "column v is float, declared double"),
        (of(v=["null", "string", "double"]), "column v is struct<member0:string,member1:double>, declared double"),
        (of(t={"type": "int", "logicalType": "date"}), "column t is date, declared timestamp"),
        (of(t={"type": "long", "logicalType": "timestamp-nanos"}), "column t is bigint, declared timestamp"),
        (of(t=T_LOCAL), "column t holds times without a zone; declare the source's zone"),
        (header("string"), "its schema is no record"),
        (
            header({"type": "record", "name": "row", "fields": [{"name": "k", "type": ["null", "row"]}]}),
            "its schema is no record",
        ),
    ]
    for place, (content, expected) in enumerate(cases):
        assert expected in complaint(spark, tmp_path / str(place), small(), content)
    mixed = complaint_together(spark, tmp_path / "mixed", of(t=T_LOCAL))
    assert "column t has times with a zone in some files and without in others" in mixed


def complaint_together(spark: SparkSession, folder: Path, content: bytes) -> str:
    with pytest.raises(WrongFilesError) as caught:
        read(spark, small("UTC"), folder, good=avro_file(SMALL, ROWS), bad=content)
    return str(caught.value)


def test_a_cut_or_foreign_file_is_refused_before_a_job_starts(spark: SparkSession, tmp_path: Path) -> None:
    whole = avro_file(SMALL, ROWS)
    foreign = "it is not an Avro file, or its header is damaged or cut off"
    cases = [(whole[: len(whole) - cut], "its end is missing: the file is cut off") for cut in (1, 16, 17, 30, 70)]
    cases += [(whole[:40], foreign), (b"", foreign), (b"k,v,t\n" * 50, foreign)]
    for place, (content, expected) in enumerate(cases):
        assert expected in complaint(spark, tmp_path / str(place), small(), content)


@pytest.mark.slow
def test_a_file_with_a_damaged_block_is_refused(spark: SparkSession, tmp_path: Path) -> None:
    whole = avro_file(SMALL, ROWS)
    middle = whole.index(bytes(range(200, 216)), len(header({}))) + 60
    damaged = bytearray(whole)
    damaged[whole.index(bytes(range(200, 216)), middle)] ^= 0x55
    assert "it can't be read" in complaint(spark, tmp_path / "f", small(), bytes(damaged))


def test_a_type_that_avro_lacks_is_refused_when_declared() -> None:
    with pytest.raises(DefinitionError, match="source 'feed': v is smallint, but whole numbers in Avro are int and bigint"):
        Source("feed", (Field("v", T.ShortType(), "value"),), Avro())
