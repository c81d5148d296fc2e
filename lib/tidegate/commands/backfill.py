"""The command that fills one version of a feature group."""

from typing import Annotated

import typer

from tidegate.commands import options
from tidegate.commands.opening.context import Context, SharedOptions, opened
from tidegate.commands.opening.landing import land
from tidegate.commands.output.result_table import ResultTable
from tidegate.commands.run import OUT
from tidegate.pipelines.backfill import Backfill, BackfillResult, backfill_from_inputs, backfill_from_older
from tidegate.system_plan import system_step

DaysPerBatch = Annotated[int, typer.Option("--days-per-batch", min=1, help="Days in one part; each part is one commit.")]
Older = Annotated[bool, typer.Option("--older", help="Fill it from the older version that the step names, not from its inputs.")]
Again = Annotated[bool, typer.Option("--again", help="Also repeat parts that an earlier run has written.")]


def backfill(
    system: options.System,
    group: Annotated[str, typer.Option("--group", help="Name of the feature group, with its version if there are several.")],
    first: options.FirstDay = None,
    last: options.LastDay = None,
    days_per_batch: DaysPerBatch = 30,
    older: Older = False,
    again: Again = False,
    root: options.Root = None,
    landing: options.Landing = None,
    conf: options.Conf = None,
    environment: options.Environment = "local",
) -> None:
    """Fill one version of a feature group; a run that was stopped can be started again and continues.

    The rows come from the inputs of its step, or with --older from the older version that the step names. --from and --to choose
    days, which are filled a few at a time; without them everything is filled.

    Example: ./spark-submit.sh jobs/backfill.py --system flight_delays --group movements --from 2013-01-01 --to 2013-01-31
    """
    with opened(SharedOptions(system, root, conf, environment), "backfill") as context:
        step = system_step(context.system, group)
        period = options.given_period(first, last, None, context.system.zone)
        request = Backfill(step, period, days_per_batch, again)
        print_backfill(_from_older(context, request) if older else _from_inputs(context, request, landing))


def print_backfill(result: BackfillResult) -> None:
    """Print what each part wrote."""
    table = ResultTable(f"Backfill of {result.group}", "days", "version", "rows")
    for part, written in result.parts:
        days = "all" if part is None else f"{part.first_day} to {part.last_day}"
        table.add_row(days, str(written.table_version), written.summary)
    OUT.print(table)
    applied = sum(written.already_applied for _, written in result.parts)
    OUT.print(f"done: {len(result.parts)} parts, {applied} of them already applied")


def _from_inputs(context: Context, request: Backfill, landing: str | None) -> BackfillResult:
    land(context, request.period, landing)
    return backfill_from_inputs(context.store, context.system.name, request, context.landing(landing))


def _from_older(context: Context, request: Backfill) -> BackfillResult:
    return backfill_from_older(context.store, context.system.name, request)
