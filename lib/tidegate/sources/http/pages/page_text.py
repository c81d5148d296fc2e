"""Find the rows in the JSON text of a page. Each row keeps its text as it was received, so no digit of a number is lost."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_BLANKS = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder()


class NoRowsError(ValueError):
    """A page without a list at the declared place. The text says what it has, without any value."""


@dataclass(frozen=True)
class PageText:
    """A page of an API.

    Attributes:
        document: The parsed answer.
        rows: The text of each row, in one line.
        headers: The headers of the answer.
    """

    document: Any
    rows: tuple[str, ...]
    headers: Mapping[str, str]


def page_text(text: str, path: str, headers: Mapping[str, str]) -> PageText:
    """Read the JSON text of a page.

    Args:
        text: The body of the answer.
        path: Where the list of rows is, such as `data.items`; "" if the answer itself is the list.
        headers: The headers of the answer.

    Raises:
        NoRowsError: There is no list at the path.
        ValueError: The text is not exactly one JSON value.
    """
    document = json.loads(text)
    place, there = _after_blanks(text, 0), document
    for name in path.split(".") if path else ():
        if not isinstance(there, dict) or name not in there:
            raise NoRowsError(f"the answer has no list at {path!r}; {_shown(document)}")
        # A key that occurs twice counts with its last value, as in the document.
        place, there = dict(_members(text, place))[name], there[name]
    if not isinstance(there, list):
        raise NoRowsError(f"the answer has no list {f'at {path!r}' if path else 'as its value'}; {_shown(document)}")
    # JSON has line breaks only between values, so blanks can replace them.
    return PageText(document, tuple(re.sub(r"[\n\r]+", " ", row) for row in _elements(text, place)), headers)


def field_of(document: Any, path: str) -> Any:  # noqa: ANN401  # any JSON value
    """Return the value at a path such as `meta.next`; None if there is none."""
    for name in path.split("."):
        if not isinstance(document, dict):
            return None
        document = document.get(name)
    return document


def _shown(document: Any) -> str:  # noqa: ANN401
    if not isinstance(document, dict):
        return f"it is a JSON {'list' if isinstance(document, list) else 'value'}"
    keys = ", ".join(list(document)[:10])
    return f"it has the keys {keys[:300] or 'none'}"


def _members(text: str, place: int) -> Iterator[tuple[str, int]]:
    """Yield the keys of the object that begins at a place, each with the place of its value. The text is valid JSON."""
    place = _after_blanks(text, place + 1)
    while text[place] == '"':
        key, place = _DECODER.raw_decode(text, place)
        place = _after_blanks(text, _after_blanks(text, place) + 1)
        yield key, place
        place = _next_place(text, place)


def _elements(text: str, place: int) -> Iterator[str]:
    """Yield the text of each element of the list that begins at a place."""
    place = _after_blanks(text, place + 1)
    while text[place] != "]":
        _, end = _DECODER.raw_decode(text, place)
        yield text[place:end]
        place = _next_place(text, place)


def _next_place(text: str, place: int) -> int:
    """Return the place after a value, and after the comma behind it if there is one."""
    _, end = _DECODER.raw_decode(text, place)
    end = _after_blanks(text, end)
    return _after_blanks(text, end + 1) if text[end] == "," else end


def _after_blanks(text: str, place: int) -> int:
    found = _BLANKS.match(text, place)
    return place if found is None else found.end()
