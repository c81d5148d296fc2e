"""The command that loads days of the sources into the feature groups of a system."""

from tidegate.commands import options
from tidegate.commands.opening.context import Context, SharedOptions, opened
from tidegate.commands.opening.landing import land
from tidegate.commands.opening.short_runs import fitted_session
from tidegate.commands.output.tables import print_written
from tidegate.commands.run import OUT
from tidegate.period import Period
from tidegate.pipelines.feature_pipeline import FeaturePipelineResult, run_feature_pipeline
from tidegate.pipelines.rows_read import rows_of_features


def feature_pipeline(
    system: options.System,
    first: options.FirstDay = None,
    last: options.LastDay = None,
    day: options.Day = None,
    root: options.Root = None,
    landing: options.Landing = None,
    conf: options.Conf = None,
    environment: options.Environment = "local",
    dry_run: options.DryRun = False,
) -> None:
    """Load days of the sources into the feature groups; loading the same days again changes nothing.

    If a file of a batch does not fit its declaration, nothing of the batch is loaded. Example:

    ./spark-submit.sh jobs/feature_pipeline.py --system flight_delays --day 2013-10-01
    """
    with opened(SharedOptions(system, root, conf, environment), "features") as context:
        period = options.chosen_period(first, last, day, None, context.system.zone)
        if dry_run:
            print_plan(context, period, landing)
            return
        land(context, period, landing)
        result = load_features(context, period, landing)
        print_written(result)
        OUT.print(f"done: {len(result.written)} feature groups for {period.first_day} to {period.last_day}")


def load_features(context: Context, period: Period, landing: str | None) -> FeaturePipelineResult:
    """Load the period's landing files into the feature groups."""
    store, features, settings = context.store, context.system.features, context.settings
    place = context.landing(landing)
    rows = rows_of_features(store, features, period, place, settings.short_runs.most_rows)
    with fitted_session(store.spark, settings.short_runs, "feature pipeline", rows):
        return run_feature_pipeline(store, features, period, place, settings.steps_at_once)


def print_plan(context: Context, period: Period, landing: str | None) -> None:
    """Print what a run would read and write."""
    OUT.print(f"would read {context.landing(landing)} for {period.first_day} to {period.last_day} ({period.zone} days)")
    for step in context.system.features.steps:
        path = context.store.layout.feature_group(step.group.full_name)
        OUT.print(f"  {', '.join(step.sources)} (and {step.warm_up_days} days before) -> {path}", soft_wrap=True)
