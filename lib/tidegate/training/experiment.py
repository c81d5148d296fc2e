"""One training run: fit the models, check the portable scorer, evaluate, register, and promote the new model if it is better."""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass

from tidegate.evaluation import Metrics, PairedDifference
from tidegate.progress import timed_step
from tidegate.registry import ModelVersion, Registry
from tidegate.scorers.checking import ScorerCheck, check_scorer
from tidegate.training.base_rate import base_rate_scorer, register_base_rate
from tidegate.training.evaluated_models import EvaluatedModels, evaluate_models
from tidegate.training.fitted_models import FittedModels, fit_models
from tidegate.training.incumbent import Incumbent, find_incumbent
from tidegate.training.prepared_splits import PreparedSplits, prepare_splits
from tidegate.training.promotion import decide_promotion
from tidegate.training.record import record_evaluation, record_inputs, record_model
from tidegate.training.training_plan import Splits, TrainingPlan


@dataclass(frozen=True)
class ExperimentResult:
    """The result of a training run.

    Attributes:
        run_id: Id of the MLflow run.
        model_version: Number of the registered version.
        promoted: Whether this version is now the champion.
        reason: Why it was promoted, or why not.
        metrics: Metrics by split, then by model.
        comparisons: Test log loss of the boosted trees minus that of each other model, with 95 % intervals.
        scorer_check: How far the portable scorer differs from the MLlib model.
        seconds: Duration of each step, in order.
        base_rate: The version that was registered for the base rate, if that became the champion; else None.
    """

    run_id: str
    model_version: int
    promoted: bool
    reason: str
    metrics: Mapping[str, Mapping[str, Metrics]]
    comparisons: tuple[PairedDifference, ...]
    scorer_check: ScorerCheck
    seconds: Mapping[str, float]
    base_rate: ModelVersion | None = None


def run_experiment(splits: Splits, plan: TrainingPlan, lineage: Mapping[str, str], registry: Registry) -> ExperimentResult:
    """Fit, evaluate and register a model, and promote it if it surely beats the base rate and the champion.

    If the model does not surely beat the base rate, the base rate itself may become the champion; `decide_promotion` has the
    rules.

    Args:
        splits: Labelled rows, split by time.
        plan: What to fit.
        lineage: The origin of the rows (view, group and table versions, dataset, code version). It is logged with the run and
            with the model version.
        registry: The registry to write to.

    Raises:
        MissingColumnsError: A split lacks a column of the plan.
        PersonalFeatureError: A feature is declared personal.
        UnusableRowsError: A split can't be trained on, or is not later than the one before it.
        ScorerMismatchError: The portable scorer does not equal the model. Nothing is registered.
        RegistryError: MLflow failed.
    """
    times: dict[str, float] = {}
    incumbent = find_incumbent(registry, plan.model_name, splits.test.columns)
    also = incumbent.scorer.required_columns if incumbent and incumbent.scorer else ()
    with registry.run(plan.model_name) as run:
        with timed_step("prepare rows", times):
            data = prepare_splits(splits, plan, also)
        with closing(data):
            record_inputs(run, plan, data.summaries, lineage)
            models, evaluated, check = _proven_models(data, plan, incumbent, times)
        with timed_step("log and register", times):
            record_evaluation(run, evaluated, check)
            model_uri = record_model(run, models, evaluated, plan)
            version = registry.register(plan.model_name, run, model_uri, lineage)
            promotion = decide_promotion(incumbent, evaluated, base_rate_scorer(models.base_rate).digest)
            run.log_values(tags={"promoted": str(promotion.promoted).lower(), "promotion_reason": promotion.reason})
            if promotion.promoted:
                registry.promote(version)
    base_rate = None
    if promotion.base_rate:
        with timed_step("register the base rate", times):
            base_rate = register_base_rate(registry, plan.model_name, models.base_rate, evaluated, lineage, promotion.reason)
            registry.promote(base_rate)
    of_version = (run.run_id, version.version, promotion.promoted, promotion.reason)
    return ExperimentResult(*of_version, evaluated.metrics, evaluated.comparisons, check, times, base_rate)


def _proven_models(
    data: PreparedSplits, plan: TrainingPlan, incumbent: Incumbent | None, times: dict[str, float]
) -> tuple[FittedModels, EvaluatedModels, ScorerCheck]:
    with timed_step("fit logistic regression and boosted trees", times):
        models = fit_models(data, plan)
    with timed_step("check the portable scorer", times):
        check = check_scorer(models.boosted_trees, data.splits.test)
    with timed_step("evaluate", times):
        evaluated = evaluate_models(data, models, incumbent, plan)
    return models, evaluated, check
