"""The command that writes quarantined rows into their feature groups once they fit the definitions."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated

import typer

from tidegate.commands import options
from tidegate.commands.opening.context import Context, SharedOptions, opened
from tidegate.commands.run import OUT
from tidegate.errors import SeveralRowsError, UsageError
from tidegate.feature_groups.definition import FeatureGroup
from tidegate.feature_groups.writing.requeue import RequeueResult
from tidegate.feature_store import FeatureStore
from tidegate.sources.source import Source
from tidegate.system_plan import system_groups, system_sources

KnownFrom = Annotated[
    datetime | None,
    typer.Option(
        "--known-from",
        formats=options.MOMENT_FORMATS,
        help="No released row counts as known before this moment. Default: the time that its batch gave.",
    ),
]


def requeue(
    system: options.System,
    source: options.Source = None,
    group: options.Group = None,
    known_from: KnownFrom = None,
    root: options.Root = None,
    conf: options.Conf = None,
    environment: options.Environment = "local",
    dry_run: options.DryRun = False,
) -> None:
    """Read the quarantined rows again with the current definitions of a system, and write the rows that fit them now.

    A source quarantines rows that can't be read or that break an expectation; a feature group quarantines rows too. Correct the
    definition (texts that stand for NULL, an expectation, a wider type), check with --dry-run, then run this command. Rows that
    are still wrong stay in quarantine. Without --source and --group the command reads all quarantines of the system. Afterwards
    run the feature pipeline: it computes the groups that depend on the released rows. Examples:

    ./spark-submit.sh jobs/requeue.py --system electricity --source danish_consumption --dry-run

    ./spark-submit.sh jobs/requeue.py --system flight_delays --group origin_weather
    """
    if source is not None and group is not None:
        raise UsageError("--source and --group name different quarantines; give one of them, or neither for all.")
    with opened(SharedOptions(system, root, conf, environment), "requeue", writes=not dry_run) as context:
        sources = system_sources(context.system, source) if group is None else []
        groups = system_groups(context.system, group) if source is None else []
        # Sources first: a row that a source releases may then be quarantined by its feature group.
        _requeue_each(context, (*sources, *groups), known_from, dry_run)


def _requeue_each(
    context: Context, quarantines: Iterable[Source | FeatureGroup], known_from: datetime | None, dry_run: bool
) -> None:
    """Requeue each quarantine and print its result; raise the first error only after all of them."""
    store, results, refused = FeatureStore(context.store.spark, context.store.layout.root), list[RequeueResult](), []
    for what in quarantines:
        try:
            result = store.requeue(what, *context.system.steps, known_from=known_from, dry_run=dry_run)
        except SeveralRowsError as error:
            # The other quarantines can still be read.
            refused.append(error)
            continue
        OUT.print(f"{result.name}: {result.summary}", highlight=False, soft_wrap=True)
        results.append(result)
    if results:
        OUT.print(last_line(results, dry_run), highlight=False, soft_wrap=True)
    if refused:
        raise refused[0]


def last_line(results: list[RequeueResult], dry_run: bool) -> str:
    """Return one line with the counts of all quarantines: released rows and rows that stay add up to the rows held back."""
    held, released = sum(result.held for result in results), sum(result.released for result in results)
    said = f"{len(results):,} quarantines, {held:,} rows held back = {released:,} released + {held - released:,} that stay"
    return f"dry run: {said}; nothing was changed" if dry_run else f"done: {said}"
