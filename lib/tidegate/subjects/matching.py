"""Find the rows of listed people: the one comparison that counting, deleting, suppressing and searching share."""

from collections.abc import Sequence
from functools import reduce
from operator import or_

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tidegate.schema import quoted
from tidegate.subjects.identity import canonical
from tidegate.subjects.written_forms import forms_column

# A person of a list: the canonical forms of the identifier, a row each.
FORM = "_form"


def mark_listed(frame: DataFrame, lookups: Sequence[tuple[Column, DataFrame]], mark: str) -> DataFrame:
    """Add a boolean column: whether one of the values is listed. One row in, one row out; NULL is never listed.

    Args:
        frame: The rows.
        lookups: String values of a row, each with a frame of one string column in which it is looked up.
        mark: Name of the new column.
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
        columns: Names of the columns that name people.
        forms: The listed people: canonical forms as the column `_form`.
        untyped: The columns hold identifiers as text whose type was another one, such as those of a quarantine; each is read
            as a line of a list is.
    """
    lookup = _in_text if untyped else _in_type
    lookups = [lookup(rows, name, forms.select(FORM)) for name in columns]
    return mark_listed(rows, lookups, "_of_listed").where("_of_listed").drop("_of_listed")


def _in_type(rows: DataFrame, name: str, forms: DataFrame) -> tuple[Column, DataFrame]:
    return canonical(name, rows.schema[name].dataType), forms


def _in_text(rows: DataFrame, name: str, forms: DataFrame) -> tuple[Column, DataFrame]:
    text = F.col(quoted(name)).cast("string")
    texts = rows.select(text.alias("_text")).distinct()
    each_form = texts.select("_text", F.explode(forms_column(F.col("_text"))).alias(FORM))
    return text, each_form.join(F.broadcast(forms), on=FORM, how="left_semi").select("_text")
