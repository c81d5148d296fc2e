"""What the receipts of earlier erasures said, read once: which one is about whom, and which finding nobody has finished yet."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pyspark.sql import functions as F

from tidegate.erasure.receipt import BY_HASHES, receipts_frame
from tidegate.tables.store import Store


@dataclass(frozen=True)
class PastReceipt:
    """One stored receipt.

    Attributes:
        erasure_id: Its id.
        erased: Whether it said that the people were erased.
        checked_by: How the tables were searched.
        people: Keyed hashes of the people.
        paths: The tables, as paths below the root.
        amends: Ids of the receipts that it corrects.
    """

    erasure_id: str
    erased: bool
    checked_by: str
    people: frozenset[str]
    paths: tuple[str, ...]
    amends: tuple[str, ...]


def past_receipts(store: Store) -> list[PastReceipt]:
    """Return all receipts, oldest first; one Spark job. The driver holds the hashes of all people who were ever forgotten."""
    stored = receipts_frame(store)
    # A root that is not migrated yet has no amended receipts.
    amends = F.col("amends") if "amends" in stored.columns else F.lit(None).cast("array<string>")
    parts = stored.select(
        "erasure_id",
        "outcome",
        "checked_by",
        "subject_hashes",
        "started_at",
        F.col("tables.path").alias("paths"),
        amends.alias("amends"),
    )
    return [
        PastReceipt(
            row["erasure_id"],
            row["outcome"] == "erased",
            row["checked_by"],
            frozenset(row["subject_hashes"]),
            tuple(row["paths"]),
            tuple(row["amends"] or ()),
        )
        for row in parts.orderBy("started_at").collect()
    ]


def unfinished(receipts: Sequence[PastReceipt]) -> list[PastReceipt]:
    """Return the findings that no later receipt corrects: a driver was killed, or people could not be erased."""
    amended = {each for receipt in receipts for each in receipt.amends}
    return [each for each in receipts if each.checked_by == BY_HASHES and not each.erased and each.erasure_id not in amended]


def said_erased(receipts: Sequence[PastReceipt], people: Iterable[str]) -> list[PastReceipt]:
    """Return the receipts that said of one of these people that she was erased."""
    hashes = frozenset(people)
    return [each for each in receipts if each.erased and not hashes.isdisjoint(each.people)]
