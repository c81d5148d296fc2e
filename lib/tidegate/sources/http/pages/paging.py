"""The ways in which APIs divide a list into pages: by number, by offset, by a cursor, or by a link to the next page.

The position of a page is a text from which its url can be made: a number, an offset, a cursor or a link. The first page of a list
with cursors or links has the position "".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import httpx

from tidegate.declared_types import require_declared_types
from tidegate.errors import DefinitionError
from tidegate.sources.http.pages.links import stored_link, url_of_link, with_parameters
from tidegate.sources.http.pages.page_text import PageText, field_of


@dataclass(frozen=True)
class PageNumber:
    """Pages with numbers. The list ends with a page without rows.

    Attributes:
        parameter: The parameter of the url that has the number.
        first: The number of the first page.
    """

    # The last page may get more rows later, and its position does not change then.
    asks_last_again: ClassVar[bool] = True

    parameter: str = "page"
    first: int = 1

    def __post_init__(self) -> None:
        require_declared_types(self)

    @property
    def start(self) -> str:
        """The position of the first page."""
        return str(self.first)

    def url(self, url: str, position: str) -> str:
        """Return the url of a page."""
        return with_parameters(url, {self.parameter: position})

    def following(self, url: str, position: str, page: PageText) -> str | None:
        """Return the position of the next page; None if this page is the last one."""
        return str(int(position) + 1) if page.rows else None


@dataclass(frozen=True)
class Offset:
    """Pages that begin at a row. The list ends with a page without rows.

    Attributes:
        limit: How many rows to ask for.
        parameter: The parameter of the url that has the number of rows to leave out.
        limit_parameter: The parameter of the url that has the limit.

    Raises:
        DefinitionError: The limit is below 1.
    """

    asks_last_again: ClassVar[bool] = False

    limit: int = 100
    parameter: str = "offset"
    limit_parameter: str = "limit"

    def __post_init__(self) -> None:
        require_declared_types(self)
        if self.limit < 1:
            raise DefinitionError(f"offset: limit is {self.limit}; ask for at least 1 row.")

    @property
    def start(self) -> str:
        """The position of the first page."""
        return "0"

    def url(self, url: str, position: str) -> str:
        """Return the url of a page."""
        return with_parameters(url, {self.parameter: position, self.limit_parameter: str(self.limit)})

    def following(self, url: str, position: str, page: PageText) -> str | None:
        """Return the position of the next page. It counts the rows that came, because a server may send fewer than asked for."""
        return str(int(position) + len(page.rows)) if page.rows else None


@dataclass(frozen=True)
class Cursor:
    """Pages of which each one names a cursor for the next page. The list ends with a page without a cursor.

    Attributes:
        field: Where the answer has the cursor, such as `meta.next_cursor`.
        parameter: The parameter of the url that takes it.
    """

    asks_last_again: ClassVar[bool] = False

    field: str
    parameter: str = "cursor"

    def __post_init__(self) -> None:
        require_declared_types(self)

    @property
    def start(self) -> str:
        """The position of the first page."""
        return ""

    def url(self, url: str, position: str) -> str:
        """Return the url of a page."""
        return with_parameters(url, {self.parameter: position} if position else {})

    def following(self, url: str, position: str, page: PageText) -> str | None:
        """Return the position of the next page; None if this page is the last one."""
        return _text(field_of(page.document, self.field))


@dataclass(frozen=True)
class NextLink:
    """Pages of which each one has a link to the next page, on the same server. The list ends with a page without a link.

    Attributes:
        field: Where the answer has the link, such as `links.next`; None: in its header `Link`, with rel="next".
    """

    asks_last_again: ClassVar[bool] = False

    field: str | None = "next"

    def __post_init__(self) -> None:
        require_declared_types(self)

    @property
    def start(self) -> str:
        """The position of the first page."""
        return ""

    def url(self, url: str, position: str) -> str:
        """Return the url of a page."""
        return url_of_link(url, position) if position else url

    def following(self, url: str, position: str, page: PageText) -> str | None:
        """Return the position of the next page; None if this page is the last one.

        Raises:
            ValueError: The link leads to another server, or can't be read. The message has no secrets.
        """
        link = _link_header(page.headers) if self.field is None else _text(field_of(page.document, self.field))
        return stored_link(url, self.url(url, position), link) if link else None


Paging = PageNumber | Offset | Cursor | NextLink


def _text(value: Any) -> str | None:  # noqa: ANN401  # any JSON value
    return None if value is None or value == "" or isinstance(value, bool | dict | list) else str(value)


def _link_header(headers: Mapping[str, str]) -> str | None:
    return httpx.Response(200, headers=dict(headers)).links.get("next", {}).get("url")
