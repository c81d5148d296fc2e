"""The command that searches the catalog of features."""

import re
from collections.abc import Sequence
from typing import Annotated

import typer
from pyspark.sql import Row

from tidegate.commands import options
from tidegate.commands.opening.context import opened_store
from tidegate.commands.output.feature_rows import full_name, of_group, recorded_text
from tidegate.commands.output.result_table import ResultTable
from tidegate.commands.run import OUT
from tidegate.errors import UnknownGroupError, did_you_mean
from tidegate.feature_groups.catalog.features_table import FEATURE, REMOVED, SEARCHED

SHOWN_OF_HASH = 12


def features(
    root: options.StoreRoot,
    search: Annotated[
        str, typer.Option("--search", help="Words to search for; a feature must match all of them. Default: all features.")
    ] = "",
    group: options.Group = None,
    history: Annotated[bool, typer.Option("--history", help="Show every recorded change of the found features.")] = False,
) -> None:
    """Search the features of a store by name, meaning, group, unit, origin or owner; upper and lower case are equal.

    The exit code is 0 even if no feature is found. Example:

    ./spark-submit.sh jobs/features.py --root data --search delay
    """
    with opened_store(root, "features") as store:
        found = of_group(store.catalog.find(search, history).collect(), group)
        if not found:
            known = store.catalog.find().collect()
            _require_group(group, known)
            OUT.print(nothing_found(search, of_group(known, group)), highlight=False, soft_wrap=True)
        elif history:
            print_history(found)
        else:
            print_features(found)
            print_groups(found)


def print_features(found: Sequence[Row]) -> None:
    """Print what each feature means and where it comes from."""
    table = ResultTable(f"Features: {len(found)} found", "feature", "group", "type", "meaning", "unit", "origin", "since")
    for row in found:
        roles = ", ".join(role for role in (row.role, row.personal) if role and role != FEATURE)
        name = f"{row.feature} ({roles})" if roles else row.feature
        cells = (name, full_name(row), row.type, row.description, row.unit or "", row.origin, f"v{row.since}")
        table.add_row(*cells)
    OUT.print(table)


def print_groups(found: Sequence[Row]) -> None:
    """Print the owner of each group and the code that computes it."""
    table = ResultTable("Their groups", "group", "owner", "computed by", "source hash")
    groups = {(full_name(row), row.owner, row.transformation, _short(row.transformation_hash)) for row in found}
    for cells in sorted(groups):
        table.add_row(*cells)
    OUT.print(table)


def print_history(found: Sequence[Row]) -> None:
    """Print when the meaning or the code of each feature changed, the oldest change of a feature first."""
    names = ("feature", "group", "recorded at, UTC", "computed by", "source hash", "code version", "meaning")
    table = ResultTable(f"History: {len(found)} rows", *names)
    for row in found:
        computed_by = (row.transformation, _short(row.transformation_hash), row.code_version)
        meaning = f"(removed) {row.description}" if row.role == REMOVED else row.description
        table.add_row(row.feature, full_name(row), recorded_text(row), *computed_by, meaning)
    OUT.print(table)


def nothing_found(search: str, known: Sequence[Row]) -> str:
    """Return the message for a search without a result, with the known word that is most similar to an unknown one."""
    vocabulary = {word for row in known for name in SEARCHED for word in _words(row[name] or "")}
    strange = [word for word in _words(search) if not any(word in other for other in vocabulary)]
    hint = did_you_mean(strange[0], sorted(vocabulary)) if strange else " Leave out one of the words."
    return f"no feature matches {search!r}; {len(known)} features are known.{hint}"


def _words(text: str) -> list[str]:
    """Return the words of a text: a name such as `departure_delay`, and also each of its parts."""
    whole = re.findall(r"\w+", text.lower())
    return whole + [part for word in whole if "_" in word for part in word.split("_") if part]


def _require_group(group: str | None, known: Sequence[Row]) -> None:
    if group is not None and not of_group(known, group):
        raise UnknownGroupError(group, {full_name(row) for row in known})


def _short(source_hash: str | None) -> str:
    return (source_hash or "unknown")[:SHOWN_OF_HASH]
