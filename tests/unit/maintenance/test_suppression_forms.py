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
from tidegate.tables.read import current_version, table_state
from tidegate.tables.store import Store

SECRET = "0123456789abcdef0123456789abcdef"
KEY = SubjectKey(SECRET.encode())


def test_an_old_list_is_in_force_before_and_after_its_migration(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SECRET_VARIABLE, SECRET)
    store, moment = Store.open(spark, str(tmp_path)), datetime(2024, 1, 1, tzinfo=UTC)
    rows = spark.createDataFrame(
        [(1, "ann"), (1001, "ben"), (2, "kay"), (3, None)], "number bigint, name string"
    ).localCheckpoint()

    def suppressed() -> list[str]:
        found = current_suppression(store)
        assert found is not None
        marked = found.mark(rows, ["number", "name"])
        assert marked.count() == 4
        return sorted(row["name"] for row in marked.where(F.col(SUPPRESSED)).collect())

    assert current_suppression(store) is None
    assert add_forms(store) == []
    old = [(KEY.digest(text), KEY.fingerprint, moment) for text in ("1001", "ann")]
    schema = "subject_hash string, key_fingerprint string, suppressed_at timestamp"
    spark.createDataFrame(old, schema).coalesce(1).write.format("delta").save(store.layout.suppression)
    assert list_state(store) == ListState(frozenset({KEY.fingerprint}), (PLAIN_FORM,))
    assert suppressed() == ["ann", "ben"]

    changed = ["subjects/suppression: record the form of the identifier that each entry is a hash of"]
    assert add_forms(store, dry_run=True) == changed
    assert current_version(spark, store.layout.suppression) == 0
    assert add_forms(store) == changed
    assert table_state(spark, store.layout.suppression).schema.names == SCHEMA.names
    assert add_forms(store) == []
    assert suppressed() == ["ann", "ben"]

    forms = spark.createDataFrame([("text:kay", "text:kay"), ("text:ann", "text:ann")], "_person string, _form string")
    suppress(store, forms, KEY, moment)
    assert list_state(store).forms == (PLAIN_FORM, CANONICAL_FORM)
    assert suppressed() == ["ann", "ben", "kay"]
    version = current_version(spark, store.layout.suppression)
    assert list_state(store) == list_state(store)
    monkeypatch.setenv(SECRET_VARIABLE, SECRET[::-1])
    with pytest.raises(WrongSecretError, match=r"The key is lost.*Nothing was written"):
        current_suppression(store)
    assert current_version(spark, store.layout.suppression) == version
