"""Find out whether a run of the feature pipeline would have anything to do. Only listings and logs are read."""

from collections.abc import Sequence

from tidegate.feature_groups.steps.feature_step import FeatureStep
from tidegate.pipelines.feature_pipeline import all_steps, loaded_groups
from tidegate.pipelines.load_request import LoadRequest
from tidegate.pipelines.run_step import is_behind
from tidegate.pipelines.source_listing import new_files
from tidegate.tables.store import Store


def has_news(store: Store, steps: Sequence[FeatureStep], request: LoadRequest = LoadRequest()) -> bool:
    """Return whether a source has new files, or a group that is computed is behind its inputs.

    Raises:
        NoFilesError, MissingFilesError, MissingDayError, ChangedFilesError: Files are missing or changed.
    """
    every = all_steps(steps)
    if any(todo.files for found in new_files(store, loaded_groups(every), request) for todo in found.values()):
        return True
    return any(is_behind(store, step) for step in every if step.source is None)
