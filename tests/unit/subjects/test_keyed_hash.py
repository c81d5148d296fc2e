"""Keyed hashes of subjects."""

import hashlib
import hmac

import pytest
from pyspark.sql import SparkSession

from tidegate.errors import MissingSecretError
from tidegate.subjects.keyed_hash import SECRET_VARIABLE, SubjectKey

SECRET = b"0123456789abcdef0123456789abcdef"


def test_column_equals_digest_and_is_hmac_sha256(spark: SparkSession) -> None:
    frame = spark.createDataFrame([("N1",), ("Nü",), (None,)], "tailnum string")
    hashed = [row[0] for row in frame.select(SubjectKey(SECRET).column("tailnum")).collect()]
    assert hashed == [SubjectKey(SECRET).digest("N1"), SubjectKey(SECRET).digest("Nü"), None]
    assert hashed[0] == hmac.new(SECRET, b"N1", hashlib.sha256).hexdigest()


def test_secret_stays_out_of_the_query_plan(spark: SparkSession) -> None:
    frame = spark.range(1).selectExpr("'N1' AS tailnum").select(SubjectKey(SECRET).column("tailnum"))
    plan = frame._jdf.queryExecution().toString()
    assert SECRET.decode() not in plan
    assert SECRET.decode() not in repr(SubjectKey(SECRET))


def test_from_environment_asks_for_a_long_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SECRET_VARIABLE, "short")
    with pytest.raises(MissingSecretError, match="TIDEGATE_SUBJECT_KEY is not set or shorter than 32 characters"):
        SubjectKey.from_environment()
