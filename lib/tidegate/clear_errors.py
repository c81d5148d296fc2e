"""Convert unexpected errors inside the library into one clear error before they reach the caller."""

import inspect
import os
import sysconfig
import traceback
from collections.abc import Callable
from functools import cache, wraps
from typing import Any, TypeVar, get_type_hints

from py4j.protocol import Py4JError
from pyspark.errors import PySparkException

from tidegate.declared_types import require_arguments
from tidegate.error_report import reason, write_report
from tidegate.errors import TidegateError, UnexpectedError

DEBUG_VARIABLE = "TIDEGATE_DEBUG"
_Class = TypeVar("_Class")
# A stopped session, or one whose JVM has ended, raises ConnectionError.
_OF_SPARK = (PySparkException, Py4JError, ConnectionError)


def described(what: str, error: BaseException) -> TidegateError:
    """Return an UnexpectedError for any error and write its stack trace to a file; an error of tidegate is returned unchanged.

    Args:
        what: What failed, for the message, such as `FeatureStore.read`.
        error: The error that was raised.
    """
    return error if isinstance(error, TidegateError) else UnexpectedError(what, reason(error), write_report(what, error))


def shows_everything() -> bool:
    """Return whether TIDEGATE_DEBUG asks for the original errors, which can quote values of rows."""
    return os.environ.get(DEBUG_VARIABLE, "") not in ("", "0")


def with_clear_errors(verbs: type[_Class]) -> type[_Class]:
    """Make every public method of a class, also inherited ones, check its arguments' types and raise only errors of tidegate.

    An error that the caller's own code raises, such as the ValueError of a transformation, is not changed: its author can
    understand it best. A DataFrame that a method returns is computed later, by the caller; an error at that time is Spark's own.
    """
    for name, member in inspect.getmembers(verbs, inspect.isfunction):
        if name == "__init__" or not name.startswith("_"):
            setattr(verbs, name, _guarded(member, verbs.__name__ if name == "__init__" else f"{verbs.__name__}.{name}"))
    return verbs


def _guarded(method: Callable[..., Any], what: str) -> Callable[..., Any]:
    signature, kinds = inspect.signature(method), get_type_hints(method)
    several = next((each.name for each in signature.parameters.values() if each.kind is inspect.Parameter.VAR_POSITIONAL), "")

    @wraps(method)
    def guarded(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401
        bound = signature.bind(*arguments, **named)
        given = dict(bound.arguments)
        for each in given.pop(several, ()):
            require_arguments(what, {several: each}, kinds)
        require_arguments(what, given, kinds)
        try:
            return method(*arguments, **named)
        except TidegateError:
            raise
        except Exception as error:
            if shows_everything() or not (isinstance(error, _OF_SPARK) or _is_raised_by_a_library(error)):
                raise
            raise described(what, error) from None

    return guarded


def _is_raised_by_a_library(error: Exception) -> bool:
    """Return whether only code of tidegate, Python and installed packages ran between the call of a method and the error."""
    files = [os.path.realpath(frame.filename) for frame in traceback.extract_tb(error.__traceback__)]
    return all(file.startswith(_folders_of_libraries()) for file in files)


@cache
def _folders_of_libraries() -> tuple[str, ...]:
    paths = sysconfig.get_paths()
    folders = (paths["stdlib"], paths["purelib"], paths["platlib"], os.path.dirname(__file__))
    return tuple(os.path.realpath(folder) + os.sep for folder in folders)
