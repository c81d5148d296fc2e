"""The command that loads a package's new files and versions of tables into its feature groups."""

from collections import Counter
from datetime import datetime
from typing import Annotated

import typer

from tidegate.commands import options
from tidegate.commands.opening.context import SharedOptions
from tidegate.commands.opening.opened_loads import opened_loads
from tidegate.commands.run import OUT
from tidegate.loads import located, package_loads, require_loadings
from tidegate.pipelines.loading import Loading, LoadResult

_SHOWN = 20

ArrivedAt = Annotated[
    datetime | None,
    typer.Option(
        "--arrived-at",
        formats=options.MOMENT_FORMATS,
        help="When the files arrived: rows that don't say it themselves are known from then. Default: as for a load of history.",
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
    """Load what is new in a package's files and Delta tables into its feature groups; the same again changes nothing.

    The package declares LOADS = (Loading(source, group, folder, transform),); a relative folder lies in the landing zone. Rows
    that can't be read, or are not as expected, are held back with file and line: see `requeue`. A wrong file stops its source
    before anything of it is written (exit code 2); sources before it stay loaded. --dry-run names the files, reads and checks
    them, and writes nothing. Examples:

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
    """Show what became of one source's files."""
    lines = [f"source {result.source} -> feature group {loading.group.full_name}, from {loading.folder}: {result.summary}"]
    lines += _named("changed, loaded again", result.changed)
    lines += _named("gone", result.vanished)
    if dry_run:
        lines += _named("new", [name for name in result.files if name not in set(result.changed)])
    for line in lines:
        OUT.print(line, highlight=False, soft_wrap=True)


def last_line(results: list[LoadResult], dry_run: bool) -> str:
    """Return the counts of all sources, which add up, in one line."""
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
