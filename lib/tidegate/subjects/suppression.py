"""The suppression list: keyed hashes of erased subjects, whose rows no pipeline lets in again."""

from dataclasses import dataclass

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate.errors import WrongSecretError
from tidegate.subjects.keyed_hash import SECRET_VARIABLE, SubjectKey
from tidegate.tables.create import TableShape, create_table, table_exists
from tidegate.tables.layout import Layout
from tidegate.tables.read import read_table
from tidegate.tables.write import MergeRule, merge_rows

SCHEMA = T.StructType(
    [
        T.StructField("subject_hash", T.StringType()),
        T.StructField("key_fingerprint", T.StringType()),
        T.StructField("suppressed_at", T.TimestampType()),
    ]
)
SUPPRESSED = "_suppressed"


@dataclass(frozen=True)
class Suppression:
    """The erased subjects of a store, as keyed hashes, with the key that recognises them."""

    hashes: DataFrame
    key: SubjectKey

    def mark(self, frame: DataFrame, subject: str) -> DataFrame:
        """Add `_suppressed`: whether the row belongs to an erased subject. One row in, one row out."""
        listed = F.broadcast(self.hashes.select("subject_hash").distinct().withColumn(SUPPRESSED, F.lit(True)))
        hashed = frame.withColumn("subject_hash", self.key.column(subject))
        marked = hashed.join(listed, on="subject_hash", how="left").drop("subject_hash")
        return marked.withColumn(SUPPRESSED, F.coalesce(SUPPRESSED, F.lit(False)))


def current_suppression(spark: SparkSession, layout: Layout) -> Suppression | None:
    """Return the store's suppression list, or None where nobody was erased yet.

    Raises:
        MissingSecretError: Somebody was erased, and the environment holds no key to recognise them.
        WrongSecretError: The environment's key is not the one that the list was made with.
    """
    if not table_exists(spark, layout.suppression):
        return None
    stored = read_table(spark, layout.suppression)
    first = stored.select("key_fingerprint").first()
    if first is None:
        return None
    key = SubjectKey.from_environment()
    if first["key_fingerprint"] != key.fingerprint:
        raise WrongSecretError(SECRET_VARIABLE, first["key_fingerprint"], key.fingerprint)
    return Suppression(stored, key)


def suppress(spark: SparkSession, layout: Layout, hashes: DataFrame) -> None:
    """Put hashed subjects on the list (columns of SCHEMA); those already on it keep their first time."""
    create_table(spark, layout.suppression, TableShape(SCHEMA))
    listed = read_table(spark, layout.suppression).select("subject_hash")
    new = hashes.dropDuplicates(["subject_hash"]).join(listed, on="subject_hash", how="left_anti")
    merge_rows(spark, layout.suppression, new.select(*SCHEMA.names), MergeRule(["subject_hash"]))
