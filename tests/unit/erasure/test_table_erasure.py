"""A table in which an earlier search found nobody is searched once, after VACUUM; who came into it since then is erased."""

from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate.erasure.personal_places import Places
from tidegate.erasure.table_erasure import Found, erase_from_table
from tidegate.subjects.table_map import PREDICTION_TABLE, MappedTable
from tidegate.tables.commits.few_rows import append_few
from tidegate.tables.create import TableShape, create_table
from tidegate.tables.read import read_newest
from tidegate.tables.store import Store

SCHEMA = T.StructType([T.StructField("name", T.StringType()), T.StructField("value", T.LongType())])


@pytest.mark.parametrize(("person", "searches", "removed"), [("nobody", 1, 0), ("ann", 3, 1)], ids=["nobody", "somebody"])
def test_a_table_without_people_is_searched_once(
    spark: SparkSession, tmp_path: Path, person: str, searches: int, removed: int
) -> None:
    store, path = Store.open(spark, str(tmp_path)), str(tmp_path / "scores")
    create_table(spark, path, TableShape(SCHEMA, ("name",)))
    append_few(spark, path, [("ann", 1), ("ben", 2)], SCHEMA)
    places = Places(MappedTable("scores", PREDICTION_TABLE, ("name",)), ("name",))
    searched = []

    def choose(rows: DataFrame, columns: tuple[str, ...], untyped: bool) -> DataFrame:
        searched.append(columns)
        return rows.where(F.col("name") == person)

    entry, found = erase_from_table(store, places, choose, expected=False)
    assert (found, entry.rows_removed, entry.rows_remaining) == (Found(removed, removed), removed, 0)
    assert len(searched) == searches
    assert {row["name"] for row in read_newest(spark, path).collect()} == {"ann", "ben"} - {person}
