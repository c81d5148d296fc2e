"""tidegate: feature, training and inference pipelines. No future value reaches a training row; no erased row comes back."""

from tidegate.datasets.aggregates import Aggregates
from tidegate.datasets.feature_choice import FeatureChoice
from tidegate.datasets.future_labels import FutureLabels
from tidegate.datasets.spines import SpineByRule, every
from tidegate.datasets.view import FeatureView
from tidegate.errors import TidegateError
from tidegate.expectations import (
    BatchExpectation,
    Expectation,
    after,
    at_least,
    at_most,
    between,
    changed_at_most,
    finite,
    fresh,
    length_between,
    matches,
    not_empty,
    not_null,
    null_share,
    one_of,
    one_of_these_set,
    refers_to,
    row_count,
    unique,
)
from tidegate.feature_groups.definition import FeatureGroup
from tidegate.feature_groups.step import FeatureStep, OlderVersion
from tidegate.feature_groups.writing.batch import Batch, Changes, FullState
from tidegate.feature_groups.writing.delete import RowChoice
from tidegate.feature_store import FeatureStore
from tidegate.period import Period
from tidegate.pipelines.definitions import InferencePipeline, TrainingPipeline
from tidegate.pipelines.feature_pipeline import FeaturePipeline
from tidegate.pipelines.loading import Loading
from tidegate.point_in_time.aggregates.aggregate import Aggregate
from tidegate.point_in_time.aggregates.operations import (
    count,
    count_distinct,
    first,
    last,
    maximum,
    mean,
    minimum,
    share,
    std,
    sum_of,
    time_since_last,
    variance,
)
from tidegate.point_in_time.aggregates.windows import CalendarDays, LastRows
from tidegate.schema import Field, require_columns, struct_type
from tidegate.sources import (
    Avro,
    Csv,
    CsvSource,
    DeclaredSource,
    Delta,
    FetchedFile,
    HttpFile,
    HttpOptions,
    JsonLines,
    LineFormat,
    Parquet,
    Source,
    SplitLine,
    StateFiles,
    Wide,
    check_source,
    fetch_files,
    land_files,
    list_folder,
    read_csv_source,
)
from tidegate.system import PageInputs, System
from tidegate.text_files import write_text
from tidegate.training.parameters import ModelColumns

__all__ = [
    "Aggregate",
    "Aggregates",
    "Avro",
    "Batch",
    "BatchExpectation",
    "CalendarDays",
    "Changes",
    "Csv",
    "CsvSource",
    "DeclaredSource",
    "Delta",
    "Expectation",
    "FeatureChoice",
    "FeatureGroup",
    "FeaturePipeline",
    "FeatureStep",
    "FeatureStore",
    "FeatureView",
    "FetchedFile",
    "Field",
    "FullState",
    "FutureLabels",
    "HttpFile",
    "HttpOptions",
    "InferencePipeline",
    "JsonLines",
    "LastRows",
    "LineFormat",
    "Loading",
    "ModelColumns",
    "OlderVersion",
    "PageInputs",
    "Parquet",
    "Period",
    "RowChoice",
    "Source",
    "SpineByRule",
    "SplitLine",
    "StateFiles",
    "System",
    "TidegateError",
    "TrainingPipeline",
    "Wide",
    "after",
    "at_least",
    "at_most",
    "between",
    "changed_at_most",
    "check_source",
    "count",
    "count_distinct",
    "every",
    "fetch_files",
    "finite",
    "first",
    "fresh",
    "land_files",
    "last",
    "length_between",
    "list_folder",
    "matches",
    "maximum",
    "mean",
    "minimum",
    "not_empty",
    "not_null",
    "null_share",
    "one_of",
    "one_of_these_set",
    "read_csv_source",
    "refers_to",
    "require_columns",
    "row_count",
    "share",
    "std",
    "struct_type",
    "sum_of",
    "time_since_last",
    "unique",
    "variance",
    "write_text",
]
