"""Which code computes a feature group: its dotted path, and a hash of its source text."""

import hashlib
import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any


@dataclass(frozen=True)
class Transformation:
    """The code of one build function.

    Attributes:
        path: Module and name, such as `mycompany.churn.steps.spending.build`.
        source_hash: SHA-256 of the source text of its module; None where Python can't show the source.
    """

    path: str
    source_hash: str | None


def transformation_of(build: Callable[..., Any]) -> Transformation:
    """Name a build function and hash the source of its module; of a notebook cell, which is no file, the function alone.

    The hash is the same on every machine, and says whether the text changed, not whether the results do: a comment changes
    it; a changed constant or function that the module imports doesn't, nor do the bound arguments of a `partial`, the
    sources or the version of a package. The source is read from its file: edited under a running process, it is ahead of it.
    """
    named = _named(build)
    source = _source(named)
    source_hash = None if source is None else hashlib.sha256(source.encode()).hexdigest()
    return Transformation(f"{named.__module__}.{named.__qualname__}", source_hash)


def _named(build: Any) -> Any:  # noqa: ANN401  # any callable: Python has no type for what has a __qualname__
    """Return what has a name: the function in a partial, the class of a callable object."""
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
