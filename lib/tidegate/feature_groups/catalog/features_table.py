"""The table of features: what each feature means, where it comes from, which code computes it, and whom to ask.

The catalog is one Delta table. It gets a row for every feature that is new or differs from its newest row. So the newest row of a
feature describes it as it is now, and the earlier rows show when its meaning or its code changed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, fields, replace
from datetime import datetime
from operator import itemgetter

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate.code_version import code_version
from tidegate.errors import MissingCatalogError
from tidegate.feature_groups.catalog.transformation import transformation_of
from tidegate.feature_groups.definition import FeatureGroup
from tidegate.feature_groups.steps.feature_step import FeatureStep
from tidegate.tables.commits.few_rows import append_few
from tidegate.tables.create import TableShape, create_table, table_exists
from tidegate.tables.read import read_newest, read_table
from tidegate.tables.store import Store

ENTITY_KEY, FEATURE, REMOVED = "entity key", "feature", "removed"
SUBJECT, PERSONAL = "subject", "personal"

SCHEMA = T.StructType(
    [
        T.StructField("group", T.StringType()),
        T.StructField("group_version", T.IntegerType()),
        T.StructField("feature", T.StringType()),
        T.StructField("type", T.StringType()),
        T.StructField("description", T.StringType()),
        T.StructField("unit", T.StringType()),
        T.StructField("origin", T.StringType()),
        T.StructField("transformation", T.StringType()),
        T.StructField("transformation_hash", T.StringType()),
        T.StructField("owner", T.StringType()),
        T.StructField("since", T.IntegerType()),
        T.StructField("role", T.StringType()),
        T.StructField("personal", T.StringType()),
        T.StructField("recorded_at", T.TimestampType()),
        T.StructField("code_version", T.StringType()),
    ]
)
KEY = ("group", "group_version", "feature")
SEARCHED = ("feature", "description", "group", "unit", "origin", "owner")


@dataclass(frozen=True)
class CatalogEntry:
    """The catalog's description of one feature. The attributes have the names and the order of the table's columns.

    Attributes:
        group: Name of the feature group.
        group_version: Version of the feature group.
        feature: Column of the group.
        type: Spark type.
        description: What the value means.
        unit: Unit of the value; None if it has none.
        origin: Source and columns that the value comes from. If the field does not declare them: the field of
            the same name in an input of the step, or else the names of the inputs.
        transformation: Dotted path of the build function.
        transformation_hash: Hash of the source text of the function's module; see `transformation_of`.
        owner: The team or role to ask.
        since: First version of the group that has the feature.
        role: `entity key`, `feature`, or `removed` if this version of the group no longer declares it.
        personal: `subject` if the column names a person, `personal` if it has other personal values, else None.
    """

    group: str
    group_version: int
    feature: str
    type: str
    description: str
    unit: str | None
    origin: str
    transformation: str
    transformation_hash: str | None
    owner: str
    since: int
    role: str
    personal: str | None

    @property
    def key(self) -> tuple[str, int, str]:
        """Group, version and column: they identify a feature."""
        return self.group, self.group_version, self.feature


def catalog_entries(step: FeatureStep) -> list[CatalogEntry]:
    """Return one entry for each field of a step's group."""
    group, transformation = step.group, transformation_of(step.build)
    copied = {field.name: f"{name}: {field.name}" for name, fields in step.input_fields for field in fields}
    return [
        CatalogEntry(
            group=group.name,
            group_version=group.version,
            feature=field.name,
            type=field.type.simpleString(),
            description=field.description,
            unit=field.unit,
            origin=field.origin or copied.get(field.name) or ", ".join(step.names),
            transformation=transformation.path,
            transformation_hash=transformation.source_hash,
            owner=group.owner,
            since=field.since or 1,
            role=ENTITY_KEY if field.name in group.entity_key else FEATURE,
            personal=_personal(group, field.name),
        )
        for field in group.fields
    ]


def record_features(store: Store, steps: Sequence[FeatureStep], recorded_at: datetime) -> int:
    """Append a row for each feature that is new, changed or removed, and return the number of these rows.

    If no definition has changed, nothing is written. Call this function before the rows of the groups are written, so that the
    catalog knows the code that computes them.
    """
    return record_entries(store, [entry for step in steps for entry in catalog_entries(step)], recorded_at)


def record_entries(store: Store, entries: Iterable[CatalogEntry], recorded_at: datetime) -> int:
    """Append a row for each entry that is new or changed, and for each one that these groups no longer have.

    Args:
        store: The store.
        entries: All entries of some groups.
        recorded_at: The time of recording, in UTC.

    Returns:
        The number of rows that were appended.
    """
    create_table(store.spark, store.layout.catalog, TableShape(SCHEMA))
    declared = {entry.key: entry for entry in entries}
    known = _newest_entries(store, {entry.group for entry in declared.values()})
    changed = [entry for key, entry in declared.items() if known.get(key) != entry]
    versions = {key[:2] for key in declared}
    stale = [entry for key, entry in known.items() if key not in declared and key[:2] in versions and entry.role != REMOVED]
    rows = [
        (*astuple(entry), recorded_at, code_version()) for entry in (*changed, *(replace(old, role=REMOVED) for old in stale))
    ]
    append_few(store.spark, store.layout.catalog, rows, SCHEMA)
    return len(rows)


def record_removed(store: Store, group: str, version: int, recorded_at: datetime) -> None:
    """Record that a version of a group was dropped, so that the catalog no longer finds its features."""
    if table_exists(store.spark, store.layout.catalog):
        known = [entry for key, entry in _newest_entries(store, [group]).items() if key[:2] == (group, version)]
        removed = [replace(entry, role=REMOVED) for entry in known if entry.role != REMOVED]
        rows = [(*astuple(entry), recorded_at, code_version()) for entry in removed]
        append_few(store.spark, store.layout.catalog, rows, SCHEMA)


def find_features(store: Store, text: str = "", history: bool = False) -> DataFrame:
    """Return the features that contain every word of a text in their name, description, group, unit, origin or owner.

    Args:
        store: The store.
        text: Words or parts of words, in any case and order. An empty text finds all features.
        history: If true, return every row that was ever recorded, also of removed features. If false, return only the newest
            row of each feature, and no removed features.

    Raises:
        MissingCatalogError: The store has no catalog, because no feature pipeline has written to it yet.
    """
    if not table_exists(store.spark, store.layout.catalog):
        raise MissingCatalogError(store.layout.root)
    recorded = read_table(store.spark, store.layout.catalog)
    rows = recorded if history else recorded.transform(_newest)
    keys_first = F.col("role") != ENTITY_KEY
    return rows.where(_holds(text.split())).orderBy("group", "group_version", keys_first, "feature", "recorded_at")


def _personal(group: FeatureGroup, name: str) -> str | None:
    if name in group.subjects:
        return SUBJECT
    return PERSONAL if name in group.personal else None


def _newest(recorded: DataFrame) -> DataFrame:
    newest_first = Window.partitionBy(*KEY).orderBy(F.col("recorded_at").desc())
    newest = recorded.withColumn("_place", F.row_number().over(newest_first)).where("_place = 1")
    return newest.where(F.col("role") != REMOVED).drop("_place")


def _holds(words: Iterable[str]) -> Column:
    full_name = F.concat("group", F.lit("_v"), "group_version")
    text = F.lower(F.concat_ws(" ", *SEARCHED, full_name))
    condition = F.lit(True)
    for word in words:
        condition = condition & F.contains(text, F.lower(F.lit(word)))
    return condition


def _newest_entries(store: Store, groups: Iterable[str]) -> dict[tuple[str, int, str], CatalogEntry]:
    """Return the newest entry of each feature of these groups. These are a few hundred rows, so the driver can hold them."""
    names = [field.name for field in fields(CatalogEntry)]
    recorded = read_newest(store.spark, store.layout.catalog)
    rows = recorded.where(F.col("group").isin(*groups)).select("recorded_at", *names).collect()
    in_order = sorted(rows, key=itemgetter("recorded_at"))
    entries = (CatalogEntry(**{name: row[name] for name in names}) for row in in_order)
    return {entry.key: entry for entry in entries}
