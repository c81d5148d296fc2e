"""The erasure: check, suppress, delete from every table, vacuum, check again, receipt."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import uuid4

from pyspark.sql import DataFrame, SparkSession

from tidegate.datasets.view import FeatureView
from tidegate.datasets.view_people import map_view, map_with_views
from tidegate.erasure.impact import TableImpact, found_forms, impacts, people_places
from tidegate.erasure.places import Chooser, Places
from tidegate.erasure.receipt import Receipt, write_receipt
from tidegate.erasure.subject_list import PERSON, SubjectList, Unmatched, checked_list
from tidegate.errors import NobodyNamedError
from tidegate.pipelines.erase_tables import erase_everywhere
from tidegate.pipelines.progress import timed_step
from tidegate.subjects.derived_people import enter_derived_people, with_derived_people
from tidegate.subjects.keyed_hash import SubjectKey
from tidegate.subjects.matching import rows_of_listed
from tidegate.subjects.suppression import current_suppression
from tidegate.subjects.suppression_table import suppress
from tidegate.subjects.table_map import MappedTable
from tidegate.subjects.under_root import sources_under_root
from tidegate.tables.layout import Layout
from tidegate.tables.runs import recorded_run

LOG = logging.getLogger("tidegate")


@dataclass(frozen=True)
class ErasureRequest:
    """Who is to be forgotten.

    Attributes:
        subjects: Frame with the identifiers as the column `subject`, of any type that can name a person; `_line`, where it is
            there, is the number of the line of a file.
        reference: Who asked: a case number, never a name.
        out_of_reach: Places that the erasure can't change and the receipt names, beside the sources under the root.
        views: Feature views that are known, which show persons that their groups' definitions don't name.
    """

    subjects: DataFrame
    reference: str
    out_of_reach: tuple[str, ...] = ()
    views: tuple[FeatureView, ...] = ()


@dataclass(frozen=True)
class ErasurePlan:
    """What an erasure would do.

    Attributes:
        people: How many different people are listed.
        impacts: Rows and files of each table that names people.
        unmatched: The people of the list whom none of these tables names.
    """

    people: int
    impacts: tuple[TableImpact, ...]
    unmatched: Unmatched


def planned_erasure(spark: SparkSession, layout: Layout, request: ErasureRequest) -> list[TableImpact]:
    """Return what an erasure would remove, and change nothing; see `plan_erasure`."""
    return list(plan_erasure(spark, layout, request).impacts)


def plan_erasure(spark: SparkSession, layout: Layout, request: ErasureRequest) -> ErasurePlan:
    """Return what an erasure would do, and change nothing.

    Raises:
        UnmappedTableError: A table under the root isn't in the map of subjects.
        NobodyNamedError: No table of the store names a person.
        SubjectsFrameError: The list can't be used.
    """
    mapped = with_derived_people(spark, layout, map_with_views(spark, layout, request.views))
    places = _places_with_people(spark, layout, mapped)
    people = checked_list(request.subjects)
    found = impacts(spark, layout, places, _chooser(people), mapped)
    return ErasurePlan(people.people, tuple(found), people.unmatched(found_forms(spark, layout, places, people.forms)))


def run_erasure(spark: SparkSession, layout: Layout, request: ErasureRequest) -> Receipt:
    """Forget the people of a list; safe to run again after being killed anywhere.

    Everything that can be refused is refused before anything is written. Suppression comes next, so that nothing comes back while
    the tables are worked on; people whom no table names are suppressed all the same. VACUUM removes the older versions of these
    tables for everybody.

    Raises:
        MissingSecretError, WrongSecretError: Without the right key forgotten people could not be recognised later.
        UnmappedTableError: A table under the root isn't in the map of subjects.
        NobodyNamedError: No table of the store names a person.
        SubjectsFrameError: The list can't be used.
    """
    started, erasure_id = datetime.now(UTC), uuid4().hex
    mapped = with_derived_people(spark, layout, map_with_views(spark, layout, request.views))
    places = _places_with_people(spark, layout, mapped)
    key = SubjectKey.from_environment()
    current_suppression(spark, layout)
    people = checked_list(request.subjects)
    for view in request.views:
        map_view(spark, layout, view)
    enter_derived_people(spark, layout, mapped)
    unreached = tuple(dict.fromkeys((*request.out_of_reach, *sources_under_root(spark, layout))))
    with recorded_run(spark, layout.runs, "forget", "", request.reference) as run:
        with timed_step("look for the people") as step:
            unmatched = people.unmatched(found_forms(spark, layout, places, people.forms))
            step.outcome = f"{people.people - unmatched.people:,} of {people.people:,} are in tables"
        if unmatched.people == people.people:
            LOG.warning("nobody on the list is in any table; check how the tables write these people")
        with timed_step("suppress"):
            suppress(spark, layout, people.forms_of_people, key, started)
        # Now and not before: a table that is made after this was never written without a look at the list.
        erased = erase_everywhere(spark, layout, people_places(spark, layout), _chooser(people))
        hashes = _hashes(people, key)
        receipt = Receipt(erasure_id, request.reference, hashes, erased, unreached, started, datetime.now(UTC))
        write_receipt(spark, layout, receipt)
        run.details.update(erasure_id=erasure_id, rows_removed=str(receipt.rows_removed), erased=str(receipt.erased))
        run.details.update(people=str(people.people), unmatched=str(unmatched.people))
    return replace(receipt, unmatched=unmatched)


def _places_with_people(spark: SparkSession, layout: Layout, mapped: Sequence[MappedTable]) -> list[Places]:
    places = people_places(spark, layout, mapped)
    if not places:
        raise NobodyNamedError(layout.root, [table.path for table in mapped])
    return places


def _hashes(people: SubjectList, key: SubjectKey) -> list[str]:
    """Return the keyed hash of each person; the receipt has them all."""
    hashed = people.forms.select(PERSON).distinct().select(key.column(PERSON).alias("hash"))
    return [row["hash"] for row in hashed.orderBy("hash").collect()]


def _chooser(people: SubjectList) -> Chooser:
    def choose(rows: DataFrame, columns: Sequence[str], untyped: bool) -> DataFrame:
        return rows_of_listed(rows, columns, people.forms, untyped)

    return choose
