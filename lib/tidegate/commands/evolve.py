"""The command that adds the new columns and wider types of definitions to the stored tables."""

from tidegate.commands import options
from tidegate.commands.opening.context import SharedOptions, opened
from tidegate.commands.plan import print_evolutions
from tidegate.commands.run import OUT
from tidegate.pipelines.evolution import run_evolution
from tidegate.system_plan import plan_groups, system_groups


def evolve(
    system: options.System,
    group: options.Group = None,
    root: options.Root = None,
    conf: options.Conf = None,
    environment: options.Environment = "local",
    dry_run: options.DryRun = False,
) -> None:
    """Add the new columns and wider types of a system's feature group definitions to the stored tables.

    No row is written: stored rows have NULL in an added column. If one of the tables can't be changed in this way, none is
    changed. Example:

    ./spark-submit.sh jobs/evolve.py --system flight_delays --dry-run
    """
    with opened(SharedOptions(system, root, conf, environment), "evolve", writes=not dry_run) as context:
        groups = system_groups(context.system, group)
        if dry_run:
            found = plan_groups(context.store, groups)
            print_evolutions(found, f"Would evolve {context.store.layout.root}", context.choice)
            OUT.print("dry run: nothing was changed")
            return
        done = run_evolution(context.store, context.system.name, groups)
        for each in done:
            OUT.print(f"{each.group.full_name}: {'; '.join((*each.changes, *each.upkeep))}", soft_wrap=True)
        OUT.print(f"done: {len(done)} of {len(groups)} feature groups evolved")
