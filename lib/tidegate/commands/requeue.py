"""The command that lets rows out of quarantine which are right by now."""

from datetime import datetime
from typing import Annotated

import typer

from tidegate.commands import options
from tidegate.commands.opening.context import SharedOptions
from tidegate.commands.opening.opened_loads import opened_loads
from tidegate.commands.run import OUT
from tidegate.errors import SeveralRowsError, UsageError
from tidegate.feature_groups.definition import FeatureGroup
from tidegate.feature_groups.writing.requeue import RequeueResult
from tidegate.loads import package_loads
from tidegate.pipelines.loading import Loading

KnownFrom = Annotated[
    datetime | None,
    typer.Option(
        "--known-from",
        formats=options.MOMENT_FORMATS,
        help="No released row is known before this moment, since nobody could read it. Default: as its batch said.",
    ),
]


def requeue(
    system: options.Loads,
    source: options.Source = None,
    group: options.Group = None,
    known_from: KnownFrom = None,
    root: options.Root = None,
    conf: options.Conf = None,
    environment: options.Environment = "local",
    dry_run: options.DryRun = False,
) -> None:
    """Read the rows in quarantine again as the package's definitions say now, and write those that are right.

    A row is held back by a source (it can't be read, or is not as expected there) or by a feature group. Mend the definition
    (texts that stand for NULL, an expectation, a wider type), look with --dry-run, then run this. What is still wrong stays.
    Without --source and --group it looks at all quarantines of the package. Rows of a source whose transformation looks at
    several rows at once are not let in: it would get them without those that belong with them. Examples:

    ./spark-submit.sh jobs/requeue.py --system electricity --source danish_consumption --dry-run

    ./spark-submit.sh jobs/requeue.py --system flight_delays --group origin_weather
    """
    if source is not None and group is not None:
        raise UsageError("--source and --group are different quarantines; give one of them, or neither for all.")
    loads = package_loads(system)
    loadings = loads.loadings_of(source) if group is None else ()
    groups = loads.groups_of(group) if source is None else []
    with opened_loads(SharedOptions(system, root, conf, environment), loads, "requeue", writes=not dry_run) as opened:
        results, refused = [], []
        # Sources first: a row of theirs may be held back by its feature group next.
        quarantines: tuple[Loading | FeatureGroup, ...] = (*loadings, *groups)
        for what in quarantines:
            try:
                result = opened.store.requeue(what, known_from, dry_run)
            except SeveralRowsError as error:
                # It is no obstacle to the other quarantines.
                refused.append(error)
                continue
            OUT.print(f"{result.name}: {result.summary}", highlight=False, soft_wrap=True)
            results.append(result)
        if results:
            OUT.print(last_line(results, dry_run), highlight=False, soft_wrap=True)
        if refused:
            raise refused[0]


def last_line(results: list[RequeueResult], dry_run: bool) -> str:
    """Return the counts of all quarantines, which add up, in one line."""
    held, released = sum(result.held for result in results), sum(result.released for result in results)
    said = f"{len(results):,} quarantines, {held:,} rows held back = {released:,} released + {held - released:,} that stay"
    return f"dry run: {said}; nothing was changed" if dry_run else f"done: {said}"
