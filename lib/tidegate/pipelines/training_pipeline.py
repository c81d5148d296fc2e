"""The training pipeline: build the training dataset, split it by time, and run the experiment that registers the model."""

from collections.abc import Mapping
from dataclasses import dataclass

from tidegate.code_version import code_version
from tidegate.datasets.gap import automatic_gap
from tidegate.datasets.manifest import Manifest
from tidegate.datasets.split_rules import ByTime
from tidegate.datasets.splits import TimeSplit
from tidegate.datasets.training_dataset import training_dataset
from tidegate.datasets.view_definition import view_definition
from tidegate.feature_groups.definition import EVENT_TIME
from tidegate.moments import utc_text
from tidegate.progress import timed_step
from tidegate.registry.model_version import ModelVersion
from tidegate.registry.registry import Registry
from tidegate.tables.definitions import require_definitions
from tidegate.tables.runs import recorded_run
from tidegate.tables.store import Store
from tidegate.training.divided_rows import Division, divide, divided_rows
from tidegate.training.experiment import ExperimentResult, run_experiment
from tidegate.training.model import Model
from tidegate.training.training_plan import TrainingPlan


@dataclass(frozen=True)
class TrainingRequest:
    """What one training run is asked for.

    Attributes:
        split: The periods for training, validation and test. A model that divides its rows by key takes only the start and the
            end of it.
        partitions: Number of partitions of the training rows.
        champion: The version that is in use, which the new one has to beat; None if there is none.
    """

    split: TimeSplit
    partitions: int = 2
    champion: ModelVersion | None = None


@dataclass(frozen=True)
class TrainingPipelineResult:
    """The result of one run.

    Attributes:
        model: The definition of the model.
        manifest: The manifest of the training dataset.
        experiment: The result of the experiment.
        seconds: Duration of each step.
    """

    model: Model
    manifest: Manifest
    experiment: ExperimentResult
    seconds: Mapping[str, float]


def run_training_pipeline(
    store: Store, system: str, model: Model, request: TrainingRequest, registry: Registry
) -> TrainingPipelineResult:
    """Build the training dataset for the whole period of a split, train and evaluate on its parts, and register the model.

    The split of the model says how the rows of the period are divided.

    Nothing is released. `experiment.accepted` of the result is the version to release.

    Args:
        store: The store.
        system: Name of the system. The table of runs shows it.
        model: The definition of the model.
        request: The split, and what the new version has to beat.
        registry: The registry to write to.

    Raises:
        MissingGroupError, NoLabelsError: There is nothing to train on.
        ChangedDefinitionError: The definition of the view or the model was changed without raising its version.
        AbsentGroupsError: More rows than the view allows have no row in a feature group.
        ShortPeriodError: The period is too short for the gap or the folds of the model's split. Nothing is built.
        UnusableRowsError: A part of the split can't be used, for example because it is empty.
        ScorerMismatchError: The portable scorer does not equal the model. Nothing is registered.
    """
    split = request.split
    with recorded_run(store.spark, store.layout.runs, "training_pipeline", system, str(split)) as run:
        division = divide(model.split, split, model.view)
        require_definitions(store, [view_definition(model.view), model.definition])
        with timed_step("training dataset") as built:
            dataset = training_dataset(store, model.view, split.start, split.end, known_by=split.end)
            manifest = dataset.manifest
            built.summary = f"{manifest.rows:,} rows, id {manifest.dataset_id}{', reused' if dataset.reused else ''}"
            if dataset.suppressed:
                built.summary += f", {dataset.suppressed:,} rows of erased people left out"
        with timed_step(f"train and evaluate {model.name}") as trained:
            splits, plan = divided_rows(dataset.frame, division, model.view), _plan(model, division, request.partitions)
            experiment = run_experiment(splits, plan, _lineage(model, manifest), registry, request.champion)
            version = experiment.version.version
            trained.summary = f"{model.name} version {version} ({experiment.candidate}), {experiment.verdict.reason}"
        run.details.update(dataset=built.summary, model=trained.summary, mlflow_run=experiment.run_id)
    return TrainingPipelineResult(model, manifest, experiment, {"training dataset": built.seconds, **experiment.seconds})


def _plan(model: Model, division: Division, partitions: int) -> TrainingPlan:
    view = model.view
    return TrainingPlan(
        model_name=model.name,
        task=model.task,
        estimators=model.estimators,
        columns=model.model_columns,
        target=model.predicted,
        time=EVENT_TIME,
        key=view.spine.entity_key,
        day=model.day,
        weight=model.weight,
        may_lack=model.may_lack,
        accept=model.accept,
        personal=tuple(sorted(view.personal_columns)),
        partitions=partitions,
        is_by_time=division.is_by_time,
        folds=division.folds,
    )


def _lineage(model: Model, manifest: Manifest) -> dict[str, str]:
    """Return the tags of the run and of the model version, which name everything that the rows were made from."""
    inputs = manifest.inputs
    tables = {f"table_version.{name}": str(version) for name, version in inputs.group_versions.items()}
    return {
        "task": model.task.kind,
        "feature_view": inputs.feature_view,
        "feature_view_version": str(inputs.feature_view_version),
        "feature_view_digest": inputs.view_digest,
        "dataset_id": manifest.dataset_id,
        "dataset_rows": str(manifest.rows),
        "dataset_content_hash": manifest.content_hash,
        "label_start": utc_text(inputs.label_start),
        "label_end": utc_text(inputs.label_end),
        "code_version": code_version(),
        **({} if model.split is None else {"split": _split_text(model)}),
        **tables,
    }


def _split_text(model: Model) -> str:
    """Return how the rows are divided, with the length of an automatic gap."""
    automatic = isinstance(model.split, ByTime) and model.split.gap == "automatic"
    return f"{model.split} ({automatic_gap(model.view)})" if automatic else str(model.split)
