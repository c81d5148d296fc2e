"""The code that computes a feature group: its dotted path and a hash of its source text."""

import hashlib
import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Transformation:
    """The identity of the code of one build function.

    Attributes:
        path: Module and name, such as `mycompany.churn.steps.spending.build`.
        source_hash: SHA-256 of the source text of its module; None if Python can't find the source.
    """

    path: str
    source_hash: str | None


def transformation_of(build: Callable[..., Any] | Path | None) -> Transformation:
    """Return the name of a build function and a hash of the source text of its module.

    For an SQL file it is the name of the file and a hash of its text. Without a function, the rows of a source are copied.

    A notebook cell is no file. For a function that is defined in one, only the source text of the function is hashed.

    The hash is the same on every machine. It shows whether the text of the module changed, not whether the results change. A new
    comment changes the hash. These don't: a change in a module that it imports, other bound arguments of a `partial`, other
    sources, another version of a package. Python reads the source from the file. So if somebody edits the file while the process
    runs, the hash is that of the edited text, not of the code that runs.
    """
    if build is None:
        return Transformation("copied from the source", None)
    if isinstance(build, Path):
        return Transformation(build.name, hashlib.sha256(build.read_bytes()).hexdigest())
    named = _named(build)
    source = _source(named)
    source_hash = None if source is None else hashlib.sha256(source.encode()).hexdigest()
    return Transformation(f"{named.__module__}.{named.__qualname__}", source_hash)


def _named(build: Any) -> Any:  # noqa: ANN401  # any callable: Python has no type for what has a __qualname__
    """Return the object that has a name: the function in a `partial`, or the class of a callable object."""
    while isinstance(build, partial):
        build = build.func
    return build if hasattr(build, "__qualname__") else type(build)


def _source(named: Any) -> str | None:  # noqa: ANN401
    for place in (sys.modules.get(named.__module__), named):
        try:
            return inspect.getsource(place)  # type: ignore[arg-type]  # None is a TypeError like any other sourceless thing
        except (OSError, TypeError):
            continue
    return None
