"""What a batch is compared with in the store: another group, or the batch before."""

from dataclasses import dataclass
from typing import Any, Literal

ChangeMeasure = Literal["rows", "mean", "null_share"]


@dataclass(frozen=True)
class Reference:
    """Columns that name an entity of another group.

    Attributes:
        columns: The columns of the batch, in the order of the other group's entity key.
        group: The other feature group. This layer can't import its class and uses only its `full_name` and `entity_key`.
    """

    columns: tuple[str, ...]
    group: Any


@dataclass(frozen=True)
class Change:
    """A measure that is compared with that of the batch before.

    Attributes:
        measure: The kind of measure.
        column: The column that is measured; None for the number of rows.
    """

    measure: ChangeMeasure
    column: str | None
