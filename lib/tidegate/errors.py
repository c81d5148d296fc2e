"""Every error of tidegate: each names the thing, the offending value, what was available and the next step."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from difflib import get_close_matches


class TidegateError(Exception):
    """Base of all errors that a user can act on; jobs print its message without a stack trace and exit with 2."""


def did_you_mean(name: str, available: Iterable[str]) -> str:
    """Return ` Did you mean 'x'?` for the nearest of the available names, or an empty string."""
    nearest = get_close_matches(name, list(available), n=1)
    return f" Did you mean {nearest[0]!r}?" if nearest else ""


class MissingColumnsError(TidegateError):
    """A frame lacks columns that a definition names."""

    def __init__(self, where: str, missing: Iterable[str], available: Iterable[str]) -> None:
        names, present = sorted(missing), sorted(available)
        hint = did_you_mean(names[0], present) if names else ""
        super().__init__(f"{where}: missing column(s) {', '.join(names)}; available: {', '.join(present)}.{hint}")


class SchemaMismatchError(TidegateError):
    """A frame's columns or types differ from the declared schema."""

    def __init__(self, where: str, differences: Iterable[str]) -> None:
        listed = "; ".join(differences)
        super().__init__(f"{where}: the schema differs from the declared one: {listed}. Nothing was written.")


class DefinitionError(TidegateError):
    """A feature group, view or system contradicts itself; raised when it is defined, long before a job."""


class MissingSecretError(TidegateError):
    """A secret that only the environment may hold is not there."""

    def __init__(self, variable: str, minimum: int) -> None:
        super().__init__(
            f"environment variable {variable} is not set or shorter than {minimum} characters; erasures need it to recognise "
            f"erased subjects. Make one with `openssl rand -hex 32`, keep it as a secret, and set it for every job of this store."
        )


class WrongSecretError(TidegateError):
    """The store's suppression list was made with another key."""

    def __init__(self, variable: str, stored: str, given: str) -> None:
        super().__init__(
            f"the suppression list was made with the key of fingerprint {stored}, but {variable} holds the one of {given}; "
            "erased subjects could come back. Set the key that the store was used with. Nothing was written."
        )


class DuplicateRowsError(TidegateError):
    """Two different rows claim the same entity key, event_time and available_at."""

    def __init__(self, group: str, rows: int, example: str) -> None:
        super().__init__(
            f"feature group {group}: {rows} row(s) differ from another row of the same key, event_time and available_at, for "
            f"example {example}. Declare `sequence`, the column that orders them, or correct the source. Nothing was written."
        )


class NullKeyError(TidegateError):
    """Rows without an entity key or time."""

    def __init__(self, group: str, rows: int, columns: Iterable[str]) -> None:
        super().__init__(
            f"feature group {group}: {rows} row(s) have NULL in one of {', '.join(columns)}; every row needs them. "
            "Correct the source or drop such rows in the transformation. Nothing was written."
        )


class JoinTypeError(TidegateError):
    """Label and feature keys have different types; nothing is cast silently."""

    def __init__(self, group: str, column: str, label_type: str, feature_type: str) -> None:
        super().__init__(
            f"point-in-time join with {group}: key {column} is {label_type} in the labels but {feature_type} in the features; "
            "cast one of them before the join."
        )


class NameClashError(TidegateError):
    """Two columns of a join would have one name."""

    def __init__(self, names: Iterable[str]) -> None:
        super().__init__(
            f"point-in-time join: {', '.join(sorted(names))} would be given twice; rename a feature with `rename` in its choice."
        )


class RowCountError(TidegateError):
    """A join did not give exactly one row per label row; the result was withdrawn."""

    def __init__(self, where: str, expected: int, actual: int) -> None:
        super().__init__(
            f"{where}: {expected} label rows went in and {actual} rows came out; the contract is one for one. It was withdrawn."
        )


class TextFileNotWrittenError(TidegateError):
    """A page or another text file could not be written."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: the file was not written: {reason}. Check that the folder exists or can be created.")


class EmptySourceError(TidegateError):
    """A source's landing folder is missing or holds nothing to read."""

    def __init__(self, source: str, folder: str, available: Iterable[str]) -> None:
        beside = ", ".join(sorted(available)) or "none"
        super().__init__(
            f"source {source}: {folder} is missing or empty (days available: none); sources in the landing zone: "
            f"{beside}.{did_you_mean(source, available)} Run the landing step or check the root. Nothing was written."
        )


class MissingDayError(TidegateError):
    """A daily source lacks days that a batch was asked for."""

    def __init__(self, source: str, folder: str, missing: Sequence[date], available: Sequence[date]) -> None:
        super().__init__(
            f"source {source}: no folder for {_days(missing)} in {folder}; available: {_days(available)}. Deliver the "
            f"missing day(s) or choose others with --from/--to. Nothing was written."
        )


class WrongFilesError(TidegateError):
    """Landing files break their source's declaration; the batch is refused whole."""

    def __init__(self, source: str, complaints: Mapping[str, str], shown: int = 5) -> None:
        listed = [f"  {file}: {complaint}" for file, complaint in list(complaints.items())[:shown]]
        more = [f"  and {len(complaints) - shown} more"] if len(complaints) > shown else []
        head = f"source {source}: {len(complaints)} wrong file(s), each refused whole:"
        tail = "Nothing was written. Replace the file(s) by right ones and run the same command again."
        super().__init__("\n".join([head, *listed, *more, tail]))


def _days(days: Sequence[date]) -> str:
    """Write days for a message: up to five of them, else the first, the last and how many."""
    if len(days) <= 5:
        return ", ".join(day.isoformat() for day in days) or "none"
    return f"{min(days)} to {max(days)} ({len(days)} days)"


class UnsupportedModelError(TidegateError):
    """A fitted pipeline has a stage that no portable scorer can be made of."""

    def __init__(self, stage: str, reason: str) -> None:
        super().__init__(
            f"no portable scorer can be made: {stage}: {reason}. Supported: casts to double, StringIndexer (keep), "
            "OneHotEncoder, Imputer, VectorAssembler, then GBTClassifier or a binary LogisticRegression. Build the "
            "pipeline by tidegate.training.estimators."
        )


class CorruptScorerError(TidegateError):
    """Bytes that should be a portable scorer are not, or not the ones that were registered."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the portable scorer can't be used: {reason}. Train and register the model again.")


class ScorerMismatchError(TidegateError):
    """A portable scorer gives other probabilities than the model that it was made of."""

    def __init__(self, wrong: Mapping[str, tuple[int, float]], tolerance: float, shown: int = 5) -> None:
        worst = sorted(wrong.items(), key=lambda item: -item[1][1])[:shown]
        listed = "; ".join(f"{case}: {rows} row(s), up to {largest:.3g}" for case, (rows, largest) in worst)
        super().__init__(
            f"the portable scorer differs from the model by more than {tolerance:g} in {len(wrong)} kind(s) of rows: "
            f"{listed}. Nothing was registered."
        )


class UnusableRowsError(TidegateError):
    """Rows can't be trained on or evaluated."""

    def __init__(self, where: str, problems: Iterable[str]) -> None:
        super().__init__(f"{where}: {'; '.join(problems)}. Look at the period and the labels; nothing was registered.")


class PersonalFeatureError(TidegateError):
    """A model would be fitted on a personal column, whose values would stay in it after an erasure."""

    def __init__(self, model: str, columns: Iterable[str]) -> None:
        super().__init__(
            f"model {model}: {', '.join(sorted(columns))} is declared personal and can't be a feature: its values would "
            "stay in the fitted model. Leave it out, or use a feature made of it."
        )


class NoChampionError(TidegateError):
    """A model has no version that is current."""

    def __init__(self, model: str, available: Iterable[str]) -> None:
        names = sorted(available)
        super().__init__(
            f"model {model}: no version has the alias champion; registered models: {', '.join(names) or 'none'}."
            f"{did_you_mean(model, names)} Run the training pipeline first."
        )


class MissingGroupError(TidegateError):
    """A feature group that a view needs was never written."""

    def __init__(self, group: str, root: str) -> None:
        super().__init__(
            f"feature group {group} has no table under {root}. Run the feature pipeline first: "
            "./spark-submit.sh jobs/feature_pipeline.py --system SYSTEM --from DAY --to DAY"
        )


class NoLabelsError(TidegateError):
    """A training period holds no known label."""

    def __init__(self, group: str, start: object, end: object) -> None:
        super().__init__(
            f"{group}: no label with {start} <= label time < {end} was known. "
            "Load these days with jobs/feature_pipeline.py, or choose another period."
        )


class NothingToPredictError(TidegateError):
    """The spine has no row in the period."""

    def __init__(self, group: str, period: str) -> None:
        super().__init__(
            f"feature group {group} has no row to predict in {period}. Load these days with "
            f"jobs/feature_pipeline.py --from DAY --to DAY, or choose days that are loaded."
        )


class ConfigurationError(TidegateError):
    """All mistakes of a configuration at once."""

    def __init__(self, mistakes: Sequence[str]) -> None:
        listed = "\n".join(f"  - {mistake}" for mistake in mistakes)
        super().__init__(f"the configuration has {len(mistakes)} mistake(s):\n{listed}")


class UnknownSystemError(TidegateError):
    """No system of this name can be imported."""

    def __init__(self, name: str, available: Sequence[str], reason: str) -> None:
        super().__init__(
            f"unknown system {name!r}: {reason}. Available: {', '.join(available)}; a system of your own is named by its "
            f"importable package, such as mycompany.churn, which has a SYSTEM.{did_you_mean(name, available)}"
        )


class RootNotWritableError(TidegateError):
    """Nothing can be written under the root."""

    def __init__(self, root: str, reason: str) -> None:
        super().__init__(
            f"root {root!r} can't be written: {reason}. Give one that you may write with --root, or change its permissions."
        )


class BadSplitError(TidegateError):
    """The days that a training dataset is split at don't fit its period."""

    def __init__(self, first_day: date, last_day: date, days: Sequence[date]) -> None:
        given = " < ".join(str(day) for day in days) or "too few days"
        super().__init__(
            f"can't split {first_day}..{last_day} by time: {given}. Give at least five days, and train_until < "
            "validate_until < test_until within them (training.split in the configuration)."
        )


class UsageError(TidegateError):
    """The options of a command contradict each other or miss something; the message says what to type."""


class SubjectsFileError(TidegateError):
    """The file with the subjects to forget can't be used."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"subjects file {path!r}: {reason}. Give a text file with one identifier a line. Nothing was changed.")


class UnmappedTableError(TidegateError):
    """A Delta table lies under the root that the map of subjects doesn't know."""

    def __init__(self, paths: Sequence[str]) -> None:
        super().__init__(
            f"the map of subjects doesn't know {', '.join(paths)} under the root: a person could stay there. Move the table out "
            "of the root, or write it through tidegate. Nothing was changed."
        )
