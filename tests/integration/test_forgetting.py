"""Forgetting by a list: checked whole, matched in every type, kept out afterwards; and the key that is lost."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import types as T

from tidegate import FeatureGroup, FeatureStore, Field
from tidegate.erasure.subject_list import Unmatched
from tidegate.erasure.subjects_file import read_subjects
from tidegate.errors import (
    KeyReplacementError,
    MissingSecretError,
    NobodyNamedError,
    SubjectsFileError,
    SubjectsFrameError,
    WrongSecretError,
)
from tidegate.pipelines.erasure import ErasureRequest, plan_erasure
from tidegate.pipelines.subject_key import OLD_SECRET_VARIABLE, key_state, replace_key
from tidegate.subjects.keyed_hash import SECRET_VARIABLE, SubjectKey
from tidegate.subjects.suppression import SUPPRESSED, current_suppression
from tidegate.tables.create import table_exists

FIRST, SECOND = "0123456789abcdef" * 2, "fedcba9876543210" * 2
AT = datetime(2024, 1, 1, tzinfo=UTC)
VALUE = Field("value", T.DoubleType(), "a value")
ACCOUNT, EMAIL = Field("account", T.LongType(), "number"), Field("email", T.StringType(), "address")
ACCOUNTS = FeatureGroup("accounts", 1, ("account",), (ACCOUNT, VALUE), "accounts", subject="account")
CONTACTS = FeatureGroup("contacts", 1, ("email",), (EMAIL, VALUE), "contacts", subject="email")
WEATHER = FeatureGroup("weather", 1, ("place",), (Field("place", T.StringType(), "place"), VALUE), "weather")


def write(store: FeatureStore, spark: SparkSession, group: FeatureGroup, *names: object) -> tuple[int, int]:
    result = store.write(group, spark.createDataFrame([(name, 1.0, AT, AT) for name in names], group.schema))
    return result.inserted, result.suppressed


def suppressed(spark: SparkSession, store: FeatureStore, *names: str) -> set[str]:
    found = current_suppression(store.handle)
    assert found is not None
    rows = spark.createDataFrame([(name,) for name in names], "email string")
    return {row["email"] for row in found.mark(rows, ["email"]).where(SUPPRESSED).collect()}


def test_a_list_of_numbers_and_addresses_is_forgotten_and_kept_out(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SECRET_VARIABLE, FIRST)
    store = FeatureStore(spark, str(tmp_path / "root"))
    write(store, spark, ACCOUNTS, 1001, 1002)
    write(store, spark, CONTACTS, "ann@example.com", "ben@example.com", "1001.0")

    for frame, reason in (
        (spark.createDataFrame([("ann@example.com",)], "Person string"), "it has no column 'subject'; it has Person"),
        (spark.createDataFrame([("ann@example.com",), (None,), ("\t",)], "subject string"), "of 3 rows 2 are NULL, blank"),
        (spark.createDataFrame([(float("nan"),), (1001.0,)], "subject double"), "of 2 rows 1 are NULL"),
        (spark.createDataFrame([("ann@example.com" * 1000,)], "subject string"), "of 1 rows 1 have more than 10,000"),
        (spark.createDataFrame([(["ann@example.com"],)], "subject array<string>"), "array<string> can't name a person"),
        (spark.createDataFrame([], "subject string"), "it has no rows"),
    ):
        with pytest.raises(SubjectsFrameError) as caught:
            store.forget(frame, "case-0")
        assert reason in str(caught.value)
        assert "ann@example" not in str(caught.value)
    assert not table_exists(spark, store.layout.suppression)
    assert not table_exists(spark, store.layout.receipts)

    listed = tmp_path / "list.txt"
    listed.write_bytes(b"\xef\xbb\xbf0001001\r\n\r\n ann@example.com\r\nlater@example.com\r\nann@example.com\n")
    request = ErasureRequest(read_subjects(spark, str(listed)), "case-1")
    plan = plan_erasure(store.handle, request)
    assert {impact.table.path: impact.rows for impact in plan.impacts} == {
        "feature_groups/accounts_v1": 1,
        "feature_groups/contacts_v1": 1,
    }
    assert (plan.people, plan.unmatched) == (3, Unmatched(1, (4,), 1))
    assert not table_exists(spark, store.layout.suppression)

    receipt = store.forget(read_subjects(spark, str(listed)), "case-1")
    assert (receipt.erased, receipt.rows_removed, receipt.unmatched) == (True, 2, plan.unmatched)
    assert len(receipt.subject_hashes) == 3
    assert [row["email"] for row in store.read(CONTACTS).orderBy("email").collect()] == ["1001.0", "ben@example.com"]
    assert write(store, spark, ACCOUNTS, 1001, 1003) == (1, 1)
    assert write(store, spark, CONTACTS, "ann@example.com", "later@example.com\n", "1001", "0001001") == (1, 3)

    _lose_the_key(spark, store, tmp_path, monkeypatch)


def _lose_the_key(spark: SparkSession, store: FeatureStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace the key of a store in which 1001, ann and later were forgotten: the same store, which costs no setting up."""
    first, second = (SubjectKey(secret.encode()).fingerprint for secret in (FIRST, SECOND))
    with pytest.raises(KeyReplacementError, match="is the key of the suppression list"):
        replace_key(store.handle, "case-2")
    monkeypatch.delenv(SECRET_VARIABLE)
    with pytest.raises(MissingSecretError, match="The key is lost"):
        suppressed(spark, store)
    with pytest.raises(KeyReplacementError, match="needs --reference"):
        replace_key(store.handle, " ")
    lost = replace_key(store.handle, "case-2", dry_run=True)
    assert (lost.lost, lost.listed, lost.state.fingerprints) == (3, 0, {first})

    monkeypatch.setenv(SECRET_VARIABLE, SECOND)
    with pytest.raises(
        WrongSecretError, match=rf"fingerprint {first}, but {SECRET_VARIABLE} holds the key with .*Set the variable"
    ):
        suppressed(spark, store)
    again = tmp_path / "again.txt"
    again.write_text("1001\nann@example.com\nnew@example.com\n")
    listed = read_subjects(spark, str(again))
    assert replace_key(store.handle, "case-2", listed, dry_run=True).lost is None
    monkeypatch.setenv(OLD_SECRET_VARIABLE, "x" * 32)
    with pytest.raises(KeyReplacementError, match="is not the key of the suppression list"):
        replace_key(store.handle, "case-2", listed)
    monkeypatch.setenv(OLD_SECRET_VARIABLE, FIRST)
    assert key_state(store.handle).fingerprints == {first}
    replaced = replace_key(store.handle, "case-2", listed)
    assert (replaced.listed, replaced.recognised, replaced.lost) == (3, 2, 1)

    state = key_state(store.handle)
    assert (state.fingerprints, state.people, state.unrecognised, state.fits) == ({second}, 3, 0, True)
    names = "ann@example.com", "later@example.com", "new@example.com", "001001"
    assert suppressed(spark, store, *names) == {"ann@example.com", "new@example.com"}
    record = store.audit.runs().where("job = 'subject_key' AND result = 'succeeded'").first()
    assert record is not None
    assert (record["batch"], record["details"]["people_lost"], record["details"]["new_fingerprint"]) == ("case-2", "1", second)
    # The old entries are a record.
    kept = spark.read.format("delta").load(store.layout.suppression).where("retired_at IS NOT NULL")
    assert {row["key_fingerprint"] for row in kept.collect()} == {first}

    # The lost key is found again: whom it knew is recognised again.
    monkeypatch.setenv(SECRET_VARIABLE, FIRST)
    monkeypatch.delenv(OLD_SECRET_VARIABLE)
    found = replace_key(store.handle, "case-3")
    assert (found.state.regained, found.lost) == (3, 3)
    assert suppressed(spark, store, *names) == {"ann@example.com", "later@example.com"}


def test_a_store_in_which_no_table_names_a_person_forgets_nobody(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(SECRET_VARIABLE, raising=False)
    store = FeatureStore(spark, str(tmp_path / "root"))
    subjects = spark.createDataFrame([("ann",)], "subject string")
    with pytest.raises(NobodyNamedError, match="it has no tables yet"):
        store.forget(subjects, "case-1")
    write(store, spark, WEATHER, "ann")
    with pytest.raises(NobodyNamedError, match="has a subject column: its tables are feature_groups/weather_v1"):
        store.forget(subjects, "case-1")
    assert not table_exists(spark, store.layout.suppression)
    assert not table_exists(spark, store.layout.receipts)
    assert write(store, spark, WEATHER, "ben") == (1, 0)
    for path, reason in ((tmp_path, "it is a folder"), (tmp_path / "none.txt", "there is no such file")):
        with pytest.raises(SubjectsFileError, match=reason):
            read_subjects(spark, str(path))
