"""The edge of the library: what fails inside without a message of ours leaves it as one clear error, not as a stack trace."""

import inspect
import os
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, get_type_hints

from py4j.protocol import Py4JError
from pyspark.errors import PySparkException

from tidegate.declared_types import require_arguments
from tidegate.error_report import reason, write_report
from tidegate.errors import TidegateError, UnexpectedError

DEBUG_VARIABLE = "TIDEGATE_DEBUG"
_Class = TypeVar("_Class")
# A session that was stopped, or whose JVM is gone, answers with the last one.
_RAW = (PySparkException, Py4JError, ConnectionError)


def described(what: str, error: BaseException) -> TidegateError:
    """Return an error of tidegate in place of any other, with its stack trace in a file; one of tidegate's own as it is.

    Args:
        what: What failed, for the message, such as `FeatureStore.read`.
        error: What was raised.
    """
    return error if isinstance(error, TidegateError) else UnexpectedError(what, reason(error), write_report(what, error))


def shows_everything() -> bool:
    """Tell whether the environment asks for errors as they are, with all that they quote."""
    return os.environ.get(DEBUG_VARIABLE, "") not in ("", "0")


def with_clear_errors(verbs: type[_Class]) -> type[_Class]:
    """Make every public method of a class check its arguments' types, and raise errors of tidegate instead of Spark's.

    A DataFrame that a method returns is computed later, by the caller: what fails then is Spark's own error.
    """
    for name, member in list(vars(verbs).items()):
        if inspect.isfunction(member) and (name == "__init__" or not name.startswith("_")):
            setattr(verbs, name, _guarded(member, verbs.__name__ if name == "__init__" else f"{verbs.__name__}.{name}"))
    return verbs


def _guarded(method: Callable[..., Any], what: str) -> Callable[..., Any]:
    signature, kinds = inspect.signature(method), get_type_hints(method)

    @wraps(method)
    def guarded(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401
        bound = signature.bind(*arguments, **named)
        require_arguments(what, bound.arguments, kinds)
        try:
            return method(*arguments, **named)
        except _RAW as error:
            if shows_everything():
                raise
            raise described(what, error) from None

    return guarded
