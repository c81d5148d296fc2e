"""One training run: fit, prove, measure, register, and promote what is better than what there was."""

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
from tidegate.training.plan import Splits, TrainingPlan
from tidegate.training.prepared_splits import PreparedSplits, prepare_splits
from tidegate.training.promotion import decide_promotion
from tidegate.training.record import record_evaluation, record_inputs, record_model


@dataclass(frozen=True)
class ExperimentResult:
    """What a training run came to.

    Attributes:
        run_id: MLflow run.
        model_version: Registered version.
        promoted: Whether it is now the champion.
        reason: Why, or why not.
        metrics: By split and model.
        comparisons: Test log loss of the boosted trees against each of the others, with 95 % intervals.
        scorer_check: How equal the portable scorer is to the model.
        seconds: Of each step, in order.
        base_rate: The version that is the base rate, where that became the champion; None where it did not.
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
    """Fit, evaluate and register a model; make it the champion where it surely beats the base rate and the champion.

    Where no model surely beats the base rate and there is no champion, the base rate itself becomes the champion. Where a base
    rate is champion already, that of these training rows takes its place.

    Args:
        splits: Labelled rows, apart in time.
        plan: What to fit.
        lineage: Where the rows come from (view, group and table versions, dataset, code version): logged with the run
            and the model version.
        registry: Where runs and versions go.

    Raises:
        MissingColumnsError: A split lacks a column of the plan.
        PersonalFeatureError: A feature is declared personal.
        UnusableRowsError: A split can't be trained on or is not later than the one before.
        ScorerMismatchError: The portable scorer is not equal to the model; nothing is registered.
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
        check = check_scorer(models.scorer, models.boosted_trees, data.splits.test)
    with timed_step("evaluate", times):
        evaluated = evaluate_models(data, models, incumbent, plan)
    return models, evaluated, check
