"""Write an experiment into its MLflow run: everything that explains the model later, but no row of data."""

import math
from collections.abc import Mapping
from dataclasses import asdict

from pyspark.ml import PipelineModel

from tidegate.evaluation import PairedDifference
from tidegate.moments import utc_text
from tidegate.registry import RunLog, model_signature
from tidegate.scorers.checking import ScorerCheck
from tidegate.training.evaluated_models import EvaluatedModels
from tidegate.training.fitted_models import FittedModels
from tidegate.training.plots import calibration_plot, importance_plot, roc_plot
from tidegate.training.split_summary import SplitSummary
from tidegate.training.training_plan import TrainingPlan


def record_inputs(run: RunLog, plan: TrainingPlan, summaries: Mapping[str, SplitSummary], lineage: Mapping[str, str]) -> None:
    """Log the parameters, the lineage, and the size and period of each split."""
    parameters = {f"boosted_trees.{name}": str(value) for name, value in asdict(plan.boosted_trees).items()}
    parameters |= {f"logistic_regression.{name}": str(value) for name, value in asdict(plan.logistic_regression).items()}
    for name, summary in summaries.items():
        parameters |= {
            f"{name}.rows": str(summary.rows),
            f"{name}.period": f"{utc_text(summary.first)} to {utc_text(summary.last)}",
        }
    parameters["features"] = str(len(plan.columns.names))
    run.log_values(parameters={**parameters, **lineage}, tags=lineage)
    run.log_json("columns.json", asdict(plan.columns))


def record_evaluation(run: RunLog, evaluated: EvaluatedModels, check: ScorerCheck) -> None:
    """Log the metrics by split and model, the comparisons with their intervals, and the check of the portable scorer."""
    numbers = {
        f"{split}.{model}.{name}": value
        for split, models in evaluated.metrics.items()
        for model, metrics in models.items()
        for name, value in metrics.numbers().items()
    }
    for item in evaluated.comparisons:
        name = f"test.log_loss_difference.{item.reference}"
        numbers |= {name: item.difference, f"{name}.lower": item.lower, f"{name}.upper": item.upper}
    run.log_values(metrics={**numbers, "scorer.largest_difference": check.largest_difference})
    bins = {
        split: {model: [asdict(item) for item in metrics.calibration] for model, metrics in models.items()}
        for split, models in evaluated.metrics.items()
    }
    run.log_json("calibration.json", bins)
    run.log_json("comparisons.json", [_comparison(item) for item in evaluated.comparisons])
    run.log_json("scorer_check.json", asdict(check))


def record_model(run: RunLog, models: FittedModels, evaluated: EvaluatedModels, plan: TrainingPlan) -> str:
    """Log the plots, the portable scorer and the fitted pipeline, and return the URI of the pipeline."""
    importance = models.boosted_trees.importance
    test = evaluated.metrics["test"]
    run.log_json("importance.json", importance)
    run.log_file("plots", "roc.png", roc_plot(test))
    run.log_file("plots", "calibration.png", calibration_plot(test))
    run.log_file("plots", "importance.png", importance_plot(importance))
    run.log_scorer(models.scorer.to_bytes(), models.scorer.digest)
    signature = model_signature(plan.columns.categorical, plan.columns.numeric)
    return run.log_spark_model(_with_mlflow_output(models.boosted_trees.pipeline, plan), signature, plan.pip_requirements)


def _with_mlflow_output(model: PipelineModel, plan: TrainingPlan) -> PipelineModel:
    """Name the output column `prediction`, as MLflow's pyfunc expects, unless a feature has that name."""
    if "prediction" in {name.lower() for name in plan.columns.names}:
        return model
    *stages, trees = model.stages
    return PipelineModel([*stages, trees.copy({trees.getParam("predictionCol"): "prediction"})])


def _comparison(item: PairedDifference) -> dict[str, object]:
    # The interval over too few days is infinite, which JSON can't express.
    return {
        name: None if isinstance(value, float) and not math.isfinite(value) else value for name, value in asdict(item).items()
    }
