"""The command that runs a whole system: feature pipeline, training pipeline, inference pipeline and page."""

from datetime import timedelta

from tidegate.commands import options
from tidegate.commands.feature_pipeline import load_features, print_features
from tidegate.commands.inference_pipeline import draw_page, predict, print_predictions
from tidegate.commands.opening.context import Context, SharedOptions, opened
from tidegate.commands.opening.landing import land
from tidegate.commands.output.next_command import next_command
from tidegate.commands.output.tables import print_metrics, print_seconds
from tidegate.commands.run import OUT
from tidegate.commands.training_pipeline import chosen_split, print_served, train
from tidegate.period import Period
from tidegate.pipelines.load_request import LoadRequest


def run_system(
    system: options.System,
    first: options.FirstDay = None,
    last: options.LastDay = None,
    day: options.Day = None,
    root: options.Root = None,
    landing: options.Landing = None,
    conf: options.Conf = None,
    environment: options.Environment = "local",
    allow_absent: options.AllowAbsent = False,
) -> None:
    """Run a system end to end: load its days, train on them, score the test days, and write the page.

    Without --from and --to the command uses the configured period. With --day it loads one later day and scores it with the
    champion, without training. Examples:

    ./spark-submit.sh jobs/run_system.py --system flight_delays

    ./spark-submit.sh jobs/run_system.py --system flight_delays --day 2013-10-01
    """
    with opened(SharedOptions(system, root, conf, environment), "run") as opened_context:
        context = opened_context.allowing_absent(allow_absent)
        if day is not None:
            run_day(context, options.chosen_period(first, last, day, None, context.system.zone), landing)
            return
        default = (context.training_settings.period.first_day, context.training_settings.period.last_day)
        period = options.chosen_period(first, last, None, default, context.system.zone)
        chosen_split(context.training_settings, period)
        run_all(context, period, landing)


def run_day(context: Context, period: Period, landing: str | None) -> None:
    """Load one more day and score it with the current champion; nothing is trained."""
    context.registry().require_champion(context.system.require_inference().model_name)
    landed = land(context, period, landing)
    loaded = load_features(context, LoadRequest(context.landing(landing), days=period))
    predicted = predict(context, period)
    seconds = {"landing files": landed, "feature pipeline": loaded.elapsed, **predicted.seconds}
    seconds["page"] = draw_page(context)
    print_features(loaded)
    print_seconds(seconds)
    print_predictions(context, predicted)
    print_following(context, period, landing)


def run_all(context: Context, period: Period, landing: str | None) -> None:
    """Run the three pipelines one after the other and print their results."""
    landed = land(context, period, landing)
    loaded = load_features(context, LoadRequest(context.landing(landing), days=period))
    trained = train(context, period)
    predicted = predict(context, test_days(context, period))
    seconds = {"landing files": landed, "feature pipeline": loaded.elapsed, **trained.seconds, **predicted.seconds}
    seconds["page"] = draw_page(context)
    print_features(loaded)
    print_metrics(trained.experiment.metrics["test"], trained.experiment.comparisons)
    print_seconds(seconds)
    print_predictions(context, predicted)
    name, experiment = context.system.require_training().model_name, trained.experiment
    OUT.print(f"model: {name} version {experiment.model_version}, {experiment.reason}")
    print_served(trained)
    print_following(context, period, landing)


def print_following(context: Context, period: Period, landing: str | None) -> None:
    """Print the command that loads and scores the following day."""
    following = period.last_day + timedelta(days=1)
    command = next_command("run_system", context.choice.shared, {"--landing": landing, "--day": following})
    OUT.print("next, the following day:", style="bold")
    OUT.print(f"  {command}", highlight=False, soft_wrap=True)


def test_days(context: Context, period: Period) -> Period:
    """Return the days of the test part; they are scored for the page, since the model was not trained on them."""
    split = chosen_split(context.training_settings, period)
    first = next(day for day in period.days() if Period(day, day, period.zone).start >= split.validation_end)
    return Period(first, period.last_day, period.zone)
