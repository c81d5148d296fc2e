"""A suppression list of an earlier release: read as it is, and brought to the current columns."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from tidegate.errors import WrongSecretError
from tidegate.maintenance.suppression_forms import add_forms
from tidegate.subjects.keyed_hash import SECRET_VARIABLE, SubjectKey
from tidegate.subjects.suppression import SUPPRESSED, current_suppression
from tidegate.subjects.suppression_table import CANONICAL_FORM, PLAIN_FORM, SCHEMA, ListState, list_state, suppress
from tidegate.tables.layout import Layout
from tidegate.tables.read import current_version, table_state

SECRET = "0123456789abcdef0123456789abcdef"
KEY = SubjectKey(SECRET.encode())


def test_an_old_list_is_in_force_before_and_after_its_migration(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SECRET_VARIABLE, SECRET)
    layout, moment = Layout(str(tmp_path)), datetime(2024, 1, 1, tzinfo=UTC)
    rows = spark.createDataFrame(
        [(1, "ann"), (1001, "ben"), (2, "kay"), (3, None)], "number bigint, name string"
    ).localCheckpoint()

    def suppressed() -> list[str]:
        found = current_suppression(spark, layout)
        assert found is not None
        marked = found.mark(rows, ["number", "name"])
        assert marked.count() == 4
        return sorted(row["name"] for row in marked.where(F.col(SUPPRESSED)).collect())

    assert current_suppression(spark, layout) is None
    assert add_forms(spark, layout) == []
    old = [(KEY.digest(text), KEY.fingerprint, moment) for text in ("1001", "ann")]
    schema = "subject_hash string, key_fingerprint string, suppressed_at timestamp"
    spark.createDataFrame(old, schema).coalesce(1).write.format("delta").save(layout.suppression)
    assert list_state(spark, layout) == ListState(frozenset({KEY.fingerprint}), (PLAIN_FORM,))
    assert suppressed() == ["ann", "ben"]

    changed = ["subjects/suppression: the form of the identifier that each entry is a hash of"]
    assert add_forms(spark, layout, dry_run=True) == changed
    assert current_version(spark, layout.suppression) == 0
    assert add_forms(spark, layout) == changed
    assert table_state(spark, layout.suppression).schema.names == SCHEMA.names
    assert add_forms(spark, layout) == []
    assert suppressed() == ["ann", "ben"]

    forms = spark.createDataFrame([("text:kay", "text:kay"), ("text:ann", "text:ann")], "_person string, _form string")
    suppress(spark, layout, forms, KEY, moment)
    assert list_state(spark, layout).forms == (PLAIN_FORM, CANONICAL_FORM)
    assert suppressed() == ["ann", "ben", "kay"]
    version = current_version(spark, layout.suppression)
    assert list_state(spark, layout) == list_state(spark, layout)
    monkeypatch.setenv(SECRET_VARIABLE, SECRET[::-1])
    with pytest.raises(WrongSecretError, match=r"The key is lost.*Nothing was written"):
        current_suppression(spark, layout)
    assert current_version(spark, layout.suppression) == version
