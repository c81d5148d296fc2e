"""Find the rows of listed people: the one comparison that counting, deleting, suppressing and searching share."""

from collections.abc import Sequence
from functools import reduce
from operator import or_

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tidegate.schema import quoted
from tidegate.subjects.identity import canonical, readable
from tidegate.subjects.written_forms import forms_column

# The column with a canonical form of a listed person.
FORM = "_form"
# The column with the text of an identifier whose original type is not known.
TEXT = "_text"
_FORMS, _OF_LISTED = "_forms", "_of_listed"

# A string column of the rows, and a frame with one string column in which each of its values is looked up.
Lookup = tuple[Column, DataFrame]


def mark_listed(frame: DataFrame, lookups: Sequence[Lookup], mark: str) -> DataFrame:
    """Add a boolean column that says whether one of the row's values is listed.

    The number of rows stays the same. NULL is never listed.

    Args:
        frame: The rows.
        lookups: String columns, each with the frame of one string column in which its values are looked up.
        mark: The name of the new column.
    """
    values = {f"{mark}_value_{number}": value for number, (value, _) in enumerate(lookups)}
    marked = frame.withColumns(values) if values else frame
    found = []
    for value, (_, listed) in zip(values, lookups, strict=True):
        found.append(f"{value}_found")
        each_once = listed.select(F.col(listed.columns[0]).alias(value)).distinct().withColumn(found[-1], F.lit(True))
        marked = marked.join(F.broadcast(each_once), on=value, how="left")
    is_listed = reduce(or_, [F.col(name).isNotNull() for name in found], F.lit(False))
    return marked.withColumn(mark, is_listed).drop(*values, *found)


def rows_of_listed(rows: DataFrame, columns: Sequence[str], forms: DataFrame, untyped: bool = False) -> DataFrame:
    """Return the rows in which any of the columns names a listed person.

    Args:
        rows: The rows.
        columns: The names of the columns that name people.
        forms: The canonical forms of the listed people, as the column `_form`.
        untyped: Whether the columns hold identifiers as text whose original type is not known, as in a quarantine. Such a text
            is compared under every form that it can have.
    """
    wanted = forms.select(FORM)
    lookups = [_listed_texts(rows, name, wanted) if untyped else (_canonical(rows, name), wanted) for name in columns]
    return mark_listed(rows, lookups, _OF_LISTED).where(_OF_LISTED).drop(_OF_LISTED)


def forms_of_rows(rows: DataFrame, columns: Sequence[str], untyped: bool = False) -> DataFrame:
    """Return the canonical forms of all people whom the columns name, as the column `_form`.

    Args:
        rows: The rows.
        columns: The names of the columns that name people.
        untyped: Whether the columns hold identifiers as text whose original type is not known, as in a quarantine.
    """
    if untyped:
        return reduce(DataFrame.unionAll, [forms_of_texts(rows, name).select(FORM) for name in columns])
    forms = rows.select(F.array(*[_canonical(rows, name) for name in columns]).alias(_FORMS))
    return forms.select(F.explode(_FORMS).alias(FORM)).where(F.col(FORM).isNotNull())


def forms_of_texts(rows: DataFrame, name: str) -> DataFrame:
    """Return one row for each distinct text of a column (`_text`) and each canonical form that it can have (`_form`)."""
    texts = rows.select(_text(name).alias(TEXT)).distinct()
    return texts.withColumn(_FORMS, forms_column(F.col(TEXT), cast=True)).select(TEXT, F.explode(_FORMS).alias(FORM))


def _canonical(rows: DataFrame, name: str) -> Column:
    return canonical(name, rows.schema[name].dataType)


def _listed_texts(rows: DataFrame, name: str, forms: DataFrame) -> Lookup:
    listed = forms_of_texts(rows, name).join(F.broadcast(forms), on=FORM, how="left_semi")
    return _text(name), listed.select(TEXT)


def _text(name: str) -> Column:
    return readable(F.col(quoted(name)))
