"""The suppression list: keyed hashes of erased subjects, whose rows no pipeline lets in again."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate.errors import WrongSecretError
from tidegate.schema import quoted
from tidegate.subjects.identity import canonical
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


# Which text was hashed. 1: the plain text of the column's value, or of the line of a list. 2: the form of `canonical`.
PLAIN_FORM, CANONICAL_FORM = 1, 2


@dataclass(frozen=True)
class Suppression:
    """The erased subjects of a store, as keyed hashes, with the key that recognises them."""

    hashes: DataFrame
    key: SubjectKey

    def mark(self, frame: DataFrame, subjects: Sequence[str]) -> DataFrame:
        """Add `_suppressed`: whether any of the columns names an erased subject. One row in, one row out.

        Args:
            frame: The rows.
            subjects: Names of the columns that name people, of any type that `canonical` takes; none: no row is marked.
        """
        hashed, listed = {}, []
        for number, name in enumerate(subjects):
            texts = {PLAIN_FORM: F.col(quoted(name)).cast("string"), CANONICAL_FORM: canonical(name, frame.schema[name].dataType)}
            for form, text in texts.items():
                hashed[f"_hash_{number}_{form}"] = self.key.column(text)
                listed.append((f"_hash_{number}_{form}", f"_listed_{number}_{form}", form))
        marked = frame.withColumns(hashed) if hashed else frame
        for hash_, found, form in listed:
            marked = marked.join(F.broadcast(self._listed(form, hash_, found)), on=hash_, how="left")
        any_listed = reduce(or_, [F.col(found).isNotNull() for _, found, _ in listed], F.lit(False))
        return marked.withColumn(SUPPRESSED, any_listed).drop(*hashed, *[found for _, found, _ in listed])

    def _listed(self, form: int, hash_: str, found: str) -> DataFrame:
        """Return the listed hashes of one form as the column `hash_`, each once, with a column `found` that is not NULL."""
        stored = self.hashes
        # A list of an earlier release does not say its form: it is the first one.
        forms = F.coalesce("form", F.lit(PLAIN_FORM)) if "form" in stored.columns else F.lit(PLAIN_FORM)
        hashes = stored.where(forms == form).select(F.col("subject_hash").alias(hash_)).distinct()
        return hashes.withColumn(found, F.lit(True))


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
