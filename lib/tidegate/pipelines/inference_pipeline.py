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
from tidegate.datasets.view_rows import Snapshot, Span, rows_to_predict
from tidegate.errors import NothingToPredictError
from tidegate.feature_groups.definition import EVENT_TIME
from tidegate.inference.scored_batch import ABSENT, Scoring, predictions
from tidegate.moments import require_moment
from tidegate.period import Period
from tidegate.pipelines.definitions import InferencePipeline
from tidegate.point_in_time.aggregates.sums_told import sums_told
from tidegate.point_in_time.ties import ties_told
from tidegate.predictions.columns import ABSENT_GROUPS
from tidegate.predictions.provenance import Provenance, release_id
from tidegate.predictions.write import BatchCheck, PredictionsWritten, write_predictions
from tidegate.progress import timed_step
from tidegate.registry.model_version import ModelVersion
from tidegate.registry.registry import CHAMPION, Registry
from tidegate.scorers.portable_scorer import PortableScorer
from tidegate.subjects.derived_people import derived_subjects
from tidegate.tables.gone_files import reading_versions
from tidegate.tables.runs import recorded_run
from tidegate.tables.store import Store


@dataclass(frozen=True)
class InferencePipelineResult:
    """The result of one run.

    Attributes:
        period: The days of the prediction times.
        provenance: The model, view, table and code versions that produced the predictions.
        written: How many predictions were inserted, updated, unchanged and suppressed.
        seconds: Duration of each step.
        note: A notice for readers if the predictions are the base rate, with the reason; empty for a fitted model.
    """

    period: Period
    provenance: Provenance
    written: PredictionsWritten
    seconds: Mapping[str, float]
    note: str = ""


def run_inference_pipeline(
    store: Store, pipeline: InferencePipeline, period: Period, registry: Registry, now: datetime
) -> InferencePipelineResult:
    """Predict the rows of a period with the champion. Running the same period again writes only predictions that differ.

    Args:
        store: The store.
        pipeline: The view, the model and the prediction table.
        period: The days of the prediction times.
        registry: The registry with the champion.
        now: The time of scoring, in UTC.

    Raises:
        NaiveMomentError: `now` has no time zone.
        NoChampionError: No version of the model is the champion yet.
        MissingGroupError: A feature group was never written.
        TiedRowsError: Two rows of a group have the same key, event_time and `available_at`, and no sequence column orders them.
        LargeSumError: A sum of whole numbers or decimals does not fit into its type.
        NothingToPredictError: The spine has no row in the period.
        ChangedDefinitionError: The definition of the view was changed without raising its version.
        AbsentGroupsError: More rows than the view allows have no row in a feature group. Nothing is written.
    """
    require_moment(now, "the moment of scoring")
    batch = f"{period.first_day}..{period.last_day}"
    with recorded_run(store.spark, store.layout.runs, "inference_pipeline", pipeline.system, batch) as run:
        champion = registry.require_champion(pipeline.model_name)
        with timed_step("load champion") as loaded:
            scorer = registry.scorer(champion)
            estimator = PortableScorer.from_bytes(scorer).estimator
            loaded.summary = f"{champion.name} version {champion.version}, {estimator}"
        snapshot = snapshot_for_use(store, pipeline.view, (pipeline.view.spine_group,))
        provenance = _provenance(champion, pipeline, snapshot, estimator)
        with timed_step(f"predictions {pipeline.system}") as scored:
            scoring = Scoring(scorer, provenance, pipeline.threshold)
            written = _write(snapshot, pipeline, Span(period.start, period.end), scoring, now)
            if written.rows == 0:
                raise NothingToPredictError(pipeline.view.spine.full_name, batch)
            scored.summary = f"{written.inserted:,} inserted, {written.updated:,} updated, {written.unchanged:,} unchanged"
            if written.suppressed:
                scored.summary += f", {written.suppressed:,} of erased people left out"
        run.details.update(predictions=scored.summary, release=provenance.release, model=loaded.summary)
    seconds = {"load champion": loaded.seconds, "predictions": scored.seconds}
    return InferencePipelineResult(period, provenance, written, seconds, champion.note)


def _provenance(champion: ModelVersion, pipeline: InferencePipeline, snapshot: Snapshot, estimator: str) -> Provenance:
    view = pipeline.view
    of_model, of_view = (champion.name, champion.version), (view.name, view.version)
    release = release_id(of_model, of_view, (group.full_name for group in view.groups))
    return Provenance(release, CHAMPION, *of_model, *of_view, snapshot.versions, code_version(), estimator)


def _write(snapshot: Snapshot, pipeline: InferencePipeline, span: Span, scoring: Scoring, now: datetime) -> PredictionsWritten:
    """Score the rows of the spine in a span of time, and write the predictions."""
    view = pipeline.view
    further = derived_subjects(snapshot.store, (view.name, view.version), pipeline.kept)
    table = replace(pipeline.table, subjects=tuple(dict.fromkeys((*pipeline.table.subjects, *further))))
    rows = rows_to_predict(snapshot, view, span).select(*pipeline.kept, EVENT_TIME)
    marked = with_marked_features(snapshot, view, rows, span).withColumn(ABSENT, absent_groups(view))
    scored = predictions(without_marks(marked, view), pipeline.kept, scoring, now)
    check = BatchCheck(listed_counts(view, ABSENT_GROUPS), partial(require_groups, snapshot, view))
    with ties_told(), sums_told(), reading_versions(f"predictions {pipeline.system}"):
        return write_predictions(snapshot.store, table, scored, (span.start, span.end), check)
