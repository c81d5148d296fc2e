"""The commands that promote model versions, roll back, and show what a system used at a moment."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer

from tidegate.commands import options
from tidegate.commands.opening.context import Context, SharedOptions, opened
from tidegate.commands.output.next_command import next_command
from tidegate.commands.output.result_table import ResultTable
from tidegate.commands.run import OUT
from tidegate.errors import UsageError
from tidegate.feature_store.releases import models_of
from tidegate.releases.current import current_release
from tidegate.releases.history import release_at
from tidegate.releases.mirror import repair_aliases
from tidegate.releases.promotion import PlannedRelease, plan_promotion, record
from tidegate.releases.release import Release
from tidegate.releases.rollback import plan_rollback
from tidegate.releases.table import newest_releases

Expected = Annotated[
    int | None,
    typer.Option("--expected", help="The release that you saw in use (0: none). If another one is in use by now, refuse.", min=0),
]
_COLUMNS = ("release", "from, UTC", "action", "model", "version", "estimator", "view", "release id")

release = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    help="Decide and show which model versions a system uses. Training registers versions and releases none.",
)


@release.command()
def promote(
    system: options.System,
    version: Annotated[
        list[str],
        typer.Option(
            "--version",
            help="MLflow's number of the version: NUMBER, or MODEL=NUMBER if the system has several models. Repeatable.",
        ),
    ],
    expected: Expected = None,
    root: options.Root = None,
    conf: options.Conf = None,
    environment: options.Environment = "local",
    dry_run: options.DryRun = False,
) -> None:
    """Put registered model versions into use. Several models change together, in one commit; the others keep their version.

    The command first checks that each version and its scorer are in MLflow, and that every table and column that its view reads
    is there. It does not check whether training accepted the version. Batches that are running finish with the release that
    they began with. Examples:

    ./spark-submit.sh jobs/release.py promote --system flight_delays --version 3 --dry-run

    ./spark-submit.sh jobs/release.py promote --system flight_delays --version 3 --expected 1
    """
    with opened(SharedOptions(system, root, conf, environment), "release promote", writes=not dry_run) as context:
        models = models_of(context.system)
        versions = named_versions(version, models.models)
        _finish(context, plan_promotion(context.store, context.registry(), models, versions, expected), dry_run)


@release.command()
def rollback(
    system: options.System,
    to: Annotated[
        int | None,
        typer.Option("--to", help="Number of the release to restore. Default: the one before that in use.", min=1),
    ] = None,
    expected: Expected = None,
    root: options.Root = None,
    conf: options.Conf = None,
    environment: options.Environment = "local",
    dry_run: options.DryRun = False,
) -> None:
    """Use again exactly the models that an earlier release had. Nothing is deleted: the rollback is a new release.

    The command refuses if a model version, a feature group or a column that the earlier release needs is gone. Examples:

    ./spark-submit.sh jobs/release.py rollback --system flight_delays --dry-run

    ./spark-submit.sh jobs/release.py rollback --system flight_delays --to 1
    """
    with opened(SharedOptions(system, root, conf, environment), "release rollback", writes=not dry_run) as context:
        planned = plan_rollback(context.store, context.registry(), models_of(context.system), to, expected)
        _finish(context, planned, dry_run)


@release.command()
def show(
    system: options.System,
    releases: Annotated[int, typer.Option("--releases", help="How many releases to show, the newest ones.", min=1)] = 10,
    root: options.Root = None,
    conf: options.Conf = None,
    environment: options.Environment = "local",
) -> None:
    """Show the releases of a system, the newest first, and which one is in use.

    If MLflow's alias `champion` does not name the versions in use, the command sets it again. Example:

    ./spark-submit.sh jobs/release.py show --system flight_delays
    """
    with opened(SharedOptions(system, root, conf, environment), "release show", writes=False) as context:
        store, registry, models = context.store, context.registry(), models_of(context.system)
        found = newest_releases(store, models.system, releases)
        if not found:
            adopted = current_release(store, registry, models)
            found = [] if adopted is None else [adopted]
        repair_aliases(store, registry, models.system)
        if not found:
            command = next_command("release promote", context.choice.shared, {"--version": "NUMBER"})
            _say(f"system {models.system}: nothing is released yet; train a model, then: {command}")
            return
        print_releases(found, f"Releases of {models.system}")
        _say(f"in use: {found[0].summary}")


@release.command()
def at(
    moment: Annotated[
        datetime,
        typer.Argument(
            metavar="TIME", formats=options.MOMENT_FORMATS, help="The moment, with a zone: 2013-03-03T12:00:00+00:00."
        ),
    ],
    system: options.System,
    root: options.Root = None,
    conf: options.Conf = None,
    environment: options.Environment = "local",
) -> None:
    """Show which release a system used at a moment.

    Example: ./spark-submit.sh jobs/release.py at 2013-03-03T12:00:00+00:00 --system flight_delays
    """
    with opened(SharedOptions(system, root, conf, environment), "release at", writes=False) as context:
        found = release_at(context.store, context.system.name, moment)
        print_releases([found], f"Release of {context.system.name} at {moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC")
        _say(f"in use then: {found.summary}")


def named_versions(texts: Sequence[str], models: Sequence[str]) -> dict[str, int]:
    """Return the versions of the `--version` options by the name of the model.

    Raises:
        UsageError: A text is neither NUMBER nor MODEL=NUMBER, or it does not say which model is meant.
    """
    found: dict[str, int] = {}
    for text in texts:
        name, sign, number = text.rpartition("=")
        if not number.isdecimal() or int(number) < 1 or (sign and not name):
            raise UsageError(f"--version {text}: give NUMBER or MODEL=NUMBER, such as --version 3 or --version {models[0]}=3.")
        if not sign and len(models) > 1:
            raise UsageError(f"--version {text}: the system has the models {', '.join(models)}; give MODEL={text}.")
        model = name if sign else models[0]
        if model in found:
            raise UsageError(f"--version names {model} twice; give one version for each model.")
        found[model] = int(number)
    return found


def print_releases(releases: Sequence[Release], title: str) -> None:
    """Print one row for each model of each release."""
    table = ResultTable(title, *_COLUMNS)
    for each in releases:
        when = "not recorded" if each.released_at is None else f"{each.released_at:%Y-%m-%d %H:%M:%S}"
        action = each.action if each.restored is None else f"{each.action} to {each.restored}"
        for model in each.models:
            cells = (
                model.model,
                str(model.model_version),
                model.estimator,
                f"{model.view}_v{model.view_version}",
                model.release_id,
            )
            table.add_row(str(each.number), when, action, *cells)
    OUT.print(table)


def _finish(context: Context, planned: PlannedRelease, dry_run: bool) -> None:
    """Record a planned release unless it is a dry run, and print what is in use."""
    before = "nothing" if planned.before is None else planned.before.summary
    _say(f"in use: {before}")
    if dry_run:
        would = "nothing would change" if planned.changes_nothing else f"would be in use: {planned.release.text}"
        _say(f"{would}; dry run: nothing was changed")
        return
    released = record(context.store, context.registry(), planned)
    print_releases([released], f"Release of {released.system}")
    done = "it has these models already" if planned.changes_nothing else "in use now"
    _say(f"done: {released.summary}: {done}")


def _say(line: str) -> None:
    OUT.print(line, soft_wrap=True, highlight=False)
