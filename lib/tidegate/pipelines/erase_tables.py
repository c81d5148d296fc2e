"""Erase people from the tables of a store, one table after another, with a log line for each."""

from collections.abc import Collection, Sequence

from tidegate.erasure.personal_places import Chooser, Places, undeclared_places
from tidegate.erasure.receipt import TableErased
from tidegate.erasure.table_erasure import erase_from_table, searched_tables
from tidegate.progress import timed_step
from tidegate.subjects.table_map import mapped_tables
from tidegate.tables.store import Store


def erase_everywhere(
    store: Store, places: Sequence[Places], choose: Chooser, without_people: Collection[str] = ()
) -> list[TableErased]:
    """Delete the people's rows from every table, then search the undeclared columns of all tables for them.

    The search includes tables that were created meanwhile: their writers compared the declared columns with the suppression list,
    but not columns that no definition declares to name people.

    Args:
        store: The store.
        places: The tables with the columns that name people.
        choose: Selects the rows of the people to erase.
        without_people: The paths of tables in which an earlier search found nobody. They are searched once more, after VACUUM.

    Returns:
        The entries of the receipt: one for each table, and one more for each table with people in undeclared columns.
    """
    erased = []
    for each in places:
        with timed_step(f"erase from {each.table.path}") as step:
            entry, found = erase_from_table(store, each, choose, each.table.path not in without_people)
            step.summary = f"{found.rows:,} rows in {found.files} files removed, {entry.rows_remaining:,} left"
            erased.append(entry)
    with timed_step("search columns that no definition declares to name people") as step:
        undeclared = undeclared_places(store, mapped_tables(store))
        left = searched_tables(store, undeclared, choose)
        step.summary = (
            f"{sum(len(each.names) for each in undeclared)} columns, {sum(e.rows_remaining for e in left):,} rows found"
        )
    return [*erased, *left]
