"""The command that builds training datasets, trains the models of a system on them, and registers a version of each."""

from collections.abc import Sequence

from tidegate.commands import options
from tidegate.commands.opening.context import LOG, Context, SharedOptions, opened
from tidegate.commands.output.next_command import next_command
from tidegate.commands.output.tables import print_metrics, print_seconds
from tidegate.commands.run import OUT
from tidegate.config import Settings
from tidegate.datasets.split_rules import WalkForward
from tidegate.datasets.splits import TimeSplit, split_by_days, split_by_shares
from tidegate.feature_store.released import champions
from tidegate.period import Period
from tidegate.pipelines.training_pipeline import TrainingPipelineResult, TrainingRequest, run_training_pipeline

Trained = Sequence[TrainingPipelineResult]


def training_pipeline(
    system: options.System,
    first: options.FirstDay = None,
    last: options.LastDay = None,
    model: options.Model = None,
    root: options.Root = None,
    conf: options.Conf = None,
    environment: options.Environment = "local",
    allow_absent: options.AllowAbsent = False,
) -> None:
    """Train each model on the loaded days, compare it with others, register a version of it, and say whether it is accepted.

    A version is accepted if it is surely better than the naive prediction and than the version in use, and keeps the rules of the
    model. Nothing is released: `release promote` puts a version into use. Without --from and --to the command uses the configured
    period and splits it at the configured days. Example:

    ./spark-submit.sh jobs/training_pipeline.py --system flight_delays
    """
    with opened(SharedOptions(system, root, conf, environment), "training") as opened_context:
        context = opened_context.allowing_absent(allow_absent)
        default = (context.training_settings.period.first_day, context.training_settings.period.last_day)
        period = options.chosen_period(first, last, None, default, context.system.zone)
        trained = train(context, period, model)
        print_training(trained)
        print_accepted(context, trained)


def train(context: Context, period: Period, name: str | None = None) -> Trained:
    """Run the training pipeline for a period, for all models of the system or for the one with a name."""
    split = chosen_split(context.training_settings, period)
    partitions, registry = context.training_settings.training.partitions, context.registry()
    in_use = champions(context.store, registry, context.system)
    return [
        run_training_pipeline(
            context.store, context.system.name, model, TrainingRequest(split, partitions, in_use.get(model.name)), registry
        )
        for model in context.system.chosen_models(name)
    ]


def chosen_split(settings: Settings, period: Period) -> TimeSplit:
    """Split the configured period at the configured days, and any other period by shares of its days."""
    if (period.first_day, period.last_day) == (settings.period.first_day, settings.period.last_day):
        days = settings.training.split
        return split_by_days(period, days.train_until, days.validate_until, days.test_until)
    split = split_by_shares(period)
    LOG.info("these days are not the configured period; they are split by shares into training, validation and test: %s", split)
    return split


def print_training(trained: Trained) -> None:
    """Print, for each model, the metrics, the comparisons, the check of the portable scorer and the seconds."""
    for result in trained:
        print_metrics_of([result])
        check = result.experiment.scorer_check
        OUT.print(f"portable scorer equals the model on {check.rows:,} rows to {check.largest_difference:.1e}")
        print_seconds(result.seconds)


def print_metrics_of(trained: Trained) -> None:
    """Print, for each model, which estimator was chosen, the test metrics, and the comparisons."""
    for result in trained:
        model, experiment = result.model, result.experiment
        chosen_on = "the folds" if isinstance(model.split, WalkForward) else "the validation rows"
        OUT.print(f"model {model.name}: {experiment.candidate} was chosen on {chosen_on}", style="bold")
        print_metrics(experiment.metrics["test"], experiment.comparisons, model.task.loss_name)


def print_served(trained: Trained) -> None:
    """Print a note for each model of which the naive prediction was accepted."""
    for result in trained:
        naive = result.experiment.naive
        if naive is not None:
            said = f"version {naive.version} of {naive.name} is the naive prediction and is in use now. {naive.note}"
            OUT.print(said, style="yellow", highlight=False, soft_wrap=True)


def print_accepted(context: Context, trained: Trained) -> None:
    """Print whether each trained version is accepted, and the command that releases the accepted ones."""
    for result in trained:
        name, experiment = result.model.name, result.experiment
        said = "accepted" if experiment.verdict.accepted else "not accepted"
        OUT.print(f"done: {name} version {experiment.version.version} is {said}: {experiment.verdict.reason}", soft_wrap=True)
        if experiment.naive is not None:
            version = experiment.naive.version
            said = f"accepted in its place: version {version} of {name}, the naive prediction, which is the same for every row"
            OUT.print(said, style="yellow", highlight=False, soft_wrap=True)
    accepted = [f"{each.model.name}={each.experiment.accepted.version}" for each in trained if each.experiment.accepted]
    if accepted:
        OUT.print("next, release what was accepted:", style="bold")
        command = next_command("release promote", context.choice.shared, {})
        OUT.print(f"  {command} {' '.join(f'--version {each}' for each in accepted)}", highlight=False, soft_wrap=True)
