"""The command that forgets subjects."""

from typing import Annotated

import typer

from tidegate.commands import options
from tidegate.commands.context import Choice, opened
from tidegate.commands.run import OUT
from tidegate.erasure.subjects_file import read_subjects
from tidegate.pipelines.erasure import ErasureRequest, planned_erasure, run_erasure

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
    """Forget subjects: remove their rows from every table of the store, for good, and keep them from coming back.

    Needs the secret TIDEGATE_SUBJECT_KEY in the environment. Removes older versions of the tables it changes. Example:

    ./spark-submit.sh jobs/forget.py --system flight_delays --subjects subjects.txt --dry-run
    """
    with opened(Choice(system, root, conf, environment), "forget") as context:
        landing = context.landing(None)
        request = ErasureRequest(read_subjects(context.spark, subjects), reference, (landing,))
        if dry_run:
            for impact in planned_erasure(context.spark, context.layout, request):
                OUT.print(f"{impact.table.path}: {impact.rows:,} rows in {impact.files} files", soft_wrap=True)
            OUT.print("dry run: nothing was changed")
            return
        receipt = run_erasure(context.spark, context.layout, request)
        for table in receipt.tables:
            OUT.print(f"{table.path}: {table.rows_removed:,} rows removed, {table.rows_remaining:,} left", soft_wrap=True)
        OUT.print(f"out of reach, not changed: {', '.join(receipt.out_of_reach)}", soft_wrap=True)
        outcome = "erased" if receipt.erased else "NOT erased"
        OUT.print(
            f"{outcome}: {len(receipt.subject_hashes)} subjects, {receipt.rows_removed:,} rows, receipt {receipt.erasure_id}"
        )
        if not receipt.erased:
            raise typer.Exit(NOT_ERASED)
