"""The provenance of a prediction: release, model, feature view, and the versions of the tables that were read."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pyspark.sql import Column
from pyspark.sql import functions as F

from tidegate.moments import moment_column
from tidegate.predictions.columns import PROVENANCE


@dataclass(frozen=True)
class Provenance:
    """The provenance of one batch of predictions.

    Attributes:
        release: The id of the release that scored the rows.
        arm: The role of the release: champion, challenger or shadow.
        model_name: Name of the registered model.
        model_version: Version of the registered model.
        feature_view: Name of the feature view.
        feature_view_version: Version of the feature view.
        feature_table_versions: Delta version of every feature table that was read, by the group's full name.
        code_version: Version of the code that scored the rows.
        estimator: What was fitted, such as `boosted_trees`. `naive` is the naive prediction; older versions of tidegate called it
            `base_rate`.
        served: Whether the predictions are used. False for shadows and backfills, which never get into the current view.
    """

    release: str
    arm: str
    model_name: str
    model_version: int
    feature_view: str
    feature_view_version: int
    feature_table_versions: Mapping[str, int]
    code_version: str
    estimator: str | None = None
    served: bool = True


def release_id(model: str, model_version: int, view: str, view_version: int, group_versions: Mapping[str, int]) -> str:
    """Return the id of the release of a model: a hash of what the release couples. The version of the code is no part of it.

    Args:
        model: Name of the registered model.
        model_version: Its version.
        view: Name of the feature view.
        view_version: Its version.
        group_versions: Version of the definition of each group of the view, by its full name, such as `planes_v1`.
    """
    coupled = (model, model_version, view, view_version, sorted(group_versions))
    return hashlib.sha256(repr(coupled).encode()).hexdigest()[:12]


def provenance_columns(provenance: Provenance, scored_at: datetime) -> list[Column]:
    """Return the provenance columns. They have the same values in every row of a batch."""
    versions = [F.lit(part) for item in sorted(provenance.feature_table_versions.items()) for part in item]
    values = {
        "release": F.lit(provenance.release),
        "arm": F.lit(provenance.arm),
        "model_name": F.lit(provenance.model_name),
        "model_version": F.lit(provenance.model_version),
        "feature_view": F.lit(provenance.feature_view),
        "feature_view_version": F.lit(provenance.feature_view_version),
        "feature_table_versions": F.create_map(*versions),
        "code_version": F.lit(provenance.code_version),
        "scored_at": moment_column(scored_at),
        "estimator": F.lit(provenance.estimator),
        "served": F.lit(provenance.served),
    }
    return [values[field.name].cast(field.dataType).alias(field.name) for field in PROVENANCE.fields]
