"""Search for erased people who are still in tables, erase their rows, and amend the receipts that said "erased"."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import reduce
from uuid import uuid4

from pyspark.sql import DataFrame

from tidegate.erasure.impact import TableImpact, impacts
from tidegate.erasure.past_receipts import PastReceipt, past_receipts, said_erased, unfinished
from tidegate.erasure.personal_places import Chooser, Places, declared_places
from tidegate.erasure.receipt import BY_HASHES, Receipt, TableErased, write_receipt
from tidegate.maintenance.definitions import Definitions
from tidegate.maintenance.rebuilt_map import rebuilt_entries
from tidegate.pipelines.erase_tables import erase_everywhere
from tidegate.progress import timed_step
from tidegate.subjects.suppressed_people import PERSON_HASH, rows_of_suppressed, suppressed_people
from tidegate.subjects.suppression import Suppression, current_suppression
from tidegate.tables.read import current_version, read_table
from tidegate.tables.runs import recorded_run
from tidegate.tables.store import Store

# Marks, in a printed line, the receipt of an erasure that could not be completed.
NOT_ERASED_MARK = "NOT erased"


def amend_erasures(definitions: Definitions, store: Store, dry_run: bool = False) -> list[str]:
    """Search every table for the people on the suppression list, erase their rows, and append an amended receipt.

    If people are found, a receipt "not erased" is written first, which names the receipts that it corrects. The receipt for the
    completed erasure then corrects that one. If the driver is killed in between, the first receipt remains and the next run
    finishes the erasure, even if the rows are already deleted and only their old files are left.

    Args:
        definitions: The known definitions of the system.
        store: The store.
        dry_run: Whether to search only, and change nothing.

    Returns:
        A line for each table in which people were found, for each unfinished erasure, and for the new receipt. Empty if nobody
        was found and nothing is unfinished.

    Raises:
        MissingSecretError, WrongSecretError: People are on the suppression list, and they can't be recognised without the right
            key.
    """
    suppression = current_suppression(store)
    if suppression is None:
        return []
    entries = rebuilt_entries(definitions, store)
    places, choose = declared_places(store, entries), _chooser(suppression)
    with timed_step("search for forgotten people") as step:
        found = [impact for impact in impacts(store, places, choose, entries) if impact.rows]
        receipts = past_receipts(store)
        step.summary = f"{sum(impact.rows for impact in found):,} rows in {len(found)} tables"
    lines = _lines(found, receipts)
    if not lines or dry_run:
        return lines
    with recorded_run(store.spark, store.layout.runs, "maintain", "", "erasures") as run:
        receipt = _amend(store, suppression, found, places, receipts)
        run.details.update(erasure_id=receipt.erasure_id, rows_removed=str(receipt.rows_removed), erased=str(receipt.erased))
    result = "erased" if receipt.erased else NOT_ERASED_MARK
    return [*lines, f"receipt {receipt.erasure_id}: {result}, {receipt.rows_removed:,} rows removed"]


def _lines(found: Sequence[TableImpact], receipts: Sequence[PastReceipt]) -> list[str]:
    """Return a line for each table in which people were found, and for each unfinished erasure."""
    lines = [f"{each.table.path}: {each.rows:,} rows of forgotten people by {', '.join(each.places.names)}" for each in found]
    return lines + [
        f"receipt {each.erasure_id}: this erasure was found to be incomplete, and was never finished"
        for each in unfinished(receipts)
    ]


def _amend(
    store: Store,
    suppression: Suppression,
    found: Sequence[TableImpact],
    places: Sequence[Places],
    receipts: Sequence[PastReceipt],
) -> Receipt:
    """Write a receipt of what was found, erase the rows, and write a receipt of what was done."""
    left = unfinished(receipts)
    named, new = {path for each in left for path in each.paths}, {impact.table.path for impact in found}
    people = sorted({*_people(store, suppression, found), *[each for receipt in left for each in receipt.people]})
    amended = [each.erasure_id for each in (*left, *said_erased(receipts, people))]
    if new - named:
        finding = _receipt(people, [_entry(store, impact) for impact in found], amended)
        write_receipt(store, finding)
        amended.append(finding.erasure_id)
    concerned = [each for each in places if each.table.path in new | named]
    receipt = _receipt(people, erase_everywhere(store, concerned, _chooser(suppression)), amended)
    write_receipt(store, receipt)
    return receipt


def _chooser(suppression: Suppression) -> Chooser:
    def choose(rows: DataFrame, columns: Sequence[str], untyped: bool) -> DataFrame:
        return rows_of_suppressed(suppression, rows, columns, untyped)

    return choose


def _receipt(people: Sequence[str], tables: Sequence[TableErased], amends: Sequence[str]) -> Receipt:
    now = datetime.now(UTC)
    return Receipt(uuid4().hex, "amended by maintenance", list(people), tables, (), now, now, BY_HASHES, tuple(amends))


def _entry(store: Store, impact: TableImpact) -> TableErased:
    version = current_version(store.spark, store.layout.absolute(impact.table.path))
    names, declared = impact.places.names, impact.places.declared
    return TableErased(impact.table.path, impact.table.kind, version, version, 0, impact.rows, names, declared)


def _people(store: Store, suppression: Suppression, found: Sequence[TableImpact]) -> list[str]:
    """Return the hashes of the people who were found. They are collected, because the receipt contains all of them."""

    def people(rows: DataFrame, columns: Sequence[str], untyped: bool) -> DataFrame:
        return suppressed_people(suppression, rows, columns, untyped)

    frames = [each.places.read(read_table(store.spark, store.layout.absolute(each.table.path)), people) for each in found]
    if not frames:
        return []
    hashes = reduce(DataFrame.unionAll, frames).distinct().orderBy(PERSON_HASH).collect()
    return [row[PERSON_HASH] for row in hashes]
