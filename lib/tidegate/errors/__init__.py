"""Every error of tidegate: each names the thing, the offending value, what was available and the next step."""

from tidegate.errors.base import TidegateError, did_you_mean
from tidegate.errors.configuration import (
    ConfigurationError,
    MissingSecretError,
    RootNotWritableError,
    TextFileNotWrittenError,
    UnknownSystemError,
    UnsafeLogStoreError,
    UsageError,
    WrongSecretError,
)
from tidegate.errors.datasets import BadSplitError, JoinTypeError, NameClashError, NoLabelsError, RowCountError, TiedRowsError
from tidegate.errors.definitions import DefinitionError, MissingColumnsError, SchemaMismatchError
from tidegate.errors.evolution import (
    AmbiguousGroupError,
    DefinitionDiffersError,
    NewVersionNeededError,
    NoOlderVersionError,
)
from tidegate.errors.groups import (
    ContradictingRowsError,
    DuplicateRowsError,
    HistoryError,
    MissingCatalogError,
    MissingGroupError,
    NothingToPredictError,
    NullKeyError,
    SubjectsFileError,
    UnknownGroupError,
    UnmappedTableError,
)
from tidegate.errors.models import (
    CorruptScorerError,
    NoChampionError,
    PersonalFeatureError,
    ScorerMismatchError,
    UnsupportedModelError,
    UnusableRowsError,
)
from tidegate.errors.sources import EmptySourceError, MissingDayError, UnreadableFilesError, WrongFilesError
from tidegate.errors.tables import ConflictError, LockFileError, TableBusyError

__all__ = [
    "AmbiguousGroupError",
    "BadSplitError",
    "ConfigurationError",
    "ConflictError",
    "ContradictingRowsError",
    "CorruptScorerError",
    "DefinitionDiffersError",
    "DefinitionError",
    "DuplicateRowsError",
    "EmptySourceError",
    "HistoryError",
    "JoinTypeError",
    "LockFileError",
    "MissingCatalogError",
    "MissingColumnsError",
    "MissingDayError",
    "MissingGroupError",
    "MissingSecretError",
    "NameClashError",
    "NewVersionNeededError",
    "NoChampionError",
    "NoLabelsError",
    "NoOlderVersionError",
    "NothingToPredictError",
    "NullKeyError",
    "PersonalFeatureError",
    "RootNotWritableError",
    "RowCountError",
    "SchemaMismatchError",
    "ScorerMismatchError",
    "SubjectsFileError",
    "TableBusyError",
    "TextFileNotWrittenError",
    "TidegateError",
    "TiedRowsError",
    "UnknownGroupError",
    "UnknownSystemError",
    "UnmappedTableError",
    "UnreadableFilesError",
    "UnsafeLogStoreError",
    "UnsupportedModelError",
    "UnusableRowsError",
    "UsageError",
    "WrongFilesError",
    "WrongSecretError",
    "did_you_mean",
]
