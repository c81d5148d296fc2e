"""Expectations that compare a batch of a feature group with what the store already contains."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, get_args

from tidegate.errors import DefinitionError
from tidegate.expectations.batch_expectation import BatchAction, BatchExpectation
from tidegate.expectations.relations import Change, ChangeMeasure, Reference

_SHARES = {"null_share": "share of NULL"}


def refers_to(columns: Sequence[str], group: Any, action: BatchAction = "fail") -> BatchExpectation:  # noqa: ANN401  # of a higher layer
    """Expect that another feature group has every entity that these columns name.

    Rows with NULL in one of the columns name no entity. The batch is compared with the rows that the other group has when the
    batch is written. This takes one more pass over the batch.

    Args:
        columns: Columns of the batch, in the order of the other group's entity key.
        group: The other feature group.
        action: What happens to a batch that breaks it.

    Raises:
        DefinitionError: The number of columns is not that of the entity key, or a text is given in the place of a list.
    """
    if isinstance(columns, str):
        raise DefinitionError(f"refers_to({columns!r}): give the columns as a list, such as [{columns!r}].")
    names = tuple(columns)
    if not names or len(names) != len(group.entity_key):
        raise DefinitionError(
            f"refers_to({list(names)}): give one column for each column of the entity key, {', '.join(group.entity_key)}."
        )

    def complaint(missing: int | str, arrived_at: datetime | None) -> str | None:
        if isinstance(missing, str):
            return missing
        return f"{missing:,} entities are not in feature group {group.full_name}; load that group first" if missing else None

    return BatchExpectation(
        f"{', '.join(names)} exist in {group.full_name}", None, complaint, action, relation=Reference(names, group)
    )


def changed_at_most(
    most: float, measure: ChangeMeasure = "rows", column: str | None = None, action: BatchAction = "fail"
) -> BatchExpectation:
    """Expect that a measure differs little from that of the batch that was written last. The first batch always passes.

    The measures are those of `FeatureStore.catalog.statistics`. Deleted rows (tombstones) are not counted. Personal columns have
    no statistics, so a feature group refuses this expectation for them.

    Args:
        most: The largest allowed difference. For the number of rows and a mean: as a share of the value before, so 0.5 allows
            from half of it to one and a half times it. For a share of NULL: the difference of the two shares.
        measure: `rows` (number of rows), `mean` (of a column of numbers) or `null_share` (share of NULL in a column).
        column: The column; None for the number of rows.
        action: What happens to a batch that breaks it.

    Raises:
        DefinitionError: There is no such measure, it has no column but needs one or the reverse, or `most` is not above 0.
    """
    if measure not in get_args(ChangeMeasure) or (measure == "rows") != (column is None) or not most > 0:
        raise DefinitionError(
            f"changed_at_most({most}, {measure!r}, {column!r}): give a number above 0, and either 'rows' without a column, or "
            "'mean' or 'null_share' with a column."
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
