"""The command that scores days with the champion and writes the system's page again."""

from datetime import UTC, datetime

from tidegate.commands import options
from tidegate.commands.opening.context import Context, SharedOptions, opened
from tidegate.commands.opening.short_runs import fitted_session
from tidegate.commands.run import OUT
from tidegate.feature_store import FeatureStore
from tidegate.period import Period
from tidegate.pipelines.inference_pipeline import InferencePipelineResult, run_inference_pipeline
from tidegate.pipelines.rows_read import rows_of_predictions
from tidegate.predictions.current import current_predictions
from tidegate.progress import timed_step
from tidegate.system import PageInputs
from tidegate.tables.delta_log.rows_logged import rows_of_table
from tidegate.tables.read import current_version


def inference_pipeline(
    system: options.System,
    first: options.FirstDay = None,
    last: options.LastDay = None,
    day: options.Day = None,
    root: options.Root = None,
    conf: options.Conf = None,
    environment: options.Environment = "local",
    allow_absent: options.AllowAbsent = False,
) -> None:
    """Score days with the champion and write the system's page again; scoring the same days again changes nothing.

    Example: ./spark-submit.sh jobs/inference_pipeline.py --system flight_delays --day 2013-10-01
    """
    with opened(SharedOptions(system, root, conf, environment), "inference") as opened_context:
        context = opened_context.allowing_absent(allow_absent)
        period = options.chosen_period(first, last, day, None, context.system.zone)
        result = predict(context, period)
        draw_page(context)
        print_predictions(context, result)


def predict(context: Context, period: Period) -> InferencePipelineResult:
    """Run the inference pipeline for a period."""
    store, inference = context.store, context.system.require_inference()
    rows = rows_of_predictions(store, inference.view, period)
    with fitted_session(store.spark, context.settings.short_runs, "inference pipeline", rows):
        return run_inference_pipeline(store, inference, period, context.registry(), datetime.now(UTC))


def draw_page(context: Context) -> float:
    """Write the system's page from its prediction table, if the system has a page; return the seconds that it took."""
    system, store = context.system, context.store
    if system.write_page is None:
        return 0.0
    registry, inference = context.registry(), system.require_inference()
    champion = registry.require_champion(inference.model_name)
    (labels,) = inference.view.label_groups
    predicted, known = store.layout.predictions(system.name), store.layout.feature_group(labels.full_name)
    rows = rows_of_table(store.spark, predicted) + rows_of_table(store.spark, known)
    with fitted_session(store.spark, context.settings.short_runs, "page", rows), timed_step("page") as step:
        # With a version, Spark finds the files of the frame without reading the whole log of the table.
        system.write_page(
            PageInputs(
                predictions=current_predictions(store, system.name),
                outcomes=FeatureStore(store.spark, store.layout.root).read(labels, current_version(store.spark, known)),
                metrics=registry.test_metrics(champion),
                path=store.layout.page(system.name),
                generated_at=datetime.now(UTC),
                note=champion.note,
            )
        )
        step.summary = store.layout.page(system.name)
    return step.seconds


def print_predictions(context: Context, result: InferencePipelineResult) -> None:
    """Print how many predictions were written, by which release, and where they are."""
    written, made_by = result.written, result.provenance
    OUT.print(
        f"done: {written.rows:,} predictions for {result.period.first_day} to {result.period.last_day} "
        f"({written.inserted:,} new, {written.updated:,} changed, {written.unchanged:,} as before) "
        f"by {made_by.model_name} version {made_by.model_version} ({made_by.estimator}), release {made_by.release}",
        soft_wrap=True,
    )
    if result.note:
        OUT.print(result.note, style="yellow", highlight=False, soft_wrap=True)
    OUT.print(f"prediction table: {context.store.layout.predictions(context.system.name)}", soft_wrap=True)
    if context.system.write_page is not None:
        OUT.print(f"page: {context.store.layout.page(context.system.name)}", soft_wrap=True)
