"""Refuse a batch if too large a share of its rows would go to the quarantine.

Such a batch is usually in another format than declared, or contains something else.
"""

from pyspark.sql import functions as F

from tidegate.errors import HeldBackError, HeldReason
from tidegate.expectations.row_checks import broken_names
from tidegate.sources.judged_rows import FAULTS, RECEIVED
from tidegate.sources.read_files import LINE, NAME, VERDICT, ReadFiles
from tidegate.sources.source import Source

_SHOWN_REASONS = 5


def is_too_much(held: int, rows: int, may_hold_back: float) -> bool:
    """Return whether more rows are quarantined than allowed. A single row is never too many: it says nothing about the others."""
    return held > 1 and held > may_hold_back * rows


def refuse_mostly_held(source: Source, read: ReadFiles, personal: bool) -> None:
    """Refuse the files of a source if too many of their rows would go to the quarantine.

    Args:
        source: The declared source.
        read: The rows that were read from its files.
        personal: Whether the rows are data of natural persons. Then the message must not show their texts.

    Raises:
        HeldBackError: More rows are quarantined than `may_hold_back` of the source allows. The message has the commonest reasons,
            each with the first row as an example.
    """
    held, rows = read.verdicts["quarantined"], sum(read.verdicts.values())
    if is_too_much(held, rows, source.may_hold_back):
        raise HeldBackError(f"source {source.name}", (held, rows), source.may_hold_back, _reasons(source, read, personal))


def _reasons(source: Source, read: ReadFiles, personal: bool) -> list[HeldReason]:
    quarantined = read.rows.where(F.col(VERDICT) == "quarantined")
    by_row = quarantined.select(
        F.explode(F.coalesce(FAULTS, broken_names(source.expectations))).alias("reason"),
        *[F.col(name).alias(alias) for name, alias in ((NAME, "file"), (LINE, "line"), (RECEIVED, "text"))],
    )
    first = F.min_by(F.struct("file", "line", "text"), F.struct("file", "line")).alias("first")
    counted = by_row.groupBy("reason").agg(F.count(F.lit(1)).alias("rows"), first)
    found = counted.orderBy(F.desc("rows"), "reason").limit(_SHOWN_REASONS).collect()
    return [_reason(row["reason"], row["rows"], row["first"], personal) for row in found]


def _reason(reason: str, rows: int, first: tuple[str, int | None, str | None], personal: bool) -> HeldReason:
    file, line, text = first
    place = file if line is None else f"{file}, line {line}"
    return HeldReason(reason, rows, f"{place}: {'<personal values, not shown>' if personal else text or '<no text>'}")
