"""Find the rows of people who are on the suppression list. Only hashes are compared: the list does not hold identifiers."""

from collections.abc import Sequence
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidegate.schema import quoted
from tidegate.subjects.identity import canonical, plain_texts, readable
from tidegate.subjects.suppression import Suppression
from tidegate.subjects.written_forms import forms_column

# The column with the keyed hash under which receipts list a person.
PERSON_HASH = "person_hash"
_VALUE, _TEXT, _HASH = "_value", "_text", "subject_hash"


def rows_of_suppressed(suppression: Suppression, rows: DataFrame, columns: Sequence[str], untyped: bool = False) -> DataFrame:
    """Return the rows in which any of the columns names a person on the list.

    Args:
        suppression: The list and its key.
        rows: The rows.
        columns: The names of the columns to compare.
        untyped: Whether the columns hold identifiers as text whose original type is not known, as in a quarantine.
    """
    stored, marks = rows, []
    for place, name in enumerate(columns):
        mark = f"_suppressed_in_{place}"
        listed = _listed(suppression, stored, name, untyped).select(_VALUE).distinct()
        listed = listed.select(F.col(_VALUE).alias(f"{mark}_value"), F.lit(True).alias(mark))
        rows = rows.join(F.broadcast(listed), F.col(quoted(name)) == F.col(f"{mark}_value"), "left").drop(f"{mark}_value")
        marks.append(mark)
    return rows.where(F.coalesce(*map(F.col, marks), F.lit(False))).drop(*marks)


def suppressed_people(suppression: Suppression, rows: DataFrame, columns: Sequence[str], untyped: bool = False) -> DataFrame:
    """Return the people on the list whom the columns name, as the column `person_hash`.

    Args:
        suppression: The list and its key.
        rows: The rows.
        columns: The names of the columns to compare.
        untyped: Whether the columns hold identifiers as text whose original type is not known, as in a quarantine.
    """
    found = [_listed(suppression, rows, name, untyped).select(PERSON_HASH) for name in columns]
    return reduce(DataFrame.unionAll, found).distinct()


def _listed(suppression: Suppression, rows: DataFrame, name: str, untyped: bool) -> DataFrame:
    """Return the values of a column that are on the list (`_value`), each with the hash of its person (`person_hash`)."""
    # Earlier releases hashed the plain text, not the canonical form.
    kind = rows.schema[name].dataType
    plain = F.array(*plain_texts(name, kind))
    forms = forms_column(readable(F.col(quoted(name)))) if untyped else F.array(canonical(name, kind))
    texts = F.concat(plain, forms)
    values = rows.where(F.col(quoted(name)).isNotNull()).select(F.col(quoted(name)).alias(_VALUE), texts.alias(_TEXT)).distinct()
    hashed = values.select(_VALUE, F.explode(_TEXT).alias(_TEXT)).select(_VALUE, suppression.key.column(_TEXT).alias(_HASH))
    listed = suppression.hashes
    person = PERSON_HASH if PERSON_HASH in listed.columns else _HASH
    return hashed.join(F.broadcast(listed.select(_HASH, F.col(person).alias("_person"))), on=_HASH).select(
        _VALUE, F.col("_person").alias(PERSON_HASH)
    )
