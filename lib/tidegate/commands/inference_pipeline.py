"""The command that predicts days with the champions and writes the system's page again."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated

import typer

from tidegate.commands import options
from tidegate.commands.keys_file import read_keys
from tidegate.commands.opening.context import Context, SharedOptions, opened
from tidegate.commands.opening.short_runs import fitted_session
from tidegate.commands.run import OUT
from tidegate.datasets.future_labels import FutureLabels
from tidegate.errors import UsageError
from tidegate.feature_store import FeatureStore
from tidegate.feature_store.released import champions, released_models
from tidegate.inference.entity_rows import entity_key
from tidegate.inference.rows_with_features import Entities
from tidegate.moments import utc_text
from tidegate.period import Period
from tidegate.pipelines.inference_pipeline import InferencePipelineResult, run_inference_pipeline
from tidegate.pipelines.rows_read import rows_of_predictions
from tidegate.predictions.current import current_predictions
from tidegate.progress import timed_step
from tidegate.registry.model_version import ModelVersion
from tidegate.registry.registry import Registry
from tidegate.system import ModelResults, PageInputs
from tidegate.tables.create import table_exists
from tidegate.tables.delta_log.rows_logged import rows_of_table
from tidegate.tables.read import current_version
from tidegate.training.model import Model

Predicted = Sequence[InferencePipelineResult]


def inference_pipeline(
    system: options.System,
    first: options.FirstDay = None,
    last: options.LastDay = None,
    day: options.Day = None,
    model: options.Model = None,
    entities: Annotated[
        str | None,
        typer.Option("--entities", help="CSV file with a header and the keys of entities to predict, in place of days."),
    ] = None,
    as_of: Annotated[
        datetime | None,
        typer.Option("--as-of", formats=options.MOMENT_FORMATS, help="The prediction time of --entities, with a zone."),
    ] = None,
    root: options.Root = None,
    conf: options.Conf = None,
    environment: options.Environment = "local",
    allow_absent: options.AllowAbsent = False,
) -> None:
    """Predict days with the champion of each model, the version that is in use, and write the system's page again.

    Running the same days again stores only the predictions that differ. If no version of any model is released, the command
    refuses. With --entities and --as-of it predicts these entities at this moment instead. One that can't be predicted gets a
    row that says why.

    Example: ./spark-submit.sh jobs/inference_pipeline.py --system flight_delays --day 2013-10-01
    """
    with opened(SharedOptions(system, root, conf, environment), "inference") as opened_context:
        context = opened_context.allowing_absent(allow_absent)
        if entities is not None or as_of is not None:
            keys = given_entities(context, entities, as_of, model)
            print_predictions(context, predict(context, keys, model), f"{entities} as of {utc_text(keys.as_of)}")
            return
        period = options.chosen_period(first, last, day, None, context.system.zone)
        predicted = predict(context, period, model)
        draw_page(context)
        print_predictions(context, predicted, shown_days(period))


def given_entities(context: Context, file: str | None, as_of: datetime | None, name: str | None) -> Entities:
    """Return the entities of a file, as the spine of the chosen models declares their keys.

    Raises:
        UsageError: One of the two options is missing, or the models have different spines.
        KeysFileError: The file can't be read, or does not have the columns of the key.
    """
    if file is None or as_of is None:
        raise UsageError(f"{'--entities' if file is None else '--as-of'} is missing; give both, or days with --day.")
    views = {model.view.spine: model.view for model in context.system.chosen_models(name)}
    if len(views) > 1:
        names = ", ".join(model.name for model in context.system.models)
        raise UsageError(f"--entities: the models have different spines. Choose one with --model: {names}.")
    [view] = views.values()
    keyed = replace(view.spine_group, entity_key=entity_key(view))
    return Entities(read_keys(context.store.spark, file, keyed), as_of)


def shown_days(period: Period) -> str:
    """Return a period as the last line of a command shows it."""
    return f"{period.first_day} to {period.last_day}"


def predict(context: Context, wanted: Period | Entities, name: str | None = None) -> Predicted:
    """Run the inference pipeline for a period or entities, for all models of the system or for the one with a name."""
    store, registry = context.store, context.registry()
    released = released_models(context.store, registry, context.system, name)
    models = [model for model in context.system.models if model.name in released]
    views = dict.fromkeys(model.view for model in models)
    # Entities join with as many rows as their look-backs reach; for the session they count as a short run.
    rows = sum(rows_of_predictions(store, view, wanted) for view in views) if isinstance(wanted, Period) else 0
    with fitted_session(store.spark, context.settings.short_runs, "inference pipeline", rows):
        now = datetime.now(UTC)
        return run_inference_pipeline(store, context.system.name, models, released, wanted, now)


def draw_page(context: Context) -> float:
    """Write the system's page from its prediction tables, if the system has a page; return the seconds that it took."""
    system, store = context.system, context.store
    if system.write_page is None:
        return 0.0
    registry = context.registry()
    in_use = champions(context.store, registry, context.system)
    predicted = [
        model
        for model in system.models
        if model.name in in_use and table_exists(store.spark, store.layout.predictions(model.name))
    ]
    tables = [store.layout.predictions(model.name) for model in predicted]
    tables += [store.layout.feature_group(group.full_name) for model in predicted for group in model.view.label_groups]
    rows = sum(rows_of_table(store.spark, path) for path in dict.fromkeys(tables))
    with fitted_session(store.spark, context.settings.short_runs, "page", rows), timed_step("page") as step:
        results = {model.name: model_results(context, registry, model, in_use[model.name]) for model in predicted}
        path = store.layout.page(system.name)
        system.write_page(PageInputs(results, path, datetime.now(UTC)))
        step.summary = path
    return step.seconds


def model_results(context: Context, registry: Registry, model: Model, champion: ModelVersion) -> ModelResults:
    """Return what a page shows of one model.

    Args:
        context: The context of the command.
        registry: The registry with the test metrics.
        model: The model.
        champion: Its version that is in use.
    """
    store, outcomes = context.store, None
    if not isinstance(model.view.labels, FutureLabels):
        # With a version, Spark finds the files of the frame without reading the whole log of the table.
        known = current_version(store.spark, store.layout.feature_group(model.view.labels.full_name))
        outcomes = FeatureStore(store.spark, store.layout.root).read(model.view.labels, known)
    return ModelResults(
        predictions=current_predictions(store, model.name),
        outcomes=outcomes,
        metrics=registry.test_metrics(champion),
        note=champion.note,
    )


def print_predictions(context: Context, predicted: Predicted, wanted: str) -> None:
    """Print, for each model, how many predictions were written, which release made them, and where they are."""
    for result in predicted:
        model, written, made_by = result.model, result.written, result.provenance
        OUT.print(
            f"done: {written.rows:,} predictions of {model.name} for {wanted} "
            f"({written.inserted:,} new, {written.updated:,} changed, {written.unchanged:,} as before) "
            f"by version {made_by.model_version} ({made_by.estimator}), release {made_by.release}",
            soft_wrap=True,
        )
        if result.note:
            OUT.print(result.note, style="yellow", highlight=False, soft_wrap=True)
        OUT.print(f"prediction table: {context.store.layout.predictions(model.name)}", soft_wrap=True)
    if context.system.write_page is not None:
        OUT.print(f"page: {context.store.layout.page(context.system.name)}", soft_wrap=True)
