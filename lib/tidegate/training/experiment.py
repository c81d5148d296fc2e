"""One training run: fit the models, choose one, check its scorer, evaluate it, register it, and decide about acceptance."""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, replace

from tidegate.evaluation import Metrics, PairedDifference
from tidegate.progress import timed_step
from tidegate.registry import ESTIMATOR_TAG, REASON_TAG, ModelVersion, Registry, RunLog
from tidegate.scorers.checking import ScorerCheck, check_scorer
from tidegate.training.estimators.estimator import FittedModel
from tidegate.training.evaluated_models import EvaluatedModels, best_on_validation, evaluate_models
from tidegate.training.fitted_models import NAIVE, fit_models
from tidegate.training.incumbent import Incumbent, as_incumbent
from tidegate.training.naive_version import register_naive
from tidegate.training.prepared_splits import PreparedSplits, prepare_splits
from tidegate.training.record import record_evaluation, record_inputs, record_model, record_models
from tidegate.training.training_plan import Splits, TrainingPlan
from tidegate.training.verdict import Verdict, judge
from tidegate.training.walk_forward import best_of_folds, measure_folds


@dataclass(frozen=True)
class ExperimentResult:
    """The result of a training run.

    Attributes:
        run_id: Id of the MLflow run.
        candidate: Name of the model that was chosen, on the validation rows or the folds of walk-forward, and registered.
        version: The registered version of it.
        verdict: Whether this version is accepted, and why.
        metrics: Metrics by split, then by model. With walk-forward, each fold (`fold_1`) is a split too.
        comparisons: Test loss of the candidate minus that of each other model, with 95 % intervals.
        scorer_check: How far the portable scorer differs from the fitted model.
        seconds: Duration of each step, in order.
        naive: The version of the naive prediction, if that is accepted in place of the candidate; None otherwise.
    """

    run_id: str
    candidate: str
    version: ModelVersion
    verdict: Verdict
    metrics: Mapping[str, Mapping[str, Metrics]]
    comparisons: tuple[PairedDifference, ...]
    scorer_check: ScorerCheck
    seconds: Mapping[str, float]
    naive: ModelVersion | None = None

    @property
    def accepted(self) -> ModelVersion | None:
        """The version to release: the candidate, or the naive prediction in its place; None if the champion stays."""
        return self.version if self.verdict.accepted else self.naive


@dataclass(frozen=True)
class _Proven:
    """The fitted models, their evaluation, and the check of the candidate's scorer."""

    models: Mapping[str, FittedModel]
    evaluated: EvaluatedModels
    check: ScorerCheck

    @property
    def candidate(self) -> FittedModel:
        return self.models[self.evaluated.candidate]


def run_experiment(
    splits: Splits, plan: TrainingPlan, lineage: Mapping[str, str], registry: Registry, champion: ModelVersion | None = None
) -> ExperimentResult:
    """Fit, evaluate and register a model, and say whether it is accepted. Nothing is released: that is left to the caller.

    If the model does not surely beat the naive prediction, the naive prediction itself may be registered and accepted. The rules
    are those of `judge`.

    Args:
        splits: Labelled rows in three parts.
        plan: What to fit.
        lineage: The origin of the rows (view, group and table versions, dataset, code version). It is logged with the run and
            with the model version.
        registry: The registry to write to.
        champion: The version that is in use, which the new one has to beat; None if there is none.

    Raises:
        DefinitionError: A bound of acceptance names a metric that the task doesn't have.
        MissingColumnsError: A split lacks a column of the plan.
        PersonalFeatureError: A feature is declared personal.
        UnusableRowsError: A split or a fold can't be trained on or, if the rows are split by time, a split is not later than the
            one before it.
        ScorerMismatchError: The portable scorer does not equal the model. Nothing is registered.
        RegistryError: MLflow failed.
    """
    times: dict[str, float] = {}
    incumbent = None if champion is None else as_incumbent(registry, champion, plan.task, splits.test.columns)
    also = incumbent.scorer.required_columns if incumbent and incumbent.scorer else ()
    with registry.run(plan.model_name) as run:
        with timed_step("prepare rows", times):
            data = prepare_splits(splits, plan, also)
        with closing(data):
            record_inputs(run, plan, data.summaries, lineage)
            proven = _prove(data, plan, incumbent, times)
        # Before anything is registered, because a bound may name a metric that the task doesn't have.
        digest = proven.models[NAIVE].scorer.digest
        verdict = judge(plan.accept, incumbent, proven.evaluated, plan.task.loss_name, digest)
        is_naive = proven.evaluated.candidate == NAIVE
        with timed_step("log and register", times):
            reason = {REASON_TAG: verdict.reason} if is_naive else {}
            version = _registered(registry, run, plan, proven, {**lineage, **reason})
            run.log_values(tags={"accepted": str(verdict.accepted).lower(), "verdict": verdict.reason})
    naive = version if is_naive and verdict.naive else None
    if verdict.naive and not is_naive:
        with timed_step("register the naive prediction", times):
            fitted = proven.models[NAIVE]
            naive = register_naive(registry, plan.model_name, fitted, proven.evaluated, lineage, verdict.reason)
    evaluated = proven.evaluated
    of_version = (run.run_id, evaluated.candidate, version, verdict)
    return ExperimentResult(*of_version, evaluated.metrics, evaluated.comparisons, proven.check, times, naive)


def _prove(data: PreparedSplits, plan: TrainingPlan, incumbent: Incumbent | None, times: dict[str, float]) -> _Proven:
    """Fit the models, choose one, check its scorer, and evaluate all models on the test rows."""
    folds = {}
    if plan.folds:
        with timed_step("walk forward", times):
            folds = measure_folds(data.splits, plan)
    with timed_step("fit models", times):
        models = fit_models(data, plan)
    scorers = {name: model.scorer for name, model in models.items()}
    with timed_step("choose a model", times) as choosing:
        chosen = best_on_validation(data.splits.validation, scorers, plan.task)
        if folds:
            chosen = (best_of_folds(folds, chosen[1]), chosen[1])
        choosing.summary = f"{chosen[0]}, validation {plan.task.loss_name} {chosen[1][chosen[0]].loss:.5f}"
    with timed_step("check the portable scorer", times):
        check = check_scorer(models[chosen[0]], data.splits.test)
    with timed_step("evaluate models", times):
        champion = incumbent.scorer if incumbent else None
        evaluated = evaluate_models(data.splits.test, scorers, champion, plan.task, chosen, plan.accept.slice_columns)
    return _Proven(models, replace(evaluated, metrics={**folds, **evaluated.metrics}), check)


def _registered(registry: Registry, run: RunLog, plan: TrainingPlan, proven: _Proven, lineage: Mapping[str, str]) -> ModelVersion:
    record_models(run, proven.models)
    record_evaluation(run, proven.evaluated, proven.check)
    model_uri = record_model(run, proven.candidate, proven.evaluated, plan)
    return registry.register(plan.model_name, run, model_uri, {**lineage, ESTIMATOR_TAG: proven.candidate.kind})
