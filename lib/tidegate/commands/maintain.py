"""The command that maintains a store: it purges, compacts, removes unneeded files, migrates and checks erasures."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Annotated

import typer

from tidegate.commands import options
from tidegate.commands.forget import NOT_ERASED
from tidegate.commands.opening.context import Context, SharedOptions, opened
from tidegate.commands.run import OUT
from tidegate.errors import UsageError
from tidegate.maintenance.definitions import Definitions
from tidegate.maintenance.groups import rebucket_group
from tidegate.maintenance.migration import migrate_root
from tidegate.maintenance.rebuilt_map import rebuild_map
from tidegate.maintenance.unused_groups import DroppedGroup, drop_groups, unused_groups
from tidegate.pipelines.amendment import NOT_ERASED_MARK, amend_erasures
from tidegate.pipelines.feature_pipeline import all_steps
from tidegate.pipelines.maintenance import MaintenanceResult, run_maintenance
from tidegate.system_plan import system_groups, system_step


def maintain(
    system: options.System,
    migrate: Annotated[bool, typer.Option("--migrate", help="Convert a root of an older format to the current format.")] = False,
    rebucket: Annotated[str | None, typer.Option("--rebucket", help="Feature group that gets another number of buckets.")] = None,
    buckets: Annotated[int | None, typer.Option("--buckets", help="Number of buckets for --rebucket: a power of two.")] = None,
    check_erasures: Annotated[
        bool,
        typer.Option(
            "--check-erasures", help="Search all tables for forgotten people, erase the rows found, and amend the receipts."
        ),
    ] = False,
    drop: Annotated[
        list[str] | None,
        typer.Option("--drop", help="Feature group without a definition, with its version, that is removed. May be repeated."),
    ] = None,
    root: options.Root = None,
    conf: options.Conf = None,
    environment: options.Environment = "local",
    dry_run: options.DryRun = False,
) -> None:
    """Purge rows beyond their retention, remove repeated observations, compact files, and remove files that nothing needs.

    With --migrate, --check-erasures, --rebucket or --drop the command does only that. Run the command every day or every week;
    other jobs may write at the same time. Example:

    ./spark-submit.sh jobs/maintain.py --system flight_delays --dry-run
    """
    if (rebucket is None) != (buckets is None):
        raise UsageError("--rebucket GROUP and --buckets NUMBER need each other; give both.")
    tasks = (("migrate", migrate), ("rebucket", rebucket), ("check-erasures", check_erasures), ("drop", drop))
    chosen = [name for name, given in tasks if given]
    if len(chosen) > 1:
        raise UsageError(f"{' and '.join(f'--{name}' for name in chosen)} can't be done in one run; give one of them.")
    with opened(SharedOptions(system, root, conf, environment), "maintain", writes=not dry_run, any_format=migrate) as context:
        if migrate:
            _migrate(context, dry_run)
        elif check_erasures:
            _check_erasures(context, dry_run)
        elif rebucket is not None and buckets is not None:
            _rebucket(context, rebucket, buckets, dry_run)
        elif drop:
            groups = system_groups(context.system)
            print_dropped(drop_groups(context.store, groups, drop, datetime.now(UTC), dry_run), dry_run)
        else:
            groups = system_groups(context.system)
            print_maintained(run_maintenance(context.store, groups, datetime.now(UTC), dry_run), dry_run)
            print_unused(unused_groups(context.store, context.system.name, groups))
        if dry_run:
            OUT.print("dry run: nothing was changed")


def print_maintained(result: MaintenanceResult, dry_run: bool) -> None:
    """Print what was done, one line per table; a table for which there was nothing to do is left out."""
    would = "would be " if dry_run else ""
    lines = [f"{item.group}: {item.rows:,} rows beyond retention {would}purged" for item in result.purged if item.rows]
    lines += [
        f"{item.group}: {item.rows:,} repeated observations before {item.until.astimezone(UTC):%Y-%m-%d %H:%M} UTC {would}removed"
        for item in result.collapsed
        if item.rows
    ]
    for item in result.compacted:
        if item.buckets:
            files = f"{item.files_before} files" if dry_run else f"{item.files_before} files, now {item.files_after}"
            lines.append(f"{item.group}: {len(item.buckets)} buckets {would}compacted, {files}")
    lines += [f"{path}: small files {would}joined" for path in result.joined]
    lines += [f"{path}: {count:,} unneeded files {would}removed" for path, count in result.unneeded.items()]
    lines = lines or ["nothing to do"]
    lines += [
        f"{path}: not a table of this store, not changed; erasures stop with an error as long as it is there"
        for path in result.foreign
    ]
    for line in lines:
        OUT.print(line, soft_wrap=True, highlight=False)


def print_dropped(dropped: Sequence[DroppedGroup], dry_run: bool) -> None:
    """Print one line for each feature group that was dropped, and one more if training datasets were made from it."""
    would = "would be " if dry_run else ""
    for each in dropped:
        tables = " and ".join(each.tables) or "no table is left"
        line = f"{each.group}: {would}dropped ({tables}; {each.files:,} files, {each.bytes / 1e6:,.1f} MB)"
        OUT.print(line, soft_wrap=True, highlight=False)
        if each.datasets:
            line = f"{each.group}: {each.datasets:,} training datasets were made from it; they stay, but can't be built again"
            OUT.print(line, soft_wrap=True, highlight=False)


def print_unused(names: Sequence[str]) -> None:
    """Print one line for each feature group that the system no longer defines."""
    for name in names:
        line = f"{name}: the system no longer defines this feature group; remove it with --drop {name} if nobody reads it"
        OUT.print(line, soft_wrap=True, highlight=False)


def _migrate(context: Context, dry_run: bool) -> None:
    definitions = _definitions(context)
    last = [partial(amend_erasures, definitions)]
    changed = migrate_root(context.store, definitions, dry_run, last)
    for line in changed:
        OUT.print(line, soft_wrap=True, highlight=False)
    OUT.print(f"{len(changed)} changes {'would be made' if dry_run else 'made'}")
    _exit_where_left(changed)


def _check_erasures(context: Context, dry_run: bool) -> None:
    definitions = _definitions(context)
    lines = rebuild_map(definitions, context.store, dry_run)
    lines += amend_erasures(definitions, context.store, dry_run)
    for line in lines or ["no forgotten person was found"]:
        OUT.print(line, soft_wrap=True, highlight=False)
    _exit_where_left(lines)


def _exit_where_left(lines: list[str]) -> None:
    """End with the exit code of an incomplete erasure if forgotten people were found and could not be erased."""
    if any(NOT_ERASED_MARK in line for line in lines):
        raise typer.Exit(NOT_ERASED)


def _definitions(context: Context) -> Definitions:
    system = context.system
    tables = tuple(model.table for model in system.models)
    views = {view.full_name: view for view in system.views}
    steps = tuple(all_steps(system.steps))
    return Definitions(tuple(system_groups(system)), tuple(views.values()), tables, steps, context.landing(None))


def _rebucket(context: Context, name: str, buckets: int, dry_run: bool) -> None:
    group = system_step(context.system, name).group
    if not dry_run:
        before = rebucket_group(context.store.spark, context.store.layout.feature_group(group.full_name), group, buckets)
        OUT.print(f"{group.full_name}: {buckets} buckets, {before} before")
    else:
        OUT.print(f"{group.full_name}: would be rewritten in {buckets} buckets")
