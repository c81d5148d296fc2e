"""Turn MLflow's errors into RegistryErrors, which name the store, the failed action and the next step."""

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Concatenate, ParamSpec, Protocol, TypeVar
from urllib.parse import urlsplit, urlunsplit

from mlflow.exceptions import MlflowException
from sqlalchemy.exc import SQLAlchemyError

from tidegate.errors.registry import RegistryError

_FOR_SERVERS = (
    "Check that the server runs and that MLFLOW_TRACKING_URI names it. MLflow uses the proxy in HTTPS_PROXY or HTTP_PROXY, "
    "unless NO_PROXY lists the server's host, and trusts the certificates in the file that REQUESTS_CA_BUNDLE names."
)
_FOR_FILES = "Check that this user may read and write the database and its folder, and that its disk has space."
_LONGEST_REASON = 500


class Connected(Protocol):
    """An object that talks to one MLflow store."""

    @property
    def tracking_uri(self) -> str:
        """The URI of the store."""


Self = TypeVar("Self", bound=Connected)
Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def reported(
    method: Callable[Concatenate[Self, Arguments], Result],
) -> Callable[Concatenate[Self, Arguments], Result]:
    """Decorate a method, so that errors of MLflow are raised as RegistryErrors that name the method."""

    @wraps(method)
    def asked(self: Self, /, *arguments: Arguments.args, **named: Arguments.kwargs) -> Result:
        with mlflow_errors(self.tracking_uri, method.__name__.replace("_", " ").strip()):
            return method(self, *arguments, **named)

    return asked


@contextmanager
def mlflow_errors(uri: str, what: str) -> Iterator[None]:
    """Turn the errors of MLflow and of its database into RegistryErrors.

    Args:
        uri: The tracking URI.
        what: The action, for the message.

    Raises:
        RegistryError: MLflow failed.
    """
    try:
        yield
    except (MlflowException, SQLAlchemyError, sqlite3.Error, OSError) as error:
        step = _FOR_SERVERS if uri.startswith(("http:", "https:")) else _FOR_FILES
        raise RegistryError(shown_uri(uri), what, _reason(uri, error), step) from None


def shown_uri(uri: str) -> str:
    """Return a tracking URI without its user, password and connection settings, for messages."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return "(a URI that can't be read)"
    if parts.scheme == "sqlite" or "@" not in parts.netloc:
        return uri.partition("?")[0]
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _reason(uri: str, error: Exception) -> str:
    """Return the beginning of an error message, without the password of the URI and without the failed SQL statement."""
    text = str(getattr(error, "orig", None) or error).partition("\n[SQL")[0]
    text = re.sub(r"//[^/\s@]*@", "//", text.replace(uri, shown_uri(uri)))
    text = " ".join(text.split())
    shown = text[:_LONGEST_REASON] + ("…" if len(text) > _LONGEST_REASON else "")
    return shown if shown.endswith((".", "…")) else f"{shown}."
