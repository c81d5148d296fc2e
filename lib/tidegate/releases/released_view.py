"""The feature view of a released model, whatever view today's code has."""

from collections.abc import Iterable

from tidegate.datasets.manifest import view_of_dataset
from tidegate.datasets.stored_view import view_from_json
from tidegate.datasets.view import FeatureView
from tidegate.datasets.view_definition import view_definition
from tidegate.errors import NoStoredViewError
from tidegate.registry import ModelVersion
from tidegate.releases.release import ReleasedModel
from tidegate.tables.definitions import changed_definitions
from tidegate.tables.store import Store


def released_view(model: ReleasedModel, views: Iterable[FeatureView] = ()) -> FeatureView:
    """Return the feature view with which a released model is scored.

    Args:
        model: The released model.
        views: The views of today's code. One with the same definition is preferred: what changes no value, such as `may_lack`,
            may have changed in it. For a release that has no stored view, one of the same name and version is taken. If the view
            of this name allows every group to be absent, then so does the result.

    Raises:
        NoStoredViewError: The release has no stored view, and the code has none of its name and version.
        StoredViewError: The stored view can't be read.
    """
    named = [each for each in views if each.name == model.view]
    same = next((each for each in named if each.version == model.view_version), None)
    if model.view_definition is None:
        if same is None:
            raise NoStoredViewError(model.text, f"{model.view}_v{model.view_version}")
        return same
    stored = view_from_json(model.view_definition)
    is_same = same is not None and view_definition(same).text == view_definition(stored).text
    if same is not None and is_same:
        return same
    # A run with --allow-absent has such a view, of the version that the code has.
    return stored.allowing_absent() if any(_allows_absent(each) for each in named) else stored


def _allows_absent(view: FeatureView) -> bool:
    return all(choice.may_lack == 1.0 for choice in view.choices)


def view_of_version(store: Store, version: ModelVersion, views: Iterable[FeatureView]) -> FeatureView:
    """Return the feature view that a model version was trained with, from the manifest of its dataset or else from the code.

    Args:
        store: The store with the manifest.
        version: The model version. Its tags name the view and the dataset.
        views: The views of today's code.

    Raises:
        NoStoredViewError: The view is neither recorded nor defined.
        ChangedDefinitionError: The view of the code has another definition than the recorded one of the same version.
    """
    stored = view_of_dataset(store, version.lineage.get("dataset_id", ""))
    if stored is not None:
        return stored
    name, number = version.lineage.get("feature_view", ""), version.lineage.get("feature_view_version", "")
    for view in views:
        if (view.name, str(view.version)) == (name, number):
            for error in changed_definitions(store, [view_definition(view)]):
                raise error
            return view
    raise NoStoredViewError(f"{version.name} version {version.version}", f"{name}_v{number}" if name else "(not named)")
