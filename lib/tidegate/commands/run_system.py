"""The command that runs a whole system: feature pipeline, training pipeline, inference pipeline and page."""

from datetime import timedelta

from tidegate.commands import options
from tidegate.commands.feature_pipeline import load_features, print_features
from tidegate.commands.inference_pipeline import Predicted, draw_page, predict, print_predictions, shown_days
from tidegate.commands.opening.context import Context, SharedOptions, opened
from tidegate.commands.opening.landing import land
from tidegate.commands.output.next_command import next_command
from tidegate.commands.output.tables import print_seconds
from tidegate.commands.run import OUT
from tidegate.commands.training_pipeline import Trained, chosen_split, print_metrics_of, print_served, train
from tidegate.feature_store.released import release_number, released_models
from tidegate.feature_store.releases import models_of
from tidegate.period import Period
from tidegate.pipelines.load_request import LoadRequest
from tidegate.releases.promotion import promote


def run_system(
    system: options.System,
    first: options.FirstDay = None,
    last: options.LastDay = None,
    day: options.Day = None,
    model: options.Model = None,
    root: options.Root = None,
    landing: options.Landing = None,
    conf: options.Conf = None,
    environment: options.Environment = "local",
    allow_absent: options.AllowAbsent = False,
) -> None:
    """Run a system end to end: load its days, train, release the accepted versions, predict the test days, write the page.

    Without --from and --to the command uses the configured period. With --day it loads one later day and predicts it with the
    champions, the versions that are in use; nothing is trained or released. Examples:

    ./spark-submit.sh jobs/run_system.py --system flight_delays

    ./spark-submit.sh jobs/run_system.py --system flight_delays --day 2013-10-01
    """
    with opened(SharedOptions(system, root, conf, environment), "run") as opened_context:
        context = opened_context.allowing_absent(allow_absent)
        if day is not None:
            run_day(context, options.chosen_period(first, last, day, None, context.system.zone), landing, model)
            return
        default = (context.training_settings.period.first_day, context.training_settings.period.last_day)
        period = options.chosen_period(first, last, None, default, context.system.zone)
        chosen_split(context.training_settings, period)
        run_all(context, period, landing, model)


def run_day(context: Context, period: Period, landing: str | None, name: str | None) -> None:
    """Load one more day and score it with the current champions; nothing is trained."""
    released_models(context.store, context.registry(), context.system, name)
    landed = land(context, period, landing)
    loaded = load_features(context, LoadRequest(context.landing(landing), days=period))
    predicted = predict(context, period, name)
    seconds = {"landing files": landed, "feature pipeline": loaded.elapsed, **_seconds(predicted)}
    seconds["page"] = draw_page(context)
    print_features(loaded)
    print_seconds(seconds)
    print_predictions(context, predicted, shown_days(period))
    print_following(context, period, landing, name)


def run_all(context: Context, period: Period, landing: str | None, name: str | None) -> None:
    """Run the three pipelines one after the other, release what training accepted, and print the results."""
    landed = land(context, period, landing)
    loaded = load_features(context, LoadRequest(context.landing(landing), days=period))
    seen = release_number(context.store, context.registry(), context.system)
    trained = train(context, period, name)
    promote_accepted(context, trained, seen)
    days = test_days(context, period)
    predicted = predict(context, days, name)
    seconds = {"landing files": landed, "feature pipeline": loaded.elapsed, **_seconds(trained), **_seconds(predicted)}
    seconds["page"] = draw_page(context)
    print_features(loaded)
    print_metrics_of(trained)
    print_seconds(seconds)
    print_predictions(context, predicted, shown_days(days))
    for result in trained:
        experiment = result.experiment
        OUT.print(f"model: {result.model.name} version {experiment.version.version}, {experiment.verdict.reason}")
    print_served(trained)
    print_following(context, period, landing, name)


def promote_accepted(context: Context, trained: Trained, seen: int) -> None:
    """Release the accepted versions together, if the release that they were compared with (`seen`) is still in use."""
    accepted = {result.model.name: result.experiment.accepted for result in trained}
    versions = {name: version.version for name, version in accepted.items() if version is not None}
    if versions:
        promote(context.store, context.registry(), models_of(context.system), versions, seen)


def print_following(context: Context, period: Period, landing: str | None, name: str | None) -> None:
    """Print the command that loads and scores the following day."""
    following = period.last_day + timedelta(days=1)
    command = next_command("run_system", context.choice.shared, {"--landing": landing, "--model": name, "--day": following})
    OUT.print("next, the following day:", style="bold")
    OUT.print(f"  {command}", highlight=False, soft_wrap=True)


def test_days(context: Context, period: Period) -> Period:
    """Return the days of the test part; they are scored for the page, since the models were not trained on them."""
    split = chosen_split(context.training_settings, period)
    first = next(day for day in period.days() if Period(day, day, period.zone).start >= split.validation_end)
    return Period(first, period.last_day, period.zone)


def _seconds(results: Trained | Predicted) -> dict[str, float]:
    """Return the seconds of the steps of several models. With one model, the names of the steps are as they are."""
    several = len(results) > 1
    return {
        f"{result.model.name}: {step}" if several else step: seconds
        for result in results
        for step, seconds in result.seconds.items()
    }
