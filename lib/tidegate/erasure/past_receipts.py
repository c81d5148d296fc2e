"""Read the receipts of earlier erasures: whom each is about, and which findings no later receipt has corrected yet."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pyspark.sql import functions as F

from tidegate.erasure.receipt import BY_HASHES, receipts_frame
from tidegate.tables.store import Store


@dataclass(frozen=True)
class PastReceipt:
    """One stored receipt.

    Attributes:
        erasure_id: The id of the erasure.
        erased: Whether the receipt says that the people were erased.
        checked_by: How the tables were searched.
        people: The keyed hashes of the people.
        paths: The tables that were searched, as paths relative to the root.
        amends: The ids of the receipts that this receipt corrects.
    """

    erasure_id: str
    erased: bool
    checked_by: str
    people: frozenset[str]
    paths: tuple[str, ...]
    amends: tuple[str, ...]


def past_receipts(store: Store) -> list[PastReceipt]:
    """Return all receipts, oldest first. One Spark job collects the hashes of all people who were ever erased to the driver."""
    stored = receipts_frame(store)
    # In a root that is not migrated yet, the table of receipts has no column `amends`, and `result` is called `outcome`.
    amends = F.col("amends") if "amends" in stored.columns else F.lit(None).cast("array<string>")
    result = "result" if "result" in stored.columns else "outcome"
    parts = stored.select(
        "erasure_id",
        F.col(result).alias("result"),
        "checked_by",
        "subject_hashes",
        "started_at",
        F.col("tables.path").alias("paths"),
        amends.alias("amends"),
    )
    return [
        PastReceipt(
            row["erasure_id"],
            row["result"] == "erased",
            row["checked_by"],
            frozenset(row["subject_hashes"]),
            tuple(row["paths"]),
            tuple(row["amends"] or ()),
        )
        for row in parts.orderBy("started_at").collect()
    ]


def unfinished(receipts: Sequence[PastReceipt]) -> list[PastReceipt]:
    """Return the findings of people who stayed that no later receipt corrects.

    Such a finding is left if the driver was killed before it deleted the rows, or if rows could not be deleted.
    """
    amended = {each for receipt in receipts for each in receipt.amends}
    return [each for each in receipts if each.checked_by == BY_HASHES and not each.erased and each.erasure_id not in amended]


def said_erased(receipts: Sequence[PastReceipt], people: Iterable[str]) -> list[PastReceipt]:
    """Return the receipts that say that at least one of these people was erased.

    Args:
        receipts: The receipts to look through.
        people: The keyed hashes of the people.
    """
    hashes = frozenset(people)
    return [each for each in receipts if each.erased and not hashes.isdisjoint(each.people)]
