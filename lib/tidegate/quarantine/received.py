"""Hold back rows of a source that can't be read, or are not as expected, as they were received."""

from datetime import UTC, datetime

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tidegate.expectations.row_checks import broken_names
from tidegate.quarantine.table import Quarantine
from tidegate.sources.formats.declared import Csv
from tidegate.sources.judged_rows import FAULTS, RECEIVED, TEXTS
from tidegate.sources.read_files import LINE, NAME, VERDICT
from tidegate.sources.source import Source
from tidegate.subjects.identity import held_text


def hold_back_received(
    quarantine: Quarantine, source: Source, rows: DataFrame, batch: str | None, arrived_at: datetime | None, people: int = 0
) -> int:
    """Put the quarantined rows among these into the source's quarantine; return how many are of erased people and were left out.

    Where a row's person can't be read, or a row has several, neither an erasure nor the suppression would find everybody in its
    text: of such a row only its place is kept, not its text. A view can show that the group has persons whom the source doesn't
    declare.

    Args:
        quarantine: The quarantine of the source.
        source: The source.
        rows: Its judged rows.
        batch: Id of the batch.
        arrived_at: When the batch arrived; None where it does not say.
        people: How many columns of the group that is loaded from it are known to name a person.
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
    """Of a wide table's cell, which is a part of its line, the texts by field."""
    none = F.lit(None).cast("map<string,string>")
    if not isinstance(source.format, Csv) or source.format.wide is None:
        return none
    texts = F.create_map(*[part for name in source.names for part in (F.lit(name), F.col(f"{TEXTS}.`{name}`"))])
    return F.when(F.col(TEXTS).isNotNull() & is_findable, texts)


def _subject(source: Source) -> Column:
    if len(source.subjects) != 1:
        return F.lit(None).cast("string")
    kinds = {field.name: field.type for field in source.fields}
    return held_text(source.subjects[0], kinds[source.subjects[0]])


def _is_findable(source: Source) -> Column:
    """Tell whether an erasure would find the row by the one person that is kept with it; a text may name several."""
    if not source.subjects:
        return F.lit(True)
    return F.lit(False) if len(source.subjects) > 1 else F.col(source.subjects[0]).isNotNull()
