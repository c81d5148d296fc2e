"""The table that a batch is written into, as it is before the write."""

from dataclasses import dataclass

from pyspark.sql import DataFrame

from tidegate.feature_groups.definition import FeatureGroup
from tidegate.feature_groups.storage import stored_buckets
from tidegate.feature_groups.writing.batch import Batch, StateMark
from tidegate.feature_groups.writing.write_sizes import WriteSizes
from tidegate.tables.read import current_version, read_table, table_tokens
from tidegate.tables.store import Store


@dataclass(frozen=True)
class Target:
    """A batch and the table that it is written into.

    Attributes:
        store: The store.
        group: The feature group.
        batch: The id, the kind and the arrival of the batch.
        path: The group's table.
        buckets: How many buckets the table has.
        tokens: The tokens of all batches in the table's log.
        sizes: The sizes at which the write chooses another way to compare and commit.
    """

    store: Store
    group: FeatureGroup
    batch: Batch
    path: str
    buckets: int
    tokens: frozenset[str]
    sizes: WriteSizes

    @property
    def marks(self) -> tuple[StateMark, ...]:
        """The full states that were loaded into the table."""
        return tuple(mark for mark in map(StateMark.from_token, sorted(self.tokens)) if mark is not None)

    @property
    def took_batch(self) -> bool:
        """Whether the table already contains a batch of this id."""
        return self.batch.is_applied(self.tokens)

    @property
    def version(self) -> int:
        """The newest version of the table."""
        return current_version(self.store.spark, self.path)

    @property
    def rows(self) -> DataFrame:
        """All rows of the newest version of the table."""
        return read_table(self.store.spark, self.path, self.version)


def find_target(store: Store, group: FeatureGroup, batch: Batch, sizes: WriteSizes) -> Target:
    """Return the table of a group, as it is before a batch is validated. The table must exist.

    Raises:
        DefinitionDiffersError, NewVersionNeededError: The table differs from the definition; no job starts.
    """
    path = store.layout.feature_group(group.full_name)
    buckets, tokens = stored_buckets(store.spark, path, group), frozenset(table_tokens(store.spark, path))
    return Target(store, group, batch, path, buckets, tokens, sizes)
