"""The inference pipeline: join the rows to predict with their features, score them, and append them to the prediction table."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from tidegate.code_version import code_version
from tidegate.datasets.absent_groups import (
    absent_groups,
    listed_counts,
    require_groups,
    with_marked_features,
    without_marks,
)
from tidegate.datasets.prepare_view import snapshot_for_use
from tidegate.datasets.view import FeatureView
from tidegate.datasets.view_definition import view_definition
from tidegate.datasets.view_rows import Snapshot, Span, rows_to_predict
from tidegate.errors import NothingToPredictError, OtherTaskError
from tidegate.feature_groups.definition import EVENT_TIME
from tidegate.inference.scored_batch import ABSENT, Scoring, predictions
from tidegate.moments import require_moment
from tidegate.period import Period
from tidegate.point_in_time.aggregates.sums_told import sums_told
from tidegate.point_in_time.ties import ties_told
from tidegate.predictions.columns import ABSENT_GROUPS
from tidegate.predictions.provenance import Provenance
from tidegate.predictions.write import BatchCheck, PredictionsWritten, write_predictions
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
        period: The days of the prediction times.
        provenance: The model, view, table and code versions that produced the predictions.
        written: How many predictions were inserted, updated, unchanged and suppressed.
        seconds: Duration of each step.
        note: A notice for readers if the predictions are naive ones, with the reason; empty for a fitted model.
    """

    model: Model
    period: Period
    provenance: Provenance
    written: PredictionsWritten
    seconds: Mapping[str, float]
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
    store: Store, system: str, model: Model, released: Released, period: Period, now: datetime
) -> InferencePipelineResult:
    """Predict the rows of a period with a released version. Running the same period again writes only predictions that differ.

    The features are those of the view that the release names, also if the model has a newer version of the view by now.

    Args:
        store: The store.
        system: Name of the system. The table of runs shows it.
        model: The view, the task and the prediction table.
        released: The released version of the model.
        period: The days of the prediction times.
        now: The time of scoring, in UTC.

    Raises:
        NaiveMomentError: `now` has no time zone.
        OtherTaskError: The released version predicts something else than the task.
        MissingGroupError: A feature group was never written.
        TiedRowsError: Two rows of a group have the same key, event_time and `available_at`, and no sequence column orders them.
        LargeSumError: A sum of whole numbers or decimals does not fit into its type.
        NothingToPredictError: The spine has no row in the period.
        ChangedDefinitionError: The definition of the view was changed without raising its version.
        AbsentGroupsError: More rows than the view allows have no row in a feature group. Nothing is written.
    """
    require_moment(now, "the moment of scoring")
    batch = f"{period.first_day}..{period.last_day}"
    with recorded_run(store.spark, store.layout.runs, "inference_pipeline", system, batch) as run:
        version = released.version
        _require_same_task(model, released)
        # Not a model with this view: the definition of the model may name columns that an earlier view doesn't have.
        view = _view(store, model, released)
        snapshot = snapshot_for_use(store, view, (view.spine_group,))
        provenance = _provenance(released, snapshot)
        with timed_step(f"predictions {model.name}") as scored:
            scoring = Scoring(released.scorer, provenance, model.task)
            written = _write(snapshot, model, view, (Span(period.start, period.end), now), scoring)
            if written.rows == 0:
                raise NothingToPredictError(view.spine.full_name, batch)
            scored.summary = f"{written.inserted:,} inserted, {written.updated:,} updated, {written.unchanged:,} unchanged"
            if written.suppressed:
                scored.summary += f", {written.suppressed:,} of erased people left out"
        by = f"{released.model.text}, {released.model.estimator}"
        run.details.update(predictions=scored.summary, release=provenance.release, model=by)
    return InferencePipelineResult(model, period, provenance, written, {"predictions": scored.seconds}, version.note)


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


def _write(
    snapshot: Snapshot, model: Model, view: FeatureView, when: tuple[Span, datetime], scoring: Scoring
) -> PredictionsWritten:
    """Score the rows of the spine in a span of time, as of a time of scoring, and write the predictions."""
    (span, now), kept, table = when, model.kept_with(view), model.table_with(view)
    further = derived_subjects(snapshot.store, (view.name, view.version), kept)
    table = replace(table, subjects=tuple(dict.fromkeys((*table.subjects, *further))))
    rows = rows_to_predict(snapshot, view, span).select(*kept, EVENT_TIME)
    marked = with_marked_features(snapshot, view, rows, span).withColumn(ABSENT, absent_groups(view))
    scored = predictions(without_marks(marked, view), kept, scoring, now)
    check = BatchCheck(listed_counts(view, ABSENT_GROUPS), partial(require_groups, snapshot, view))
    with ties_told(), sums_told(), reading_versions(f"predictions {model.name}"):
        return write_predictions(snapshot.store, table, scored, (span.start, span.end), check)
