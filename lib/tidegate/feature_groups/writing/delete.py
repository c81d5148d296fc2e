"""Delete rows of a group: with tombstones, so that reads of the past still return them, or for good."""

from dataclasses import dataclass, field
from datetime import datetime

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tidegate.declared_types import require_declared_types
from tidegate.errors import DefinitionError, MissingGroupError, SchemaMismatchError, UsageError
from tidegate.feature_groups.definition import BUCKET, EVENT_TIME, TOMBSTONE, FeatureGroup
from tidegate.feature_groups.read import known_at
from tidegate.feature_groups.writing.full_states import tombstones
from tidegate.feature_groups.writing.write import write_group
from tidegate.moments import moment_column, moment_literal, require_moment
from tidegate.schema import same_type
from tidegate.tables.commits.commit_metadata import Commit
from tidegate.tables.commits.row_places import FILE, with_file
from tidegate.tables.create import table_exists
from tidegate.tables.read import current_version, read_table
from tidegate.tables.store import Store
from tidegate.tables.write import delete_matching, delete_where


@dataclass(frozen=True)
class RowChoice:
    """A choice of rows of a group: the rows of some keys, of a range of event_time, or of some keys within a range.

    Attributes:
        keys: A frame with some or all columns of the entity key, or with event_time. A row is chosen if it equals one row of this
            frame in all of the frame's columns. None chooses all keys.
        start: The first event_time that is chosen; None for no lower bound.
        end: The first event_time after the range, which is not chosen; None for no upper bound.

    Raises:
        DefinitionError: The choice names neither keys nor a bound, or a moment has no time zone.
    """

    keys: DataFrame | None = field(default=None, repr=False)
    start: datetime | None = None
    end: datetime | None = None

    def __post_init__(self) -> None:
        require_declared_types(self)
        if self.keys is None and self.start is None and self.end is None:
            raise DefinitionError("a choice of rows names neither keys nor a start or end of event_time. Give one of them.")
        for role, moment in (("start", self.start), ("end", self.end)):
            require_moment(moment, f"the {role} of a choice of rows")

    def bounds(self) -> list[str]:
        """Return SQL conditions on event_time. They contain no personal values."""
        pairs = ((">=", self.start), ("<", self.end))
        return [f"`{EVENT_TIME}` {sign} {moment_literal(moment)}" for sign, moment in pairs if moment is not None]

    def of(self, rows: DataFrame) -> DataFrame:
        """Return the chosen rows among these rows."""
        for condition in self.bounds():
            rows = rows.where(condition)
        return rows if self.keys is None else rows.join(self.keys.distinct(), on=self.keys.columns, how="left_semi")


@dataclass(frozen=True)
class Deletion:
    """How rows are deleted: with tombstones or for good.

    Attributes:
        known_at: The moment from which the rows no longer hold. The chosen rows that hold at this moment get a tombstone. None
            purges them: they are deleted for good.
        dry_run: If true, count the rows and change nothing.

    Raises:
        DefinitionError: The moment has no time zone.
    """

    known_at: datetime | None
    dry_run: bool = False

    def __post_init__(self) -> None:
        require_moment(self.known_at, "known_at of a deletion")

    @staticmethod
    def chosen(known_at: datetime | None, purge: bool, dry_run: bool) -> "Deletion":
        """Return the deletion for the arguments that a user gave.

        Raises:
            UsageError: The arguments ask for both ways to delete, or for neither.
        """
        require_moment(known_at, "known_at of a deletion")
        if purge != (known_at is None):
            raise UsageError(
                "rows are deleted either as no longer holding from a moment on or for good. The first needs known_at, the second "
                "needs purge and takes no known_at. Nothing was changed."
            )
        return Deletion(known_at, dry_run)


@dataclass(frozen=True)
class DeleteResult:
    """The result of a deletion, or of its dry run.

    Attributes:
        group: Name and version of the feature group.
        table_version: Delta version after the deletion.
        rows: The number of rows that got a tombstone, or of observations that were purged.
        files: The number of files that contain these rows. A purge rewrites or removes these files.
        purged: Whether the rows were purged. Older versions of the table contain them until maintenance removes their files.
        dry_run: Whether this was a dry run, which changes nothing.
        suppressed: The number of chosen rows that got no tombstone, because their people were forgotten during the deletion.
    """

    group: str
    table_version: int
    rows: int
    files: int
    purged: bool
    dry_run: bool
    suppressed: int = 0


def delete_rows_of(
    store: Store,
    group: FeatureGroup,
    choice: RowChoice,
    deletion: Deletion,
) -> DeleteResult:
    """Delete the chosen rows of a group. Repeating a deletion changes nothing.

    A purge deletes every observation of the chosen events in one commit. The table's log still keeps the marks of full states
    that were loaded before. From then on, such a state counts as one without the purged rows. To load purged events again, load
    their states in the order newest first. In another order, the rows contradict each other and the store refuses them.

    Raises:
        UsageError: The group is immutable, and the rows should get tombstones.
        MissingGroupError: The group was never written.
        SchemaMismatchError: The keys have a column that is neither in the entity key nor event_time, or has another type.
        ContradictingRowsError: Chosen rows became known exactly at `known_at`. Take a later moment.
        SettledRowsError: `known_at` lies before the settled moment of the table.
    """
    if group.immutable and deletion.known_at is not None:
        raise UsageError(
            f"feature group {group.full_name} is immutable, so its rows hold for good and can't end at a moment (known_at). "
            "Remove wrong rows with purge. Nothing was changed."
        )
    path = store.layout.feature_group(group.full_name)
    if not table_exists(store.spark, path):
        raise MissingGroupError(group.full_name, store.layout.root)
    _require_keys(group, choice)
    rows = with_file(read_table(store.spark, path))
    if deletion.known_at is not None:
        rows = known_at(rows, group, deletion.known_at).where(~F.col(TOMBSTONE))
    facts = choice.of(rows).agg(F.count(F.lit(1)).alias("rows"), F.count_distinct(FILE).alias("files")).first()
    if facts is None:
        raise RuntimeError("an aggregate without grouping returned no row")
    deleted = facts["rows"]
    if deleted and not deletion.dry_run:
        if deletion.known_at is None:
            _purge(store.spark, path, choice, deleted)
        else:
            gone = tombstones(choice.of(rows), moment_column(deletion.known_at), group).drop(BUCKET)
            written = write_group(store, group, gone)
            # In the meantime, an erasure may have removed chosen rows, or put their people on the suppression list.
            deleted = written.read - written.suppressed
    purged = deletion.known_at is None
    version, suppressed = current_version(store.spark, path), facts["rows"] - deleted
    return DeleteResult(group.full_name, version, deleted, facts["files"], purged, deletion.dry_run, suppressed)


def _purge(spark: SparkSession, path: str, choice: RowChoice, rows: int) -> None:
    commit = Commit(note={"purged": rows})
    if choice.keys is None:
        delete_where(spark, path, " AND ".join(choice.bounds()), commit)
        return
    within = " AND ".join(f"_stored.{bound}" for bound in choice.bounds())
    delete_matching(spark, path, choice.keys.distinct(), within or None, commit)


def _require_keys(group: FeatureGroup, choice: RowChoice) -> None:
    if choice.keys is None:
        return
    known = {name: group.schema[name].dataType for name in (*group.entity_key, EVENT_TIME)}
    differences = [f"no column of {', '.join(known)}"] if not choice.keys.columns else []
    for given in choice.keys.schema.fields:
        if given.name not in known:
            differences.append(f"unexpected column {given.name}; allowed: {', '.join(known)}")
        elif not same_type(given.dataType, known[given.name]):
            wanted = known[given.name].simpleString()
            differences.append(f"column {given.name} is {given.dataType.simpleString()}, declared {wanted}")
    if differences:
        raise SchemaMismatchError(f"keys for a deletion in feature group {group.full_name}", differences, choice.keys.columns)
