"""The erasure: check the request, suppress the people, delete their rows everywhere, vacuum, search again, write a receipt."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import uuid4

from pyspark.sql import DataFrame

from tidegate.datasets.view import FeatureView
from tidegate.datasets.view_people import map_view, map_with_views
from tidegate.erasure.impact import PATH, TableImpact, found_people, impacts, people_places
from tidegate.erasure.personal_places import Chooser, Places
from tidegate.erasure.receipt import Receipt, write_receipt
from tidegate.erasure.subject_list import PERSON, SubjectList, Unmatched, checked_list
from tidegate.errors import NobodyNamedError
from tidegate.pipelines.erase_tables import erase_everywhere
from tidegate.progress import timed_step
from tidegate.subjects.derived_people import enter_derived_people, with_derived_people
from tidegate.subjects.keyed_hash import SubjectKey
from tidegate.subjects.matching import rows_of_listed
from tidegate.subjects.suppression import current_suppression
from tidegate.subjects.suppression_table import suppress
from tidegate.subjects.table_map import MappedTable
from tidegate.subjects.unmapped_tables import sources_under_root
from tidegate.tables.runs import recorded_run
from tidegate.tables.store import Store

LOG = logging.getLogger("tidegate")


@dataclass(frozen=True)
class ErasureRequest:
    """The people who are to be erased.

    Attributes:
        subjects: Frame with the identifiers in the column `subject`, of any type that can name a person. An optional column
            `_line` has the number of the line in a file.
        reference: Reference to the request, such as a case number; never a name.
        out_of_reach: Places that the erasure can't change. The receipt lists them, and the sources under the root.
        views: Known feature views. They show which columns name people although their groups' definitions don't declare it.
    """

    subjects: DataFrame
    reference: str
    out_of_reach: tuple[str, ...] = ()
    views: tuple[FeatureView, ...] = ()


@dataclass(frozen=True)
class ErasurePlan:
    """The effect that an erasure would have.

    Attributes:
        people: Number of different people on the list.
        impacts: The rows and files to remove, for each table that names people.
        unmatched: The people on the list whom no table contains.
    """

    people: int
    impacts: tuple[TableImpact, ...]
    unmatched: Unmatched


def plan_erasure(store: Store, request: ErasureRequest) -> ErasurePlan:
    """Return what an erasure would do, without changing anything.

    Raises:
        UnmappedTableError: A table under the root is not in the map of subjects.
        NobodyNamedError: No table of the store names people.
        SubjectsFrameError: The list of people can't be used.
    """
    mapped = with_derived_people(store, map_with_views(store, request.views))
    places = _places_with_people(store, mapped)
    people = checked_list(request.subjects)
    found = impacts(store, places, _chooser(people), mapped)
    return ErasurePlan(people.people, tuple(found), people.unmatched(found_people(store, places, people.forms)))


def run_erasure(store: Store, request: ErasureRequest) -> Receipt:
    """Erase the people on a list. If it is killed at any point, it can safely be run again.

    The request is checked before anything is written. Then the people are added to the suppression list, so that no writer adds
    new rows of them while the tables are processed. This includes people whom no table contains. VACUUM removes the older
    versions of these tables, also for rows of other people.

    Raises:
        MissingSecretError, WrongSecretError: Without the right key, erased people could not be recognised later.
        UnmappedTableError: A table under the root is not in the map of subjects.
        NobodyNamedError: No table of the store names people.
        SubjectsFrameError: The list of people can't be used.
    """
    started, erasure_id = datetime.now(UTC), uuid4().hex
    mapped = with_derived_people(store, map_with_views(store, request.views))
    places = _places_with_people(store, mapped)
    key = SubjectKey.from_environment()
    current_suppression(store)
    people = checked_list(request.subjects)
    for view in request.views:
        map_view(store, view)
    enter_derived_people(store, mapped)
    unreached = tuple(dict.fromkeys((*request.out_of_reach, *sources_under_root(store))))
    with recorded_run(store.spark, store.layout.runs, "forget", "", request.reference) as run:
        with timed_step("look for the people") as step:
            found = found_people(store, places, people.forms)
            unmatched = people.unmatched(found)
            named = {row[PATH] for row in found.select(PATH).distinct().collect()}
            step.summary = f"{people.people - unmatched.people:,} of {people.people:,} are in tables"
        if unmatched.people == people.people:
            LOG.warning("no table contains anybody on the list; check that the list names people in the same form as the tables")
        with timed_step("suppress"):
            suppress(store, people.forms_of_people, key, started)
        # The places are listed again, after the suppression: writers of tables that are created later see the new list.
        without_people = {each.table.path for each in places} - named
        erased = erase_everywhere(store, people_places(store), _chooser(people), without_people)
        hashes = _hashes(people, key)
        receipt = Receipt(erasure_id, request.reference, hashes, erased, unreached, started, datetime.now(UTC))
        write_receipt(store, receipt)
        run.details.update(erasure_id=erasure_id, rows_removed=str(receipt.rows_removed), erased=str(receipt.erased))
        run.details.update(people=str(people.people), unmatched=str(unmatched.people))
    return replace(receipt, unmatched=unmatched)


def _places_with_people(store: Store, mapped: Sequence[MappedTable]) -> list[Places]:
    places = people_places(store, mapped)
    if not places:
        raise NobodyNamedError(store.layout.root, [table.path for table in mapped])
    return places


def _hashes(people: SubjectList, key: SubjectKey) -> list[str]:
    """Return the sorted keyed hashes of the people. They are collected, because the receipt contains all of them."""
    hashed = people.forms.select(PERSON).distinct().select(key.column(PERSON).alias("hash"))
    return sorted(row["hash"] for row in hashed.collect())


def _chooser(people: SubjectList) -> Chooser:
    def choose(rows: DataFrame, columns: Sequence[str], untyped: bool) -> DataFrame:
        return rows_of_listed(rows, columns, people.forms, untyped)

    return choose
