"""Errors about releases."""

from collections.abc import Iterable, Mapping, Sequence

from tidegate.errors.base import TidegateError, did_you_mean

_SHOW = "./spark-submit.sh jobs/release.py show --system SYSTEM"


class ReleasedMeanwhileError(TidegateError):
    """Somebody else released after this release was planned."""

    def __init__(self, system: str, seen: int, now: str) -> None:
        expected = f"release {seen}" if seen else "no release"
        super().__init__(
            f"system {system}: this was planned when {expected} was in use, but now it is {now}. Nothing was released. Look at "
            f"the release that is in use, and decide again: {_SHOW}"
        )


class ReleaseRefusedError(TidegateError):
    """A model version can't be released, because something that it needs is not there."""

    def __init__(self, what: str, problems: Sequence[str], step: str) -> None:
        super().__init__(f"{what} can't be released: {'; '.join(problems)}. {step} Nothing was released.")


class UnknownModelVersionError(TidegateError):
    """A registered model has no such version."""

    def __init__(self, model: str, version: int, available: Iterable[int]) -> None:
        there = ", ".join(map(str, sorted(available)))
        versions = f"its versions: {there}" if there else "no version of it is registered"
        super().__init__(
            f"model {model} has no version {version} in MLflow; {versions}. Give one of these, or train the model: "
            "./spark-submit.sh jobs/training_pipeline.py --system SYSTEM"
        )


class UnknownReleaseError(TidegateError):
    """A system has no release with this number."""

    def __init__(self, system: str, number: int, newest: int) -> None:
        there = f"its releases: 1 to {newest}" if newest else "it has none yet"
        super().__init__(f"system {system} has no release {number}; {there}. They are listed by: {_SHOW}")


class NothingBeforeError(TidegateError):
    """There is no release before the one in use, so a rollback has no release to go back to."""

    def __init__(self, system: str, number: int) -> None:
        super().__init__(
            f"system {system}: release {number} is in use, and no release came before the one whose models it has. So there is "
            f"nothing to go back to. Choose a release with --to NUMBER (in Python, to=NUMBER); they are listed by: {_SHOW}"
        )


class NotReleasedError(TidegateError):
    """No version of a model is in use."""

    def __init__(self, system: str, model: str, released: Mapping[str, int]) -> None:
        there = ", ".join(f"{name} version {version}" for name, version in released.items()) or "no model"
        super().__init__(
            f"system {system}: no version of model {model} is released; released: {there}.{did_you_mean(model, list(released))} "
            "Train the model (./spark-submit.sh jobs/training_pipeline.py --system SYSTEM) and promote the version that it "
            "registers (./spark-submit.sh jobs/release.py promote --system SYSTEM --version NUMBER)."
        )


class NoReleaseThenError(TidegateError):
    """A system had no release yet at a moment."""

    def __init__(self, system: str, moment: str, first: str | None) -> None:
        since = f"its first release was made at {first}" if first else "it has no release yet"
        super().__init__(f"system {system}: nothing was released at {moment}; {since}. The releases are listed by: {_SHOW}")


class NoStoredViewError(TidegateError):
    """The feature view of a released model is recorded nowhere."""

    def __init__(self, model: str, view: str) -> None:
        super().__init__(
            f"{model}: its feature view {view} is recorded neither in the manifest of its training dataset nor in the release, "
            "and the system no longer defines it. An older version of tidegate trained the model. Define this version of the "
            "view again, or train the model again."
        )
