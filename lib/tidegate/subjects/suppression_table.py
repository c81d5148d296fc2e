"""The table of the suppression list: what an entry holds, and how entries are added and retired.

A person has one entry for each canonical form under which a column may name the person. Entries of an earlier release are hashes
of the plain text (`form` 1). They stay in force, because nobody can compute the text, and so the canonical form, from a hash.
"""

from dataclasses import dataclass
from datetime import datetime

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate.moments import moment_column
from tidegate.subjects.keyed_hash import SubjectKey
from tidegate.tables.commits.commit_lock import exclusive
from tidegate.tables.create import TableShape, create_table, table_exists
from tidegate.tables.read import read_newest, read_table, table_identity, table_state
from tidegate.tables.store import Store
from tidegate.tables.write import MergeRule, append_rows, merge_rows, replace_rows

# Which text was hashed. 1: the plain text of a value or of a line of a list. 2: the canonical form.
PLAIN_FORM, CANONICAL_FORM = 1, 2
SCHEMA = T.StructType(
    [
        T.StructField("subject_hash", T.StringType()),
        T.StructField("key_fingerprint", T.StringType()),
        T.StructField("suppressed_at", T.TimestampType()),
        T.StructField("form", T.IntegerType()),
        # All entries of a person have the same person_hash.
        T.StructField("person_hash", T.StringType()),
        # When the key was replaced. From then on the entry is only a record and no longer in force.
        T.StructField("retired_at", T.TimestampType()),
    ]
)
_IN_FORCE = "retired_at IS NULL"
# By Delta table id: the version that was read last, and its state.
_LAST_READ: dict[str, tuple[int, "ListState"]] = {}


@dataclass(frozen=True)
class ListState:
    """What the entries in force have in common.

    Attributes:
        fingerprints: The fingerprints of the keys that made the entries: one, or none if nobody is on the list.
        forms: The forms that the entries have, in ascending order.
        has_retired: Whether the list also has entries that are no longer in force.
    """

    fingerprints: frozenset[str] = frozenset()
    forms: tuple[int, ...] = ()
    has_retired: bool = False


def list_state(store: Store) -> ListState:
    """Return what the entries in force have in common. No Spark job runs if the list has not changed since the last call."""
    if not table_exists(store.spark, store.layout.suppression):
        return ListState()
    table, version = table_identity(store.spark, store.layout.suppression)
    if _LAST_READ.get(table, (-1, None))[0] != version:
        entries = _completed(read_table(store.spark, store.layout.suppression, version))
        kinds = entries.select("key_fingerprint", "form", F.expr(_IN_FORCE).alias("in_force")).distinct().collect()
        rows = [row for row in kinds if row["in_force"]]
        fingerprints, forms = {row["key_fingerprint"] for row in rows}, {row["form"] for row in rows}
        _LAST_READ[table] = version, ListState(frozenset(fingerprints), tuple(sorted(forms)), len(rows) < len(kinds))
    return _LAST_READ[table][1]


def entries_in_force(store: Store) -> DataFrame:
    """Return the entries of the list that are in force. The table must exist."""
    return _completed(read_table(store.spark, store.layout.suppression)).where(_IN_FORCE)


def people_by_key(store: Store, retired: bool = False) -> dict[str, int]:
    """Count the people on the list by the fingerprint of the key that hashed them.

    Args:
        store: The store.
        retired: Count the retired entries instead of those in force.
    """
    if not table_exists(store.spark, store.layout.suppression):
        return {}
    entries = _completed(read_table(store.spark, store.layout.suppression)).where(f"NOT ({_IN_FORCE})" if retired else _IN_FORCE)
    counted = entries.groupBy("key_fingerprint").agg(F.count_distinct("person_hash").alias("people"))
    return {row["key_fingerprint"]: row["people"] for row in counted.collect()}


def suppress(store: Store, forms: DataFrame, key: SubjectKey, moment: datetime) -> None:
    """Put people on the list. Entries that are already in force keep the time when they were added first.

    Args:
        store: The store.
        forms: One row for each canonical form of each person: the form (`_form`), and the form that stands for the person in
            receipts (`_person`).
        key: The key that hashes the forms.
        moment: The time of suppression, stored in the new entries.
    """
    create_table(store.spark, store.layout.suppression, TableShape(SCHEMA))
    bring_up_to_date(store)
    entries = forms.select(
        key.column("_form").alias("subject_hash"),
        F.lit(key.fingerprint).alias("key_fingerprint"),
        moment_column(moment).alias("suppressed_at"),
        F.lit(CANONICAL_FORM).alias("form"),
        key.column("_person").alias("person_hash"),
        F.lit(None).cast("timestamp").alias("retired_at"),
    ).dropDuplicates(["subject_hash"])
    path = store.layout.suppression
    with exclusive(store.spark, path):
        state = list_state(store)
        if state.fingerprints:
            listed = read_newest(store.spark, path).where(_IN_FORCE).select("subject_hash")
            entries = entries.join(listed, on="subject_hash", how="left_anti").select(*SCHEMA.names)
        if store.is_local and not state.has_retired:
            # The lock keeps out other writers, and no entry has to be put in force again. So no MERGE is needed.
            append_rows(entries, path)
        else:
            merge_rows(store.spark, path, entries, MergeRule(["subject_hash"]))


def put_key_in_force(store: Store, fingerprint: str | None, moment: datetime) -> None:
    """Put the entries of one key in force and retire the entries of all other keys. Retired entries stay as a record.

    Args:
        store: The store.
        fingerprint: The fingerprint of the key; None: retire all entries.
        moment: When the key was replaced; stored in the retired entries.
    """
    bring_up_to_date(store)
    is_kept = F.lit(False) if fingerprint is None else F.col("key_fingerprint") == fingerprint
    retired = F.when(~is_kept, F.coalesce("retired_at", moment_column(moment)))
    entries = read_table(store.spark, store.layout.suppression)
    changed = entries.where(~retired.eqNullSafe(F.col("retired_at"))).withColumn("retired_at", retired)
    merge_rows(store.spark, store.layout.suppression, changed.select(*SCHEMA.names), MergeRule(["subject_hash"]))


def has_old_columns(store: Store) -> bool:
    """Return whether the list was written by an earlier release and lacks columns of this one, such as `form`."""
    return table_exists(store.spark, store.layout.suppression) and bool(
        set(SCHEMA.names) - set(table_state(store.spark, store.layout.suppression).schema.names)
    )


def bring_up_to_date(store: Store) -> None:
    """Add the columns that a list of an earlier release lacks, in one commit. Its entries stay in force."""
    if not has_old_columns(store):
        return
    with exclusive(store.spark, store.layout.suppression):
        if has_old_columns(store):
            replace_rows(_completed(read_table(store.spark, store.layout.suppression)), store.layout.suppression, {})


def _completed(entries: DataFrame) -> DataFrame:
    """Return the entries with all columns of this release. Entries of an earlier release count as hashes of the plain text."""
    missing = [field for field in SCHEMA.fields if field.name not in entries.columns]
    added = {field.name: F.lit(None).cast(field.dataType) for field in missing}
    entries = entries.withColumns(added) if added else entries
    return entries.withColumns(
        {"form": F.coalesce("form", F.lit(PLAIN_FORM)), "person_hash": F.coalesce("person_hash", "subject_hash")}
    ).select(*SCHEMA.names)
