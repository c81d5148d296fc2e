"""Step 1 of a write: refuse a batch that can't be written, whatever rows it has. No job starts."""

from pyspark.sql import DataFrame

from tidegate.expectations.row_checks import require_conditions
from tidegate.feature_groups.definition import TOMBSTONE, FeatureGroup
from tidegate.feature_groups.writing.batch import Batch
from tidegate.feature_groups.writing.full_states import require_scope
from tidegate.quarantine.table import ORIGIN
from tidegate.schema import require_schema


def refuse_unfit(group: FeatureGroup, frame: DataFrame, batch: Batch) -> None:
    """Check the columns, types, expectations and scope of a batch against the definition of the group.

    Raises:
        SchemaMismatchError: Columns or types differ from the definition.
        ExpectationConditionError: An expectation can't be checked on these columns.
        DefinitionError: The scope of a full state names a column that isn't in the entity key, or the group is immutable and
            takes no full state.
    """
    where = f"feature group {group.full_name}"
    require_schema(frame.drop(TOMBSTONE, ORIGIN), group.schema, where)
    require_conditions(frame, group.expectations, where)
    if batch.state is not None:
        require_scope(group, batch.state)
