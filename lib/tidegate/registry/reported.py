"""MLflow's errors as ours: where it was asked, what for, and what to do."""

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
    "Check that the server runs and that MLFLOW_TRACKING_URI names it. MLflow goes by the proxy of HTTPS_PROXY or HTTP_PROXY, "
    "unless NO_PROXY has its host, and trusts the certificates that REQUESTS_CA_BUNDLE names."
)
_FOR_FILES = "Check that this user may read and write the database and its folder, and that its disk has space."
_LONGEST_REASON = 500


class Connected(Protocol):
    """What talks to one MLflow store."""

    @property
    def tracking_uri(self) -> str:
        """Where the store is."""


Self = TypeVar("Self", bound=Connected)
Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def reported(
    method: Callable[Concatenate[Self, Arguments], Result],
) -> Callable[Concatenate[Self, Arguments], Result]:
    """Let a method's errors of MLflow be RegistryErrors that name the method."""

    @wraps(method)
    def asked(self: Self, /, *arguments: Arguments.args, **named: Arguments.kwargs) -> Result:
        with mlflow_errors(self.tracking_uri, method.__name__.replace("_", " ").strip()):
            return method(self, *arguments, **named)

    return asked


@contextmanager
def mlflow_errors(uri: str, what: str) -> Iterator[None]:
    """Turn the errors of MLflow and of its database into RegistryErrors.

    Args:
        uri: Where MLflow is.
        what: What it is asked to do, for the message.

    Raises:
        RegistryError: MLflow failed.
    """
    try:
        yield
    except (MlflowException, SQLAlchemyError, sqlite3.Error, OSError) as error:
        step = _FOR_SERVERS if uri.startswith(("http:", "https:")) else _FOR_FILES
        raise RegistryError(shown_uri(uri), what, _reason(uri, error), step) from None


def shown_uri(uri: str) -> str:
    """Return a tracking URI without the password that it may hold, and without settings of the connection."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return "(a URI that can't be read)"
    if parts.scheme == "sqlite" or "@" not in parts.netloc:
        return uri.partition("?")[0]
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _reason(uri: str, error: Exception) -> str:
    """Return the first lines of a message, without the URI's password and without the statement that a database refused."""
    text = str(getattr(error, "orig", None) or error).partition("\n[SQL")[0]
    text = re.sub(r"//[^/\s@]*@", "//", text.replace(uri, shown_uri(uri)))
    text = " ".join(text.split())
    shown = text[:_LONGEST_REASON] + ("…" if len(text) > _LONGEST_REASON else "")
    return shown if shown.endswith((".", "…")) else f"{shown}."
