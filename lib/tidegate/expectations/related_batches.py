"""Expectations of a feature group's batch beside what the store holds already."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, get_args

from tidegate.errors import DefinitionError
from tidegate.expectations.batch_expectation import BatchAction, BatchExpectation
from tidegate.expectations.relations import Change, ChangeMeasure, Reference

_SHARES = {"null_share": "share of NULL"}


def refers_to(columns: Sequence[str], group: Any, action: BatchAction = "fail") -> BatchExpectation:  # noqa: ANN401  # of a higher layer
    """Every entity that these columns name is in another feature group; rows with NULL in one of them name none.

    It is looked up in a pass of its own, as the other group is when the batch is written.

    Args:
        columns: Columns of the batch, in the order of the other group's entity key.
        group: The other feature group.
        action: What becomes of the batch.

    Raises:
        DefinitionError: There are not as many columns as the entity key has.
    """
    if isinstance(columns, str):
        raise DefinitionError(f"refers_to({columns!r}): give the columns as a list, such as [{columns!r}].")
    names = tuple(columns)
    if not names or len(names) != len(group.entity_key):
        raise DefinitionError(
            f"refers_to({list(names)}): give a column for each of the entity key {', '.join(group.entity_key)}."
        )

    def complaint(missing: int | str, arrived_at: datetime | None) -> str | None:
        if isinstance(missing, str):
            return missing
        return f"{missing:,} of them are not in feature group {group.full_name}; load that first" if missing else None

    return BatchExpectation(
        f"{', '.join(names)} stand in {group.full_name}", None, complaint, action, relation=Reference(names, group)
    )


def changed_at_most(
    most: float, measure: ChangeMeasure = "rows", column: str | None = None, action: BatchAction = "fail"
) -> BatchExpectation:
    """A measure differs little from that of the batch that was written last; the first batch has nothing to differ from.

    The measures are those of `FeatureStore.catalog.statistics`: personal columns have none, and tombstones don't count.

    Args:
        most: The largest difference: of the number of rows and of a mean as a share of the one before (0.5: half as much
            again, or half of it), of a share of NULL in itself.
        measure: Number of rows, mean of a number, or share of NULL.
        column: Of which column; not for the number of rows.
        action: What becomes of the batch.

    Raises:
        DefinitionError: The measure is none, it lacks its column, or no change would be allowed at all.
    """
    if measure not in get_args(ChangeMeasure) or (measure == "rows") != (column is None) or not most > 0:
        raise DefinitionError(
            f"changed_at_most({most}, {measure!r}, {column!r}): give more than 0, and 'rows' alone, or 'mean' or 'null_share' "
            "with a column."
        )
    what = "number of rows" if column is None else f"{_SHARES.get(measure, measure)} of {column}"

    def complaint(found: tuple[float | None, float | None], arrived_at: datetime | None) -> str | None:
        now, before = found
        if now is None or before is None:
            return None
        difference = abs(now - before) if measure in _SHARES else _relative(now, before)
        if difference <= most:
            return None
        return f"{now:,.6g}, after {before:,.6g} in the batch before; expected a change of at most {most:.1%}"

    return BatchExpectation(f"change of {what}", None, complaint, action, relation=Change(measure, column))


def _relative(now: float, before: float) -> float:
    if now == before:
        return 0.0
    return abs(now - before) / abs(before) if before else float("inf")
