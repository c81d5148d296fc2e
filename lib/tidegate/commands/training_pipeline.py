"""The command that builds a training dataset, trains models on it and registers one."""

from tidegate.commands import options
from tidegate.commands.opening.context import LOG, Context, SharedOptions, opened
from tidegate.commands.output.tables import print_metrics, print_seconds
from tidegate.commands.run import OUT
from tidegate.config import Settings
from tidegate.datasets.splits import TimeSplit, split_by_days, split_by_shares
from tidegate.period import Period
from tidegate.pipelines.training_pipeline import TrainingParameters, TrainingPipelineResult, run_training_pipeline
from tidegate.training.parameters import BoostedTreesParameters, LogisticRegressionParameters


def training_pipeline(
    system: options.System,
    first: options.FirstDay = None,
    last: options.LastDay = None,
    root: options.Root = None,
    conf: options.Conf = None,
    environment: options.Environment = "local",
    allow_absent: options.AllowAbsent = False,
) -> None:
    """Train on the loaded days, compare the model with references, and register it; the better model becomes the champion.

    Without --from and --to the command uses the configured period and splits it at the configured days. Example:

    ./spark-submit.sh jobs/training_pipeline.py --system flight_delays
    """
    with opened(SharedOptions(system, root, conf, environment), "training") as opened_context:
        context = opened_context.allowing_absent(allow_absent)
        default = (context.training_settings.period.first_day, context.training_settings.period.last_day)
        period = options.chosen_period(first, last, None, default, context.system.zone)
        result = train(context, period)
        print_training(result)
        print_served(result)
        name, experiment = context.system.require_training().model_name, result.experiment
        OUT.print(f"done: {name} version {experiment.model_version}, {experiment.reason}")


def print_served(result: TrainingPipelineResult) -> None:
    """Print a note if the base rate became the champion."""
    served = result.experiment.base_rate
    if served is not None:
        said = f"version {served.version} of {served.name} is the base rate and will be served. {served.note}"
        OUT.print(said, style="yellow", highlight=False, soft_wrap=True)


def train(context: Context, period: Period) -> TrainingPipelineResult:
    """Run the training pipeline for a period."""
    return run_training_pipeline(
        context.store,
        context.system.require_training(),
        chosen_split(context.training_settings, period),
        training_parameters(context.training_settings),
        context.registry(),
    )


def chosen_split(settings: Settings, period: Period) -> TimeSplit:
    """Split the configured period at the configured days, and any other period by shares of its days."""
    if (period.first_day, period.last_day) == (settings.period.first_day, settings.period.last_day):
        days = settings.training.split
        return split_by_days(period, days.train_until, days.validate_until, days.test_until)
    split = split_by_shares(period)
    LOG.info("these days are not the configured period; they are split by shares into training, validation and test: %s", split)
    return split


def training_parameters(settings: Settings) -> TrainingParameters:
    """Return the models' parameters from the configuration."""
    chosen = settings.training
    return TrainingParameters(
        BoostedTreesParameters(**chosen.gbt.model_dump()),
        LogisticRegressionParameters(**chosen.logistic_regression.model_dump()),
        chosen.partitions,
    )


def print_training(result: TrainingPipelineResult) -> None:
    """Print the metrics, the comparisons, the check of the portable scorer and the seconds."""
    experiment = result.experiment
    print_metrics(experiment.metrics["test"], experiment.comparisons)
    check = experiment.scorer_check
    OUT.print(f"portable scorer equals the model on {check.rows:,} rows to {check.largest_difference:.1e}")
    print_seconds(result.seconds)
