"""Whether the values of a definition are of the types that it declares: a slip such as `features="temp"` is told at once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from functools import cache
from reprlib import Repr
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from tidegate.errors import DefinitionError, UsageError, did_you_mean

_REPR = Repr()
_REPR.maxstring = _REPR.maxother = 60
_WORDS = {str: "a text", int: "a whole number", float: "a number", bool: "True or False", NoneType: "None"}


def require_declared_types(definition: Any) -> None:  # noqa: ANN401  # any dataclass
    """Raise DefinitionError unless each attribute has its declared type; make a tuple of a list where one is declared.

    Call it first in `__post_init__` of a frozen dataclass: Python itself takes the text in `features="temp"` for four names.
    """
    kind_of: Any = type(definition)
    kinds = _hints(kind_of)
    for each in fields(definition):
        value, kind = getattr(definition, each.name), kinds[each.name]
        if isinstance(value, list) and _takes_tuple(kind):
            value = tuple(value)
            object.__setattr__(definition, each.name, value)
        if not _fits(value, kind):
            # What is left out of a repr is a password, or a person's key.
            public = each.repr and type(definition).__dataclass_params__.repr
            shown = _REPR.repr(value) if public else f"of type {type(value).__name__}"
            raise DefinitionError(f"{_named(definition)}: {each.name} is {shown}; {_remedy(value, kind, public)}")


def require_arguments(what: str, arguments: Mapping[str, Any], kinds: Mapping[str, Any]) -> None:
    """Raise UsageError unless the arguments of a call have their annotated types.

    Args:
        what: What was called, for the message.
        arguments: The arguments by name. Their values are not shown: they may be personal.
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
    """Tell whether a value is of an annotated type; what is generic in another way is looked at by its class alone."""
    if kind is Any:
        return True
    origin = get_origin(kind)
    if origin in _GENERIC:
        return _GENERIC[origin](value, get_args(kind))
    if kind in (int, float) and isinstance(value, bool):
        return False
    # What Spark Connect makes are no such classes; that such a session can't be used yet is said by the first call that needs it.
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
        return f"give {_words(kind)}, such as ({_REPR.repr(value)},) with the comma."
    hint = did_you_mean(value, get_args(kind)) if get_origin(kind) is Literal and isinstance(value, str) else ""
    return f"give {_words(kind)}.{hint}"


def _words(kind: Any) -> str:  # noqa: ANN401
    """Name an annotated type for people."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return " or ".join(_words(each) for each in arguments)
    if origin is Literal:
        return " or ".join(map(repr, arguments))
    if origin in (tuple, Sequence):
        return f"a tuple, each of it {_words(arguments[0])}"
    if origin is Mapping:
        return f"a dict from {_words(arguments[0])} to {_words(arguments[1])}"
    if origin is Callable:
        return "a function"
    return _WORDS.get(kind) or f"a {kind.__name__}"
