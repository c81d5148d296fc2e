"""The suppression list: keyed hashes of erased subjects, whose rows no pipeline lets in again."""

from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate.errors import WrongSecretError
from tidegate.schema import quoted
from tidegate.subjects.identity import canonical
from tidegate.subjects.keyed_hash import SECRET_VARIABLE, SubjectKey
from tidegate.subjects.matching import mark_listed
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
        lookups = []
        for name in subjects:
            forms = {PLAIN_FORM: F.col(quoted(name)).cast("string"), CANONICAL_FORM: canonical(name, frame.schema[name].dataType)}
            lookups += [(self.key.column(text), self._listed(form)) for form, text in forms.items()]
        return mark_listed(frame, lookups, SUPPRESSED)

    def _listed(self, form: int) -> DataFrame:
        """Return the listed hashes of one form."""
        # A list of an earlier release does not say its form: it is the first one.
        forms = F.coalesce("form", F.lit(PLAIN_FORM)) if "form" in self.hashes.columns else F.lit(PLAIN_FORM)
        return self.hashes.where(forms == form).select("subject_hash")


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
