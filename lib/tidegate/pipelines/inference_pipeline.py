"""The inference pipeline: join the rows to predict with their features, score them, and append them to prediction tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from tidegate.code_version import code_version
from tidegate.datasets.absent_groups import listed_counts, require_groups
from tidegate.datasets.view import FeatureView
from tidegate.datasets.view_definition import view_definition
from tidegate.datasets.view_rows import Snapshot, Span
from tidegate.errors import NothingToPredictError, OtherTaskError
from tidegate.inference.rows_with_features import Entities, RowsWithFeatures, rows_with_features
from tidegate.inference.scored_batch import Scoring, predictions
from tidegate.moments import require_moment, utc_text
from tidegate.period import Period
from tidegate.point_in_time.aggregates.sums_told import sums_told
from tidegate.point_in_time.ties import ties_told
from tidegate.predictions.columns import ABSENT_GROUPS
from tidegate.predictions.provenance import Provenance
from tidegate.predictions.write import NO_CHECK, BatchCheck, PredictionsWritten, write_predictions
from tidegate.progress import timed_step
from tidegate.registry.model_version import ModelVersion
from tidegate.registry.registry import CHAMPION
from tidegate.releases.release import ReleasedModel
from tidegate.releases.released_view import released_view
from tidegate.scorers.portable_scorer import PortableScorer
from tidegate.subjects.derived_people import derived_subjects
from tidegate.tables.definitions import changed_definitions
from tidegate.tables.gone_files import reading_versions
from tidegate.tables.runs import recorded_run
from tidegate.tables.store import Store
from tidegate.training.model import Model


@dataclass(frozen=True)
class InferencePipelineResult:
    """The result of one run for one model.

    Attributes:
        model: The definition of the model.
        wanted: The days of the prediction times, or the entities.
        provenance: The model, view, table and code versions that produced the predictions.
        written: How many predictions were inserted, updated, unchanged and suppressed.
        seconds: Duration of each step.
        summary: The counts as a text.
        note: A notice for readers if the predictions are naive ones, with the reason; empty for a fitted model.
    """

    model: Model
    wanted: Period | Entities
    provenance: Provenance
    written: PredictionsWritten
    seconds: Mapping[str, float]
    summary: str
    note: str = ""


@dataclass(frozen=True)
class Released:
    """The released version of a model, as it was when a batch began.

    Attributes:
        model: What the release couples.
        version: The registered version.
        scorer: The bytes of its portable scorer.
    """

    model: ReleasedModel
    version: ModelVersion
    scorer: bytes


def run_inference_pipeline(
    store: Store,
    system: str,
    models: Sequence[Model],
    released: Mapping[str, Released],
    wanted: Period | Entities,
    now: datetime,
) -> list[InferencePipelineResult]:
    """Predict the rows of a period with released versions. Running the same period again writes only predictions that differ.

    The features of a model are those of the view that its release names, also if the model has a newer version of the view by
    now. Models with the same view score the same joined rows.

    Args:
        store: The store.
        system: Name of the system. The table of runs shows it.
        models: The views, the tasks and the prediction tables.
        released: The released version of each model, by the name of the model.
        wanted: The days of the prediction times, or entities and one prediction time. Rows of entities that can't be predicted
            are written with the reason in `why_not_predicted`.
        now: The time of scoring, in UTC.

    Raises:
        NaiveMomentError: `now` has no time zone.
        OtherTaskError: A released version predicts something else than the task.
        MissingGroupError: A feature group was never written.
        TiedRowsError: Two rows of a group have the same key, event_time and `available_at`, and no sequence column orders them.
        LargeSumError: A sum of whole numbers or decimals does not fit into its type.
        NothingToPredictError: A spine has no row in the period, or there are no entities.
        MissingColumnsError, UsageError: The entities lack a column of the key, or have one of another type.
        ChangedDefinitionError: The definition of a view was changed without raising its version.
        AbsentGroupsError: More rows than the view allows have no row in a feature group. Nothing is written for this model.
    """
    require_moment(now, "the moment of scoring")
    batch = _batch(wanted)
    with recorded_run(store.spark, store.layout.runs, "inference_pipeline", system, batch) as run:
        for model in models:
            _require_same_task(model, released[model.name])
        # Not models with these views: the definition of a model may name columns that an earlier view doesn't have.
        views = {model.name: _view(store, model, released[model.name]) for model in models}
        results: dict[str, InferencePipelineResult] = {}
        for view in dict.fromkeys(views.values()):
            sharing = [model for model in models if views[model.name] == view]
            kept = [name for model in sharing for name in model.kept_with(view)]
            with rows_with_features(store, view, _rows_wanted(wanted), kept, len(sharing) > 1) as rows:
                for model in sharing:
                    results[model.name] = _predicted(rows, model, released[model.name], wanted, now)
        in_order = [results[model.name] for model in models]
        run.details.update(_details(in_order, released))
    return in_order


def _predicted(
    rows: RowsWithFeatures, model: Model, released: Released, wanted: Period | Entities, now: datetime
) -> InferencePipelineResult:
    """Score the rows with one model, and write its predictions."""
    provenance = _provenance(released, rows.snapshot)
    with timed_step(f"predictions {model.name}") as scored:
        scoring = Scoring(released.scorer, provenance, model.task)
        written = _write(rows, model, scoring, now, isinstance(wanted, Period))
        if written.rows == 0:
            raise NothingToPredictError(rows.view.spine.full_name, _batch(wanted))
        scored.summary = f"{written.inserted:,} inserted, {written.updated:,} updated, {written.unchanged:,} unchanged"
        if written.suppressed:
            scored.summary += f", {written.suppressed:,} of erased people left out"
    seconds = {"predictions": scored.seconds}
    return InferencePipelineResult(model, wanted, provenance, written, seconds, scored.summary, released.version.note)


def _batch(wanted: Period | Entities) -> str:
    """Return what the table of runs and messages call the wanted rows."""
    if isinstance(wanted, Entities):
        return f"entities as of {utc_text(wanted.as_of)}"
    return f"{wanted.first_day}..{wanted.last_day}"


def _rows_wanted(wanted: Period | Entities) -> Span | Entities:
    return wanted if isinstance(wanted, Entities) else Span(wanted.start, wanted.end)


def _details(results: Sequence[InferencePipelineResult], released: Mapping[str, Released]) -> dict[str, str]:
    """Return what the table of runs says of the predictions. With several models, each is named."""
    several = len(results) > 1
    lines = [f"{each.model.name}: {each.summary}" if several else each.summary for each in results]
    made_by = [released[each.model.name].model for each in results]
    return {
        "predictions": "; ".join(lines),
        "release": ", ".join(each.release_id for each in made_by),
        "model": "; ".join(f"{each.text}, {each.estimator}" for each in made_by),
    }


def _require_same_task(model: Model, released: Released) -> None:
    outputs = PortableScorer.from_bytes(released.scorer).outputs
    if outputs != model.task.outputs:
        raise OtherTaskError(model.name, released.version.version, outputs, model.task.outputs)


def _view(store: Store, model: Model, released: Released) -> FeatureView:
    """Return the view of the released version, after a check that the view of the model keeps the meaning of its version."""
    for error in changed_definitions(store, [view_definition(model.view)]):
        raise error
    return released_view(released.model, (model.view,))


def _provenance(released: Released, snapshot: Snapshot) -> Provenance:
    model = released.model
    of_model, of_view = (model.model, model.model_version), (model.view, model.view_version)
    return Provenance(model.release_id, CHAMPION, *of_model, *of_view, snapshot.versions, code_version(), model.estimator)


def _write(rows: RowsWithFeatures, model: Model, scoring: Scoring, now: datetime, is_whole: bool) -> PredictionsWritten:
    """Score the rows, and write the predictions. Those of a whole period are refused if too many rows lack a feature group."""
    view, snapshot, span = rows.view, rows.snapshot, rows.span
    kept, table = model.kept_with(view), model.table_with(view)
    further = derived_subjects(snapshot.store, (view.name, view.version), kept)
    table = replace(table, subjects=tuple(dict.fromkeys((*table.subjects, *further))))
    scored = predictions(rows.frame, kept, scoring, now)
    whole = BatchCheck(listed_counts(view, ABSENT_GROUPS), partial(require_groups, snapshot, view))
    check = whole if is_whole else NO_CHECK
    with ties_told(), sums_told(), reading_versions(f"predictions {model.name}"):
        return write_predictions(snapshot.store, table, scored, (span.start, span.end), check)
