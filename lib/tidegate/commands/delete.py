"""The command that deletes rows of a feature group."""

from datetime import datetime
from typing import Annotated

import typer

from tidegate.commands import options
from tidegate.commands.keys_file import read_keys
from tidegate.commands.opening.context import SharedOptions, opened
from tidegate.commands.run import OUT
from tidegate.errors import UsageError
from tidegate.feature_groups.writing.delete import DeleteResult, Deletion, RowChoice, delete_rows_of
from tidegate.system_plan import system_step


def delete(
    system: options.System,
    group: Annotated[str, typer.Option("--group", help="The feature group, with or without its version.")],
    keys: Annotated[str | None, typer.Option("--keys", help="CSV file with a header and columns of the entity key.")] = None,
    first: options.FirstDay = None,
    last: options.LastDay = None,
    day: options.Day = None,
    known_at: Annotated[
        datetime | None,
        typer.Option("--known-at", formats=options.MOMENT_FORMATS, help="The moment from which the rows no longer hold."),
    ] = None,
    purge: Annotated[bool, typer.Option("--purge", help="Delete the rows and their history for good.")] = False,
    root: options.Root = None,
    conf: options.Conf = None,
    environment: options.Environment = "local",
    dry_run: options.DryRun = False,
) -> None:
    """Delete rows of a feature group: by key, by days of event_time, or by both.

    With --known-at the rows no longer hold from that moment on, but you can still read what was known before it. With --purge
    the rows are deleted for good. To forget people, use `forget` instead. Example:

    ./spark-submit.sh jobs/delete.py --system flight_delays --group origin_weather --day 2013-01-05 --purge --dry-run
    """
    with opened(SharedOptions(system, root, conf, environment), "delete", writes=not dry_run) as context:
        chosen_group, start, end = system_step(context.system, group).group, None, None
        if (first, last, day) != (None, None, None):
            period = options.chosen_period(first, last, day, None, context.system.zone)
            start, end = period.start, period.end
        elif keys is None:
            raise UsageError("no rows are chosen; choose them with --keys FILE, --day DAY, or --from DAY --to DAY.")
        deletion = Deletion.chosen(known_at, purge, dry_run)
        frame = None if keys is None else read_keys(context.store.spark, keys, chosen_group)
        choice = RowChoice(frame, start, end)
        result = delete_rows_of(context.store, chosen_group, choice, deletion)
        _print(result)


def _print(result: DeleteResult) -> None:
    verb = "purged from" if result.purged else "marked as no longer holding in"
    OUT.print(f"{result.group}: {result.rows:,} rows {verb} {result.files} files, version {result.table_version}")
    if result.suppressed:
        OUT.print(f"{result.suppressed:,} rows belong to people who were forgotten in the meantime: they were not marked")
    if result.dry_run:
        OUT.print("dry run: nothing was changed")
