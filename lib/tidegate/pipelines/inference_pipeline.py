"""The inference pipeline: rows to predict, features as of each prediction time, scores, MERGE with provenance."""

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
from tidegate.datasets.used_view import snapshot_for_use
from tidegate.datasets.view_rows import Span, within
from tidegate.errors import NothingToPredictError
from tidegate.feature_groups.definition import EVENT_TIME
from tidegate.inference.scored_batch import ABSENT, Scoring, predictions
from tidegate.moments import require_moment
from tidegate.period import Period
from tidegate.pipelines.definitions import InferencePipeline
from tidegate.point_in_time.ties import ties_told
from tidegate.predictions.columns import ABSENT_GROUPS
from tidegate.predictions.provenance import Provenance
from tidegate.predictions.write import BatchCheck, PredictionsWritten, write_predictions
from tidegate.progress import timed_step
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
        period: Days of the prediction times.
        provenance: What made the predictions.
        written: What became of them.
        seconds: Of each step.
        note: What a reader has to be told: that they are the base rate, and why; empty for a model.
    """

    period: Period
    provenance: Provenance
    written: PredictionsWritten
    seconds: Mapping[str, float]
    note: str = ""


def run_inference_pipeline(
    store: Store, pipeline: InferencePipeline, period: Period, registry: Registry, now: datetime
) -> InferencePipelineResult:
    """Predict the period's rows with the champion; the same period again changes nothing but what differs.

    Args:
        store: The store.
        pipeline: View, model and table.
        period: Days of the prediction times.
        registry: Where the champion is registered.
        now: The moment of scoring, UTC.

    Raises:
        NoChampionError: No model version has the alias champion yet.
        MissingGroupError: A feature group was never written.
        TiedRowsError: Rows of a group claim the same moment, and nothing orders them.
        NothingToPredictError: The spine has no row in the period.
        ChangedDefinitionError: The view was changed, and its version was not.
        AbsentGroupsError: More rows than the view allows found no row of a group; nothing is written.
    """
    require_moment(now, "the moment of scoring")
    batch = f"{period.first_day}..{period.last_day}"
    with recorded_run(store.spark, store.layout.runs, "inference_pipeline", pipeline.system, batch) as run:
        champion = registry.require_champion(pipeline.model_name)
        with timed_step("load champion") as loaded:
            scorer = registry.scorer(champion)
            estimator = PortableScorer.from_bytes(scorer).estimator
            loaded.summary = f"{champion.name} version {champion.version}, {estimator}"
        view = pipeline.view
        snapshot = snapshot_for_use(store, view, view.spine)
        further = derived_subjects(store, (view.name, view.version), pipeline.kept)
        table = replace(pipeline.table, subjects=tuple(dict.fromkeys((*pipeline.table.subjects, *further))))
        provenance = Provenance(
            CHAMPION,
            champion.name,
            champion.version,
            view.name,
            view.version,
            snapshot.versions,
            code_version(),
            estimator,
        )
        with timed_step(f"predictions {pipeline.system}") as scored:
            span = Span(period.start, period.end)
            rows = within(snapshot.standing(view.spine), span).select(*pipeline.kept, EVENT_TIME)
            scoring = Scoring(scorer, provenance, pipeline.threshold)
            marked = with_marked_features(snapshot, view, rows, span).withColumn(ABSENT, absent_groups(view))
            batch_rows = predictions(without_marks(marked, view), pipeline.kept, scoring, now)
            check = BatchCheck(listed_counts(view, ABSENT_GROUPS), partial(require_groups, snapshot, view))
            with ties_told(), reading_versions(f"predictions {pipeline.system}"):
                written = write_predictions(store, table, batch_rows, (span.start, span.end), check)
            if written.rows == 0:
                raise NothingToPredictError(view.spine.full_name, batch)
            scored.summary = f"{written.inserted:,} inserted, {written.updated:,} updated, {written.unchanged:,} unchanged"
            if written.suppressed:
                scored.summary += f", {written.suppressed:,} of erased people left out"
        run.details.update(predictions=scored.summary, release=provenance.release, model=loaded.summary)
    seconds = {"load champion": loaded.seconds, "predictions": scored.seconds}
    return InferencePipelineResult(period, provenance, written, seconds, champion.note)
