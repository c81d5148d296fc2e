"""The report of a committed batch: what became of each row, also of people who were forgotten while it was written."""

from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from tests.write_cases import NOON, dust, hour
from tests.write_steps import compared, target_of

from tidegate.feature_groups.storage import map_groups
from tidegate.feature_groups.writing.commit import commit
from tidegate.feature_groups.writing.record import record
from tidegate.feature_groups.writing.result import WriteResult
from tidegate.subjects.keyed_hash import SECRET_VARIABLE, SubjectKey
from tidegate.subjects.suppression_table import suppress
from tidegate.tables.store import Store

pytestmark = pytest.mark.slow


def test_a_batch_that_changes_nothing_has_no_statistics(spark: SparkSession, tmp_path: Path) -> None:
    target = target_of(Store.open(spark, tmp_path), dust())
    sides = {"a": (5, 1, 2, False), "b": (6, 1, 2, False)}
    written, again = (record(commit(compared(target, sides))) for _ in range(2))
    newest = hour(2)
    expected = WriteResult("dust_v1", 1, read=2, inserted=2, newest_available_at=newest, statistics=written.statistics)
    assert written == expected
    assert {each.feature for each in written.statistics} == {"sensor", "pm25", "revision", "event_time"}
    assert again == WriteResult("dust_v1", 1, read=2, unchanged=2, newest_available_at=newest)


def test_rows_of_who_was_forgotten_since_the_check_are_taken_out_and_counted(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SECRET_VARIABLE, "0123456789abcdef0123456789abcdef")
    store, group = Store.open(spark, tmp_path), dust(subject="sensor")
    map_groups(store, [group])
    target = target_of(store, group)
    record(commit(compared(target, {"forgotten": (5, 1, 2, False), "b": (5, 1, 2, False)})))
    committed = commit(compared(target, {"forgotten": (6, 1, 3, False), "b": (6, 1, 3, False), "c": (6, 1, 3, False)}))
    forms = spark.createDataFrame([("text:forgotten", "text:forgotten")], "_person string, _form string")
    suppress(store, forms, SubjectKey.from_environment(), NOON)
    written = record(committed)
    counts = {"read": 3, "inserted": 1, "updated": 1, "suppressed": 1}
    facts = {"newest_available_at": hour(3), "statistics": written.statistics}
    assert written == WriteResult("dust_v1", target.version, **counts, **facts)  # type: ignore[arg-type]
    assert sorted(row["sensor"] for row in target.rows.collect()) == ["b", "c"]
