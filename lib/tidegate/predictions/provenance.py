"""What made a prediction: release, model, feature view and the versions of the tables that were read."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

COLUMNS = T.StructType(
    [
        T.StructField("release", T.StringType()),
        T.StructField("arm", T.StringType()),
        T.StructField("model_name", T.StringType()),
        T.StructField("model_version", T.IntegerType()),
        T.StructField("feature_view", T.StringType()),
        T.StructField("feature_view_version", T.IntegerType()),
        T.StructField("feature_table_versions", T.MapType(T.StringType(), T.LongType())),
        T.StructField("scored_at", T.TimestampType()),
    ]
)


@dataclass(frozen=True)
class Provenance:
    """The origin of one batch of predictions.

    Attributes:
        arm: Which release's turn it was: champion, challenger or shadow.
        model_name: Registered model.
        model_version: Its version.
        feature_view: Name of the view that gave the features.
        feature_view_version: Its version.
        feature_table_versions: Delta version of every feature table read, by the group's full name.
        code_version: Code that scored.
    """

    arm: str
    model_name: str
    model_version: int
    feature_view: str
    feature_view_version: int
    feature_table_versions: Mapping[str, int]
    code_version: str

    @property
    def release(self) -> str:
        """Id of the coupling of model version, feature view version and code version."""
        coupled = (self.model_name, self.model_version, self.feature_view, self.feature_view_version, self.code_version)
        return hashlib.sha256(repr(coupled).encode()).hexdigest()[:12]


def with_provenance(frame: DataFrame, provenance: Provenance, scored_at: datetime) -> DataFrame:
    """Add the provenance columns to every row."""
    versions = [F.lit(part) for item in sorted(provenance.feature_table_versions.items()) for part in item]
    values = {
        "release": F.lit(provenance.release),
        "arm": F.lit(provenance.arm),
        "model_name": F.lit(provenance.model_name),
        "model_version": F.lit(provenance.model_version),
        "feature_view": F.lit(provenance.feature_view),
        "feature_view_version": F.lit(provenance.feature_view_version),
        "feature_table_versions": F.create_map(*versions),
        "scored_at": F.lit(scored_at),
    }
    return frame.withColumns({field.name: values[field.name].cast(field.dataType) for field in COLUMNS.fields})
