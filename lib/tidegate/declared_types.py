"""Check that the attributes of a definition have their declared types, so that `features="temp"` raises an error at once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from functools import cache
from inspect import isabstract
from reprlib import Repr
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from tidegate.errors import DefinitionError, UsageError, did_you_mean

_REPR = Repr()
_REPR.maxstring = _REPR.maxother = 60
_WORDS = {str: "a text", int: "a whole number", float: "a number", bool: "True or False", NoneType: "None"}


def require_declared_types(definition: Any) -> None:  # noqa: ANN401  # any dataclass
    """Raise DefinitionError unless each attribute has its declared type; a list becomes a tuple if a tuple is declared.

    A dict is copied, so that the definition stays as it was checked when its author changes the dict afterwards.

    Call this first in the `__post_init__` of a frozen dataclass. Without it, the text in `features="temp"` would be read as a
    sequence of four names.
    """
    kind_of: Any = type(definition)
    kinds = _hints(kind_of)
    for each in fields(definition):
        value, kind = getattr(definition, each.name), kinds[each.name]
        if isinstance(value, list) and _takes_tuple(kind):
            value = tuple(value)
            object.__setattr__(definition, each.name, value)
        if not _fits(value, kind):
            # A value that is left out of the repr may be a password or a key of a person.
            public = each.repr and type(definition).__dataclass_params__.repr
            shown = _REPR.repr(value) if public else f"of type {type(value).__name__}"
            raise DefinitionError(f"{_named(definition)}: {each.name} is {shown}; {_remedy(value, kind, public)}")
        if isinstance(value, Mapping):
            object.__setattr__(definition, each.name, dict(value))


def require_arguments(what: str, arguments: Mapping[str, Any], kinds: Mapping[str, Any]) -> None:
    """Raise UsageError unless the arguments of a call have their annotated types.

    Args:
        what: Name of the called function, for the message.
        arguments: The arguments by name. The message does not show their values, since they may be personal.
        kinds: The annotated types by name.
    """
    for name, value in arguments.items():
        if name in kinds and not _fits(value, kinds[name]):
            raise UsageError(f"{what}: {name} is of type {type(value).__name__}; {_remedy(value, kinds[name], public=False)}")


def _named(definition: Any) -> str:  # noqa: ANN401
    name = getattr(definition, "name", None)
    kind = type(definition).__name__
    return f"{kind} {name!r}" if isinstance(name, str) else kind


@cache
def _hints(definition: Any) -> dict[str, Any]:  # noqa: ANN401  # a class
    return get_type_hints(definition)


def _fits(value: Any, kind: Any) -> bool:  # noqa: ANN401  # any value of any annotation
    """Return whether a value has an annotated type; for generic types that are not in `_GENERIC` only the class is checked."""
    if kind is Any:
        return True
    origin = get_origin(kind)
    if origin in _GENERIC:
        return _GENERIC[origin](value, get_args(kind))
    if kind in (int, float) and isinstance(value, bool):
        return False
    # Objects of Spark Connect have other classes. They pass here, and the first call that needs the session raises a clear error.
    is_remote = any(each.__module__.startswith("pyspark.sql.connect.") for each in type(value).__mro__)
    return is_remote or isinstance(value, (int, float) if kind is float else origin or kind)


def _fits_tuple(value: Any, kinds: tuple[Any, ...]) -> bool:  # noqa: ANN401
    if not isinstance(value, tuple):
        return False
    if len(kinds) == 2 and kinds[1] is Ellipsis:
        return all(_fits(each, kinds[0]) for each in value)
    return len(value) == len(kinds) and all(map(_fits, value, kinds))


def _fits_sequence(value: Any, kinds: tuple[Any, ...]) -> bool:  # noqa: ANN401
    return isinstance(value, Sequence) and not isinstance(value, str) and all(_fits(each, kinds[0]) for each in value)


def _fits_mapping(value: Any, kinds: tuple[Any, ...]) -> bool:  # noqa: ANN401
    return isinstance(value, Mapping) and all(_fits(name, kinds[0]) and _fits(each, kinds[1]) for name, each in value.items())


_GENERIC: dict[Any, Callable[[Any, tuple[Any, ...]], bool]] = {
    Union: lambda value, kinds: any(_fits(value, kind) for kind in kinds),
    UnionType: lambda value, kinds: any(_fits(value, kind) for kind in kinds),
    Literal: lambda value, kinds: isinstance(value, str) and value in kinds,
    tuple: _fits_tuple,
    Sequence: _fits_sequence,
    Mapping: _fits_mapping,
    Callable: lambda value, kinds: callable(value),
}


def _takes_tuple(kind: Any) -> bool:  # noqa: ANN401
    return get_origin(kind) is tuple or (get_origin(kind) in (Union, UnionType) and any(map(_takes_tuple, get_args(kind))))


def _remedy(value: Any, kind: Any, public: bool) -> str:  # noqa: ANN401
    if isinstance(value, type) and isinstance(kind, type) and issubclass(value, kind):
        return f"give an instance of it: {value.__name__}()."
    if isinstance(value, str) and public and _takes_tuple(kind):
        return f"give {_words(kind)}, such as ({_REPR.repr(value)},), with the comma."
    hint = did_you_mean(value, get_args(kind)) if get_origin(kind) is Literal and isinstance(value, str) else ""
    return f"give {_words(kind)}.{hint}"


def _words(kind: Any) -> str:  # noqa: ANN401
    """Return an annotated type in words."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return " or ".join(_words(each) for each in arguments)
    if origin is Literal:
        return " or ".join(map(repr, arguments))
    if origin in (tuple, Sequence):
        return f"a tuple, each element {_words(arguments[0])}"
    if origin is Mapping:
        return f"a dict from {_words(arguments[0])} to {_words(arguments[1])}"
    if origin is Callable:
        return "a function"
    return _WORDS.get(kind) or " or ".join(f"{_article(each.__name__)} {each.__name__}" for each in _classes(kind))


def _article(name: str) -> str:
    return "an" if name.startswith(("A", "E", "I", "O")) else "a"


def _classes(kind: Any) -> list[Any]:  # noqa: ANN401
    """Return the class itself, or the classes that implement it if it is abstract: nobody can give an instance of that one."""
    implemented = [each for below in kind.__subclasses__() for each in _classes(below)] if isabstract(kind) else []
    return implemented or [kind]
