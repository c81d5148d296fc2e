"""Describe a registered model version as a part of a release, after a check that everything that it needs is there."""

from collections.abc import Sequence

from tidegate.datasets.stored_view import view_as_json
from tidegate.datasets.view import FeatureView
from tidegate.errors import CorruptScorerError, NoStoredViewError, ReleaseRefusedError, StoredViewError
from tidegate.predictions.provenance import release_id
from tidegate.registry import ESTIMATOR_TAG, ModelVersion, Registry
from tidegate.releases.release import ReleasedModel
from tidegate.releases.released_view import released_view, view_of_version
from tidegate.releases.stored_columns import missing_columns
from tidegate.scorers.portable_scorer import PortableScorer
from tidegate.tables.store import Store

# Training runs of before there were tasks only knew this one.
_FIRST_TASK = "binary"
_TABLE_TAG = "table_version."
_LOAD = (
    "Load the feature group again (./spark-submit.sh jobs/feature_pipeline.py --system SYSTEM), or release a version that reads "
    "what is there."
)


def described(store: Store, registry: Registry, version: ModelVersion, views: Sequence[FeatureView]) -> ReleasedModel:
    """Return a model version as a part of a release.

    Raises:
        CorruptScorerError: The scorer is missing, or is not the one that was registered.
        NoStoredViewError, ReleaseRefusedError: The view, or a table or column that it reads, is not there.
    """
    scorer = registry.scorer(version)
    view = view_of_version(store, version, views)
    require_columns(store, f"{version.name} version {version.version}", view)
    estimator = version.lineage.get(ESTIMATOR_TAG) or PortableScorer.from_bytes(scorer).estimator
    return _released(version, view, estimator)


def adopted(store: Store, registry: Registry, version: ModelVersion, views: Sequence[FeatureView]) -> ReleasedModel:
    """Return a champion of a root without releases as a part of its first release. It is in use, so nothing is refused."""
    try:
        estimator = version.lineage.get(ESTIMATOR_TAG) or PortableScorer.from_bytes(registry.scorer(version)).estimator
    except CorruptScorerError:
        estimator = "unknown"
    try:
        return _released(version, view_of_version(store, version, views), estimator)
    except (NoStoredViewError, StoredViewError):
        return _without_view(version, estimator)


def require_usable(store: Store, registry: Registry, model: ReleasedModel, views: Sequence[FeatureView]) -> None:
    """Check that a model of an earlier release can be used again.

    Raises:
        UnknownModelVersionError: The version was deleted from MLflow.
        CorruptScorerError: Its scorer is missing, or is not the one that was released.
        NoStoredViewError, ReleaseRefusedError: The view, or a table or column that it reads, is not there.
    """
    version = registry.find_version(model.model, model.model_version)
    require_released_scorer(model, version)
    registry.scorer(version)
    require_columns(store, model.text, released_view(model, views))


def require_released_scorer(model: ReleasedModel, version: ModelVersion) -> None:
    """Raise CorruptScorerError if MLflow has another scorer for a version than when the version was released."""
    if version.scorer_sha256 != model.scorer_sha256:
        raise CorruptScorerError(
            f"{model.text} has a scorer with sha256 {version.scorer_sha256 or 'none'} in MLflow, but it was released with "
            f"{model.scorer_sha256}"
        )


def require_columns(store: Store, what: str, view: FeatureView) -> None:
    """Raise ReleaseRefusedError if a table or a column that a view reads is not there."""
    problems = missing_columns(store, view)
    if problems:
        raise ReleaseRefusedError(f"{what} with feature view {view.full_name}", problems, _LOAD)


def _released(version: ModelVersion, view: FeatureView, estimator: str) -> ReleasedModel:
    groups = {group.full_name: group.version for group in view.stored_groups}
    return ReleasedModel(
        model=version.name,
        model_version=version.version,
        estimator=estimator,
        task=version.lineage.get("task", _FIRST_TASK),
        release_id=release_id(version.name, version.version, view.name, view.version, groups),
        view=view.name,
        view_version=view.version,
        view_definition=view_as_json(view),
        group_versions=groups,
        scorer_sha256=version.scorer_sha256,
        dataset_id=version.lineage.get("dataset_id"),
        code_version=version.lineage.get("code_version"),
    )


def _without_view(version: ModelVersion, estimator: str) -> ReleasedModel:
    """Describe a version whose view is recorded nowhere by its tags, which name the view and the tables that were read."""
    tags = version.lineage
    names = [name.removeprefix(_TABLE_TAG) for name in tags if name.startswith(_TABLE_TAG)]
    groups = {name: int(name.rpartition("_v")[2]) for name in names}
    view, number = tags.get("feature_view", ""), int(tags.get("feature_view_version", 0))
    id_ = release_id(version.name, version.version, view, number, groups)
    of_model = (version.name, version.version, estimator, tags.get("task", _FIRST_TASK), id_)
    of_data = (version.scorer_sha256, tags.get("dataset_id"), tags.get("code_version"))
    return ReleasedModel(*of_model, view, number, None, groups, *of_data)
