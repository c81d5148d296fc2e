"""The command that erases people from all tables of a store."""

from typing import Annotated

import typer

from tidegate.commands import options
from tidegate.commands.opening.context import SharedOptions, opened
from tidegate.commands.opening.local_root import require_local_root
from tidegate.commands.run import OUT
from tidegate.erasure.line_numbers import numbered
from tidegate.erasure.receipt import Receipt, TableErased
from tidegate.erasure.subject_list import Unmatched
from tidegate.erasure.subjects_file import read_subjects
from tidegate.pipelines.erasure import ErasurePlan, ErasureRequest, plan_erasure, run_erasure

NOT_ERASED = 3


def forget(
    subjects: Annotated[str, typer.Option("--subjects", help="Text file with one identifier a line.")],
    system: options.System,
    reference: Annotated[str, typer.Option("--reference", help="Who asked: a case number, never a name.")] = "",
    root: options.Root = None,
    conf: options.Conf = None,
    environment: options.Environment = "local",
    dry_run: options.DryRun = False,
) -> None:
    """Forget people: delete their rows from every table of the store for good, and refuse their rows in later loads.

    The secret TIDEGATE_SUBJECT_KEY must be set in the environment. Older versions of the changed tables are deleted too. Example:

    ./spark-submit.sh jobs/forget.py --system flight_delays --subjects subjects.txt --dry-run
    """
    # writes=False: nothing is changed under the root before the list and the store are checked.
    with opened(SharedOptions(system, root, conf, environment), "forget", writes=False) as context:
        people, landings = read_subjects(context.store.spark, subjects), (context.landing(None),)
        request = ErasureRequest(people, reference, landings, context.system.views)
        if dry_run:
            _print_plan(plan_erasure(context.store, request))
            return
        require_local_root(context.store.layout.root)
        receipt = run_erasure(context.store, request)
        _print_receipt(receipt)
        if not receipt.erased:
            raise typer.Exit(NOT_ERASED)


def _print_plan(plan: ErasurePlan) -> None:
    for impact in plan.impacts:
        rows = f"{impact.table.path}: {impact.rows:,} rows in {impact.files} files"
        by = f"with one of the people in {', '.join(impact.places.names)} would stay: no definition declares this as a subject"
        _say(f"{rows} would be removed" if impact.places.declared else f"{rows} {by}")
    _print_unmatched(plan.unmatched, plan.people)
    _say(f"{plan.people:,} people would be forgotten and kept from coming back")
    _say("dry run: nothing was changed. Next: the same command with --reference CASE and without --dry-run")


def _print_receipt(receipt: Receipt) -> None:
    for table in receipt.tables:
        _say(f"{table.path}: {table.rows_removed:,} rows removed, {table.rows_remaining:,} left")
    for table in receipt.tables:
        if not table.declared:
            _say(_undeclared(table))
    _print_unmatched(receipt.unmatched, len(receipt.subject_hashes))
    _say(f"out of reach, neither searched nor changed: {', '.join(receipt.out_of_reach)}")
    result = "erased" if receipt.erased else "NOT erased"
    _say(f"{result}: {len(receipt.subject_hashes)} subjects, {receipt.rows_removed:,} rows, receipt {receipt.erasure_id}")
    if receipt.erased:
        _say(
            "next: delete these people in the places that are out of reach, and decide what to do with the models that were "
            "trained on their rows"
        )
    else:
        left = ", ".join(table.path for table in receipt.tables if table.rows_remaining and table.declared)
        if left:
            _say(f"next: rows are left in {left}; stop the jobs that write to it, and run the same command again")


def _undeclared(table: TableErased) -> str:
    columns = ", ".join(table.columns)
    return (
        f"{table.path}: {table.rows_remaining:,} rows have one of the people in {columns}, but no definition declares this as a "
        "subject. If the column names people, declare it as a subject in a new version of the feature group. To delete these "
        "rows now, use jobs/delete.py --purge. Then run forget again."
    )


def _print_unmatched(unmatched: Unmatched, people: int) -> None:
    if not unmatched.people:
        return
    everybody = unmatched.people == people
    who = "nobody on the list is" if everybody else f"{unmatched.people:,} of {people:,} people are not"
    lines = f" ({numbered(unmatched.lines, unmatched.line_count)})" if unmatched.lines else ""
    _say(
        f"{who} in any table{lines}: forgotten before, never stored, or written in another way than in the tables. Their rows "
        "will be refused in later loads all the same"
    )


def _say(line: str) -> None:
    OUT.print(line, soft_wrap=True, highlight=False)
