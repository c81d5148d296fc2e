"""The command that brings the feature groups of a system up to date with its sources."""

from collections import Counter
from collections.abc import Sequence

from tidegate.commands import options
from tidegate.commands.opening.context import Context, SharedOptions, opened
from tidegate.commands.opening.landing import land
from tidegate.commands.opening.short_runs import fitted_session
from tidegate.commands.output.result_table import ResultTable
from tidegate.commands.run import OUT
from tidegate.pipelines.feature_pipeline import FeaturePipelineResult, run_feature_pipeline
from tidegate.pipelines.load_request import LoadRequest
from tidegate.pipelines.load_result import LoadResult
from tidegate.pipelines.news import has_news
from tidegate.pipelines.rows_read import rows_of_features

_SHOWN = 20


def feature_pipeline(
    system: options.System,
    first: options.FirstDay = None,
    last: options.LastDay = None,
    day: options.Day = None,
    source: options.Source = None,
    arrived_at: options.ArrivedAt = None,
    loaded_until: options.LoadedUntil = None,
    if_new: options.IfNew = False,
    root: options.Root = None,
    landing: options.Landing = None,
    conf: options.Conf = None,
    environment: options.Environment = "local",
    dry_run: options.DryRun = False,
) -> None:
    """Load what is new in the sources of a system, and compute the feature groups that depend on it.

    New are files and table versions that were not loaded before; running the command again changes nothing. --from, --to and
    --day choose days of the sources that have a folder for each day. Rows that can't be read, or that break an expectation, are
    quarantined with file and line: see `requeue`. If a file does not fit its declaration, nothing of its source is written and
    the command stops with exit code 2. --dry-run lists the new files, reads and checks them, and writes nothing. Examples:

    ./spark-submit.sh jobs/feature_pipeline.py --system flight_delays --day 2013-10-01

    ./spark-submit.sh jobs/feature_pipeline.py --system mycompany.shop --landing s3a://feed/shop --if-new
    """
    with opened(SharedOptions(system, root, conf, environment), "features", writes=not dry_run) as context:
        period = options.given_period(first, last, day, context.system.zone)
        chosen = context.with_source(source)
        request = LoadRequest(context.landing(landing), arrived_at, loaded_until, period, dry_run=dry_run)
        if not dry_run:
            land(context, period, landing)
        if if_new and not has_news(context.store, chosen.system.steps, request):
            if request.looked_at is not None:
                # That somebody looked and found nothing says how far the groups are loaded.
                load_features(chosen, request)
            OUT.print("done: no source has anything new")
            return
        result = load_features(chosen, request)
        print_features(result, dry_run)
        OUT.print(last_line(result, dry_run), highlight=False, soft_wrap=True)


def load_features(context: Context, request: LoadRequest) -> FeaturePipelineResult:
    """Bring the feature groups of a system up to date."""
    store, system, settings = context.store, context.system, context.settings
    rows = rows_of_features(store, system.steps, request, settings.short_runs.most_rows)
    with fitted_session(store.spark, settings.short_runs, "feature pipeline", rows):
        return run_feature_pipeline(store, system.name, system.steps, request, settings.steps_at_once)


def print_features(result: FeaturePipelineResult, dry_run: bool = False) -> None:
    """Print what was loaded from each source, and what was written to each feature group."""
    for load in result.loaded:
        lines = [f"source {load.source} -> {', '.join(load.groups)}: {load.summary}"]
        lines += _named("changed, loaded again", load.changed)
        lines += _named("gone", load.vanished)
        lines += _named("new", [name for name in load.files if name not in set(load.changed)]) if dry_run else []
        for line in lines:
            OUT.print(line, highlight=False, soft_wrap=True)
    written = [each for load in result.loaded for each in load.written]
    if not dry_run:
        table = ResultTable("Feature pipeline", "feature group", "version", "rows")
        for each in written:
            table.add_row(each.group, str(each.table_version), each.summary)
        for step in result.computed:
            table.add_row(step.group, "" if step.written is None else str(step.written.table_version), step.summary)
        OUT.print(table)


def last_line(result: FeaturePipelineResult, dry_run: bool) -> str:
    """Return one line with the counts of all sources; the verdicts add up to the number of rows."""
    counts = _counts(result.loaded)
    names = ("accepted", "quarantined", "dropped", *(["suppressed"] if counts["suppressed"] else []))
    parts = " + ".join(f"{counts[name]:,} {name}" for name in names)
    sources = len({load.source for load in result.loaded})
    said = f"{sources:,} sources, {counts['files']:,} new files or versions, {counts['rows']:,} rows = {parts}"
    if dry_run:
        return f"dry run: {said}; nothing was written"
    computed = sum(each.written is not None for each in result.computed)
    return f"done: {said}; {computed} of {len(result.computed)} computed groups had something new"


def _counts(loads: Sequence[LoadResult]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for load in loads:
        counts.update(rows=load.rows, files=len(load.files), accepted=load.accepted)
        counts.update(quarantined=load.quarantined, dropped=load.dropped, suppressed=load.suppressed)
    return counts


def _named(what: str, names: Sequence[str]) -> list[str]:
    more = [f"  and {len(names) - _SHOWN:,} more"] if len(names) > _SHOWN else []
    return [*(f"  {what}: {name}" for name in names[:_SHOWN]), *more]
