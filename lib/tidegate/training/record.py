"""Write an experiment into its MLflow run: everything that explains the model later, but no row of data."""

import math
from collections.abc import Mapping
from dataclasses import asdict

from pyspark.ml import PipelineModel

from tidegate.evaluation import PairedDifference
from tidegate.evaluation.plots import importance_plot, plots_of
from tidegate.evaluation.slices import Slice
from tidegate.moments import utc_text
from tidegate.registry import RunLog, model_signature
from tidegate.scorers.checking import ScorerCheck
from tidegate.training.estimators.estimator import FittedModel
from tidegate.training.evaluated_models import EvaluatedModels
from tidegate.training.split_summary import SplitSummary
from tidegate.training.training_plan import TrainingPlan


def record_inputs(run: RunLog, plan: TrainingPlan, summaries: Mapping[str, SplitSummary], lineage: Mapping[str, str]) -> None:
    """Log the lineage, and the size and period of each split."""
    parameters = {"features": str(len(plan.columns.names))}
    for name, summary in summaries.items():
        parameters |= {
            f"{name}.rows": str(summary.rows),
            f"{name}.without_answer": str(summary.without_answer),
            f"{name}.period": f"{utc_text(summary.first)} to {utc_text(summary.last)}",
        }
    run.log_values(parameters={**parameters, **lineage}, tags=lineage)
    run.log_json("columns.json", asdict(plan.columns))


def record_models(run: RunLog, models: Mapping[str, FittedModel]) -> None:
    """Log the parameters of every fitted model."""
    run.log_values(
        parameters={f"{name}.{each}": value for name, model in models.items() for each, value in model.parameters.items()}
    )


def record_evaluation(run: RunLog, evaluated: EvaluatedModels, check: ScorerCheck) -> None:
    """Log the metrics by split and model, the comparisons, the slices of the candidate, and the check of the portable scorer."""
    numbers = {**evaluated.numbers(), "scorer.largest_difference": check.largest_difference}
    run.log_values(metrics=numbers, tags={"candidate": evaluated.candidate})
    details = {
        split: {name: metrics.details() for name, metrics in models.items()} for split, models in evaluated.metrics.items()
    }
    run.log_json("evaluation.json", details)
    run.log_json("comparisons.json", [_finite(item) for item in evaluated.comparisons])
    if evaluated.slices:
        run.log_json("slices.json", {name: [_finite(each) for each in found] for name, found in evaluated.slices.items()})
    run.log_json("scorer_check.json", asdict(check))


def record_model(run: RunLog, model: FittedModel, evaluated: EvaluatedModels, plan: TrainingPlan) -> str:
    """Log the plots, the portable scorer and the fitted pipeline of the candidate, and return the URI of the model."""
    for name, picture in plots_of(evaluated.metrics["test"]).items():
        run.log_file("plots", name, picture)
    if model.importance:
        run.log_json("importance.json", dict(model.importance))
        run.log_file("plots", "importance.png", importance_plot(model.importance))
    run.log_scorer(model.scorer.to_bytes(), model.scorer.digest)
    if model.pipeline is None:
        return run.scorer_uri
    signature = model_signature(model.scorer.categorical_columns, model.scorer.numeric_columns)
    return run.log_spark_model(_with_mlflow_output(model.pipeline, plan), signature, plan.pip_requirements)


def _with_mlflow_output(model: PipelineModel, plan: TrainingPlan) -> PipelineModel:
    """Name the output column `prediction`, as MLflow's pyfunc expects, unless a feature has that name."""
    if "prediction" in {name.lower() for name in plan.columns.names}:
        return model
    *stages, last = model.stages
    return PipelineModel([*stages, last.copy({last.getParam("predictionCol"): "prediction"})])


def _finite(item: PairedDifference | Slice) -> dict[str, object]:
    # The interval over too few days is infinite, which JSON can't express. So may be a squared error.
    return {
        name: None if isinstance(value, float) and not math.isfinite(value) else value for name, value in asdict(item).items()
    }
