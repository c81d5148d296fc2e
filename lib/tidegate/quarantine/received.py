"""Hold back rows of a source that can't be read, or are not as expected, as they were received."""

from datetime import UTC, datetime

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tidegate.expectations.row_checks import broken_names
from tidegate.quarantine.table import Quarantine
from tidegate.sources.formats import Csv
from tidegate.sources.judged_rows import FAULTS, RECEIVED, TEXTS
from tidegate.sources.read_files import LINE, NAME, STANDING
from tidegate.sources.source import Source


def hold_back_received(
    quarantine: Quarantine, source: Source, rows: DataFrame, batch: str | None, arrived_at: datetime | None
) -> int:
    """Put the quarantined rows among these into the source's quarantine; return how many are of erased people and were left out.

    Where a row's person can't be read, neither an erasure nor the suppression would find it: of such a row only its place
    is kept, not its text.

    Args:
        quarantine: The quarantine of the source.
        source: The source.
        rows: Its judged rows.
        batch: Id of the batch.
        arrived_at: When the batch arrived; None where it does not say.
    """
    held = rows.where(F.col(STANDING) == "quarantined").select(
        _text(source).alias("row"),
        _cells(source).alias("cells"),
        F.coalesce(FAULTS, broken_names(source.expectations)).alias("reasons"),
        F.lit(source.name).alias("source"),
        F.col(NAME).alias("file"),
        F.col(LINE).alias("line"),
        _subject(source).alias("subject"),
    )
    return quarantine.add(held, batch, datetime.now(UTC), arrived_at)


def _text(source: Source) -> Column:
    text = F.col(RECEIVED)
    return text if source.subject is None else F.when(F.col(source.subject).isNotNull(), text)


def _cells(source: Source) -> Column:
    """Of a wide table's cell, which is a part of its line, the texts by field."""
    none = F.lit(None).cast("map<string,string>")
    if not isinstance(source.format, Csv) or source.format.wide is None:
        return none
    texts = F.create_map(*[part for name in source.names for part in (F.lit(name), F.col(f"{TEXTS}.`{name}`"))])
    known = F.col(TEXTS).isNotNull()
    return F.when(known if source.subject is None else known & F.col(source.subject).isNotNull(), texts)


def _subject(source: Source) -> Column:
    return (F.col(source.subject) if source.subject else F.lit(None)).cast("string")
