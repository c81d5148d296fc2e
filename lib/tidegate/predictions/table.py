"""The definition of a prediction table, and what the table itself records of it."""

import json
from dataclasses import dataclass

from tidegate.tables.read import TableState

# The schema shows neither which columns are the key nor which come from the task. These properties do, as JSON lists.
KEY_PROPERTY = "tidegate.entityKey"
OUTPUTS_PROPERTY = "tidegate.outputs"


@dataclass(frozen=True)
class PredictionTable:
    """A prediction table.

    Attributes:
        name: Name in the store.
        entity_key: The columns that name the entity, and the target time if the model forecasts several. Together with
            `prediction_time` they name what is predicted.
        subjects: The columns that each name a natural person.
        personal: Further columns with personal values.
        outputs: The columns that the model's task predicts.
    """

    name: str
    entity_key: tuple[str, ...]
    subjects: tuple[str, ...] = ()
    personal: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()

    @property
    def properties(self) -> dict[str, str]:
        """The properties of the table that record its entity key and its outputs."""
        return table_record(self.entity_key, self.outputs)


def table_record(entity_key: tuple[str, ...] | None, outputs: tuple[str, ...]) -> dict[str, str]:
    """Return the properties that record the entity key, if it is known, and the outputs of a prediction table."""
    key = {} if entity_key is None else {KEY_PROPERTY: json.dumps(entity_key)}
    return {**key, OUTPUTS_PROPERTY: json.dumps(outputs)}


def recorded_key(table: TableState) -> tuple[str, ...] | None:
    """Return the entity key that a table records; None if it records none."""
    return _recorded(table, KEY_PROPERTY)


def recorded_outputs(table: TableState) -> tuple[str, ...] | None:
    """Return the columns of the task that a table records; None if it records none."""
    return _recorded(table, OUTPUTS_PROPERTY)


def _recorded(table: TableState, name: str) -> tuple[str, ...] | None:
    found = table.properties.get(name)
    return None if found is None else tuple(json.loads(found))
