"""The command that loads new files, and new versions of Delta tables, into the feature groups of a package."""

from collections import Counter
from datetime import datetime
from typing import Annotated

import typer

from tidegate.commands import options
from tidegate.commands.opening.context import SharedOptions
from tidegate.commands.opening.opened_loads import opened_loads
from tidegate.commands.run import OUT
from tidegate.loads import located, package_loads, require_loadings
from tidegate.pipelines.load_result import LoadResult
from tidegate.pipelines.loading import Loading

_SHOWN = 20

ArrivedAt = Annotated[
    datetime | None,
    typer.Option(
        "--arrived-at",
        formats=options.MOMENT_FORMATS,
        help="When the files arrived: rows without a time of their own are known from then. Default: as for a load of history.",
    ),
]


def load(
    system: options.Loads,
    source: options.Source = None,
    landing: options.Landing = None,
    arrived_at: ArrivedAt = None,
    root: options.Root = None,
    conf: options.Conf = None,
    environment: options.Environment = "local",
    dry_run: options.DryRun = False,
) -> None:
    """Load the new files and table versions of a package's sources into its feature groups; loading again changes nothing.

    The package declares LOADS = (Loading(source, group, folder, transform),); a relative folder is in the landing zone. Rows
    that can't be read, or that break an expectation, are quarantined with file and line: see `requeue`. If a file does not fit
    its declaration, nothing of its source is written and the command stops with exit code 2; sources that were loaded before
    it stay loaded. --dry-run lists the files, reads and checks them, and writes nothing. Examples:

    ./spark-submit.sh jobs/load.py --system online_retail --dry-run

    ./spark-submit.sh jobs/load.py --system mycompany.shop --source invoices --landing s3a://feed/shop
    """
    loads = package_loads(system)
    require_loadings(loads)
    chosen = loads.loadings_of(source)
    with opened_loads(SharedOptions(system, root, conf, environment), loads, "load", writes=not dry_run) as opened:
        results = []
        for loading in chosen:
            placed = located(opened.store.handle.spark, loading, opened.landing(landing))
            result = opened.store.load(placed, arrived_at, dry_run)
            print_loaded(placed, result, dry_run)
            results.append(result)
        OUT.print(last_line(results, dry_run), highlight=False, soft_wrap=True)


def print_loaded(loading: Loading, result: LoadResult, dry_run: bool) -> None:
    """Print the result of one source, and the names of its changed, missing or (in a dry run) new files."""
    lines = [f"source {result.source} -> feature group {loading.group.full_name}, from {loading.folder}: {result.summary}"]
    lines += _named("changed, loaded again", result.changed)
    lines += _named("gone", result.vanished)
    if dry_run:
        lines += _named("new", [name for name in result.files if name not in set(result.changed)])
    for line in lines:
        OUT.print(line, highlight=False, soft_wrap=True)


def last_line(results: list[LoadResult], dry_run: bool) -> str:
    """Return one line with the counts of all sources; the verdicts add up to the number of rows."""
    counts: Counter[str] = Counter()
    for result in results:
        counts.update(rows=result.rows, files=len(result.files), accepted=result.accepted)
        counts.update(quarantined=result.quarantined, dropped=result.dropped, suppressed=result.suppressed)
    names = ("accepted", "quarantined", "dropped", *(["suppressed"] if counts["suppressed"] else []))
    parts = " + ".join(f"{counts[name]:,} {name}" for name in names)
    said = f"{len(results):,} sources, {counts['files']:,} new files or versions, {counts['rows']:,} rows = {parts}"
    return f"dry run: {said}; nothing was written" if dry_run else f"done: {said}"


def _named(what: str, names: list[str] | tuple[str, ...]) -> list[str]:
    more = [f"  and {len(names) - _SHOWN:,} more"] if len(names) > _SHOWN else []
    return [*(f"  {what}: {name}" for name in names[:_SHOWN]), *more]
