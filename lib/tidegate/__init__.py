"""tidegate: feature, training and inference pipelines through which no future value and no erased row can pass."""

from tidegate.datasets.view import FeatureChoice, FeatureView
from tidegate.errors import TidegateError
from tidegate.feature_groups.batch import Batch, Changes, FullState
from tidegate.feature_groups.definition import FeatureGroup
from tidegate.feature_groups.delete import RowChoice
from tidegate.feature_groups.step import FeatureStep, OlderVersion
from tidegate.period import Period
from tidegate.pipelines.features import FeaturePipeline
from tidegate.pipelines.inference import InferencePipeline
from tidegate.pipelines.training import TrainingPipeline
from tidegate.schema import Field, require_columns, struct_type
from tidegate.sources import (
    CsvSource,
    FetchedFile,
    HttpFile,
    HttpOptions,
    check_source,
    fetch_files,
    land_files,
    list_folder,
    read_csv_source,
)
from tidegate.store import FeatureStore
from tidegate.system import PageInputs, System
from tidegate.text_files import write_text
from tidegate.training.estimators import ModelColumns

__all__ = [
    "Batch",
    "Changes",
    "CsvSource",
    "FeatureChoice",
    "FeatureGroup",
    "FeaturePipeline",
    "FeatureStep",
    "FeatureStore",
    "FeatureView",
    "FetchedFile",
    "Field",
    "FullState",
    "HttpFile",
    "HttpOptions",
    "InferencePipeline",
    "ModelColumns",
    "OlderVersion",
    "PageInputs",
    "Period",
    "RowChoice",
    "System",
    "TidegateError",
    "TrainingPipeline",
    "check_source",
    "fetch_files",
    "land_files",
    "list_folder",
    "read_csv_source",
    "require_columns",
    "struct_type",
    "write_text",
]
