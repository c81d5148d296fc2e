"""Migrate a root from an older format to the current one, step by step.

A step is a function `(store, dry_run) -> list[str]` in a file of its own in this package. It returns one line for each change
that it made, or that it would make in a dry run. A step does only what is left to do, and it may be killed anywhere: the new
format is written last, so programs refuse the root until then, and the next run does every step again.

To add a step, write its file and add it to `steps`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from tidegate.errors import RootFormatError
from tidegate.maintenance.bucketing import bucket_old_tables
from tidegate.maintenance.definitions import Definitions
from tidegate.maintenance.derived_history import keep_all_observations
from tidegate.maintenance.first_loaded_until import record_groups
from tidegate.maintenance.group_names import rename_groups
from tidegate.maintenance.loaded_files import name_groups_of_files, record_files_of_days
from tidegate.maintenance.prediction_rows import keep_all_predictions
from tidegate.maintenance.quarantine_arrivals import record_arrivals
from tidegate.maintenance.rebuilt_map import rebuild_map
from tidegate.maintenance.receipt_columns import add_receipt_columns
from tidegate.maintenance.reserved_names import rename_reserved_columns
from tidegate.maintenance.result_columns import rename_results
from tidegate.maintenance.root_format import root_format
from tidegate.maintenance.several_subjects import rewrite_map
from tidegate.maintenance.suppression_forms import add_forms
from tidegate.tables.format_file import CURRENT_FORMAT, write_format
from tidegate.tables.store import Store

Work = Callable[[Store, bool], list[str]]


@dataclass(frozen=True)
class MigrationStep:
    """One step of a migration.

    Attributes:
        brings_to: The format that the root has after all steps with this number and with lower ones.
        name: What the step changes, for people.
        work: The function that does the step. It may run again.
    """

    brings_to: int
    name: str
    work: Work


def steps(definitions: Definitions) -> list[MigrationStep]:
    """Return all steps in the order in which they run.

    Args:
        definitions: The definitions that are known of the store's tables.
    """
    return [
        MigrationStep(2, "buckets and tombstones", partial(bucket_old_tables, definitions.groups_by_name)),
        MigrationStep(3, "several subject columns per table", rewrite_map),
        MigrationStep(3, "arrival times of quarantined rows", record_arrivals),
        MigrationStep(3, "names of feature groups", rename_groups),
        MigrationStep(3, "names that belong to tidegate", rename_reserved_columns),
        MigrationStep(3, "columns that name people in each table", partial(rebuild_map, definitions)),
        MigrationStep(3, "forms of suppressed identifiers", add_forms),
        MigrationStep(3, "columns of receipts", add_receipt_columns),
        MigrationStep(4, "the column `result` of runs and receipts", rename_results),
        MigrationStep(4, "how far each feature group is loaded", record_groups),
        MigrationStep(5, "computed groups that keep all observations", partial(keep_all_observations, definitions)),
        MigrationStep(5, "the feature groups of loaded files", name_groups_of_files),
        MigrationStep(5, "loaded days as loaded files", partial(record_files_of_days, definitions)),
        MigrationStep(6, "prediction tables that keep every row", partial(keep_all_predictions, definitions)),
        # Add the next step of format 6 here. At this point the tables of format 5 are as they have to be.
    ]


def due_steps(store: Store, definitions: Definitions) -> list[MigrationStep]:
    """Return the steps that the root still needs.

    Raises:
        RootFormatError: No migration exists from the root's format to the current one.
    """
    found = root_format(store)
    if found is None or found == CURRENT_FORMAT:
        return []
    if not 1 <= found < CURRENT_FORMAT:
        raise RootFormatError(store.layout.root, str(found), CURRENT_FORMAT)
    return [step for step in steps(definitions) if step.brings_to > found]


def migrate_root(store: Store, definitions: Definitions, dry_run: bool = False, last: Sequence[Work] = ()) -> list[str]:
    """Run every step that the root still needs, then write the current format into the file `format`.

    Args:
        store: The store.
        definitions: The definitions that are known of the store's tables.
        dry_run: Change nothing. Each step then reads the root as it is, not as the steps before it would leave it.
        last: Further functions to run after the steps and before the format is written; they run only if a step was needed.

    Returns:
        One line for each change that was made, or that would be made.

    Raises:
        RootFormatError: No migration exists from the root's format to the current one.
    """
    due, found = due_steps(store, definitions), root_format(store)
    if due and not dry_run:
        # Without this file, the format is recognised by the tables. The first step changes these, so write the file first.
        write_format(store, found or CURRENT_FORMAT)
    works = [*[step.work for step in due], *(last if due else ())]
    changed = [line for work in works for line in work(store, dry_run)]
    if not dry_run:
        write_format(store)
    return changed
