"""The options that commands share."""

from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from tidegate.errors import UsageError
from tidegate.period import Period

MOMENT_FORMATS = ["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%d %H:%M:%S%z"]

System = Annotated[
    str, typer.Option("--system", help="Short name of an example system, or dotted name of a package that defines SYSTEM.")
]
Source = Annotated[str | None, typer.Option("--source", help="Only the source of this name.")]
Root = Annotated[str | None, typer.Option("--root", help="Where everything is written: a folder or any URI Spark can write.")]
StoreRoot = Annotated[str, typer.Option("--root", help="Root of the store: a folder or any URI Spark can read.")]
Conf = Annotated[Path | None, typer.Option("--conf-dir", help="Folder of the configuration. Default: conf of the checkout.")]
Environment = Annotated[str, typer.Option("--env", help="Subfolder of the configuration folder whose values override it.")]
Landing = Annotated[
    str | None, typer.Option("--landing", help="Read landing files from here instead of <root>/landing/<system>.")
]
IfNew = Annotated[bool, typer.Option("--if-new", help="End at once, with exit code 0, if no source has anything new.")]
ArrivedAt = Annotated[
    datetime | None,
    typer.Option(
        "--arrived-at",
        formats=MOMENT_FORMATS,
        help="When the files arrived: rows without a time of their own are known from then. Default: as for a load of history.",
    ),
]
LoadedUntil = Annotated[
    datetime | None,
    typer.Option(
        "--loaded-until",
        formats=MOMENT_FORMATS,
        help="All that was known up to then is in the sources. Default: --arrived-at; else the newest available_at loaded.",
    ),
]
FirstDay = Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day, in the system's zone.")]
LastDay = Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day, included.")]
Day = Annotated[datetime | None, typer.Option("--day", formats=["%Y-%m-%d"], help="One day: short for --from DAY --to DAY.")]
Model = Annotated[str | None, typer.Option("--model", help="Only the model of this name. Default: all models.")]
Group = Annotated[str | None, typer.Option("--group", help="Only this feature group, with or without its version.")]
AllowAbsent = Annotated[
    bool,
    typer.Option(
        "--allow-absent", help="Go on even if most rows find no row in a feature group; each row names the absent groups."
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be done, and change nothing.")]


def given_period(first: datetime | None, last: datetime | None, day: datetime | None, zone: str) -> Period | None:
    """Return the period that the options name; None if they name no day.

    Raises:
        UsageError: The options contradict each other.
    """
    return None if (first, last, day) == (None, None, None) else chosen_period(first, last, day, None, zone)


def chosen_period(
    first: datetime | None, last: datetime | None, day: datetime | None, default: tuple[date, date] | None, zone: str
) -> Period:
    """Return the period that the options name.

    Raises:
        UsageError: The options contradict each other, or there are none and there is no default.
    """
    if day is not None:
        if first is not None or last is not None:
            raise UsageError("--day can't be combined with --from or --to; give one or the other.")
        first = last = day
    if first is None and last is None:
        if default is None:
            raise UsageError("no days are given; give them with --day YYYY-MM-DD or --from YYYY-MM-DD --to YYYY-MM-DD.")
        return Period(*default, zone)
    if first is None or last is None:
        missing = "--from" if first is None else "--to"
        raise UsageError(f"{missing} is missing; give both --from and --to, or --day.")
    if last < first:
        raise UsageError(f"--to {last:%Y-%m-%d} is before --from {first:%Y-%m-%d}; swap them.")
    return Period(first.date(), last.date(), zone)
