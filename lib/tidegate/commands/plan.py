"""The command that shows what a system's definitions would do to the tables under a root."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import typer

from tidegate.commands import options
from tidegate.commands.opening.context import SharedOptions, opened
from tidegate.commands.output.next_command import completed, next_command
from tidegate.commands.output.result_table import ResultTable
from tidegate.commands.run import OUT, REFUSED
from tidegate.feature_groups.evolution.difference import Action, Evolution
from tidegate.feature_groups.loaded_until import loaded_until
from tidegate.point_in_time.aggregates.aggregate_rows import AggregateRows
from tidegate.point_in_time.planner import JoinChoice
from tidegate.system_plan import plan_definitions, plan_groups, plan_joins, system_groups

SAID: dict[Action, str] = {"create": "new table", "nothing": "nothing", "evolve": "evolve", "refuse": "refuse"}
STYLES: dict[Action, str] = {"create": "", "nothing": "dim", "evolve": "yellow", "refuse": "red"}


def plan(
    system: options.System,
    group: options.Group = None,
    root: options.Root = None,
    conf: options.Conf = None,
    environment: options.Environment = "local",
) -> None:
    """Compare the definitions of a system's feature groups with the tables under the root; nothing is changed.

    If the tables exist, the command also shows how far each group is loaded, which join strategy each group would get, and why.
    The exit code is 2 if a table can't be changed to fit its definition, or if a feature view or model was changed without a new
    version. Example:

    ./spark-submit.sh jobs/plan.py --system flight_delays
    """
    with opened(SharedOptions(system, root, conf, environment), "plan", writes=False) as context:
        found = plan_groups(context.store, system_groups(context.system, group))
        print_evolutions(found, f"Plan for {context.store.layout.root}", context.choice)
        print_loaded(loaded_until(context.store, [each.group for each in found if not each.is_new]))
        for view in context.system.views:
            print_joins(plan_joins(context.store, view, group), view.full_name)
        changed = plan_definitions(context.store, context.system)
        for error in changed:
            OUT.print(completed(str(error), context.choice.shared), style="red", highlight=False, soft_wrap=True)
        print_next(found, context.choice)
        if changed or any(each.action == "refuse" for each in found):
            raise typer.Exit(REFUSED)


def print_evolutions(found: Sequence[Evolution], title: str, choice: SharedOptions) -> None:
    """Print what would happen to the table of each group, and why."""
    table = ResultTable(title, "feature group", "what would happen", "in detail")
    for each in found:
        details = [completed(detail, choice.shared) for detail in (*each.obstacles, *each.changes, *each.upkeep)]
        table.add_row(each.group.full_name, SAID[each.action], "\n".join(details), style=STYLES[each.action])
    OUT.print(table)


def print_loaded(moments: Mapping[str, datetime | None]) -> None:
    """Print how far each feature group is loaded."""
    if moments:
        table = ResultTable("How far the groups are loaded", "feature group", "all that was known until")
        for name, moment in moments.items():
            table.add_row(name, "not recorded" if moment is None else f"{moment:%Y-%m-%d %H:%M:%S} UTC")
        OUT.print(table)


def print_joins(choices: Sequence[JoinChoice], view: str) -> None:
    """Print the join strategy of each group of a feature view, and why it was chosen."""
    if choices:
        table = ResultTable(f"Point-in-time join of {view}", "feature group", "strategy", "why")
        for choice in choices:
            table.add_row(shown_name(choice), choice.strategy, choice.why)
        OUT.print(table)


def shown_name(choice: JoinChoice) -> str:
    """Return the name of a group as the table of joins shows it. For aggregates it says by which columns they are computed."""
    rows = choice.rows
    return f"{rows.name}: aggregates by {', '.join(rows.key)}" if isinstance(rows, AggregateRows) else rows.name


def print_next(found: Sequence[Evolution], choice: SharedOptions) -> None:
    """Print the next commands to run."""
    actions = {each.action for each in found}
    if "evolve" in actions:
        OUT.print("stored rows keep NULL in added columns. To change the tables in this way, run:", style="bold")
        OUT.print(f"  {next_command('evolve', choice.shared, {})}", highlight=False, soft_wrap=True)
    for each in found:
        if each.action == "refuse":
            following = f"{each.group.name}_v{each.group.version + 1}"
            OUT.print(f"{each.group.full_name} needs a new version: define {following} too, then fill it with:", style="bold")
            command = next_command("backfill", choice.shared, {"--group": following})
            OUT.print(f"  {command} --from DAY --to DAY", highlight=False, soft_wrap=True)
