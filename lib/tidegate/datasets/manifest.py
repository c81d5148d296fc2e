"""The manifest of a training dataset: what is needed to build the dataset again and to prove that it is the same."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate.datasets.stored_view import view_from_json
from tidegate.datasets.view import FeatureView
from tidegate.datasets.view_rows import Span
from tidegate.moments import require_moment
from tidegate.tables.create import TableShape, create_table, table_exists
from tidegate.tables.evolve import add_missing_columns
from tidegate.tables.read import read_newest, read_or_empty
from tidegate.tables.store import Store
from tidegate.tables.write import MergeRule, merge_rows

SCHEMA = T.StructType(
    [
        T.StructField("dataset_id", T.StringType()),
        T.StructField("feature_view", T.StringType()),
        T.StructField("feature_view_version", T.IntegerType()),
        T.StructField("group_versions", T.MapType(T.StringType(), T.LongType())),
        T.StructField("label_start", T.TimestampType()),
        T.StructField("label_end", T.TimestampType()),
        T.StructField("known_by", T.TimestampType()),
        T.StructField("rows", T.LongType()),
        T.StructField("content_hash", T.StringType()),
        T.StructField("table_version", T.LongType()),
        T.StructField("code_version", T.StringType()),
        T.StructField("absent", T.MapType(T.StringType(), T.LongType())),
        T.StructField("loaded_until", T.MapType(T.StringType(), T.TimestampType())),
        T.StructField("young", T.LongType()),
        T.StructField("view", T.StringType()),
    ]
)


@dataclass(frozen=True)
class DatasetInputs:
    """Everything that decides the content of a training dataset.

    Attributes:
        feature_view: Name of the view.
        feature_view_version: Its version.
        view_digest: Hash of the view's definition: features, look-backs, boundaries.
        group_versions: Delta table version of every group that is read, by its full name.
        label_start: The first label time.
        label_end: The end of the label times; it is not included.
        known_by: Labels that became known after this moment are left out.
        loaded_until: For each group with aggregates, by its full name, how far it was loaded, but at most as far as it matters
            for the period; None if nobody knows. It decides for which label times a count of 0 can be told from "nobody knows",
            and which labels from the future are mature.

    Raises:
        NaiveMomentError: A moment has no time zone.
    """

    feature_view: str
    feature_view_version: int
    view_digest: str
    group_versions: dict[str, int]
    label_start: datetime
    label_end: datetime
    known_by: datetime
    loaded_until: Mapping[str, datetime | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for role in ("label_start", "label_end", "known_by"):
            require_moment(getattr(self, role), f"{role} of a training dataset")

    @property
    def span(self) -> Span:
        """The range of label times."""
        return Span(self.label_start, self.label_end)

    @property
    def dataset_id(self) -> str:
        """A hash of all inputs. Equal inputs have equal ids, so building a dataset again finds the stored one."""
        inputs = asdict(self)
        # Views without aggregates keep the ids that they had before there were any.
        inputs |= {"loaded_until": dict(self.loaded_until)}
        hashed = {name: value for name, value in inputs.items() if name != "loaded_until" or value}
        return hashlib.sha256(json.dumps(hashed, sort_keys=True, default=str).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Manifest:
    """The record of one stored training dataset.

    Attributes:
        inputs: The inputs that decided its content.
        rows: Number of rows, one for each label row.
        content_hash: Sum of the hashes of all rows. It does not depend on their order.
        table_version: Delta version of the stored table.
        code_version: Version of the code that built it.
        absent: For each choice of a feature group, the number of rows that found no row of the group. Choices without such rows
            are left out. None if the dataset was built before this was counted.
        young: The number of rows of the spine that were left out because their labels from the future were not mature. None if
            the labels are stored ones.
        view: The definition of the view as text, from which `view_from_json` makes the view again. None if the dataset was built
            before this was recorded.
    """

    inputs: DatasetInputs
    rows: int
    content_hash: str
    table_version: int
    code_version: str
    absent: Mapping[str, int] | None = None
    young: int | None = None
    view: str | None = field(default=None, repr=False)

    @property
    def dataset_id(self) -> str:
        """Id of the dataset."""
        return self.inputs.dataset_id


def write_manifest(store: Store, manifest: Manifest) -> None:
    """Record a manifest. Recording it again changes nothing."""
    if not create_table(store.spark, store.layout.manifests, TableShape(SCHEMA)):
        add_missing_columns(store.spark, store.layout.manifests, SCHEMA)
    inputs = manifest.inputs
    row = (
        manifest.dataset_id,
        inputs.feature_view,
        inputs.feature_view_version,
        inputs.group_versions,
        inputs.label_start,
        inputs.label_end,
        inputs.known_by,
        manifest.rows,
        manifest.content_hash,
        manifest.table_version,
        manifest.code_version,
        manifest.absent,
        dict(inputs.loaded_until) or None,
        manifest.young,
        manifest.view,
    )
    merge_rows(
        store.spark, store.layout.manifests, store.spark.createDataFrame([row], SCHEMA).coalesce(1), MergeRule(["dataset_id"])
    )


def find_manifest(store: Store, inputs: DatasetInputs) -> Manifest | None:
    """Return the manifest of the dataset with these inputs; None if it was not built yet."""
    if not table_exists(store.spark, store.layout.manifests):
        return None
    rows = read_newest(store.spark, store.layout.manifests)
    # The moments are not selected, because Spark can have moments that Python can't represent.
    later = ("absent", "young", "view")
    added = [F.col(name) if name in rows.columns else F.lit(None).alias(name) for name in later]
    facts = rows.where(F.col("dataset_id") == inputs.dataset_id).select(
        "rows", "content_hash", "table_version", "code_version", *added
    )
    row = facts.first()
    return None if row is None else Manifest(inputs, *row)


def view_of_dataset(store: Store, dataset_id: str) -> FeatureView | None:
    """Return the view that a training dataset was built from, as its manifest recorded it.

    None if there is no manifest of this id, or if it was written before manifests recorded the view.

    Raises:
        StoredViewError: The recorded view can't be read.
    """
    if not table_exists(store.spark, store.layout.manifests):
        return None
    rows = read_newest(store.spark, store.layout.manifests)
    if "view" not in rows.columns:
        return None
    row = rows.where(F.col("dataset_id") == dataset_id).select("view").first()
    return None if row is None or row["view"] is None else view_from_json(row["view"])


def manifests_frame(store: Store) -> DataFrame:
    """Return all manifests; an empty frame if there are none."""
    return read_or_empty(store.spark, store.layout.manifests, SCHEMA)
