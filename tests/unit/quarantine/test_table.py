"""A held row goes when any of its persons is forgotten, also where no lock holds between the check and the commit."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from pyspark.sql import DataFrame, SparkSession

from tidegate.erasure.subject_list import checked_list
from tidegate.hadoop import configuration
from tidegate.quarantine import table
from tidegate.quarantine.table import Quarantine
from tidegate.subjects.keyed_hash import SECRET_VARIABLE, SubjectKey
from tidegate.subjects.suppression_table import suppress
from tidegate.subjects.table_map import FEATURE_GROUP, MappedTable, map_tables
from tidegate.tables.commits.commit_metadata import Commit
from tidegate.tables.store import Store
from tidegate.tables.write import append_rows

MOMENT = datetime(2024, 1, 1, tzinfo=UTC)
# Sender and recipient; the first is the subject beside the text.
PARCELS = [("ben", "ann"), ("ann", "ben"), ("ben", "cid"), ("dan", "dan")]


def held_rows(spark: SparkSession, parcels: list[tuple[str, str]]) -> DataFrame:
    rows = [
        (f'{{"sender":"{sender}","recipient":"{recipient}"}}', None, ["heavy"], "feed", "a.csv", line, sender)
        for line, (sender, recipient) in enumerate(parcels)
    ]
    columns = "row string, cells map<string,string>, reasons array<string>, source string, file string, line long, subject string"
    return spark.createDataFrame(rows, columns)


def test_add_removes_a_row_whose_second_person_was_forgotten_before_its_commit_where_no_lock_holds(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SECRET_VARIABLE, "0123456789abcdef0123456789abcdef")
    # A local folder by a scheme for which no lock of ours is held, as on HDFS.
    name = uuid4().hex
    configuration(spark).set(f"fs.viewfs.mounttable.{name}.link./folder", tmp_path.as_uri())
    store = Store.open(spark, f"viewfs://{name}/folder/root")
    map_tables(store, [MappedTable("feature_groups/parcels_v1", FEATURE_GROUP, ("sender", "recipient"))])
    quarantine = Quarantine(store, "parcels_v1", personal=True)

    def forget(person: str) -> None:
        people = checked_list(spark.createDataFrame([(person,)], "subject string"))
        suppress(store, people.forms_of_people, SubjectKey.from_environment(), MOMENT)

    def after_an_erasure(rows: DataFrame, path: str, commit: Commit) -> None:
        forget("ann")
        append_rows(rows, path, commit)

    forget("nobody")
    with monkeypatch.context() as patched:
        patched.setattr(table, "append_rows", after_an_erasure)
        assert quarantine.add(held_rows(spark, PARCELS), None, MOMENT, None) == 2
    assert {row.line for row in quarantine.rows().collect()} == {2, 3}
    # Whom the list has already is left out, and counted, by either field.
    assert quarantine.add(held_rows(spark, [*PARCELS, ("eve", "ann")]), None, MOMENT, None) == 3
    assert {row.line for row in quarantine.rows().collect()} == {2, 3}
