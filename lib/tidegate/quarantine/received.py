"""Write rows of a source that can't be read, or break an expectation, to the quarantine as they were received."""

from datetime import UTC, datetime

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tidegate.expectations.row_checks import broken_names
from tidegate.quarantine.table import Quarantine
from tidegate.sources.judged_rows import FAULTS, RECEIVED, TEXTS
from tidegate.sources.read_files import LINE, NAME, VERDICT
from tidegate.sources.source import Source
from tidegate.subjects.identity import held_text


def hold_back_received(
    quarantine: Quarantine, source: Source, rows: DataFrame, batch: str | None, arrived_at: datetime | None, people: int = 0
) -> int:
    """Write the rows with the verdict `quarantined` to the quarantine of a source.

    The quarantine keeps at most one person for each row. If the person of a row can't be read, or the row has several persons, an
    erasure or the suppression list would not find all of them in its text. Of such a row, the quarantine keeps the place but not
    the text. The source may declare fewer persons than its rows have, because only a view shows that a column of the group names
    a person. Then the quarantine keeps the text of none of its rows.

    Args:
        quarantine: The quarantine of the source.
        source: The source.
        rows: The rows of the source with their verdicts.
        batch: Id of the batch; None if it has none.
        arrived_at: When the batch arrived; None if that is not known.
        people: The number of columns that are known to name a person, in the group that is loaded from the source.

    Returns:
        The number of rows that were left out because they are data of erased people.
    """
    is_findable = F.lit(False) if people > len(source.subjects) else _is_findable(source)
    held = rows.where(F.col(VERDICT) == "quarantined").select(
        F.when(is_findable, F.col(RECEIVED)).alias("row"),
        _cells(source, is_findable).alias("cells"),
        F.coalesce(FAULTS, broken_names(source.expectations)).alias("reasons"),
        F.lit(source.name).alias("source"),
        F.col(NAME).alias("file"),
        F.col(LINE).alias("line"),
        _subject(source).alias("subject"),
    )
    return quarantine.add(held, batch, datetime.now(UTC), arrived_at)


def _cells(source: Source, is_findable: Column) -> Column:
    """Return the texts of a row by field, if it is only a part of its line, such as a cell of a wide table. Else NULL."""
    none = F.lit(None).cast("map<string,string>")
    if not source.format.shares_lines:
        return none
    texts = F.create_map(*[part for name in source.names for part in (F.lit(name), F.col(f"{TEXTS}.`{name}`"))])
    return F.when(F.col(TEXTS).isNotNull() & is_findable, texts)


def _subject(source: Source) -> Column:
    if len(source.subjects) != 1:
        return F.lit(None).cast("string")
    kinds = {field.name: field.type for field in source.fields}
    return held_text(source.subjects[0], kinds[source.subjects[0]])


def _is_findable(source: Source) -> Column:
    """Return a condition: would an erasure find the row by the one person that the quarantine keeps with it?"""
    if not source.subjects:
        return F.lit(True)
    return F.lit(False) if len(source.subjects) > 1 else F.col(source.subjects[0]).isNotNull()
